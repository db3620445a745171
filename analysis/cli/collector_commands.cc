// Who may submit: devices and programs, and what kiosks say of themselves.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/give_credential.h"
#include "analysis/cli/qr_code.h"

namespace hailong::cli {
namespace {

struct CollectorAdd {
  v1::Collector collector;
  std::string channel;
  std::string credential_file;
  bool enrol = false;
};

// A code to type in at the kiosk or to hold before its scanner. It is no credential: it works once.
void ShowCode(const google::protobuf::Message& message, const std::string& collector_id,
              const std::string& code, Session& session) {
  const Language language = session.language();
  Grid grid({{"collector_id", Pick(language, "Mã", "Id")},
             {"enrolment_code", Pick(language, "Mã đăng ký", "Enrolment code")}});
  grid.AddRow({collector_id, code});
  session.Show(message, grid);
  if (session.json() || session.csv()) return;
  const absl::StatusOr<std::string> qr = QrCode(absl::StrCat("hailong-enrol:", code));
  if (qr.ok()) session.out() << '\n' << *qr << '\n';
  session.err() << Pick(language,
                        "Nhập mã này vào ki-ốt trong vòng 7 ngày; mã dùng một lần và chỉ hiện lần "
                        "này.",
                        "Enter it at the kiosk within 7 days; it works once and is shown this once "
                        "only.")
                << '\n';
}

ExitCode RunCollectorAdd(const CollectorAdd& arguments, Session& session) {
  v1::CreateCollectorRequest request;
  *request.mutable_collector() = arguments.collector;
  const absl::StatusOr<v1::Channel> channel = EnumValue<v1::Channel>(arguments.channel);
  if (!channel.ok()) return session.FailUsage(channel.status());
  request.mutable_collector()->set_channel(*channel);
  request.set_by_enrolment(arguments.enrol);
  v1::CreateCollectorResponse response;
  if (arguments.enrol) {
    const RpcStatus status = session.Call(&Registry::CreateCollector, request, &response);
    if (!status.ok()) return session.Fail(status);
    ShowCode(response, response.collector().collector_id(), response.enrolment_code(), session);
    return ExitCode::kOk;
  }
  const Language language = session.language();
  return GiveCredential(
      arguments.credential_file, session, &response,
      [&] { return session.Call(&Registry::CreateCollector, request, &response); },
      [&] {
        Grid grid({{"collector_id", Pick(language, "Mã", "Id")},
                   {"name", Pick(language, "Tên", "Name")},
                   {"channel", Pick(language, "Kênh", "Channel")},
                   {"unit_id", Pick(language, "Đơn vị", "Unit")},
                   {"credential", Pick(language, "Mã truy cập", "Credential")}});
        const v1::Collector& collector = response.collector();
        grid.AddRow({collector.collector_id(), collector.name(),
                     Cell(Shown(collector.channel(), language), EnumWord(collector.channel())),
                     collector.unit_id(), response.credential()});
        return grid;
      });
}

struct CollectorList {
  std::string silent;
};

// The later of a response and a heartbeat.
google::protobuf::Timestamp LastContact(const v1::Collector& collector) {
  const auto& seen = collector.last_seen_at();
  const auto& status = collector.status_at();
  const bool status_is_later =
      seen.seconds() < status.seconds() ||
      (seen.seconds() == status.seconds() && seen.nanos() < status.nanos());
  return status_is_later ? status : seen;
}

// In one word, what keeps a collector from working.
Cell StateCell(const v1::Collector& collector, Language language) {
  if (collector.revoked()) return Cell(Pick(language, "đã thu hồi", "revoked"), "revoked");
  if (!collector.awaits_credential()) return Cell("");
  return Cell(Pick(language, "chờ mã truy cập", "awaits credential"), "awaits-credential");
}

Grid CollectorGrid(Language language) {
  return Grid({{"collector_id", Pick(language, "Mã", "Id")},
               {"name", Pick(language, "Tên", "Name"), false, 24},
               {"channel", Pick(language, "Kênh", "Channel")},
               {"unit_id", Pick(language, "Đơn vị", "Unit")},
               {"state", Pick(language, "Trạng thái", "State")},
               {"last_contact_at", Pick(language, "Liên lạc cuối", "Last contact")},
               {"last_seen_at", ""},
               {"status_at", ""},
               {"waiting", Pick(language, "Đang chờ", "Waiting"), true},
               {"oldest_waiting_at", Pick(language, "Chờ lâu nhất từ", "Oldest waiting")},
               {"set_aside", Pick(language, "Để riêng", "Set aside"), true},
               {"device_sequence_max", Pick(language, "Số thứ tự", "Sequence"), true},
               {"missing_count", Pick(language, "Thiếu", "Missing"), true},
               {"version", Pick(language, "Phiên bản", "Version"), false, 16},
               {"screen", Pick(language, "Màn hình", "Screen")},
               {"counter", Pick(language, "Quầy", "Counter")},
               {"disk_free_bytes", Pick(language, "Đĩa trống", "Disk free"), true},
               {"alarm", Pick(language, "Cảnh báo", "Alarm"), false, 60},
               {"revoked", ""}});
}

void AddCollector(const v1::Collector& collector, Language language, Grid& grid) {
  const v1::KioskStatus& status = collector.status();
  const auto of_kiosk = [&](Cell cell) { return collector.has_status() ? cell : Cell(""); };
  const auto number = [](uint64_t value) { return Cell(std::to_string(value)); };
  grid.AddRow(
      {collector.collector_id(), collector.name(),
       Cell(Shown(collector.channel(), language), EnumWord(collector.channel())),
       collector.unit_id(), StateCell(collector, language), TimeCell(LastContact(collector)),
       TimeCell(collector.last_seen_at()), TimeCell(collector.status_at()),
       of_kiosk(number(status.waiting())), TimeCell(status.oldest_waiting_at()),
       of_kiosk(number(status.set_aside())), number(collector.device_sequence_max()),
       number(collector.missing_count()), status.version(),
       of_kiosk(Cell(Shown(status.screen(), language), EnumWord(status.screen()))),
       status.counter(),
       of_kiosk(Cell(
           absl::StrCat(Decimal(static_cast<double>(status.disk_free_bytes()) / 1e9, 1, language),
                        " GB"),
           std::to_string(status.disk_free_bytes()))),
       status.alarm(), Cell("", collector.revoked() ? "true" : "false")});
}

ExitCode RunCollectorList(const CollectorList& arguments, Session& session) {
  v1::ListCollectorsRequest request;
  if (!arguments.silent.empty()) {
    const absl::Status read = ReadDurationOption(arguments.silent, request.mutable_silent_for());
    if (!read.ok()) return session.FailUsage(read);
  }
  v1::ListCollectorsResponse all;
  const RpcStatus status = session.CallPages(&Registry::ListCollectors, request, &all);
  if (!status.ok()) return session.Fail(status);
  Grid grid = CollectorGrid(session.language());
  for (const v1::Collector& collector : all.collectors()) {
    AddCollector(collector, session.language(), grid);
  }
  session.Show(all, grid);
  return ExitCode::kOk;
}

struct CollectorRotate {
  std::string collector_id;
  std::string credential_file;
  bool by_kiosk = false;
  bool by_enrolment = false;
};

ExitCode RunCollectorRotate(const CollectorRotate& arguments, Session& session) {
  v1::RotateCollectorCredentialRequest request;
  request.set_collector_id(arguments.collector_id);
  v1::RotateCollectorCredentialResponse response;
  if (!arguments.by_kiosk && !arguments.by_enrolment) {
    return GiveCredential(
        arguments.credential_file, session, &response,
        [&] { return session.Call(&Registry::RotateCollectorCredential, request, &response); },
        [&] {
          Grid grid({{"collector_id", Pick(session.language(), "Mã", "Id")},
                     {"credential", Pick(session.language(), "Mã truy cập", "Credential")}});
          grid.AddRow({arguments.collector_id, response.credential()});
          return grid;
        });
  }
  request.set_way(arguments.by_kiosk ? v1::RotateCollectorCredentialRequest::WAY_BY_KIOSK
                                     : v1::RotateCollectorCredentialRequest::WAY_BY_ENROLMENT);
  const RpcStatus status = session.Call(&Registry::RotateCollectorCredential, request, &response);
  if (!status.ok()) return session.Fail(status);
  if (arguments.by_enrolment) {
    ShowCode(response, arguments.collector_id, response.enrolment_code(), session);
    return ExitCode::kOk;
  }
  Grid grid({{"collector_id",
              Pick(session.language(), "Sẽ tự đổi mã truy cập", "Will renew its credential")}});
  grid.AddRow({arguments.collector_id});
  session.Show(response, grid);
  return ExitCode::kOk;
}

ExitCode RunCollectorRevoke(const v1::RevokeCollectorRequest& request, Session& session) {
  v1::RevokeCollectorResponse response;
  const RpcStatus status = session.Call(&Registry::RevokeCollector, request, &response);
  if (!status.ok()) return session.Fail(status);
  Grid grid({{"collector_id", Pick(session.language(), "Đã thu hồi", "Revoked")}});
  grid.AddRow({request.collector_id()});
  session.Show(response, grid);
  return ExitCode::kOk;
}

ExitCode RunCollectorGaps(const v1::ListSequenceGapsRequest& arguments, Session& session) {
  v1::ListSequenceGapsResponse all;
  const RpcStatus status = session.CallPages(&Registry::ListSequenceGaps, arguments, &all);
  if (!status.ok()) return session.Fail(status);
  const Language language = session.language();
  Grid grid({{"collector_id", Pick(language, "Thiết bị", "Collector")},
             {"first", Pick(language, "Thiếu từ số", "Missing from"), true},
             {"last", Pick(language, "đến số", "to"), true},
             {"count", Pick(language, "Số phiếu", "Count"), true}});
  for (const v1::SequenceGap& gap : all.gaps()) {
    grid.AddRow({gap.collector_id(), std::to_string(gap.first()), std::to_string(gap.last()),
                 std::to_string(gap.last() - gap.first() + 1)});
  }
  session.Show(all, grid);
  return ExitCode::kOk;
}

void AddList(CLI::App* list, const std::string& words, Command& chosen) {
  auto arguments = Bind<CollectorList>(list, chosen, RunCollectorList);
  list->add_option("--silent", arguments->silent,
                   "Only those not heard of for this long, or never: 90m, 2h, 3d; without those "
                   "revoked");
  list->footer(absl::StrCat("Example: hailong ", words, " --silent 2h"));
}

}  // namespace

void AddCollectorCommands(CLI::App& app, Command& chosen) {
  CLI::App* collector = app.add_subcommand("collector", "Devices and programs that may submit");
  collector->require_subcommand(1);

  CLI::App* add =
      collector->add_subcommand("add", "Register a collector; gives its credential once");
  auto added = Bind<CollectorAdd>(add, chosen, RunCollectorAdd);
  add->add_option("ID", *added->collector.mutable_collector_id(),
                  "Lower case letters, digits, '-', '.'")
      ->required();
  add->add_option("--name", *added->collector.mutable_name(), "What people call it");
  add->add_option("--channel", added->channel, "The channel of all it sends")
      ->required()
      ->check(CLI::IsMember({"kiosk", "zalo", "web", "paper", "import"}));
  add->add_option("--unit", *added->collector.mutable_unit_id(),
                  "It may submit for this unit and those below; without it for any");
  CLI::Option* add_file =
      add->add_option("--credential-file", added->credential_file, kCredentialFileHelp);
  add->add_flag(
         "--enrol", added->enrol,
         "Of a kiosk: give a single-use code, also as QR, to enrol it with at its own screen")
      ->excludes(add_file);
  add->footer(
      "Example: hailong collector add kiosk-25747-1 --name 'Quầy 1' --channel kiosk --unit 25747 "
      "\\\n"
      "           --credential-file kiosk-25747-1.token\n"
      "         hailong collector add kiosk-25747-2 --channel kiosk --unit 25747 --enrol");

  AddList(collector->add_subcommand("list", "List the collectors"), "collector list", chosen);
  AddList(app.add_subcommand("collectors", "List the collectors, as `collector list` does"),
          "collectors", chosen);
  AddConfigureCommand(collector, chosen);
  AddConfigureWebCommand(collector, chosen);

  CLI::App* rotate =
      collector->add_subcommand("rotate", "Give a new credential; the old one stops working");
  auto rotated = Bind<CollectorRotate>(rotate, chosen, RunCollectorRotate);
  rotate->add_option("ID", rotated->collector_id, "The collector")->required();
  CLI::Option* rotate_file =
      rotate->add_option("--credential-file", rotated->credential_file, kCredentialFileHelp);
  CLI::Option* by_kiosk = rotate->add_flag(
      "--by-kiosk", rotated->by_kiosk,
      "The kiosk makes a new one itself at its next heartbeat; until then the old one works");
  CLI::Option* by_enrolment =
      rotate->add_flag("--by-enrolment", rotated->by_enrolment,
                       "A new code to enrol with, for a kiosk that lost its credential");
  by_kiosk->excludes(rotate_file)->excludes(by_enrolment);
  by_enrolment->excludes(rotate_file);
  rotate->footer(
      "Example: hailong collector rotate kiosk-25747-1 --credential-file new.token\n"
      "         hailong collector rotate kiosk-25747-1 --by-kiosk");

  CLI::App* revoke = collector->add_subcommand(
      "revoke", "The collector may not submit any more; what it sent stays");
  auto revoked = Bind<v1::RevokeCollectorRequest>(revoke, chosen, RunCollectorRevoke);
  revoke->add_option("ID", *revoked->mutable_collector_id(), "The collector")->required();
  revoke->footer("Example: hailong collector revoke kiosk-25747-1");

  CLI::App* gaps = collector->add_subcommand("gaps", "Responses of a device that never arrived");
  auto request = Bind<v1::ListSequenceGapsRequest>(gaps, chosen, RunCollectorGaps);
  gaps->add_option("ID", *request->mutable_collector_id(), "Only this collector");
  gaps->footer("Example: hailong collector gaps kiosk-25747-1");
}

}  // namespace hailong::cli
