#include <gmock/gmock.h>

#include <gtest/gtest.h>
#include <cmath>

#include "base/ids.h"
#include "server/model/catalog.h"
#include "server/model/limits.h"
#include "server/model/paging.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/testing/sample.h"

namespace hailong::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

template <typename Change>
absl::Status Publish(Change change) {
  v1::Questionnaire definition = sample::Questionnaire();
  change(definition);
  return Questionnaire::Create(definition).status();
}

TEST(Questionnaire, TheSamplePacksByPosition) {
  const auto made = Questionnaire::Create(sample::Questionnaire());
  ASSERT_TRUE(made.ok()) << made.status();
  // Seven single bytes, a set of four, and a text of none.
  EXPECT_EQ((*made)->packed_size(), 7u + 4u);
  EXPECT_EQ((*made)->questions()[3].offset, 3u);
  EXPECT_EQ((*made)->questions()[5].offset, 7u);
  EXPECT_EQ((*made)->Find("q4", 0), 3);
  EXPECT_EQ((*made)->Find("q4", 3), 3);
  EXPECT_EQ((*made)->Find("q4", 99), 3);
  EXPECT_EQ((*made)->Find("q10", 0), -1);
  EXPECT_EQ(*(*made)->FindForm("counter"),
            (std::vector<bool>{true, true, false, false, true, false, false, false, false}));
  EXPECT_EQ((*made)->FindForm("none"), nullptr);
  EXPECT_EQ((*made)->digest().size(), 64u);
}

TEST(Questionnaire, EachRefusalNamesTheFieldAndSaysWhatIsAllowed) {
  const struct {
    void (*change)(v1::Questionnaire&);
    const char* line;
  } cases[] = {
      {[](auto& q) { q.set_questionnaire_id("Sample"); },
       "questionnaire.questionnaire_id: found 'Sample', allowed are 1..64 of a-z, 0-9 and '-'"},
      {[](auto& q) { q.set_version(0); }, "questionnaire.version: found 0, allowed is 1 or more"},
      {[](auto& q) { q.clear_legal_basis(); }, "questionnaire.legal_basis.source: is empty"},
      {[](auto& q) { q.clear_title(); }, "questionnaire.title.vi: is empty"},
      {[](auto& q) { q.clear_audience(); },
       "questionnaire.audience: is not set; allowed are CITIZENS and OFFICIALS"},
      {[](auto& q) {
         q.clear_questions();
         q.clear_forms();
       },
       "questionnaire.questions: found 0, allowed are 1..400"},
      {[](auto& q) {
         for (int i = 0; i < 400; ++i) *q.add_questions() = q.questions(0);
       },
       "questionnaire.questions: found 409, allowed are 1..400"},
      {[](auto& q) { q.mutable_questions(0)->set_question_id("Q1"); },
       "questions[0].question_id: found 'Q1', allowed are 1..32"},
      {[](auto& q) { q.mutable_questions(1)->set_question_id("q1"); },
       "questions[1].question_id: 'q1' is there twice"},
      {[](auto& q) { q.mutable_questions(0)->clear_text(); }, "questions[0].text.vi: is empty"},
      {[](auto& q) { q.mutable_questions(0)->clear_kind(); }, "questions[0].kind: is not set"},
      {[](auto& q) { q.mutable_questions(0)->mutable_options()->DeleteSubrange(1, 4); },
       "questions[0].options: found 1, allowed are 2..253"},
      {[](auto& q) {
         for (int i = 0; i < 28; ++i)
           *q.mutable_questions(3)->add_options() = q.questions(3).options(0);
       },
       "questions[3].options: found 32, allowed are 2..31"},
      {[](auto& q) { q.mutable_questions(4)->add_options()->mutable_text()->set_vi("x"); },
       "questions[4].options: found 1, a text has none"},
      {[](auto& q) { q.mutable_questions(0)->mutable_options(2)->clear_text(); },
       "questions[0].options[2].text.vi: is empty"},
      {[](auto& q) {
         while (q.questions(0).options_size() < 32) {
           *q.mutable_questions(0)->add_options() = q.questions(0).options(0);
         }
         q.mutable_questions(0)->mutable_options(31)->set_allows_text(true);
       },
       "questions[0].options[31].allows_text: only the first 31"},
      {[](auto& q) { q.mutable_forms(0)->add_question_ids("q10"); },
       "forms[0].question_ids: 'q10' is not a question"},
      {[](auto& q) { *q.add_forms() = q.forms(0); }, "forms[1].form_id: is empty, not a plain id"},
      {[](auto& q) { q.mutable_title()->set_en(std::string(1 << 20, 'x')); },
       "bytes, allowed are 1048576"},
  };
  for (const auto& one : cases) {
    const absl::Status status = Publish(one.change);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.line;
    EXPECT_THAT(sample::ViolationLines(status), testing::Contains(HasSubstr(one.line)));
  }
}

