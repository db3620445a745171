#include "kiosk-client/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ids.h"
#include "kiosk-client/session/settings_for_test.h"

namespace hailong::session {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

constexpr char kCode[] = "g12.18 – 260421 00430053";
constexpr char kNormalCode[] = "G12.18-260421-00430053";

// A kiosk in front of which an hour is nothing.
class SessionTest : public testing::Test {
 protected:
  SessionTest() { Settle(SettingsForTest()); }

  void Settle(const Settings& settings) {
    ASSERT_TRUE(CheckSettings(settings).ok()) << CheckSettings(settings);
    Do(event::NewSettings{settings});
  }
  // Returns what is to be kept.
  std::optional<v1::Response> Do(const Event& event) {
    const Effects effects = session_.Step(event, now_);
    EXPECT_TRUE(effects.refusal.ok()) << effects.refusal;
    return effects.keep;
  }
  std::string RefusalOf(const Event& event) {
    return std::string(session_.Step(event, now_).refusal.message());
  }
  std::optional<v1::Response> Wait(absl::Duration time) {
    now_ += time;
    return Do(event::Tick{});
  }
  std::optional<v1::Response> Choose(const std::string& question_id, uint32_t choice) {
    v1::Answer answer;
    answer.set_question_id(question_id);
    answer.set_choice(choice);
    return Do(event::Answer{answer});
  }
  // The short form to the end.
  v1::Response Finish() {
    Choose("a", 4);
    Choose("b", 1);
    std::optional<v1::Response> kept = Do(event::Send{});
    EXPECT_TRUE(kept.has_value());
    return kept.value_or(v1::Response());
  }
  void Fail() {
    const v1::Response response = Finish();
    Do(event::Kept{response.response_id(), absl::UnavailableError("disk")});
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  Session session_{"", [](size_t size) { return std::string(size, '\x5A'); }};
};

TEST_F(SessionTest, ATouchOnTheFirstQuestionBegins) {
  ASSERT_EQ(session_.state(), State::kStart);
  ASSERT_EQ(session_.PreviewFlow()->current()->question_id(), "a");
  Choose("a", 5);
  EXPECT_EQ(session_.state(), State::kQuestion);
  EXPECT_EQ(session_.flow()->current()->question_id(), "b");
  EXPECT_EQ(session_.flow()->number(), 2u);
  EXPECT_EQ(session_.flow()->count(), 2u);
}

TEST_F(SessionTest, AWholeAnswerIsWhatTheContractAsksFor) {
  Do(event::Begin{});
  Choose("a", 4);
  now_ += absl::Seconds(3);
  v1::Answer other;
  other.set_question_id("b");
  other.set_choice(3);
  other.set_text("ở nhà");
  Do(event::Answer{other});
  Do(event::OpenDossier{});
  Do(event::EnterDossier{kCode});
  const std::optional<v1::Response> kept = Do(event::Send{});
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(session_.state(), State::kSending);
  const auto id = base::Uuid::Parse(kept->response_id());
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->bytes[6] >> 4, 7);
  EXPECT_EQ(kept->round_id(), "r1");
  EXPECT_EQ(kept->questionnaire_version(), 3u);
  EXPECT_EQ(kept->form_id(), "short");
  EXPECT_EQ(kept->unit_id(), "p1");
  EXPECT_EQ(kept->submitted_at().seconds(), absl::ToUnixSeconds(now_));
  EXPECT_EQ(kept->duration_ms(), 3000u);
  EXPECT_EQ(kept->evidence().dossier_code(), kNormalCode);
  EXPECT_FALSE(kept->partial());
  ASSERT_EQ(kept->answers_size(), 2);
  EXPECT_EQ(kept->answers(0).choice(), 4u);
  EXPECT_EQ(kept->answers(1).text(), "ở nhà");

