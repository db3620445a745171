#pragma once

// The parts below results on a directory of their own, with a small questionnaire and framework: a
// bench to put Results and RoundFrame on. One thread, apart from the writer's.

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/temp_directory_for_test.h"
#include "server/results/results.h"
#include "server/store/sqlite_store.h"

namespace hailong::results {

// Ratings q1..q3 of 1..5 and the single choices gender of 1..2 and age of 1..3; round "r" over
// units 1, 1.1, 1.2, 1.3 from 2024-11-01 for 30 days.
class Bench {
 public:
  static constexpr size_t kUnits = 4;

  Bench() {
    store_ = *store::SqliteStore::Open({.path = directory_.File("test.db"), .vfs = ""});
    writer_ = std::make_unique<store::Writer>(
        *store_, store::Writer::Options{
                     .jobs_max = 16, .commit_responses_max = 4096, .admit = {}, .closed = {}});
    catalog_writer_ = std::make_unique<store::CatalogWriter>(*writer_, catalog_, clock_);
    results_ = std::make_unique<Results>(catalog_, *catalog_writer_, *store_, clock_,
                                         *MakeFrameworks({ThreeItems()}), /*threads=*/2);
    writer_->Start();
  }
  ~Bench() { writer_->Stop(); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void Put(std::vector<model::Record> records) {
    const absl::Status put = catalog_writer_->Apply(
        "test", "Put", "", [&](const model::Catalog&) { return std::move(records); });
    EXPECT_TRUE(put.ok()) << put;
  }
  // Of the round.
  void PutPopulation(const std::string& unit_id, uint64_t size) {
    model::PopulationRecord record{.round_id = "r", .population = {}};
    record.population.set_unit_id(unit_id);
    record.population.set_size(size);
    record.population.set_source("made up for a test");
    Put({record});
  }
  // Registry, questionnaire and round.
  void PutRound(v1::DuplicatePolicy policy, const std::vector<v1::Channel>& channel_order = {},
                const v1::WeightingPlan& plan = {}, const v1::DisclosureRule& rule = {}) {
    std::vector<model::Record> records = {Unit("1", ""), Unit("1.1", "1"), Unit("1.2", "1"),
                                          Unit("1.3", "1"), ThreeQuestions()};
    model::RoundRecord round{.number = model::RoundNumber{1}, .round = {}};
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        R"(round_id: "r" title { vi: "r" } questionnaire_id: "three" questionnaire_version: 1
           root_unit_id: "1" opens_at { seconds: 1730394000 } closes_at { seconds: 1732986000 }
           framework_id: "three" state: ROUND_STATE_OPEN)",
        &round.round));
    round.round.set_duplicate_policy(policy);
    for (const v1::Channel channel : channel_order) round.round.add_channel_order(channel);
    if (plan.ByteSizeLong() > 0) *round.round.mutable_weighting_plan() = plan;
    if (rule.ByteSizeLong() > 0) *round.round.mutable_disclosure() = rule;
    records.emplace_back(round);
    Put(std::move(records));
  }
  static v1::Unit Unit(const std::string& id, const std::string& parent) {
    v1::Unit unit;
    unit.set_unit_id(id);
    unit.set_name(id);
    unit.set_level("unit");
    unit.set_parent_unit_id(parent);
    unit.set_valid_from("2020-01-01");
    return unit;
  }

  std::shared_ptr<const model::Round> round() const { return catalog_.Get()->FindRound("r"); }
  // An anonymous response of its own id with these ratings and, if given, gender and age, submitted
  // and received now; 0: no answer.
  model::NewResponse Make(const std::string& unit_id, const std::string& ratings) {
    model::NewResponse response;
    response.round = round();
    ++made_;
    for (size_t i = 0; i < 4; ++i) {
      response.content.response_id.bytes[15 - i] = static_cast<uint8_t>(made_ >> (8 * i));
    }
    response.content.unit_id = unit_id;
    response.content.submitted_at_us = absl::ToUnixMicros(clock_.Now());
    for (const char rating : ratings) {
      response.content.answers.push_back(static_cast<char>(rating - '0'));
    }
    response.content.answers.resize(5, '\0');
    response.channel = v1::CHANNEL_WEB;
    response.received_at = clock_.Now();
    return response;
  }
  std::vector<model::Stored> Append(std::vector<model::NewResponse> responses) {
    std::promise<std::vector<model::Stored>> stored;
    const absl::Status offered = writer_->OfferResponses(
        std::move(responses), [&](absl::StatusOr<std::span<const model::Stored>> outcome) {
          EXPECT_TRUE(outcome.ok()) << outcome.status();
          stored.set_value({outcome->begin(), outcome->end()});
        });
    EXPECT_TRUE(offered.ok()) << offered;
    return stored.get_future().get();
  }

  base::FakeClock& clock() { return clock_; }
  store::Store& store() { return *store_; }
  Results& results() { return *results_; }
  static model::Principal Admin() { return {.role = v1::ROLE_ADMIN, .id = "admin", .unit_id = ""}; }

 private:
  static v1::Questionnaire ThreeQuestions() {
    v1::Questionnaire made;
    made.set_questionnaire_id("three");
    made.set_version(1);
    made.mutable_legal_basis()->set_source("made up for a test");
    made.mutable_title()->set_vi("Ba");
    made.set_audience(v1::AUDIENCE_CITIZENS);
    for (const char* id : {"q1", "q2", "q3"}) {
      v1::Question* question = made.add_questions();
      question->set_question_id(id);
      question->set_kind(v1::QUESTION_KIND_RATING);
      question->mutable_text()->set_vi(id);
      for (int i = 1; i <= 5; ++i) {
        question->add_options()->mutable_text()->set_vi(std::to_string(i));
      }
    }
    v1::Question* gender = made.add_questions();
    gender->set_question_id("gender");
    gender->set_kind(v1::QUESTION_KIND_SINGLE_CHOICE);
    gender->mutable_text()->set_vi("Giới tính");
    gender->add_options()->mutable_text()->set_vi("Nam");
    gender->add_options()->mutable_text()->set_vi("Nữ");
    v1::Question* age = made.add_questions();
    age->set_question_id("age");
    age->set_kind(v1::QUESTION_KIND_SINGLE_CHOICE);
    age->mutable_text()->set_vi("Tuổi");
    for (const char* text : {"dưới 30", "30-60", "trên 60"}) {
      age->add_options()->mutable_text()->set_vi(text);
    }
    return made;
  }
  static v1::IndexFramework ThreeItems() {
    v1::IndexFramework made;
    made.set_framework_id("three");
    made.set_version(1);
    made.mutable_title()->set_vi("Ba");
    made.set_audience(v1::AUDIENCE_CITIZENS);
    made.set_scoring(v1::SCORING_TOP2);
    made.mutable_scoring_provenance()->set_source("made up for a test");
    made.set_composition(v1::COMPOSITION_MEAN_OF_ITEMS);
    made.mutable_composition_provenance()->set_source("made up for a test");
    for (const char* id : {"q1", "q2", "q3"}) {
      v1::Component* item = made.add_components();
      item->set_component_id(id);
      item->set_kind("item");
      item->mutable_title()->set_vi(id);
      item->set_question_id(id);
      item->mutable_provenance()->set_source("made up for a test");
    }
    return made;
  }

  base::TempDirectory directory_;
  base::FakeClock clock_{absl::FromUnixSeconds(1731207600)};  // 2024-11-10
  uint32_t made_ = 0;
  model::CatalogHolder catalog_{model::Catalog::Empty()};
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<store::Writer> writer_;
  std::unique_ptr<store::CatalogWriter> catalog_writer_;
  std::unique_ptr<Results> results_;
};

}  // namespace hailong::results
