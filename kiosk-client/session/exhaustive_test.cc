// Every event in every state that events can lead to, under three settings: breadth first from the
// start until nothing new appears. What must hold always is checked after each step; what must
// hold in the end, from each state.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "kiosk-client/session/session.h"
#include "kiosk-client/session/settings_for_test.h"

namespace hailong::session {
namespace {

using base::Cat;

constexpr int kStates = static_cast<int>(State::kStaffCard) + 1;
constexpr size_t kEventKinds = std::variant_size_v<Event>;
constexpr char kCode[] = "G12.18-260421-00430053";

// A session, and what a faultless witness knows of it.
struct Node {
  Session session;
  absl::Time now;
  std::vector<std::string> under_way;  // handed to the keeper, no word yet
  std::set<std::string> handed;        // ever
  std::string sent;                    // the last that was not partial
  std::vector<std::string> path;
};

struct NamedEvent {
  std::string name;
  Event event;
  absl::Duration later = absl::ZeroDuration();
};

v1::Answer ChoiceOf(const std::string& question_id, uint32_t choice) {
  v1::Answer answer;
  answer.set_question_id(question_id);
  answer.set_choice(choice);
  return answer;
}

v1::Answer TextOf(const std::string& question_id, const std::string& text) {
  v1::Answer answer;
  answer.set_question_id(question_id);
  answer.set_text(text);
  return answer;
}

v1::Answer SetOf(const std::string& question_id, std::initializer_list<uint32_t> choices) {
  v1::Answer answer;
  answer.set_question_id(question_id);
  for (const uint32_t choice : choices) answer.mutable_choices()->add_choices(choice);
  if (choices.size() == 0) answer.mutable_choices();
  return answer;
}

StaffFacts Facts(bool outbox_has_room) {
  StaffFacts facts;
  facts.outbox_has_room = outbox_has_room;
  return facts;
}

// Good and bad ones of every kind.
std::vector<NamedEvent> EventsOf(const Node& node, const std::vector<Settings>& settings) {
  std::vector<NamedEvent> events = {
      {"Touch", event::Touch{}},
      {"Begin", event::Begin{}},
      {"Answer a=5", event::Answer{ChoiceOf("a", 5)}},
      {"Answer a=6", event::Answer{ChoiceOf("a", 6)}},
      {"Answer b=1", event::Answer{ChoiceOf("b", 1)}},
      {"Answer c={1,3}", event::Answer{SetOf("c", {1, 3})}},
      {"Answer c={2,2}", event::Answer{SetOf("c", {2, 2})}},
      {"Answer d=tốt", event::Answer{TextOf("d", "tốt")}},
      {"Answer none", event::Answer{}},
      {"GoOn a", event::GoOn{"a"}},
      {"GoOn b", event::GoOn{"b"}},
      {"GoOn c", event::GoOn{"c"}},
      {"GoOn d", event::GoOn{"d"}},
      {"Back", event::Back{}},
      {"AskLonger", event::AskLonger{}},
      {"OpenDossier", event::OpenDossier{}},
      {"TypeDossier G12", event::TypeDossier{"G12"}},
      {"TypeDossier whole", event::TypeDossier{kCode}},
      {"EnterDossier none", event::EnterDossier{""}},
      {"EnterDossier wrong", event::EnterDossier{"G12"}},
      {"EnterDossier", event::EnterDossier{kCode}},
      {"Scan", event::Scan{kCode}},
      {"Scan wrong", event::Scan{"https://example.vn"}},
      {"Send", event::Send{}},
      {"Leave", event::Leave{}},
      {"Done", event::Done{}},
      {"SetLanguage en", event::SetLanguage{"en"}},
      {"SetLanguage xx", event::SetLanguage{"xx"}},
      {"SetContrast", event::SetContrast{true}},
      {"SetTextSize", event::SetTextSize{false}},
      {"OpenStaff", event::OpenStaff{}},
      {"EnterPin right", event::EnterPin{kPin}},
      {"EnterPin wrong", event::EnterPin{"0000"}},
      {"CloseStaff", event::CloseStaff{}},
      {"SetCounter", event::SetCounter{"7"}},
      {"SetCounter bad", event::SetCounter{"quầy 7"}},
      {"Pause", event::Pause{}},
      {"Resume", event::Resume{}},
      {"Tick", event::Tick{}},
      {"Facts room", event::NewFacts{Facts(true)}},
      {"Facts full", event::NewFacts{Facts(false)}},
      {"Settings none", event::NewSettings{std::nullopt}},
  };
  for (size_t i = 0; i < settings.size(); ++i) {
    events.push_back({Cat("Settings ", i), event::NewSettings{settings[i]}});
  }
  const absl::Time wake = node.session.wake_at(node.now);
  if (wake != absl::InfiniteFuture()) {
    events.push_back({"Tick when due", event::Tick{}, wake - node.now});
  }
  events.push_back({"Tick a day later", event::Tick{}, absl::Hours(24)});
  events.push_back({"Tick, clock set back", event::Tick{}, -absl::Hours(24 * 365)});
  for (const std::string& id : node.under_way) {
    events.push_back({"Kept", event::Kept{id, 41}});
    events.push_back({"Kept full", event::Kept{id, absl::ResourceExhaustedError("full")}});
  }
  return events;
}

// Two sessions with the same picture are taken to behave alike: ids, absolute times, contrast and
// the counter are left out of it, and change nothing else. (With them there are 186,000 pictures.)
std::string Picture(const Node& node) {
  const Session& s = node.session;
  const FormFlow* flow = s.flow();
  const Settings* settings = s.settings();
  const absl::Time wake = s.wake_at(node.now);
  std::string picture =
      Cat(static_cast<int>(s.state()), "|", static_cast<int>(s.out_of_service()), "|",
          settings == nullptr ? "-" : settings->unit_name, "|", s.presentation() == Presentation(),
          "|", static_cast<int>(s.dossier_verdict()), "|", s.has_dossier(), "|", s.paused(), "|",
          s.may_leave(node.now), "|", s.facts().outbox_has_room, "|", node.under_way.size(), "|");
  if (flow != nullptr) {
    picture += Cat(flow->number(), "/", flow->count(), "/", flow->answers(), "/",
                   flow->given() != nullptr, "/", flow->LongerBy(), "|");
  }
  if (wake != absl::InfiniteFuture()) {
    picture += wake - node.now < absl::Seconds(30) ? "soon" : "later";
  }
  return picture;
}

bool HoldsVisit(State state) {
  return state == State::kQuestion || state == State::kFinish || state == State::kDossier ||
         state == State::kIdleWarning;
}

// What must hold in any state.
void CheckState(const Node& node) {
  const Session& s = node.session;
  ASSERT_EQ(s.flow() != nullptr, HoldsVisit(s.state())) << "answers are left, or gone too early";
  ASSERT_EQ(s.receipt().empty(), s.state() != State::kThanks);
  if (!HoldsVisit(s.state())) {
    ASSERT_FALSE(s.has_dossier());
    ASSERT_EQ(s.dossier_end(), "");
    ASSERT_EQ(s.dossier_verdict(), DossierVerdict::kNone);
  }
  const bool rest = s.state() == State::kStart || s.state() == State::kOutOfService ||
                    s.state() == State::kPaused;
  const bool bounded = s.wake_at(node.now) <= node.now + kIdleMax + kPauseMax;
  ASSERT_TRUE(bounded || (rest && s.presentation() == Presentation()))
      << "nothing would ever leave this state";
  ASSERT_EQ(s.screen_state() == v1::SCREEN_STATE_READY, s.state() == State::kStart);
  ASSERT_NE(s.screen_state(), v1::SCREEN_STATE_UNSPECIFIED);
}

// What must hold of a step.
void CheckStep(const Node& before, const NamedEvent& event, const Effects& effects,
               const Node& after) {
  const State from = before.session.state();
  const State to = after.session.state();
  if (effects.keep.has_value()) {
    ASSERT_TRUE(HoldsVisit(from)) << "an answer out of nothing";
    ASSERT_FALSE(before.handed.contains(effects.keep->response_id())) << "handed over twice";
    ASSERT_EQ(effects.keep->answers().empty(), false);
    ASSERT_EQ(effects.keep->partial(), to != State::kSending);
    if (effects.keep->partial()) {
      ASSERT_TRUE(from == State::kIdleWarning);
      ASSERT_EQ(before.session.settings()->round.partial_rule(), v1::PARTIAL_RULE_KEEP);
    } else {
      // A finger that was faster than the warning still counts.
      ASSERT_TRUE(from == State::kFinish || from == State::kIdleWarning);
      ASSERT_TRUE(std::holds_alternative<event::Send>(event.event));
    }
    ASSERT_EQ(after.session.flow(), nullptr) << "the answer stayed behind";
  } else {
    ASSERT_FALSE(to == State::kSending && from != State::kSending);
  }
  if (to == State::kThanks && from != State::kThanks) {
    const auto* kept = std::get_if<event::Kept>(&event.event);
    ASSERT_TRUE(from == State::kSending && kept != nullptr && kept->device_sequence.ok())
        << "thanks for what is not on disk";
    ASSERT_EQ(kept->response_id, before.sent) << "thanks for another's answer";
  }
  if (to == State::kStaffCard && from != State::kStaffCard) {
    ASSERT_TRUE(from == State::kStaffPin && event.name == "EnterPin right");
  }
  if (from != State::kStaffCard) {
    ASSERT_EQ(before.session.counter(), after.session.counter());
  }
  if (!effects.refusal.ok()) {
    ASSERT_TRUE(absl::IsInvalidArgument(effects.refusal));
    ASSERT_TRUE(from == to || from == State::kIdleWarning);
    ASSERT_FALSE(effects.keep.has_value());
  }
  // Who comes back to rest leaves nothing of how they read, unless they only read.
  const bool left = HoldsVisit(from) || from == State::kThanks || from == State::kFailure;
  if (left && to == State::kStart) {
    ASSERT_EQ(after.session.presentation(), Presentation());
  }
}

Node Stepped(const Node& before, const NamedEvent& event, Effects& effects) {
  Node after = before;
  after.now += event.later;
  effects = after.session.Step(event.event, after.now);
  after.path.push_back(event.name);
  if (const auto* kept = std::get_if<event::Kept>(&event.event)) {
    std::erase(after.under_way, kept->response_id);
  }
  if (effects.keep.has_value()) {
    after.under_way.push_back(effects.keep->response_id());
    after.handed.insert(effects.keep->response_id());
    if (!effects.keep->partial()) after.sent = effects.keep->response_id();
  }
  return after;
}

// Nobody touches it any more; the keeper answers, or never does.
void CheckReturns(Node node, bool keeper_answers) {
  const absl::Time began = node.now;
  for (int step = 0; step < 2000; ++step) {
    Effects effects;
    if (keeper_answers && !node.under_way.empty()) {
      node = Stepped(node, {"Kept", event::Kept{node.under_way.front(), 7}}, effects);
      continue;
    }
    const absl::Time wake = node.session.wake_at(node.now);
    if (wake == absl::InfiniteFuture()) break;
    ASSERT_GT(wake, node.now) << "it would turn round and round";
    node = Stepped(node, {"Tick", event::Tick{}, wake - node.now}, effects);
  }
  ASSERT_EQ(node.session.wake_at(node.now), absl::InfiniteFuture());
  ASSERT_LE(node.now - began, kIdleMax + 2 * kPauseMax);
  ASSERT_EQ(node.session.presentation(), Presentation());
  const Settings* settings = node.session.settings();
  const bool asks = settings != nullptr && !settings->configuration.round_id().empty();
  const bool room = node.session.facts().outbox_has_room;
  if (asks && room && keeper_answers) {
    ASSERT_EQ(node.session.state(), State::kStart);
  } else {
    ASSERT_TRUE(node.session.state() == State::kStart ||
                node.session.state() == State::kOutOfService);
  }
}

TEST(SessionExhaustive, EveryEventInEveryState) {
  std::vector<Settings> settings = {SettingsForTest(v1::PARTIAL_RULE_KEEP),
                                    SettingsForTest(v1::PARTIAL_RULE_DISCARD), Settings()};
  settings[1].unit_name = "Second";
  settings[2].unit_name = "Third: nothing is asked";
  settings[2].configuration = settings[0].configuration;
  settings[2].configuration.clear_round_id();
  for (const Settings& one : settings) ASSERT_TRUE(CheckSettings(one).ok());

  uint64_t drawn = 0;
  const auto random_bytes = [&drawn](size_t size) {
    ++drawn;
    std::string bytes(size, '\0');
    for (size_t i = 0; i < 8; ++i) bytes[i + 2] = static_cast<char>(drawn >> (8 * i));
    return bytes;
  };
  std::deque<Node> open;
  open.push_back({.session = Session("", random_bytes),
                  .now = absl::FromUnixSeconds(1'800'000'000),
                  .under_way = {},
                  .handed = {},
                  .sent = "",
                  .path = {}});
  std::set<std::string> seen = {Picture(open.front())};
  std::map<State, std::array<uint64_t, kEventKinds>> tried;
  uint64_t steps = 0;

  while (!open.empty()) {
    const Node node = std::move(open.front());
    open.pop_front();
    for (const NamedEvent& event : EventsOf(node, settings)) {
      Effects effects;
      const Node after = Stepped(node, event, effects);
      ++steps;
      ++tried[node.session.state()][event.event.index()];
      SCOPED_TRACE(testing::PrintToString(after.path));
      CheckStep(node, event, effects, after);
      CheckState(after);
      if (HasFatalFailure()) return;
      // One answer waiting in a broken keeper is enough to see what a second person meets; of two,
      // each gets its own word.
      if (after.under_way.size() > 1) {
        for (const std::string& id : after.under_way) {
          const NamedEvent kept = {"Kept", event::Kept{id, 42}};
          Effects later;
          CheckStep(after, kept, later, Stepped(after, kept, later));
        }
        if (HasFatalFailure()) return;
      }
      if (after.under_way.size() > 1 || !seen.insert(Picture(after)).second) continue;
      CheckReturns(after, /*keeper_answers=*/true);
      CheckReturns(after, /*keeper_answers=*/false);
      if (HasFatalFailure()) return;
      open.push_back(after);
    }
  }

  RecordProperty("pictures", std::to_string(seen.size()));
  RecordProperty("steps", std::to_string(steps));
  std::cout << seen.size() << " pictures, " << steps << " steps\n";
  EXPECT_GT(seen.size(), 1000u);
  ASSERT_EQ(tried.size(), size_t{kStates}) << "a state was never reached";
  for (const auto& [state, by_event] : tried) {
    for (size_t kind = 0; kind < kEventKinds; ++kind) {
      // Only what was handed over is ever reported back.
      const bool is_kept = Event(event::Kept{"", 0}).index() == kind;
      if (!is_kept) {
        EXPECT_GT(by_event[kind], 0u) << "state " << static_cast<int>(state) << ", event " << kind;
      }
    }
  }
}

}  // namespace
}  // namespace hailong::session