  Do(event::Kept{kept->response_id(), 128});
  EXPECT_EQ(session_.state(), State::kThanks);
  EXPECT_THAT(session_.receipt(), MatchesRegex("128-[0-9A-F][0-9A-F][0-9A-F][0-9A-F]"));
}

TEST_F(SessionTest, OnlyItsOwnAnswerBringsThanks) {
  const v1::Response response = Finish();
  EXPECT_FALSE(Do(event::Send{}).has_value()) << "sent twice";
  EXPECT_EQ(session_.state(), State::kSending);
  Do(event::Kept{response.response_id(), absl::ResourceExhaustedError("full")});
  EXPECT_EQ(session_.state(), State::kFailure);
  EXPECT_EQ(session_.receipt(), "");
  Wait(absl::Seconds(10));
  EXPECT_EQ(session_.state(), State::kOutOfService);
  EXPECT_EQ(session_.out_of_service(), OutOfService::kStorage);
  Wait(kStorageRetryDelay);
  EXPECT_EQ(session_.state(), State::kStart);
}

TEST_F(SessionTest, ADiskThatNeverAnswersIsAFailureUntilItDoes) {
  const v1::Response response = Finish();
  Wait(kKeepMax);
  EXPECT_EQ(session_.state(), State::kFailure);
  Wait(absl::Minutes(5));
  EXPECT_EQ(session_.state(), State::kOutOfService);
  Wait(absl::Minutes(5));
  EXPECT_EQ(session_.state(), State::kOutOfService) << "the disk still hangs";
  Do(event::Kept{response.response_id(), 9});
  EXPECT_EQ(session_.state(), State::kStart);
}

TEST_F(SessionTest, AFullOutboxAsksNobody) {
  StaffFacts facts;
  facts.outbox_has_room = false;
  Do(event::NewFacts{facts});
  EXPECT_EQ(session_.state(), State::kOutOfService);
  EXPECT_EQ(session_.out_of_service(), OutOfService::kStorage);
  Choose("a", 5);
  EXPECT_EQ(session_.state(), State::kOutOfService);
  facts.outbox_has_room = true;
  Do(event::NewFacts{facts});
  EXPECT_EQ(session_.state(), State::kStart);
}

TEST_F(SessionTest, WhoWalksAwayIsWarnedThenKeptAsPartial) {
  Choose("a", 2);
  Wait(absl::Seconds(29));
  EXPECT_EQ(session_.state(), State::kQuestion);
  Do(event::Touch{});
  Wait(absl::Seconds(29));
  EXPECT_EQ(session_.state(), State::kQuestion);
  Wait(absl::Seconds(1));
  ASSERT_EQ(session_.state(), State::kIdleWarning);
  EXPECT_EQ(session_.countdown_seconds(now_), 10);
  EXPECT_EQ(session_.wake_at(now_), now_ + absl::Seconds(1));
  Wait(absl::Milliseconds(9500));
  EXPECT_EQ(session_.countdown_seconds(now_), 1);
  const std::optional<v1::Response> kept = Wait(absl::Milliseconds(500));
  ASSERT_TRUE(kept.has_value());
  EXPECT_TRUE(kept->partial());
  ASSERT_EQ(kept->answers_size(), 1);
  EXPECT_EQ(kept->answers(0).choice(), 2u);
  EXPECT_EQ(session_.state(), State::kStart);
  EXPECT_EQ(session_.flow(), nullptr);
}

TEST_F(SessionTest, OrForgottenByTheRoundsRule) {
  Settle(SettingsForTest(v1::PARTIAL_RULE_DISCARD));
  Choose("a", 2);
  Wait(absl::Seconds(30));
  EXPECT_FALSE(Wait(absl::Seconds(10)).has_value());
  EXPECT_EQ(session_.state(), State::kStart);
}

TEST_F(SessionTest, WhoLeavesIsForgottenWhateverTheRule) {
  Choose("a", 2);
  EXPECT_FALSE(Do(event::Leave{}).has_value());
  EXPECT_EQ(session_.state(), State::kStart);
}

TEST_F(SessionTest, TheNextPersonAtTheWarningStartsAgainAndTheRuleHolds) {
  Choose("a", 2);
  Wait(absl::Seconds(30));
  const std::optional<v1::Response> kept = Do(event::Leave{});
  ASSERT_TRUE(kept.has_value());
  EXPECT_TRUE(kept->partial());
  EXPECT_EQ(session_.state(), State::kStart);
}

TEST_F(SessionTest, ATouchAtTheWarningGoesOnWhereItWas) {
  Choose("a", 2);
  Choose("b", 2);
  Do(event::OpenDossier{});
  Wait(absl::Seconds(30));
  EXPECT_EQ(session_.state(), State::kIdleWarning);
  Do(event::Touch{});
  EXPECT_EQ(session_.state(), State::kDossier);
}

TEST_F(SessionTest, ADoubleTapAnswersOneQuestion) {
  Choose("a", 5);
  Choose("a", 5);
  EXPECT_EQ(session_.flow()->number(), 2u);
  EXPECT_EQ(session_.flow()->answers(), 1u);
}

TEST_F(SessionTest, BackShowsWhatWasGivenAndAnotherAnswerReplacesIt) {
  Choose("a", 5);
  Do(event::Back{});
  EXPECT_EQ(session_.flow()->given()->choice(), 5u);
  Choose("a", 1);
  Choose("b", 1);
  EXPECT_EQ(Do(event::Send{})->answers(0).choice(), 1u);
}

TEST_F(SessionTest, WithoutAnyAnswerThereIsNothingToSend) {
  Do(event::Begin{});
  Do(event::GoOn{"a"});
  Do(event::GoOn{"b"});
  EXPECT_EQ(session_.state(), State::kFinish);
  EXPECT_FALSE(Do(event::Send{}).has_value());
  EXPECT_EQ(session_.state(), State::kFinish);
}

TEST_F(SessionTest, TheLongerFormKeepsWhatWasAnswered) {
  Choose("a", 5);
  EXPECT_EQ(session_.flow()->LongerBy(), 3u);  // b, c, d
  Do(event::AskLonger{});
  EXPECT_EQ(session_.flow()->answers(), 1u);
  EXPECT_EQ(session_.flow()->number(), 2u);
  EXPECT_EQ(session_.flow()->count(), 4u);  // a, and b, c, d
  EXPECT_EQ(session_.flow()->LongerBy(), 0u);
  Choose("b", 1);
  EXPECT_THAT(RefusalOf(event::GoOn{"c"}), HasSubstr("question c: found no answer"));
  v1::Answer none;
  none.set_question_id("c");
  none.mutable_choices();
  Do(event::Answer{none});
  Do(event::GoOn{"d"});
  const std::optional<v1::Response> kept = Do(event::Send{});
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->form_id(), "") << "only all questions hold a and c";
  EXPECT_EQ(kept->answers_size(), 3);
}

