// How a kiosk is set up: what is given changes, all else stays as it is.
#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/files.h"
#include "base/crypto/crypto.h"

namespace hailong::cli {
namespace {

// Absent: stays as it is. Empty: back to the default.
struct Configure {
  std::string collector_id;
  std::optional<std::string> round_id;
  std::optional<std::string> unit_id;
  std::optional<std::string> form_id;
  std::optional<std::string> long_form_id;
  std::optional<std::string> languages;
  std::optional<uint32_t> idle_seconds;
  std::optional<uint32_t> countdown_seconds;
  std::optional<uint32_t> press_interval_ms;
  std::optional<std::string> message_vi;
  std::optional<std::string> message_en;
  std::optional<std::string> pin_file;  // "-": standard input
  bool no_pin = false;
};

// A PIN stands in no command line, which others see in the list of processes.
absl::StatusOr<std::string> ReadPin(const std::string& file, Io& io) {
  constexpr std::size_t kDigitsMin = 4;
  constexpr std::size_t kDigitsMax = 12;
  constexpr std::size_t kFileBytesMax = 64;
  absl::StatusOr<std::string> text =
      file == "-" ? io.read_secret("PIN") : ReadFile(file, kFileBytesMax);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat("--pin-file: ", text.status().message()));
  }
  std::string pin(absl::StripAsciiWhitespace(*text));
  if (pin.size() < kDigitsMin || pin.size() > kDigitsMax ||
      !std::all_of(pin.begin(), pin.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return absl::InvalidArgumentError(absl::StrCat("--pin-file ", file, ": found ", pin.size(),
                                                   " characters, allowed are ", kDigitsMin, "..",
                                                   kDigitsMax, " digits"));
  }
  return pin;
}

void Change(const Configure& given, v1::KioskConfiguration* kiosk) {
  if (given.round_id) kiosk->set_round_id(*given.round_id);
  if (given.unit_id) kiosk->set_unit_id(*given.unit_id);
  if (given.form_id) kiosk->set_form_id(*given.form_id);
  if (given.long_form_id) kiosk->set_long_form_id(*given.long_form_id);
  if (given.languages) {
    kiosk->clear_languages();
    for (const absl::string_view tag :
         absl::StrSplit(*given.languages, ',', absl::SkipWhitespace())) {
      kiosk->add_languages(std::string(tag));
    }
  }
  if (given.idle_seconds) kiosk->set_idle_seconds(*given.idle_seconds);
  if (given.countdown_seconds) kiosk->set_countdown_seconds(*given.countdown_seconds);
  if (given.press_interval_ms) kiosk->set_press_interval_ms(*given.press_interval_ms);
  if (given.message_vi) kiosk->mutable_message_of_the_day()->set_vi(*given.message_vi);
  if (given.message_en) kiosk->mutable_message_of_the_day()->set_en(*given.message_en);
  if (kiosk->message_of_the_day().vi().empty() && kiosk->message_of_the_day().en().empty()) {
    kiosk->clear_message_of_the_day();
  }
  if (given.no_pin) kiosk->clear_staff_pin_sha256();
}

Grid ConfigurationGrid(const v1::Collector& collector, Language language) {
  Grid grid({{"collector_id", Pick(language, "Mã", "Id")},
             {"round_id", Pick(language, "Đợt", "Round")},
             {"unit_id", Pick(language, "Đơn vị được đánh giá", "Unit rated")},
             {"form_id", Pick(language, "Phiếu", "Form")},
             {"long_form_id", Pick(language, "Phiếu dài", "Long form")},
             {"languages", Pick(language, "Ngôn ngữ", "Languages")},
             {"idle_seconds", Pick(language, "Chờ (giây)", "Idle (s)"), true},
             {"countdown_seconds", Pick(language, "Đếm ngược (giây)", "Countdown (s)"), true},
             {"press_interval_ms", Pick(language, "Giãn cách (ms)", "Interval (ms)"), true},
             {"message_vi", Pick(language, "Thông báo", "Message"), false, 40},
             {"message_en", ""},
             {"has_pin", Pick(language, "Mã PIN", "PIN")}});
  const v1::KioskConfiguration& kiosk = collector.kiosk();
  const bool pin = !kiosk.staff_pin_sha256().empty();
  grid.AddRow({collector.collector_id(), kiosk.round_id(), kiosk.unit_id(), kiosk.form_id(),
               kiosk.long_form_id(), absl::StrJoin(kiosk.languages(), ","),
               std::to_string(kiosk.idle_seconds()), std::to_string(kiosk.countdown_seconds()),
               std::to_string(kiosk.press_interval_ms()), kiosk.message_of_the_day().vi(),
               kiosk.message_of_the_day().en(),
               Cell(pin ? Pick(language, "có", "set") : "", pin ? "true" : "false")});
  return grid;
}

ExitCode RunConfigure(const Configure& given, Session& session) {
  std::string pin;
  if (given.pin_file) {
    absl::StatusOr<std::string> read = ReadPin(*given.pin_file, session.io());
    if (!read.ok()) return session.FailUsage(read.status());
    pin = *std::move(read);
  }
  v1::ListCollectorsResponse all;
  const RpcStatus listed =
      session.CallPages(&Registry::ListCollectors, v1::ListCollectorsRequest(), &all);
  if (!listed.ok()) return session.Fail(listed);
  v1::ConfigureKioskRequest request;
  request.set_collector_id(given.collector_id);
  for (const v1::Collector& collector : all.collectors()) {
    if (collector.collector_id() == given.collector_id)
      *request.mutable_kiosk() = collector.kiosk();
  }
  Change(given, request.mutable_kiosk());
  if (!pin.empty()) {
    // The PIN itself never leaves this machine.
    request.mutable_kiosk()->set_staff_pin_sha256(
        base::Sha256Hex(absl::StrCat(given.collector_id, ":", pin)));
  }
  v1::ConfigureKioskResponse response;
  const RpcStatus status = session.Call(&Registry::ConfigureKiosk, request, &response);
  if (!status.ok()) return session.Fail(status);
  session.Show(response, ConfigurationGrid(response.collector(), session.language()));
  return ExitCode::kOk;
}

}  // namespace