TEST(UnitTree, OneCodeNamesDifferentUnitsInDifferentPeriods) {
  const auto tree = UnitTree::Create(sample::Units());
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ((*tree)->Periods("25747").size(), 2u);
  EXPECT_EQ((*tree)->Find("25747", "2025-06-30")->parent_unit_id(), "718");
  EXPECT_EQ((*tree)->Find("25747", "2025-07-01")->parent_unit_id(), "79");
  EXPECT_EQ((*tree)->Find("25747", "2022-12-31"), nullptr);
  EXPECT_EQ((*tree)->Find("718", "2025-07-01"), nullptr);

  EXPECT_TRUE((*tree)->IsWithin("25747", "74", "2025-06-30"));
  EXPECT_FALSE((*tree)->IsWithin("25747", "79", "2025-06-30"));
  EXPECT_FALSE((*tree)->IsWithin("25747", "74", "2025-07-01"));
  EXPECT_TRUE((*tree)->IsWithin("25747", "79", "2025-07-01"));
  EXPECT_TRUE((*tree)->IsWithin("74", "74", "2025-06-30"));
  EXPECT_FALSE((*tree)->IsWithin("74", "718", "2025-06-30"));
  EXPECT_FALSE((*tree)->IsWithin("nobody", "74", "2025-06-30"));
}

TEST(UnitTree, EachRefusalNamesTheUnit) {
  const struct {
    v1::Unit unit;  // added to the sample
    const char* line;
  } cases[] = {
      {sample::Unit("25747", "commune", "", "2025-06-30", "2025-07-01"),
       "units['25747'].valid_from: found 2025-06-30, but the period from 2023-01-01 ends on "
       "2025-07-01"},
      {sample::Unit("79", "province", "", "2030-01-01", ""),
       "units['79'].valid_from: found 2030-01-01, but the period from 2023-01-01 has no end"},
      {sample::Unit("1", "commune", "99", "2023-01-01", ""),
       "units['1'].parent_unit_id: no unit '99' on 2023-01-01"},
      // The parent is there on the first day only.
      {sample::Unit("1", "commune", "718", "2023-01-01", ""),
       "units['1'].parent_unit_id: no unit '718' on 2025-07-01"},
      {sample::Unit("1", "commune", "718", "2022-12-31", "2024-01-01"),
       "units['1'].parent_unit_id: no unit '718' on 2022-12-31"},
      {sample::Unit("2", "commune", "2", "2023-01-01", ""),
       "units['2'].parent_unit_id: units are nested deeper than 16 or in a circle"},
      {sample::Unit("a b", "commune", "", "2023-01-01", ""),
       "units['a b'].unit_id: allowed are 1..35 of letters, digits, '.' and '-'"},
      {sample::Unit("1", "Xã", "", "2023-01-01", ""), "units['1'].level: allowed are lower-case"},
      {sample::Unit("1", "commune", "", "2023-1-1", ""),
       "units['1'].valid_from: '2023-1-1' is not a date of the form YYYY-MM-DD"},
      {sample::Unit("1", "commune", "", "2023-01-02", "2023-01-02"),
       "units['1'].valid_to: found 2023-01-02, allowed is after valid_from 2023-01-02"},
  };
  for (const auto& one : cases) {
    std::vector<v1::Unit> units = sample::Units();
    units.push_back(one.unit);
    const absl::Status status = UnitTree::Create(units).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.line;
    EXPECT_THAT(sample::ViolationLines(status), testing::Contains(HasSubstr(one.line)));
  }
}

TEST(UnitTree, ACircleThatClosesLaterIsFound) {
  // From 2024 a is below b and b below a.
  const auto tree = UnitTree::Create({sample::Unit("a", "x", "b", "2023-01-01", ""),
                                      sample::Unit("b", "x", "", "2023-01-01", "2024-01-01"),
                                      sample::Unit("b", "x", "a", "2024-01-01", "")});
  EXPECT_THAT(std::string(tree.status().message()), HasSubstr("in a circle"));
}