TEST_F(SessionTest, TheLongerFormIsNamedWhereItHoldsAll) {
  Do(event::AskLonger{});
  ASSERT_EQ(session_.flow()->current()->question_id(), "b");
  v1::Answer answer;
  answer.set_question_id("b");
  answer.set_not_applicable(true);
  Do(event::Answer{answer});
  answer.set_question_id("c");
  answer.mutable_choices()->add_choices(2);
  Do(event::Answer{answer});
  Do(event::GoOn{"d"});
  EXPECT_EQ(Do(event::Send{})->form_id(), "long");
}

TEST_F(SessionTest, AnswersOfNoFormTogetherLeaveTheMostTheServerTakes) {
  // All questions would also require e, which nobody was asked.
  Settings settings = SettingsForTest();
  AddQuestion(settings.questionnaire, "e", v1::QUESTION_KIND_RATING, 5);
  settings.questionnaire.mutable_questions(4)->set_required(true);
  Settle(settings);
  Choose("a", 5);
  Choose("b", 1);
  Do(event::AskLonger{});
  v1::Answer answer;
  answer.set_question_id("c");
  answer.mutable_choices()->add_choices(1);
  Do(event::Answer{answer});
  answer.Clear();
  answer.set_question_id("d");
  answer.set_text("tốt");
  Do(event::Answer{answer});
  const std::optional<v1::Response> kept = Do(event::Send{});
  EXPECT_EQ(kept->form_id(), "long");
  EXPECT_EQ(kept->answers_size(), 3);
}

TEST_F(SessionTest, BadAnswersAreNamedAndChangeNothing) {
  v1::Answer answer;
  answer.set_question_id("a");
  EXPECT_EQ(RefusalOf(event::Answer{answer}), "question a: found no choice");
  answer.set_choice(6);
  EXPECT_EQ(RefusalOf(event::Answer{answer}), "question a: choice 6 is not in 1..5");
  EXPECT_EQ(session_.state(), State::kStart);
  answer.set_choice(5);
  answer.set_text("x");
  EXPECT_EQ(RefusalOf(event::Answer{answer}), "question a: found a text, but it takes none");
  answer.clear_text();
  answer.set_not_applicable(true);
  EXPECT_EQ(RefusalOf(event::Answer{answer}),
            "question a: found 'not applicable', which it does not allow");
  answer.mutable_choices();
  EXPECT_THAT(RefusalOf(event::Answer{answer}), HasSubstr("found a set of choices"));
  Choose("a", 1);
  answer.set_question_id("b");
  answer.set_choice(3);
  answer.set_text(std::string(kTextBytesMax + 1, 'x'));
  EXPECT_EQ(RefusalOf(event::Answer{answer}),
            "question b: found a text of 2001 bytes, allowed are 2000 of UTF-8");
  answer.set_text("\xFF");
  EXPECT_THAT(RefusalOf(event::Answer{answer}), HasSubstr("of UTF-8"));
  EXPECT_EQ(session_.flow()->answers(), 1u);
}

