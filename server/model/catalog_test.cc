#include "server/model/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/model/ids_for_test.h"
#include "server/testing/sample.h"

namespace hailong::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Catalog, ARoundSeesUnitsThatAreAddedLater) {
  const auto before = sample::Catalog();
  const auto after =
      before->With({sample::Unit("74.SCT", "department", "74", "2025-03-10", "2025-07-01")});
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_FALSE(before->FindRound("march")->FindUnit("74.SCT").has_value());
  EXPECT_TRUE((*after)->FindRound("march")->FindUnit("74.SCT").has_value());
}

TEST(Catalog, ASealedRoundKeepsTheUnitsOfItsSeal) {
  SealRecord seal{.round_id = "march", .scoring = {}};
  *seal.scoring.add_units() =
      sample::Unit("74.SNV", "department", "74", "2023-01-01", "2025-07-01");
  v1::Round sealed = sample::Round();
  sealed.set_state(v1::ROUND_STATE_SEALED);
  const auto catalog =
      sample::Catalog()->With({seal, RoundRecord{.number = sample::kRoundNumber, .round = sealed}});
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_THAT(IdsOf((*catalog)->FindRound("march")->units()), ElementsAre("74.SNV"));
  const auto after =
      (*catalog)->With({sample::Unit("74.SCT", "department", "74", "2023-01-01", "2025-07-01")});
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_THAT(IdsOf((*after)->FindRound("march")->units()), ElementsAre("74.SNV"));
}

TEST(Catalog, APeriodThatEndsReplacesTheOpenOne) {
  const auto ended = sample::Catalog()->With(
      {sample::Unit("79.SNV", "department", "79", "2023-01-01", "2026-01-01")});
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ((*ended)->units().Periods("79.SNV").size(), 1u);
  EXPECT_EQ((*ended)->units().Find("79.SNV", "2026-01-01"), nullptr);
}

TEST(Catalog, ARevokedCollectorAndARotatedCredentialDoNotSubmit) {
  const auto catalog = sample::Catalog();
  ASSERT_NE(catalog->FindPrincipal("hash of kiosk-1"), nullptr);
  EXPECT_EQ(catalog->FindPrincipal("hash of kiosk-1")->role, v1::ROLE_COLLECTOR);
  EXPECT_EQ(catalog->FindPrincipal("hash of kiosk-1")->channel, v1::CHANNEL_KIOSK);
  EXPECT_EQ(catalog->FindPrincipal("hash of nobody"), nullptr);
  EXPECT_EQ(catalog->FindPrincipal(""), nullptr);

  CollectorRecord kiosk = catalog->collectors().at("kiosk-1");
  kiosk.credential_hash = "new hash";
  const auto rotated = *catalog->With({kiosk});
  EXPECT_EQ(rotated->FindPrincipal("hash of kiosk-1"), nullptr);
  EXPECT_NE(rotated->FindPrincipal("new hash"), nullptr);

  kiosk.collector.set_revoked(true);
  const auto revoked = *rotated->With({kiosk});
  EXPECT_EQ(revoked->FindPrincipal("new hash"), nullptr);
  EXPECT_TRUE(revoked->IsOfRevokedCollector("new hash"));
  EXPECT_FALSE(revoked->IsOfRevokedCollector("hash of kiosk-1"));
  EXPECT_FALSE(rotated->IsOfRevokedCollector("new hash"));
  // Snapshots taken before are as they were.
  EXPECT_NE(rotated->FindPrincipal("new hash"), nullptr);
}

TEST(Catalog, ACollectorThatHasNotEnrolledIsNobody) {
  CollectorRecord kiosk = sample::Catalog()->collectors().at("kiosk-1");
  kiosk.credential_hash = "";
  kiosk.enrolment_hash = "hash of a code";
  const auto waiting = *sample::Catalog()->With({kiosk});
  EXPECT_EQ(waiting->FindPrincipal(""), nullptr);
  EXPECT_EQ(waiting->FindPrincipal("hash of a code"), nullptr);
  EXPECT_EQ(waiting->FindPrincipal("hash of kiosk-1"), nullptr);
  kiosk.collector.set_revoked(true);
  EXPECT_FALSE((*waiting->With({kiosk}))->IsOfRevokedCollector(""));
}