TEST(UnitTree, AParentMayChangeItsPeriodWhileAChildLasts) {
  const auto tree = UnitTree::Create({sample::Unit("a", "x", "", "2023-01-01", "2024-01-01"),
                                      sample::Unit("a", "x", "", "2024-01-01", ""),
                                      sample::Unit("b", "x", "a", "2023-06-01", "")});
  EXPECT_TRUE(tree.ok()) << tree.status();
}

template <typename Change>
absl::Status Open(Change change) {
  v1::Round definition = sample::Round();
  change(definition);
  return Round::Create(sample::kRoundNumber, definition,
                       *Questionnaire::Create(sample::Questionnaire()),
                       **UnitTree::Create(sample::Units()))
      .status();
}

TEST(Round, MayHideSmallCells) {
  EXPECT_TRUE(Open([](v1::Round& round) {
                round.mutable_disclosure()->set_n_min(10);
                round.mutable_disclosure()->add_tables()->add_by("q3");
              }).ok());
}

TEST(Round, EachRefusalNamesTheField) {
  const struct {
    void (*change)(v1::Round&);
    const char* line;
  } cases[] = {
      {[](auto& r) { r.set_round_id("Tháng 3"); }, "round.round_id: found 'Tháng 3', allowed are"},
      {[](auto& r) { r.clear_title(); }, "round.title.vi: is empty"},
      {[](auto& r) { r.set_questionnaire_version(0); },
       "round.questionnaire_version: found 0, allowed is 1"},
      {[](auto& r) { r.clear_opens_at(); }, "round.opens_at: is missing"},
      {[](auto& r) { r.clear_closes_at(); }, "round.closes_at: is missing"},
      {[](auto& r) { *r.mutable_closes_at() = r.opens_at(); },
       "round.closes_at: is not after opens_at"},
      {[](auto& r) { r.mutable_grace()->set_seconds(90 * 86400 + 1); },
       "round.grace: found 2160h1s, allowed are 0s..2160h"},
      {[](auto& r) { r.mutable_grace()->set_seconds(-1); }, "round.grace: found -1s"},
      {[](auto& r) { r.mutable_appeal_time()->set_seconds(4LL * 366 * 86400); },
       "round.appeal_time: found"},
      {[](auto& r) { r.set_duplicate_policy(static_cast<v1::DuplicatePolicy>(9)); },
       "round.duplicate_policy: found 9"},
      {[](auto& r) { r.set_duplicate_policy(v1::DUPLICATE_POLICY_CHANNEL_ORDER); },
       "round.channel_order: is empty; CHANNEL_ORDER needs it"},
      {[](auto& r) { r.add_channel_order(v1::CHANNEL_WEB); },
       "round.channel_order: is set, but duplicate_policy is not CHANNEL_ORDER"},
      {[](auto& r) {
         r.set_duplicate_policy(v1::DUPLICATE_POLICY_CHANNEL_ORDER);
         r.add_channel_order(v1::CHANNEL_WEB);
         r.add_channel_order(v1::CHANNEL_WEB);
       },
       "round.channel_order: channel 3 is unknown or there twice"},
      {[](auto& r) { r.set_partial_rule(static_cast<v1::PartialRule>(9)); },
       "round.partial_rule: found 9, allowed are DISCARD and KEEP"},
      {[](auto& r) { r.mutable_weighting_plan()->set_mode(static_cast<v1::WeightingMode>(9)); },
       "round.weighting_plan.mode: is unknown"},
      {[](auto& r) { r.mutable_weighting_plan()->add_steps(); },
       "round.weighting_plan.steps[0]: is empty; allowed are post_stratify, rake and trim"},
      {[](auto& r) {
         r.mutable_weighting_plan()->add_steps()->mutable_post_stratify()->set_question_id("q1");
       },
       "round.weighting_plan.steps[0].post_stratify.question_id: found 'q1', allowed are the "
       "single choice questions"},
      {[](auto& r) { r.mutable_weighting_plan()->add_steps()->mutable_rake(); },
       "round.weighting_plan.steps[0].rake.question_ids: found 0, allowed are 1..4"},
      {[](auto& r) {
         v1::Raking& rake = *r.mutable_weighting_plan()->add_steps()->mutable_rake();
         rake.add_question_ids("q3");
         rake.add_question_ids("q3");
       },
       "round.weighting_plan.steps[0].rake.question_ids: names a question twice"},
      {[](auto& r) { r.mutable_weighting_plan()->add_steps()->mutable_trim()->set_upper(3); },
       "round.weighting_plan.steps[0].trim: is the first step"},
      {[](auto& r) {
         r.mutable_weighting_plan()->add_steps()->mutable_rake()->add_question_ids("q3");
         r.mutable_weighting_plan()->add_steps()->mutable_trim()->set_upper(0.5);
       },
       "round.weighting_plan.steps[1].trim.upper: found 0.5, allowed are 0 and above 1 to 1000"},
      {[](auto& r) {
         r.mutable_weighting_plan()->add_steps()->mutable_rake()->add_question_ids("q3");
         r.mutable_weighting_plan()->add_steps()->mutable_trim()->set_lower(NAN);
       },
       "round.weighting_plan.steps[1].trim.lower: found nan"},
      {[](auto& r) {
         for (int i = 0; i < 9; ++i) r.mutable_weighting_plan()->add_steps();
       },
       "round.weighting_plan.steps: found 9, allowed are 0..8"},
      {[](auto& r) { r.mutable_flag_thresholds()->set_burst_count_max(1001); },
       "round.flag_thresholds.burst_count_max: found 1001, allowed are 0..1000"},
      {[](auto& r) { r.mutable_flag_thresholds()->set_burst_window_ms(0); },
       "round.flag_thresholds.burst_window_ms: burst needs both"},
      {[](auto& r) { r.mutable_disclosure()->set_n_min(1); },
       "round.disclosure.n_min: found 1, allowed are 0 and 2..1000"},
      {[](auto& r) { r.mutable_disclosure()->add_tables()->add_by("unit"); },
       "round.disclosure.n_min: found 0, which protects nothing"},
      {[](auto& r) { r.mutable_disclosure()->set_unanimous_n_min(1001); },
       "round.disclosure.unanimous_n_min: found 1001"},
      {[](auto& r) {
         r.mutable_disclosure()->set_n_min(10);
         for (int i = 0; i < 9; ++i) r.mutable_disclosure()->add_tables()->add_by("unit");
       },
       "round.disclosure.tables: found 9, allowed are 0..8"},
      {[](auto& r) { r.mutable_disclosure()->add_tables(); },
       "round.disclosure.tables[0].by: found 0, allowed are 1..3"},
      {[](auto& r) {
         v1::PublishedTable& table = *r.mutable_disclosure()->add_tables();
         table.add_by("unit");
         table.add_by("unit");
       },
       "round.disclosure.tables[0].by: names a dimension twice"},
      {[](auto& r) {
         v1::PublishedTable& table = *r.mutable_disclosure()->add_tables();
         table.add_by("unit");
         table.add_by("q1");
       },
       "round.disclosure.tables[0].by[1]: found 'q1', allowed are 'unit' and the single choice"},
  };
  for (const auto& one : cases) {
    const absl::Status status = Open(one.change);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.line;
    EXPECT_THAT(sample::ViolationLines(status), testing::Contains(HasSubstr(one.line)));
  }
}

