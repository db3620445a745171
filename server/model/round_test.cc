#include "server/model/round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "server/model/catalog.h"
#include "server/model/ids_for_test.h"
#include "server/model/times.h"
#include "server/testing/sample.h"

namespace hailong::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

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

}  // namespace
}  // namespace hailong::model
