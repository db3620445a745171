#include "server/intake/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ids.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/testing/sample.h"

namespace hailong::intake {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const absl::Time kNow = sample::At("2025-03-06T00:00:00+07:00");

absl::StatusOr<model::NewResponse> Check(const v1::Response& response,
                                         const model::Principal& sender = sample::Kiosk(),
                                         absl::Time now = kNow) {
  return Validate(response, sender, *sample::Catalog(), now);
}

// The sample, changed.
template <typename Change>
absl::Status Refused(Change change) {
  v1::Response response = sample::Response(1);
  change(response);
  return Check(response).status();
}

void SetTime(v1::Response& response, absl::Time at) {
  *response.mutable_submitted_at() = model::ToProto(at);
}

TEST(Validate, AGoodResponseIsPackedByPosition) {
  v1::Response response = sample::Response(1);
  response.set_receiving_unit_id("718");
  response.set_clock_offset_ms(-500);
  response.set_duration_ms(60'000);
  response.set_device_sequence(42);
  v1::Answer& text = *response.add_answers();
  text.set_question_id("q5");
  text.set_text("Cảm ơn");
  v1::Answer& none = *response.add_answers();
  none.set_question_id("q2");
  none.set_not_applicable(true);
  sample::AddChoice(response, "q3", 3).set_text("khác");
  v1::Answer& several = *response.add_answers();
  several.set_question_id("q4");
  several.mutable_choices()->add_choices(4);
  several.mutable_choices()->add_choices(1);
  sample::AddChoice(response, "q9", 2);

  const auto made = Check(response);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->content.answers, std::string("\x04\xFF\x03\x09\x00\x00\x00\x00\x00\x00\x02", 11));
  EXPECT_EQ(made->content.comments,
            (std::vector<model::Comment>{{.question = 2, .text = "khác"},
                                         {.question = 4, .text = "Cảm ơn"}}));
  EXPECT_EQ(made->content.response_id.ToString(), response.response_id());
  EXPECT_EQ(made->content.unit_id, "74.SNV");
  EXPECT_EQ(made->content.receiving_unit_id, "718");
  EXPECT_EQ(made->content.duration_ms, 60'000u);
  EXPECT_EQ(made->content.device_sequence, 42u);
  EXPECT_EQ(made->submitted_at(),
            model::FromProto(response.submitted_at()) - absl::Milliseconds(500));
  EXPECT_EQ(made->received_at, kNow);
  EXPECT_EQ(made->collector, sample::Kiosk().collector);
  EXPECT_EQ(made->channel, v1::CHANNEL_KIOSK);
  EXPECT_FALSE(made->respondent_key.has_value());
  EXPECT_EQ(made->flags, 0u);
  EXPECT_FALSE(made->late);
}

TEST(Validate, TheOrderOfAnswersDoesNotMatter) {
  v1::Response one = sample::Response(1);
  sample::AddChoice(one, "q6", 2);
  v1::Response other = one;
  other.mutable_answers()->SwapElements(0, 1);
  EXPECT_EQ(Check(one)->content, Check(other)->content);
}

TEST(Validate, TheRatedUnitAsReceivingUnitIsNoOther) {
  v1::Response response = sample::Response(1);
  response.set_receiving_unit_id("74.SNV");
  EXPECT_EQ(Check(response)->content.receiving_unit_id, "");
}

TEST(Validate, EachRefusalNamesTheFieldAndSaysWhatFoundAllowed) {
  const struct {
    void (*change)(v1::Response&);
    const char* line;
  } cases[] = {
      {[](auto& r) { r.set_response_id("7"); },
       "response.response_id: found 1 bytes, allowed is a UUID of 36 characters"},
      {[](auto& r) { r.set_questionnaire_version(2); },
       "response.questionnaire_version: found 2, allowed is the round's 1"},
      {[](auto& r) { r.set_form_id("other"); }, "response.form_id: found 'other', allowed are"},
      {[](auto& r) { r.set_device_sequence((uint64_t{1} << 53) + 1); },
       "response.device_sequence: found 9007199254740993, allowed are 0..9007199254740992"},
      {[](auto& r) { r.clear_submitted_at(); }, "response.submitted_at: is missing"},
      {[](auto& r) { r.mutable_submitted_at()->set_seconds(1); },
       "response.submitted_at: found second 1, allowed are the years 2000..2099"},
      {[](auto& r) { r.mutable_submitted_at()->set_nanos(1'000'000'000); },
       "response.submitted_at: found second"},
      {[](auto& r) { r.set_clock_offset_ms(INT64_MIN); }, "response.clock_offset_ms: found -92233"},
      {[](auto& r) { r.set_clock_offset_ms(3650LL * 86400 * 1000 + 1); },
       "response.clock_offset_ms: found 315360000001, allowed are at most 315360000000 either way"},
      {[](auto& r) { SetTime(r, kNow + absl::Minutes(5) + absl::Seconds(1)); },
       "response.submitted_at: is 5m1s in the future, allowed are 5m"},
      {[](auto& r) { SetTime(r, sample::At("2025-02-28T23:59:59+07:00")); },
       "response.submitted_at: found 2025-02-28T16:59:59Z, allowed is from 2025-02-28T17:00:00Z"},
      {[](auto& r) { r.set_unit_id("99"); },
       "response.unit_id: no unit '99' on 2025-03-05; allowed are the registry's units"},
      {[](auto& r) { r.clear_unit_id(); }, "response.unit_id: no unit '' on 2025-03-05"},
      {[](auto& r) { r.set_receiving_unit_id("99"); },
       "response.receiving_unit_id: no unit '99' on 2025-03-05"},
      {[](auto& r) { r.set_unit_id("79.SNV"); },
       "response.unit_id: unit '79.SNV' is not '74' or below it, which the round rates"},
      {[](auto& r) { r.mutable_evidence()->set_dossier_code("H09"); },
       "response.evidence.dossier_code: found one part without separators; allowed is <agency>"},
      {[](auto& r) { r.clear_answers(); },
       "response.answers: question q1: found no answer, but it"},
      {[](auto& r) { r.clear_answers(); },
       "response.answers: found no answer, allowed are 1 or more"},
      {[](auto& r) { sample::AddChoice(r, "q99", 1); },
       "response.answers[1].question_id: found 'q99', which is not a question of the "
       "questionnaire"},
      {[](auto& r) {
         r.set_form_id("counter");
         sample::AddChoice(r, "q6", 1);
       },
       "response.answers[1].question_id: found 'q6', which is not a question of the form"},
      {[](auto& r) { sample::AddChoice(r, "q1", 4); },
       "response.answers[1].question_id: question q1 is answered twice"},
      {[](auto& r) { r.mutable_answers(0)->set_choice(6); },
       "response.answers[0].choice: question q1: choice 6 is not in 1..5"},
      {[](auto& r) { r.mutable_answers(0)->set_choice(0); },
       "response.answers[0].choice: question q1: choice 0 is not in 1..5"},
      {[](auto& r) { r.mutable_answers(0)->set_choice(UINT32_MAX); },
       "question q1: choice 4294967295 is not in 1..5"},
      {[](auto& r) { r.mutable_answers(0)->clear_value(); },
       "response.answers[0]: question q1: found no choice, allowed is one of 1..5"},
      {[](auto& r) { r.mutable_answers(0)->mutable_choices()->add_choices(1); },
       "response.answers[0]: question q1: found no choice, allowed is one of 1..5"},
      {[](auto& r) { r.mutable_answers(0)->set_not_applicable(true); },
       "response.answers[0].not_applicable: question q1: found true, which it does not allow"},
      {[](auto& r) { sample::AddChoice(r, "q2", 0).set_not_applicable(false); },
       "response.answers[1].not_applicable: question q2: found false, which is no answer"},
      {[](auto& r) { sample::AddChoice(r, "q4", 1); },
       "response.answers[1]: question q4: found no choices, allowed are some of 1..4"},
      {[](auto& r) { sample::AddChoice(r, "q4", 0).mutable_choices()->add_choices(5); },
       "response.answers[1].choices: question q4: choice 5 is not in 1..4"},
      {[](auto& r) {
         auto& choices = *sample::AddChoice(r, "q4", 0).mutable_choices();
         choices.add_choices(2);
         choices.add_choices(2);
       },
       "response.answers[1].choices: question q4: choice 2 is there twice"},
      {[](auto& r) {
         auto& choices = *sample::AddChoice(r, "q4", 0).mutable_choices();
         for (int i = 0; i < 5; ++i) choices.add_choices(1);
       },
       "response.answers[1].choices: question q4: found 5 choices, allowed are 0..4"},
      {[](auto& r) { sample::AddChoice(r, "q5", 1).set_text("x"); },
       "response.answers[1]: question q5: found a choice, allowed is text"},
      {[](auto& r) { r.add_answers()->set_question_id("q5"); },
       "response.answers[1].text: question q5: is empty; leave it out"},
      {[](auto& r) { r.mutable_answers(0)->set_text("x"); },
       "response.answers[0].text: question q1: found a text, but no option that takes one"},
      {[](auto& r) { sample::AddChoice(r, "q3", 2).set_text("x"); },
       "response.answers[1].text: question q3: found a text, but no option that takes one"},
      {[](auto& r) {
         v1::Answer& answer = sample::AddChoice(r, "q4", 0);
         answer.mutable_choices()->add_choices(3);
         answer.set_text("x");
       },
       "response.answers[1].text: question q4: found a text, but no option that takes one"},
      {[](auto& r) {
         v1::Answer& answer = sample::AddChoice(r, "q2", 0);
         answer.set_not_applicable(true);
         answer.set_text("x");
       },
       "response.answers[1].text: question q2: found a text, but no option that takes one"},
      {[](auto& r) {
         v1::Answer& answer = *r.add_answers();
         answer.set_question_id("q5");
         answer.set_text(std::string(4001, 'x'));
       },
       "response.answers[1].text: found 4001 bytes, allowed are 4000"},
      {[](auto& r) {
         v1::Answer& answer = *r.add_answers();
         answer.set_question_id("q5");
         answer.set_text("\xC0\xAF");
       },
       "response.answers[1].text: found 2 bytes that are not UTF-8, allowed is UTF-8"},
      {[](auto& r) {
         for (int i = 0; i < 9; ++i) sample::AddChoice(r, "q1", 1);
       },
       "response.answers: found 10, the questionnaire has 9 questions"},
  };
  for (const auto& one : cases) {
    const absl::Status status = Refused(one.change);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.line << "\n" << status;
    EXPECT_THAT(sample::ViolationLines(status), Contains(HasSubstr(one.line)));
  }
}

TEST(Validate, EverythingThatIsWrongIsToldAtOnce) {
  v1::Response response = sample::Response(1);
  response.set_response_id("");
  response.set_unit_id("79.SNV");
  response.mutable_evidence()->set_paper_serial(" ");
  response.mutable_answers(0)->set_choice(9);
  sample::AddChoice(response, "q2", 7);
  EXPECT_THAT(sample::ViolationLines(Check(response, sample::Web()).status()),
              ElementsAre(HasSubstr("response_id"), HasSubstr("unit_id"),
                          HasSubstr("evidence.paper_serial"), HasSubstr("answers[0].choice"),
                          HasSubstr("answers[1].choice")));
}

TEST(Validate, ACharacterOfACallersTextIsNeverCut) {
  const absl::Status status = Refused([](auto& r) {
    std::string text;
    while (text.size() < 100) text += "ấ";
    r.set_unit_id(text);
    r.set_form_id(text);
    sample::AddChoice(r, text, 1);
  });
  EXPECT_TRUE(base::IsUtf8(std::string(status.message())));
  const auto lines = sample::ViolationLines(status);
  EXPECT_THAT(lines, SizeIs(2));
  for (const std::string& line : lines) EXPECT_TRUE(base::IsUtf8(line));
}

TEST(Validate, TextsHaveALimitOfTheirOwn) {
  v1::Questionnaire many = sample::Questionnaire();
  many.set_version(2);
  for (int i = 0; i < 25; ++i) {
    *many.add_questions() = many.questions(4);
    many.mutable_questions(9 + i)->set_question_id("t" + std::to_string(i));
  }
  v1::Round round = sample::Round();
  round.set_questionnaire_version(2);
  const auto catalog = *sample::Catalog()->With(
      {many, model::RoundRecord{.number = sample::kRoundNumber, .round = round}});
  v1::Response response = sample::Response(1);
  response.set_questionnaire_version(2);
  for (size_t i = 0; i < limits::kTextsMax; ++i) {
    v1::Answer& answer = *response.add_answers();
    answer.set_question_id("t" + std::to_string(i));
    answer.set_text(std::string(limits::kTextBytesMax, 'x'));
  }
  EXPECT_TRUE(Validate(response, sample::Kiosk(), *catalog, kNow).ok());
  v1::Answer& answer = *response.add_answers();
  answer.set_question_id("t24");
  answer.set_text("x");
  EXPECT_THAT(sample::ViolationLines(Validate(response, sample::Kiosk(), *catalog, kNow).status()),
              ElementsAre("response.answers[21].text: found more than 20 texts in one response"));
}

TEST(Validate, AFormAsksOnlyItsQuestions) {
  v1::Response response = sample::Response(1);
  response.set_form_id("counter");
  sample::AddChoice(response, "q2", 5);
  EXPECT_TRUE(Check(response).ok());
  // A required question that the form leaves out is not missed.
  v1::Questionnaire short_form = sample::Questionnaire();
  short_form.set_version(2);
  short_form.mutable_forms(0)->clear_question_ids();
  short_form.mutable_forms(0)->add_question_ids("q2");
  v1::Round round = sample::Round();
  round.set_questionnaire_version(2);
  const auto catalog = *sample::Catalog()->With(
      {short_form, model::RoundRecord{.number = sample::kRoundNumber, .round = round}});
  response.set_questionnaire_version(2);
  response.mutable_answers()->DeleteSubrange(0, 1);
  const auto made = Validate(response, sample::Kiosk(), *catalog, kNow);
  EXPECT_TRUE(made.ok()) << made.status();
}

// The sample's round, which keeps what people left unfinished.
absl::StatusOr<model::NewResponse> CheckKept(const v1::Response& response) {
  const auto catalog =
      sample::CatalogWithRound([](auto& round) { round.set_partial_rule(v1::PARTIAL_RULE_KEEP); });
  return Validate(response, sample::Kiosk(), *catalog, kNow);
}

TEST(Validate, AnUnfinishedAnswerIsKeptOnlyWhereTheRoundSaysSo) {
  v1::Response response = sample::Response(1);
  response.set_partial(true);
  EXPECT_THAT(sample::ViolationLines(Check(response).status()),
              ElementsAre("response.partial: found true, allowed is false: the round does not keep "
                          "unfinished answers"));
  const auto kept = CheckKept(response);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_TRUE(kept->content.partial);
  response.set_partial(false);
  EXPECT_FALSE(CheckKept(response)->content.partial);
}

TEST(Validate, AnUnfinishedAnswerNeedsAnAnswerButNotTheRequiredOnes) {
  v1::Response response = sample::Response(1);
  response.clear_answers();
  sample::AddChoice(response, "q2", 4);  // q1 is required
  EXPECT_THAT(sample::ViolationLines(CheckKept(response).status()),
              ElementsAre(HasSubstr("question q1: found no answer, but it is required")));
  response.set_partial(true);
  EXPECT_TRUE(CheckKept(response).ok());
  response.clear_answers();
  EXPECT_THAT(sample::ViolationLines(CheckKept(response).status()),
              ElementsAre("response.answers: found no answer, allowed are 1 or more"));
}

TEST(Validate, ACounterIsShortAndPlain) {
  for (const char* counter : {"", "3", "A-12", "Quay.1", "ABCDEFGHIJKLMNOP"}) {
    v1::Response response = sample::Response(1);
    response.set_counter(counter);
    const auto made = Check(response);
    ASSERT_TRUE(made.ok()) << counter << made.status();
    EXPECT_EQ(made->content.counter, counter);
  }
  for (const char* counter : {"Nguyễn", "a b", "ABCDEFGHIJKLMNOPQ", "3\n", "a/b"}) {
    EXPECT_THAT(sample::ViolationLines(Refused([&](auto& r) { r.set_counter(counter); })),
                ElementsAre(::testing::AllOf(HasSubstr("response.counter: found '"),
                                             HasSubstr("allowed are 1..16 letters"))))
        << counter;
  }
}

TEST(Validate, NoneOfSeveralIsAnAnswerOfItsOwn) {
  v1::Response response = sample::Response(1);
  sample::AddChoice(response, "q4", 0).mutable_choices();
  const auto made = Check(response);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->content.answers.substr(3, 4), std::string("\0\0\0\x80", 4));
  EXPECT_NE(made->content.answers, Check(sample::Response(1))->content.answers);
}

TEST(Validate, ARoundIsOpenFromItsFirstMomentToBeforeItsLast) {
  const absl::Time opens = sample::At("2025-03-01T00:00:00+07:00");
  const absl::Time closes = sample::At("2025-04-01T00:00:00+07:00");
  v1::Response response = sample::Response(1);
  SetTime(response, opens);
  EXPECT_TRUE(Check(response, sample::Kiosk(), opens).ok());
  EXPECT_EQ(Check(response, sample::Kiosk(), opens - absl::Microseconds(1)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  SetTime(response, opens - absl::Microseconds(1));
  EXPECT_EQ(Check(response, sample::Kiosk(), opens).status().code(),
            absl::StatusCode::kInvalidArgument);
  SetTime(response, closes - absl::Microseconds(1));
  EXPECT_TRUE(Check(response, sample::Kiosk(), closes + absl::Hours(24)).ok());
  SetTime(response, closes);
  const absl::Status closed = Check(response, sample::Kiosk(), closes).status();
  EXPECT_EQ(closed.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(closed.message(),
            "round 'march' is closed: submitted_at is 2025-03-31T17:00:00Z, allowed is before "
            "2025-03-31T17:00:00Z");
  // The corrected clock is what is judged.
  response.set_clock_offset_ms(-1);
  EXPECT_TRUE(Check(response, sample::Kiosk(), closes).ok());
}

TEST(Validate, AClockMayBeFiveMinutesAhead) {
  v1::Response response = sample::Response(1);
  SetTime(response, kNow + absl::Minutes(5));
  EXPECT_TRUE(Check(response).ok());
  SetTime(response, kNow + absl::Minutes(5) + absl::Microseconds(1));
  EXPECT_EQ(Check(response).status().code(), absl::StatusCode::kInvalidArgument);
  response.set_clock_offset_ms(-1);
  EXPECT_TRUE(Check(response).ok());
}

TEST(Validate, AnUnknownRoundIsNotFound) {
  const absl::Status status = Refused([](auto& r) { r.set_round_id("may"); });
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "no round 'may'");
}

TEST(Validate, ACollectorSubmitsForItsSubtree) {
  v1::Response response = sample::Response(1);
  response.set_unit_id("74.STC");
  const absl::Status status = Check(response).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("unit '74.STC' is not '74.SNV' or below it"));
  // It may take dossiers of another unit, or rate its own dossier that another unit took.
  response.set_receiving_unit_id("74.SNV");
  EXPECT_TRUE(Check(response).ok());
  response.set_unit_id("74.SNV");
  response.set_receiving_unit_id("74.STC");
  EXPECT_TRUE(Check(response).ok());
  // Not bound: any unit of the round.
  response.set_unit_id("25747");
  EXPECT_TRUE(Check(response, sample::Web()).ok());
  model::Principal district = sample::Kiosk();
  district.unit_id = "718";
  response.clear_receiving_unit_id();
  EXPECT_TRUE(Check(response, district).ok());
}

TEST(Validate, TheDayDecidesWhichUnitACodeNames) {
  const auto catalog = sample::CatalogWithRound([](v1::Round& round) {
    round.set_root_unit_id("79");
    *round.mutable_closes_at() = model::ToProto(sample::At("2025-08-01T00:00:00+07:00"));
  });
  v1::Response response = sample::Response(1);
  response.set_unit_id("25747");
  model::Principal city = sample::Kiosk();
  city.unit_id = "79";
  // The day is that of Vietnam: still 30 June in UTC.
  const absl::Time reform = sample::At("2025-07-01T00:00:00+07:00");
  SetTime(response, reform);
  EXPECT_TRUE(Validate(response, city, *catalog, reform).ok());
  SetTime(response, reform - absl::Microseconds(1));
  EXPECT_EQ(Validate(response, city, *catalog, reform).status().code(),
            absl::StatusCode::kPermissionDenied);
}

}  // namespace
}  // namespace hailong::intake