TEST(Round, NeedsItsRootOnTheDayItOpens) {
  const absl::Status status = Open([](auto& r) { r.set_root_unit_id("99"); });
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no unit '99' on '2025-03-01'");
}

std::vector<std::string> IdsOf(const std::vector<v1::Unit>& units) {
  std::vector<std::string> ids;
  for (const v1::Unit& unit : units) ids.push_back(unit.unit_id());
  return ids;
}

TEST(Round, ItsUnitsAreTheSubtreeOfItsWindow) {
  const auto round = sample::Catalog()->FindRound("march");
  EXPECT_THAT(IdsOf(round->units()),
              ElementsAre("25747", "25750", "718", "74", "74.SNV", "74.STC"));
  EXPECT_EQ(round->FindUnit("718"), 2);
  EXPECT_EQ(round->FindUnit("79"), std::nullopt);
}

TEST(Round, AWindowOverTheReformHasTheUnitsOfBothSides) {
  const auto over_reform = [](v1::Round& round) {
    round.set_root_unit_id("79");
    *round.mutable_opens_at() = ToProto(sample::At("2025-06-01T00:00:00+07:00"));
    *round.mutable_closes_at() = ToProto(sample::At("2025-07-01T00:00:00+07:00"));
  };
  // The window is half open: the first of July is not in it yet.
  EXPECT_THAT(IdsOf(sample::CatalogWithRound(over_reform)->FindRound("march")->units()),
              ElementsAre("79", "79.SNV"));
  const auto round = sample::CatalogWithRound([&](v1::Round& definition) {
                       over_reform(definition);
                       definition.mutable_closes_at()->set_nanos(1000);
                     })->FindRound("march");
  EXPECT_THAT(IdsOf(round->units()), ElementsAre("25747", "79", "79.SNV"));
  // Not the commune that bore the code before.
  EXPECT_EQ(round->units()[0].parent_unit_id(), "79");
}

