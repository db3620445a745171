// A page server with a keeper that remembers, for tests in a browser and for looking at the page:
//
//   hailong_kiosk_page_demo LISTEN PAGE_DIRECTORY QUESTIONNAIRE [NAME=VALUE...]
//
// Names are those of the configuration in textproto, and "partial" and "province". Prints
// "listening ADDRESS", then "kept JSON" for each answer. Reads commands from stdin, a line each:
//   keeper ok|full|slow   what the keeper says from now on; slow answers after two seconds
//   room yes|no           whether the outbox has room
//   settings on|off       whether there is something to ask
//   screen                prints "screen STATE COUNTER"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/crypto/crypto.h"
#include "base/status.h"
#include "kiosk-client/page_server/page_server.h"

namespace hailong {
namespace {

constexpr char kCollectorId[] = "kiosk-demo-1";

// Lines of two threads must not mix.
void Say(const std::string& line) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  std::cout << line << std::endl;
}

class RecordingKeeper final : public session::AnswerKeeper {
 public:
  absl::StatusOr<uint64_t> Keep(v1::Response response) override {
    const std::string mode = Mode();
    if (mode == "slow") std::this_thread::sleep_for(std::chrono::seconds(2));
    if (mode == "full") return absl::ResourceExhaustedError("outbox: full");
    response.set_device_sequence(++sequence_);
    std::string json;
    const auto printed = google::protobuf::util::MessageToJsonString(response, &json);
    Say("kept " + (printed.ok() ? json : "{}"));
    return sequence_;
  }
  void SetMode(const std::string& mode) {
    const std::lock_guard lock(mutex_);
    mode_ = mode;
  }

 private:
  std::string Mode() {
    const std::lock_guard lock(mutex_);
    return mode_;
  }
  std::mutex mutex_;
  std::string mode_ = "ok";
  uint64_t sequence_ = 0;
};

absl::StatusOr<session::Settings> ReadSettings(int argc, char** argv) {
  session::Settings settings;
  std::ifstream file(argv[3]);
  std::stringstream text;
  text << file.rdbuf();
  if (!google::protobuf::TextFormat::ParseFromString(text.str(), &settings.questionnaire)) {
    return absl::InvalidArgumentError(base::Cat("no questionnaire in ", std::string(argv[3])));
  }
  settings.unit_name = "Trung tâm Phục vụ hành chính công phường Tùng Thiện";
  settings.round.set_round_id("demo");
  settings.round.set_state(v1::ROUND_STATE_OPEN);
  settings.round.set_questionnaire_id(settings.questionnaire.questionnaire_id());
  settings.round.set_questionnaire_version(settings.questionnaire.version());
  settings.configuration.set_round_id("demo");
  settings.configuration.set_unit_id("25747");
  settings.configuration.set_staff_pin_sha256(
      base::Sha256Hex(base::Cat(std::string(kCollectorId), ":2580")));
  for (int i = 4; i < argc; ++i) {
    const std::string pair = argv[i];
    const std::string name = pair.substr(0, pair.find('='));
    const std::string value = pair.substr(pair.find('=') + 1);
    if (name == "partial") {
      settings.round.set_partial_rule(value == "keep" ? v1::PARTIAL_RULE_KEEP
                                                      : v1::PARTIAL_RULE_DISCARD);
    } else if (name == "province") {
      settings.province_name = value;
    } else if (!google::protobuf::TextFormat::MergeFromString(name + ": " + value,
                                                              &settings.configuration)) {
      return absl::InvalidArgumentError("no such setting: " + pair);
    }
  }
  return settings;
}

absl::Status Run(int argc, char** argv) {
  if (argc < 4)
    return absl::InvalidArgumentError("LISTEN PAGE_DIRECTORY QUESTIONNAIRE [NAME=VALUE]");
  ASSIGN_OR_RETURN(const session::Settings settings, ReadSettings(argc, argv));
  const base::SystemClock clock;
  RecordingKeeper keeper;
  std::atomic<bool> room = true;
  const absl::Time heard = clock.Now();
  const auto facts = [&] {
    session::StaffFacts made;
    made.waiting = 3;
    made.last_contact = heard;
    made.outbox_has_room = room;
    return made;
  };
  ASSIGN_OR_RETURN(const auto server, page_server::PageServer::Start({.listen = argv[1],
                                                                      .page_directory = argv[2],
                                                                      .collector_id = kCollectorId,
                                                                      .version = "0.1.0",
                                                                      .counter = ""},
                                                                     keeper, clock, facts));
  RETURN_IF_ERROR(server->SetSettings(settings));
  Say("listening " + server->address());
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command;
    std::string value;
    words >> command >> value;
    if (command == "keeper") {
      keeper.SetMode(value);
    } else if (command == "room") {
      room = value == "yes";
    } else if (command == "settings") {
      RETURN_IF_ERROR(server->SetSettings(value == "on" ? std::optional<session::Settings>(settings)
                                                        : std::nullopt));
    } else if (command == "screen") {
      Say(base::Cat("screen ", v1::ScreenState_Name(server->screen()), " ", server->counter()));
    } else {
      return absl::InvalidArgumentError("no such command: " + line);
    }
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace hailong

int main(int argc, char** argv) {
  const absl::Status status = hailong::Run(argc, argv);
  if (!status.ok()) std::cerr << argv[0] << ": " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