void AddConfigureCommand(CLI::App* collector, Command& chosen) {
  CLI::App* command = collector->add_subcommand(
      "configure", "Set up a kiosk; it learns of it at its next heartbeat");
  auto given = Bind<Configure>(command, chosen, RunConfigure);
  command->add_option("ID", given->collector_id, "The collector")->required();
  command->add_option("--round", given->round_id, "The round it collects for");
  command->add_option("--unit", given->unit_id, "The unit that is rated; '' for its own");
  command->add_option("--form", given->form_id, "The form asked first; '' for all questions");
  command->add_option("--long-form", given->long_form_id, "The longer form that may be asked for");
  command->add_option("--languages", given->languages,
                      "BCP 47 tags in the order offered: vi,en,km");
  command->add_option("--idle", given->idle_seconds,
                      "Seconds without a touch until it asks who is there; 0: 45");
  command->add_option("--countdown", given->countdown_seconds,
                      "Seconds for which it asks, and thanks; 0: 15");
  command->add_option("--press-interval", given->press_interval_ms,
                      "Milliseconds between the last thanks and the next answer");
  command->add_option("--message-vi", given->message_vi, "Message of the day, Vietnamese");
  command->add_option("--message-en", given->message_en, "Message of the day, English");
  CLI::Option* pin_file = command->add_option(
      "--pin-file", given->pin_file,
      "File with the PIN of the staff card, 4 to 12 digits, or - to be asked for it; only its "
      "hash leaves this machine");
  command->add_flag("--no-pin", given->no_pin, "No PIN: the staff card stays shut")
      ->excludes(pin_file);
  command->footer(
      "What is not given stays as it is; '' sets it back.\n"
      "Example: hailong collector configure kiosk-25747-1 --round bd-2024-citizens \\\n"
      "           --form counter --long-form full --languages vi,en --idle 45 --pin-file -");
}

}  // namespace hailong::cli