TEST(Round, AUnitThatComesBelowTheRootByAChangeAboveItIsInTheRound) {
  // The district moves from 48 to 74 in the middle of March; its commune's own period runs on.
  const auto catalog = sample::Catalog()->With({
      sample::Unit("48", "province", "", "2023-01-01", ""),
      sample::Unit("490", "district", "48", "2023-01-01", "2025-03-15"),
      sample::Unit("490", "district", "74", "2025-03-15", "2025-07-01"),
      sample::Unit("20194", "commune", "490", "2023-01-01", "2025-07-01"),
  });
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  const auto round = (*catalog)->FindRound("march");
  EXPECT_THAT(IdsOf(round->units()), IsSupersetOf({"490", "20194"}));
  EXPECT_EQ(round->units()[*round->FindUnit("490")].valid_from(), "2025-03-15");
}

TEST(Round, WithUnitsFreezesThem) {
  const auto round = sample::Catalog()->FindRound("march")->WithUnits(
      {sample::Unit("74", "province", "", "2023-01-01", "")});
  EXPECT_THAT(IdsOf(round->units()), ElementsAre("74"));
  EXPECT_EQ(round->FindUnit("74"), 0);
  EXPECT_EQ(round->FindUnit("74.SNV"), std::nullopt);
}

TEST(Round, EachPolicyDecidesWhichOfTwoCounts) {
  const absl::Time noon = sample::At("2025-03-05T12:00:00+07:00");
  const absl::Time later = noon + absl::Microseconds(1);
  const Standing web_noon{noon, v1::CHANNEL_WEB};
  const Standing web_later{later, v1::CHANNEL_WEB};
  const Standing zalo_noon{noon, v1::CHANNEL_ZALO};
  const Standing paper_later{later, v1::CHANNEL_PAPER};
  const Standing kiosk_noon{noon, v1::CHANNEL_KIOSK};
  const auto with = [](v1::DuplicatePolicy policy, std::vector<v1::Channel> order = {}) {
    return sample::CatalogWithRound([&](v1::Round& round) {
             round.set_duplicate_policy(policy);
             for (const v1::Channel channel : order) round.add_channel_order(channel);
           })
        ->FindRound("march");
  };
  for (const auto policy : {v1::DUPLICATE_POLICY_UNSPECIFIED, v1::DUPLICATE_POLICY_LATEST}) {
    const auto latest = with(policy);
    EXPECT_TRUE(latest->Supersedes(web_later, web_noon));
    EXPECT_FALSE(latest->Supersedes(web_noon, web_later));
    // Of two at one moment the one that arrived last.
    EXPECT_TRUE(latest->Supersedes(zalo_noon, web_noon));
  }
  const auto first = with(v1::DUPLICATE_POLICY_FIRST);
  EXPECT_FALSE(first->Supersedes(web_later, web_noon));
  EXPECT_TRUE(first->Supersedes(web_noon, web_later));
  EXPECT_FALSE(first->Supersedes(zalo_noon, web_noon));

  const auto ordered =
      with(v1::DUPLICATE_POLICY_CHANNEL_ORDER, {v1::CHANNEL_ZALO, v1::CHANNEL_WEB});
  EXPECT_TRUE(ordered->Supersedes(zalo_noon, web_later));
  EXPECT_FALSE(ordered->Supersedes(web_later, zalo_noon));
  EXPECT_TRUE(ordered->Supersedes(web_later, web_noon));
  EXPECT_FALSE(ordered->Supersedes(web_noon, web_later));
  // Channels left out come after all, and are equals.
  EXPECT_FALSE(ordered->Supersedes(paper_later, web_noon));
  EXPECT_TRUE(ordered->Supersedes(web_noon, paper_later));
  EXPECT_TRUE(ordered->Supersedes(paper_later, kiosk_noon));
  EXPECT_FALSE(ordered->Supersedes(kiosk_noon, paper_later));
}

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

