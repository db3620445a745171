#include "deploy/player/responses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "deploy/player/demo_data_for_test.h"

namespace hailong::player {
namespace {

using ::testing::MatchesRegex;

class ResponsesTest : public ::testing::Test {
 protected:
  // Smaller than the demo, so that every response can be looked at under the sanitizers.
  static ScheduleSettings Settings() {
    ScheduleSettings settings = DemoSettings();
    settings.citizens = 9000;
    settings.officials = 600;
    return settings;
  }

  ResponsesTest()
      : units_(DemoUnits()),
        schedule_(*MakeSchedule(Settings(), units_, DemoCollectors())),
        citizens_(Settings().seed, "citizens", DemoQuestionnaire("sipas-2026"), units_),
        officials_(Settings().seed, "officials", DemoQuestionnaire("officials-2026"), units_) {}

  static std::string Normalised(absl::string_view code) {
    return absl::AsciiStrToUpper(absl::StrReplaceAll(code, {{" ", ""}, {"\xE2\x80\x93", "-"}}));
  }

  // Every rule of the questionnaire that a server can check.
  static void ExpectFits(const v1::Response& response, const v1::Questionnaire& questionnaire) {
    std::map<std::string, const v1::Question*> questions;
    std::set<std::string> in_form;
    for (const v1::Question& question : questionnaire.questions()) {
      questions[question.question_id()] = &question;
      if (response.form_id().empty()) in_form.insert(question.question_id());
    }
    for (const v1::Form& form : questionnaire.forms()) {
      if (form.form_id() == response.form_id()) {
        in_form.insert(form.question_ids().begin(), form.question_ids().end());
      }
    }
    std::set<std::string> answered;
    for (const v1::Answer& answer : response.answers()) {
      ASSERT_TRUE(in_form.count(answer.question_id())) << answer.question_id();
      EXPECT_TRUE(answered.insert(answer.question_id()).second);
      const v1::Question& question = *questions.at(answer.question_id());
      const uint32_t options = static_cast<uint32_t>(question.options_size());
      if (question.kind() == v1::QUESTION_KIND_TEXT) {
        EXPECT_FALSE(answer.text().empty());
        EXPECT_EQ(answer.value_case(), v1::Answer::VALUE_NOT_SET);
      } else if (question.kind() == v1::QUESTION_KIND_MULTIPLE_CHOICE) {
        ASSERT_TRUE(answer.has_choices());
        for (uint32_t choice : answer.choices().choices()) EXPECT_LE(choice, options);
      } else {
        ASSERT_TRUE(answer.has_choice());
        EXPECT_GE(answer.choice(), 1U);
        EXPECT_LE(answer.choice(), options);
      }
    }
    EXPECT_FALSE(answered.empty());
    for (const std::string& id : in_form) {
      if (questions.at(id)->required()) {
        EXPECT_TRUE(answered.count(id)) << id;
      }
    }
  }