TEST(Catalog, AnAccountIsAPrincipalUntilItIsRevoked) {
  AccountRecord account{.account = {}, .credential_hash = "hash of ops"};
  account.account.set_account_id("ops");
  account.account.set_role(v1::ROLE_OPERATOR);
  account.account.set_unit_id("718");
  const auto catalog = *sample::Catalog()->With({account});
  ASSERT_NE(catalog->FindPrincipal("hash of ops"), nullptr);
  EXPECT_EQ(catalog->FindPrincipal("hash of ops")->unit_id, "718");
  account.account.set_revoked(true);
  EXPECT_EQ((*catalog->With({account}))->FindPrincipal("hash of ops"), nullptr);
}

PopulationRecord PopulationOf(const std::string& unit_id, uint64_t size) {
  PopulationRecord record{.round_id = "march", .population = {}};
  record.population.set_unit_id(unit_id);
  record.population.set_size(size);
  record.population.set_source("SYNTHETIC");
  return record;
}

TEST(Catalog, PopulationsAreAddedAndOverwritten) {
  const auto catalog = sample::Catalog();
  EXPECT_EQ(catalog->FindPopulations("march"), nullptr);
  const auto one = *catalog->With({PopulationOf("74.SNV", 10), PopulationOf("718", 20)});
  const auto two = *one->With({PopulationOf("718", 30)});
  EXPECT_EQ(one->FindPopulations("march")->at("718").size(), 20u);
  EXPECT_EQ(two->FindPopulations("march")->at("718").size(), 30u);
  EXPECT_EQ(two->FindPopulations("march")->at("74.SNV").size(), 10u);
}

TEST(Catalog, APopulationThatDoesNotFitItsRoundIsRefused) {
  const auto refused = [](PopulationRecord record) {
    return sample::Catalog()->With({std::move(record)}).status();
  };
  EXPECT_THAT(sample::ViolationLines(refused(PopulationOf("79", 1))),
              ElementsAre("populations['79'].unit_id: is not a unit of round 'march'"));
  EXPECT_THAT(sample::ViolationLines(refused(PopulationOf("718", 0))),
              ElementsAre(AllOf(HasSubstr("populations['718'].size: found 0, allowed are 1.."))));
  PopulationRecord record = PopulationOf("718", 10);
  record.population.clear_source();
  EXPECT_THAT(sample::ViolationLines(refused(record)),
              ElementsAre(HasSubstr("populations['718'].source: is empty")));

  record = PopulationOf("718", 10);
  v1::PopulationMargin& margin = *record.population.add_margins();
  margin.set_question_id("q3");
  for (const uint64_t size : {3u, 3u, 3u}) margin.add_sizes(size);
  EXPECT_THAT(
      sample::ViolationLines(refused(record)),
      ElementsAre(HasSubstr("'q3': found 3 sizes that add up to 9, allowed are one for each "
                            "of the question's 3 options, adding up to 10")));
  record.population.mutable_margins(0)->set_sizes(2, 4);
  EXPECT_TRUE(refused(record).ok());
  record.round_id = "april";
  EXPECT_EQ(refused(record).code(), absl::StatusCode::kNotFound);
}

TEST(Catalog, TheNewestVersionIsFoundByZero) {
  v1::Questionnaire second = sample::Questionnaire();
  second.set_version(2);
  v1::Questionnaire other = sample::Questionnaire();
  other.set_questionnaire_id("sample-2");
  const auto catalog = *sample::Catalog()->With({second, other});
  EXPECT_EQ(catalog->FindQuestionnaire("sample", 0)->definition().version(), 2u);
  EXPECT_EQ(catalog->FindQuestionnaire("sample", 1)->definition().version(), 1u);
  EXPECT_EQ(catalog->FindQuestionnaire("sample", 3), nullptr);
  EXPECT_EQ(catalog->FindQuestionnaire("sampl", 0), nullptr);
  EXPECT_EQ(catalog->FindQuestionnaire("a", 0), nullptr);
}

}  // namespace
}  // namespace hailong::model