TEST_F(SessionTest, ADossierCodeIsJudgedAsItIsTyped) {
  Choose("a", 1);
  Choose("b", 1);
  Do(event::OpenDossier{});
  Do(event::TypeDossier{"G12.18-2604"});
  EXPECT_EQ(session_.dossier_verdict(), DossierVerdict::kUnfinished);
  Do(event::EnterDossier{"G12.18-2604"});
  EXPECT_EQ(session_.dossier_verdict(), DossierVerdict::kWrong);
  EXPECT_EQ(session_.state(), State::kDossier);
  Do(event::TypeDossier{kCode});
  EXPECT_EQ(session_.dossier_verdict(), DossierVerdict::kGood);
  Do(event::EnterDossier{kCode});
  EXPECT_EQ(session_.state(), State::kFinish);
  EXPECT_EQ(session_.dossier_end(), "0053");
  Do(event::OpenDossier{});
  Do(event::EnterDossier{""});
  EXPECT_FALSE(session_.has_dossier());
}

TEST_F(SessionTest, ASlipMayBeScannedAtAnyTime) {
  Do(event::Scan{"https://dichvucong.example/xyz"});
  EXPECT_EQ(session_.state(), State::kStart);
  Do(event::Scan{"G12.18-260421-00430053\r\n"});
  EXPECT_EQ(session_.state(), State::kQuestion);
  EXPECT_EQ(session_.dossier_end(), "0053");
  Choose("a", 1);
  Do(event::Scan{"nonsense"});
  EXPECT_EQ(session_.dossier_verdict(), DossierVerdict::kWrong);
  EXPECT_EQ(session_.dossier_end(), "0053");
}

TEST_F(SessionTest, ThanksStandAtLeastThePressInterval) {
  const v1::Response response = Finish();
  Do(event::Kept{response.response_id(), 1});
  EXPECT_FALSE(session_.may_leave(now_));
  Do(event::Done{});
  EXPECT_EQ(session_.state(), State::kThanks);
  Wait(absl::Seconds(4));
  Do(event::Done{});
  EXPECT_EQ(session_.state(), State::kStart);
}

TEST_F(SessionTest, LanguageContrastAndTextSizeGoWithThePerson) {
  Do(event::SetLanguage{"en"});
  Do(event::SetContrast{true});
  Do(event::SetTextSize{true});
  EXPECT_EQ(session_.language(), "en");
  Wait(absl::Seconds(29));
  EXPECT_EQ(session_.language(), "en");
  Wait(absl::Seconds(1));
  EXPECT_EQ(session_.presentation(), Presentation());
  EXPECT_EQ(session_.language(), "vi");
  EXPECT_EQ(RefusalOf(event::SetLanguage{"fr"}), "language: found 'fr', allowed are vi en");
}

TEST_F(SessionTest, TheStaffCardNeedsThePinAndWrongOnesTakeLonger) {
  Do(event::OpenStaff{});
  ASSERT_EQ(session_.state(), State::kStaffPin);
  for (const int seconds : {2, 4, 8, 16}) {
    Do(event::EnterPin{"1111"});
    EXPECT_TRUE(session_.pin_was_wrong());
    EXPECT_EQ(session_.countdown_seconds(now_), seconds);
    Do(event::EnterPin{kPin});
    EXPECT_EQ(session_.state(), State::kStaffPin) << "not before the delay is over";
    Do(event::CloseStaff{});
    Do(event::OpenStaff{});
    EXPECT_EQ(session_.countdown_seconds(now_), seconds) << "closing it does not help";
    Wait(absl::Seconds(seconds));
  }
  Do(event::EnterPin{kPin});
  EXPECT_EQ(session_.state(), State::kStaffCard);
  EXPECT_EQ(RefusalOf(event::SetCounter{"cô Lan"}),
            "counter: found 7 bytes with others, allowed are at most 16 letters, digits, '.', '-'");
  Do(event::SetCounter{"07"});
  Do(event::CloseStaff{});
  EXPECT_EQ(session_.state(), State::kStart);
  EXPECT_EQ(Finish().counter(), "07");
}