  const std::vector<RatedUnit> units_;
  const Schedule schedule_;
  const ResponseBuilder citizens_;
  const ResponseBuilder officials_;
};

TEST_F(ResponsesTest, EveryResponseFitsItsQuestionnaire) {
  const v1::Questionnaire sipas = DemoQuestionnaire("sipas-2026");
  const v1::Questionnaire officials = DemoQuestionnaire("officials-2026");
  for (const Entry& entry : schedule_.citizens) ExpectFits(citizens_.Build(entry), sipas);
  for (const Entry& entry : schedule_.again) ExpectFits(citizens_.Build(entry), sipas);
  for (const Entry& entry : schedule_.late) ExpectFits(citizens_.Build(entry), sipas);
  for (const Entry& entry : schedule_.officials) ExpectFits(officials_.Build(entry), officials);
}

TEST_F(ResponsesTest, ARetryHasTheSameBytesAndEveryOtherResponseAnotherId) {
  std::map<std::string, std::string> bytes_of;
  const auto is_uuid =
      MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (const auto* part : {&schedule_.citizens, &schedule_.again, &schedule_.late}) {
    for (const Entry& entry : *part) {
      const v1::Response response = citizens_.Build(entry);
      ASSERT_THAT(response.response_id(), is_uuid);
      const auto [at, fresh] =
          bytes_of.emplace(response.response_id(), response.SerializeAsString());
      EXPECT_EQ(fresh, entry.expectation != Expectation::kAlreadyRecorded);
      EXPECT_EQ(at->second, response.SerializeAsString());
    }
  }
  for (const Entry& entry : schedule_.officials) {
    EXPECT_TRUE(bytes_of.emplace(officials_.Build(entry).response_id(), "").second);
  }
}

TEST_F(ResponsesTest, ASecondBuilderOfTheSameSeedGivesTheSameBytes) {
  const ResponseBuilder same(Settings().seed, "citizens", DemoQuestionnaire("sipas-2026"), units_);
  const ResponseBuilder other(Settings().seed, "another-round", DemoQuestionnaire("sipas-2026"),
                              units_);
  for (std::size_t i = schedule_.citizens.size(); i-- > 8000;) {
    const Entry& entry = schedule_.citizens[i];
    EXPECT_EQ(same.Build(entry).SerializeAsString(), citizens_.Build(entry).SerializeAsString());
    EXPECT_NE(other.Build(entry).response_id(), citizens_.Build(entry).response_id());
  }
}

TEST_F(ResponsesTest, DossierCodesTellPersonsApartAndMeetAcrossSpellings) {
  const auto is_code = MatchesRegex("[0-9A-Z]+(\\.[0-9A-Z]+)*-[0-9]{6}-[0-9]{4,}");
  std::map<uint64_t, std::string> code_of;
  std::set<std::string> codes;
  for (const Entry& entry : schedule_.citizens) {
    const std::string code = DossierCode(entry);
    EXPECT_THAT(code, is_code);
    EXPECT_TRUE(codes.insert(code).second) << code;
    code_of[entry.person] = code;
  }
  for (const Entry& entry : schedule_.late) EXPECT_TRUE(codes.insert(DossierCode(entry)).second);
  int duplicates = 0;
  for (const Entry& entry : schedule_.again) {
    if (entry.expectation != Expectation::kDuplicate) continue;
    ++duplicates;
    const std::string code = citizens_.Build(entry).evidence().dossier_code();
    EXPECT_NE(code, code_of.at(entry.person));
    EXPECT_EQ(Normalised(code), code_of.at(entry.person));
  }
  EXPECT_GT(duplicates, 50);
}

TEST_F(ResponsesTest, OtherEvidenceIsNeverSharedByTwoPersons) {
  std::set<std::string> seen;
  int shown = 0;
  const auto look = [&](const v1::Response& response) {
    const v1::Evidence& evidence = response.evidence();
    if (evidence.kind_case() == v1::Evidence::KIND_NOT_SET || evidence.has_dossier_code()) return;
    ++shown;
    EXPECT_TRUE(seen.insert(evidence.SerializeAsString()).second);
  };
  for (const Entry& entry : schedule_.citizens) look(citizens_.Build(entry));
  for (const Entry& entry : schedule_.late) look(citizens_.Build(entry));
  for (const Entry& entry : schedule_.officials) look(officials_.Build(entry));
  EXPECT_GT(shown, 1000);
}

TEST_F(ResponsesTest, ScoresAreHighButDifferByUnitAndQuestion) {
  std::map<std::string, std::pair<double, double>> by_unit;  // satisfied, answers
  std::map<std::string, std::pair<double, double>> by_question;
  std::pair<double, double> all;
  for (const Entry& entry : schedule_.citizens) {
    const v1::Response response = citizens_.Build(entry);
    for (const v1::Answer& answer : response.answers()) {
      if (!absl::StartsWith(answer.question_id(), "q9.")) continue;
      for (auto* cell : {&all, &by_unit[response.unit_id()], &by_question[answer.question_id()]}) {
        cell->first += answer.choice() >= 4 ? 1 : 0;
        cell->second += 1;
      }
    }
  }
  EXPECT_NEAR(all.first / all.second, 0.85, 0.05);
  ASSERT_EQ(by_question.size(), 39U);
  ASSERT_EQ(by_unit.size(), 119U);
  for (auto* cells : {&by_unit, &by_question}) {
    double lowest = 1;
    double highest = 0;
    for (const auto& [id, cell] : *cells) {
      lowest = std::min(lowest, cell.first / cell.second);
      highest = std::max(highest, cell.first / cell.second);
    }
    EXPECT_GT(lowest, 0.60);
    EXPECT_LT(highest, 0.99);
    EXPECT_GT(highest - lowest, 0.05);
  }
}

TEST_F(ResponsesTest, StraightLinersAnswerAllRatingsAlikeAndSpeedersFast) {
  const v1::Questionnaire sipas = DemoQuestionnaire("sipas-2026");
  std::set<std::string> ratings;
  for (const v1::Question& question : sipas.questions()) {
    if (question.kind() == v1::QUESTION_KIND_RATING) ratings.insert(question.question_id());
  }
  int straight_liners = 0;
  int speeders = 0;
  for (const Entry& entry : schedule_.citizens) {
    const v1::Response response = citizens_.Build(entry);
    const uint32_t pace_ms =
        response.duration_ms() / static_cast<uint32_t>(response.answers_size());
    if (entry.behaviour == Behaviour::kSpeeder) {
      ++speeders;
      EXPECT_LT(pace_ms, 200U);
    } else {
      EXPECT_GE(pace_ms, 2500U);
    }
    if (entry.behaviour != Behaviour::kStraightLiner) continue;
    ++straight_liners;
    std::set<uint32_t> choices;
    int answered = 0;
    for (const v1::Answer& answer : response.answers()) {
      if (ratings.count(answer.question_id()) == 0) continue;
      choices.insert(answer.choice());
      ++answered;
    }
    EXPECT_EQ(choices.size(), 1U);
    EXPECT_GE(answered, 39);
  }
  EXPECT_GT(straight_liners, 50);
  EXPECT_GT(speeders, 30);
}

TEST_F(ResponsesTest, OfficialsNameTheirGroupAndUseEveryOption) {
  std::set<uint32_t> options;
  for (const Entry& entry : schedule_.officials) {
    const v1::Response response = officials_.Build(entry);
    for (const v1::Answer& answer : response.answers()) {
      if (answer.question_id() == "group") {
        EXPECT_EQ(answer.choice(), entry.group);
      }
      if (absl::StartsWith(answer.question_id(), "o.")) options.insert(answer.choice());
    }
  }
  EXPECT_EQ(options, (std::set<uint32_t>{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace hailong::player
