#pragma once

// Everything that can happen to a session. Plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hailong/v1/collection_service.pb.h"
#include "kiosk-client/session/settings.h"

namespace hailong::session {

// What the staff card shows, and what the session needs to know of the machine. Holds nothing of
// what anybody answered.
struct StaffFacts {
  // Answers on the disk without a receipt, and those that the server refused for good.
  uint64_t waiting = 0;
  uint64_t set_aside = 0;
  // When the server was last heard; absent: never.
  std::optional<absl::Time> last_contact;
  // What is wrong, in a sentence; empty: nothing.
  std::string alarm;
  // False: the next answer would be refused, so the screen does not ask for one.
  bool outbox_has_room = true;
  // Server clock minus device clock as last measured.
  absl::Duration clock_offset = absl::ZeroDuration();
};

namespace event {

// From the person at the screen.
struct Touch {};  // somebody is there, and nothing else
struct Begin {};
struct Answer {
  v1::Answer answer;  // to the question on the screen; on the start screen, to the first
};
struct GoOn {
  std::string question_id;  // the question is left as it stands
};
struct Back {};
struct AskLonger {};
struct OpenDossier {};
struct TypeDossier {
  std::string text;  // as far as it is typed
};
struct EnterDossier {
  std::string text;  // typed to the end; empty: none
};
struct Scan {
  std::string text;  // what the scanner read
};
struct Send {};
struct Leave {};  // start again; answers are forgotten, from the warning by the round's rule
struct Done {};   // thanks or failure were read
struct SetLanguage {
  std::string tag;
};
struct SetContrast {
  bool high = false;
};
struct SetTextSize {
  bool large = false;
};

// From the staff.
struct OpenStaff {};
struct EnterPin {
  std::string pin;
};
struct CloseStaff {};
struct SetCounter {
  std::string counter;
};
struct Pause {};
struct Resume {};

// From the program.
struct Tick {};
struct Kept {
  std::string response_id;
  absl::StatusOr<uint64_t> device_sequence;
};
struct NewSettings {
  std::optional<Settings> settings;  // absent, or passed CheckSettings
};
struct NewFacts {
  StaffFacts facts;
};

}  // namespace event

using Event =
    std::variant<event::Touch, event::Begin, event::Answer, event::GoOn, event::Back,
                 event::AskLonger, event::OpenDossier, event::TypeDossier, event::EnterDossier,
                 event::Scan, event::Send, event::Leave, event::Done, event::SetLanguage,
                 event::SetContrast, event::SetTextSize, event::OpenStaff, event::EnterPin,
                 event::CloseStaff, event::SetCounter, event::Pause, event::Resume, event::Tick,
                 event::Kept, event::NewSettings, event::NewFacts>;

}  // namespace hailong::session