TEST(Refusal, PayloadsAreReadBack) {
  refusal::Violations bad("response.");
  bad.Add("answers[3].choice", "question 7: choice 9 is not in 1..5");
  bad.Add("unit_id", "no unit");
  const absl::Status status = bad.ToStatus();
  EXPECT_EQ(status.message(),
            "response.answers[3].choice: question 7: choice 9 is not in 1..5 (and 1 more)");
  EXPECT_THAT(sample::ViolationLines(status),
              ElementsAre("response.answers[3].choice: question 7: choice 9 is "
                          "not in 1..5",
                          "response.unit_id: no unit"));
  EXPECT_EQ(refusal::RetryDelayOf(status), absl::ZeroDuration());
  EXPECT_EQ(refusal::RetryDelayOf(refusal::QueueFull()), limits::kRetryDelayBusy);
  EXPECT_EQ(refusal::RetryDelayOf(refusal::DiskFull("")), limits::kRetryDelayDiskFull);
  EXPECT_THAT(sample::ViolationLines(refusal::QueueFull()), SizeIs(0));
  EXPECT_TRUE(refusal::Violations().ToStatus().ok());
}

TEST(Refusal, OnlyAClosedStoreIsAClosedStore) {
  EXPECT_TRUE(refusal::IsStoreClosed(refusal::StoreClosed("sync failed")));
  EXPECT_FALSE(refusal::IsStoreClosed(refusal::QueueFull()));
  EXPECT_FALSE(refusal::IsStoreClosed(absl::UnavailableError("a key file")));
  EXPECT_FALSE(refusal::IsStoreClosed(absl::OkStatus()));
}

TEST(Refusal, ViolationsPastTheLimitAreOnlyCounted) {
  refusal::Violations bad;
  for (size_t i = 0; i < limits::kViolationsMax + 5; ++i) bad.Add("x", "wrong");
  EXPECT_EQ(refusal::FieldViolationsOf(bad.ToStatus()).size(), limits::kViolationsMax);
  EXPECT_EQ(bad.ToStatus().message(), "x: wrong (and 24 more)");
}

TEST(Refusal, WhatACallerSentIsShownInWholeCharacters) {
  // 60 bytes of three-byte characters do not end at the limit of 64.
  std::string id;
  while (id.size() < 200) id += "ấ";
  EXPECT_TRUE(base::IsUtf8(std::string(refusal::NotFound("round", id).message())));
  EXPECT_TRUE(base::IsUtf8(std::string(refusal::OutsideSubtree(id, "74").message())));
}

TEST(Times, MicrosecondsSurviveTheWayThere) {
  const absl::Time time = absl::FromUnixMicros(-1);
  EXPECT_EQ(FromProto(ToProto(time)), time);
  EXPECT_EQ(ToProto(time).seconds(), -1);
  EXPECT_EQ(ToProto(time).nanos(), 999999000);
}

TEST(Pager, KeysSortAsTheirPairs) {
  EXPECT_LT(PageKey("74", "2025-01-01"), PageKey("74.SNV", "2023-01-01"));
  EXPECT_LT(PageKey("sipas", PageDigits(7)), PageKey("sipas-2026", PageDigits(1)));
  EXPECT_LT(PageKey("a", PageDigits(9)), PageKey("a", PageDigits(10)));
}

TEST(Pager, TheLastPageHasNoToken) {
  auto pager = *Pager::Create(2, "");
  EXPECT_TRUE(pager.Take("a"));
  EXPECT_TRUE(pager.Take("b"));
  EXPECT_EQ(pager.next_page_token(), "");
  EXPECT_FALSE(pager.Take("c"));
  EXPECT_EQ(pager.next_page_token(), "b");
  EXPECT_FALSE(Pager::Create(2, std::string(limits::kPageTokenBytesMax + 1, 'x')).ok());
}

}  // namespace
}  // namespace hailong::model
