#pragma once

// What stands on the screen of a kiosk, and what an event makes of it: a pure state machine. Time
// and chance are arguments; it writes nothing and waits for nothing. The program hands it events,
// keeps the answers it returns, and draws what its accessors say.
//
//   out of service <-> start -> question 1..n -> finish -> sending -> thanks ---> start
//                        |          \_ idle warning _/  |      \-> failure -----> out of service
//                        |                dossier ------+
//                        +-> staff PIN -> staff card -> paused
//
// What it promises, and session_test.cc shows for every event in every state:
//  - a visit (answers, dossier code) exists only from the first touch until it is sent or left; no
//    other state holds anything of it;
//  - each visit is handed to the keeper at most once, and thanks stand only after the keeper's OK;
//  - every state returns to rest by itself. Rest is the start screen, or out of service while
//    there is nothing to collect for or no disk to keep it on.
// Copyable, one thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/kiosk.pb.h"
#include "kiosk-client/session/event.h"
#include "kiosk-client/session/form_flow.h"
#include "kiosk-client/session/pin_guard.h"
#include "kiosk-client/session/settings.h"

namespace hailong::session {

enum class State {
  kOutOfService,
  kStart,
  kQuestion,
  kFinish,   // all questions shown; waits for Send
  kDossier,  // a dossier code is typed
  kIdleWarning,
  kSending,
  kThanks,
  kFailure,  // not stored
  kPaused,
  kStaffPin,
  kStaffCard,
};

enum class OutOfService {
  kNoSettings,  // the server was never heard
  kNoRound,     // nothing is asked now
  kStorage,     // no room, or the disk fails
};

enum class DossierVerdict { kNone, kUnfinished, kWrong, kGood };

// A pause ends by itself: nobody can put a kiosk to sleep for a day.
inline constexpr absl::Duration kPauseMax = absl::Minutes(10);
// A disk that says nothing for so long has failed, as far as the person is concerned.
inline constexpr absl::Duration kKeepMax = absl::Seconds(20);
// How long a failed disk is left alone before the next person may try it.
inline constexpr absl::Duration kStorageRetryDelay = absl::Seconds(30);

// What the program has to do.
struct Effects {
  // Keep this, then step with event::Kept.
  std::optional<v1::Response> keep;
  // INVALID_ARGUMENT: the event names something that does not exist; nothing has changed. An event
  // that only comes at the wrong moment, such as a double tap, is no error.
  absl::Status refusal;
};

// What a person may set for reading; gone with the person.
struct Presentation {
  std::string language;  // empty: the first of the settings
  bool high_contrast = false;
  bool large_text = false;
  bool operator==(const Presentation&) const = default;
};

class Session {
 public:
  using RandomBytes = std::function<std::string(size_t)>;

  // `counter` passed CheckCounter.
  Session(std::string counter, RandomBytes random_bytes);

  Effects Step(const Event& event, absl::Time now);

  State state() const { return state_; }
  // kIdleWarning: the state that it hides, and that a touch returns to.
  State warned_from() const { return warned_from_; }
  v1::ScreenState screen_state() const;
  // When something changes by itself: a countdown's next second, a deadline.
  absl::Time wake_at(absl::Time now) const;
  // Seconds left, rounded up, where the screen counts down (warning, thanks, failure, wrong PIN).
  int countdown_seconds(absl::Time now) const;

  // Those of the visit while there is one; null before the server was heard.
  const Settings* settings() const;
  std::string language() const;
  const Presentation& presentation() const { return presentation_; }
  // The visit's; null without a visit.
  const FormFlow* flow() const { return visit_.has_value() ? &visit_->flow : nullptr; }
  // On the start screen: the flow that the next person would begin.
  std::optional<FormFlow> PreviewFlow() const;
  OutOfService out_of_service() const { return out_of_service_; }

  // Of what is typed now in kDossier, of what was scanned last elsewhere.
  DossierVerdict dossier_verdict() const;
  bool has_dossier() const { return visit_.has_value() && !visit_->dossier_code.empty(); }
  // The end of the code, enough to know one's own by.
  std::string dossier_end() const;