TEST_F(SessionTest, TheLongestPinDelayIsFiveMinutes) {
  PinGuard guard;
  for (int i = 0; i < 100; ++i) {
    now_ = std::max(now_, guard.next_try_at());
    guard.Try(kCollectorId, "0", std::string(64, 'a'), now_);
    EXPECT_LE(guard.next_try_at() - now_, absl::Minutes(5));
  }
  EXPECT_EQ(guard.next_try_at() - now_, absl::Minutes(5));
}

TEST_F(SessionTest, TheStaffCardStaysClosedWhileSomebodyAnswersOrNoPinIsSet) {
  Choose("a", 1);
  Do(event::OpenStaff{});
  EXPECT_EQ(session_.state(), State::kQuestion);
  Do(event::Leave{});
  Settings settings = SettingsForTest();
  settings.configuration.clear_staff_pin_sha256();
  Settle(settings);
  Do(event::OpenStaff{});
  EXPECT_EQ(session_.state(), State::kStart);
}

TEST_F(SessionTest, APauseEndsByHandOrByItself) {
  Do(event::OpenStaff{});
  Do(event::EnterPin{kPin});
  Do(event::Pause{});
  EXPECT_EQ(session_.state(), State::kPaused);
  EXPECT_EQ(session_.screen_state(), v1::SCREEN_STATE_PAUSED);
  Choose("a", 1);
  EXPECT_EQ(session_.state(), State::kPaused);
  Do(event::OpenStaff{});
  Do(event::CloseStaff{});
  EXPECT_EQ(session_.state(), State::kPaused);
  Do(event::OpenStaff{});
  Do(event::EnterPin{kPin});
  Do(event::Resume{});
  EXPECT_EQ(session_.state(), State::kStart);
  Do(event::OpenStaff{});
  Do(event::EnterPin{kPin});
  Do(event::Pause{});
  Wait(kPauseMax);
  EXPECT_EQ(session_.state(), State::kStart);
}

TEST_F(SessionTest, NewSettingsWaitForThePersonToFinish) {
  Choose("a", 1);
  Settings other = SettingsForTest();
  other.configuration.set_form_id("long");
  Settle(other);
  EXPECT_EQ(session_.flow()->current()->question_id(), "b");
  Choose("b", 1);
  EXPECT_EQ(Do(event::Send{})->form_id(), "short");
  Do(event::NewSettings{std::nullopt});
  Wait(absl::Minutes(10));
  Wait(absl::Minutes(10));
  EXPECT_EQ(session_.out_of_service(), OutOfService::kNoSettings);
}

TEST_F(SessionTest, ARoundIsAskedBetweenItsOpeningAndItsEndByTheServersClock) {
  Settings settings = SettingsForTest();
  settings.round.mutable_opens_at()->set_seconds(absl::ToUnixSeconds(now_) + 3600);
  settings.round.mutable_closes_at()->set_seconds(absl::ToUnixSeconds(now_) + 7200);
  Settle(settings);
  EXPECT_EQ(session_.out_of_service(), OutOfService::kNoRound);
  EXPECT_EQ(session_.state(), State::kOutOfService);
  EXPECT_EQ(session_.wake_at(now_), now_ + absl::Hours(1));
  StaffFacts facts;
  facts.clock_offset = absl::Hours(1);
  Do(event::NewFacts{facts});
  EXPECT_EQ(session_.state(), State::kStart);
  Wait(absl::Hours(1));
  EXPECT_EQ(session_.state(), State::kOutOfService);
  settings.round.clear_closes_at();
  settings.round.set_state(v1::ROUND_STATE_CLOSED);
  Settle(settings);
  EXPECT_EQ(session_.out_of_service(), OutOfService::kNoRound);
}

TEST_F(SessionTest, AClockThatIsSetBackDelaysNothing) {
  Choose("a", 1);
  Wait(absl::Seconds(29));
  now_ -= absl::Hours(24 * 365);
  Do(event::Tick{});
  Wait(absl::Seconds(1));
  EXPECT_EQ(session_.state(), State::kIdleWarning);
  now_ -= absl::Hours(24 * 365);
  Do(event::Tick{});
  EXPECT_TRUE(Wait(absl::Seconds(10)).has_value());
  EXPECT_EQ(session_.state(), State::kStart);
}

}  // namespace
}  // namespace hailong::session