  // kThanks.
  const std::string& receipt() const { return receipt_; }
  // kThanks, kFailure: whether Done is taken already.
  bool may_leave(absl::Time now) const { return now >= leave_from_; }

  const std::string& counter() const { return counter_; }
  const StaffFacts& facts() const { return facts_; }
  bool pin_was_wrong() const { return pin_guard_.last_was_wrong(); }
  bool paused() const { return paused_until_.has_value(); }

 private:
  // From the first touch until sent or left.
  struct Visit {
    std::shared_ptr<const Settings> settings;
    FormFlow flow;
    std::string response_id;
    absl::Time begun_at;
    std::string dossier_code = {};
    DossierVerdict verdict = DossierVerdict::kNone;
  };

  void SetClockBack(absl::Duration by);
  bool FromPerson(const Event& event) const;
  bool Answering() const;
  void PassDeadline(absl::Time now, Effects& effects);
  void Rest(absl::Time now);
  void StandAtRest(absl::Time now);
  std::optional<OutOfService> WhyOutOfService(absl::Time now) const;
  absl::Time NextRoundBoundary(absl::Time now) const;
  void SetDeadline(absl::Time at) { deadline_ = at; }
  void Stir(absl::Time now);
  void BeginVisit(absl::Time now);
  void ShowFlow();
  v1::Response TakeResponse(absl::Time now, bool partial);
  void Abandon(absl::Time now, Effects& effects);
  void Fail(absl::Time now);
  bool KeepsPartial() const;

  void On(const event::Touch&, absl::Time, Effects&) {}
  void On(const event::Tick&, absl::Time, Effects&) {}
  void On(const event::Begin& event, absl::Time now, Effects& effects);
  void On(const event::Answer& event, absl::Time now, Effects& effects);
  void On(const event::GoOn& event, absl::Time now, Effects& effects);
  void On(const event::Back& event, absl::Time now, Effects& effects);
  void On(const event::AskLonger& event, absl::Time now, Effects& effects);
  void On(const event::OpenDossier& event, absl::Time now, Effects& effects);
  void On(const event::TypeDossier& event, absl::Time now, Effects& effects);
  void On(const event::EnterDossier& event, absl::Time now, Effects& effects);
  void On(const event::Scan& event, absl::Time now, Effects& effects);
  void On(const event::Send& event, absl::Time now, Effects& effects);
  void On(const event::Leave& event, absl::Time now, Effects& effects);
  void On(const event::Done& event, absl::Time now, Effects& effects);
  void On(const event::SetLanguage& event, absl::Time now, Effects& effects);
  void On(const event::SetContrast& event, absl::Time now, Effects& effects);
  void On(const event::SetTextSize& event, absl::Time now, Effects& effects);
  void On(const event::OpenStaff& event, absl::Time now, Effects& effects);
  void On(const event::EnterPin& event, absl::Time now, Effects& effects);
  void On(const event::CloseStaff& event, absl::Time now, Effects& effects);
  void On(const event::SetCounter& event, absl::Time now, Effects& effects);
  void On(const event::Pause& event, absl::Time now, Effects& effects);
  void On(const event::Resume& event, absl::Time now, Effects& effects);
  void On(const event::Kept& event, absl::Time now, Effects& effects);
  void On(const event::NewSettings& event, absl::Time now, Effects& effects);
  void On(const event::NewFacts& event, absl::Time now, Effects& effects);

  RandomBytes random_bytes_;
  std::string counter_;
  PinGuard pin_guard_;
  StaffFacts facts_;
  std::shared_ptr<const Settings> settings_;
  Presentation presentation_;

  State state_ = State::kOutOfService;
  State warned_from_ = State::kQuestion;  // kIdleWarning returns there
  absl::Time deadline_ = absl::InfiniteFuture();
  absl::Time last_step_ = absl::InfinitePast();
  OutOfService out_of_service_ = OutOfService::kNoSettings;
  std::optional<absl::Time> paused_until_;

  std::optional<Visit> visit_;
  std::string sending_id_;  // kSending waits for it
  std::string receipt_;
  absl::Time leave_from_ = absl::InfinitePast();

  int keeps_under_way_ = 0;
  bool storage_failed_ = false;
  absl::Time storage_retry_at_ = absl::InfinitePast();
};

}  // namespace hailong::session
