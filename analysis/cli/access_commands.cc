// Who may submit (collectors) and who may administer or read (accounts).
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/files.h"

namespace hailong::cli {
namespace {

// Makes a credential by `call` and hands it over: to a new file of mode 0600, or to the screen. The
// file is made first, so that no credential is created that cannot be kept. `response` has the
// field `credential`.
template <typename Response>
ExitCode GiveCredential(const std::string& file, Session& session, Response* response,
                        const std::function<RpcStatus()>& call, const std::function<Grid()>& grid) {
  std::optional<SecretFile> secret;
  if (!file.empty()) {
    absl::StatusOr<SecretFile> created = SecretFile::Create(file);
    if (!created.ok()) return session.FailUsage(created.status());
    secret.emplace(*std::move(created));
  }
  if (const RpcStatus status = call(); !status.ok()) return session.Fail(status);
  if (secret) {
    if (absl::Status status = secret->Write(response->credential()); !status.ok()) {
      // It exists and is shown once: better on the screen than lost.
      session.FailUsage(status);
      session.Show(*response, grid());
      return ExitCode::kUsage;
    }
    response->clear_credential();
  }
  session.Show(*response, grid());
  if (secret) {
    session.err() << Pick(session.language(), "Mã truy cập đã ghi vào ", "The credential is in ")
                  << file << '\n';
  } else if (!session.json() && !session.csv()) {
    session.err() << Pick(session.language(), "Mã truy cập chỉ hiện một lần này.",
                          "The credential is shown this once only.")
                  << '\n';
  }
  return ExitCode::kOk;
}

struct CollectorAdd {
  v1::Collector collector;
  std::string channel;
  std::string credential_file;
};

ExitCode RunCollectorAdd(const CollectorAdd& arguments, Session& session) {
  v1::CreateCollectorRequest request;
  *request.mutable_collector() = arguments.collector;
  const absl::StatusOr<v1::Channel> channel = EnumValue<v1::Channel>(arguments.channel);
  if (!channel.ok()) return session.FailUsage(channel.status());
  request.mutable_collector()->set_channel(*channel);
  v1::CreateCollectorResponse response;
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

ExitCode RunCollectorList(const v1::ListCollectorsRequest& arguments, Session& session) {
  v1::ListCollectorsResponse all;
  const RpcStatus status = session.CallPages(&Registry::ListCollectors, arguments, &all);
  if (!status.ok()) return session.Fail(status);
  const Language language = session.language();
  Grid grid({{"collector_id", Pick(language, "Mã", "Id")},
             {"name", Pick(language, "Tên", "Name"), false, 40},
             {"channel", Pick(language, "Kênh", "Channel")},
             {"unit_id", Pick(language, "Đơn vị", "Unit")},
             {"last_seen_at", Pick(language, "Lần gửi cuối", "Last seen")},
             {"device_sequence_max", Pick(language, "Số thứ tự", "Sequence"), true},
             {"missing_count", Pick(language, "Thiếu", "Missing"), true},
             {"revoked", Pick(language, "Đã thu hồi", "Revoked")}});
  for (const v1::Collector& collector : all.collectors()) {
    grid.AddRow({collector.collector_id(), collector.name(),
                 Cell(Shown(collector.channel(), language), EnumWord(collector.channel())),
                 collector.unit_id(), TimeCell(collector.last_seen_at()),
                 std::to_string(collector.device_sequence_max()),
                 std::to_string(collector.missing_count()),
                 Cell(collector.revoked() ? Pick(language, "có", "yes") : "",
                      collector.revoked() ? "true" : "false")});
  }
  session.Show(all, grid);
  return ExitCode::kOk;
}

struct CollectorRotate {
  std::string collector_id;
  std::string credential_file;
};

ExitCode RunCollectorRotate(const CollectorRotate& arguments, Session& session) {
  v1::RotateCollectorCredentialRequest request;
  request.set_collector_id(arguments.collector_id);
  v1::RotateCollectorCredentialResponse response;
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

struct AccountAdd {
  v1::Account account;
  std::string role;
  std::string credential_file;
};

ExitCode RunAccountAdd(const AccountAdd& arguments, Session& session) {
  v1::CreateAccountRequest request;
  *request.mutable_account() = arguments.account;
  const absl::StatusOr<v1::Role> role = EnumValue<v1::Role>(arguments.role);
  if (!role.ok()) return session.FailUsage(role.status());
  request.mutable_account()->set_role(*role);
  v1::CreateAccountResponse response;
  const Language language = session.language();
  return GiveCredential(
      arguments.credential_file, session, &response,
      [&] { return session.Call(&Registry::CreateAccount, request, &response); },
      [&] {
        Grid grid({{"account_id", Pick(language, "Tài khoản", "Account")},
                   {"role", Pick(language, "Vai trò", "Role")},
                   {"unit_id", Pick(language, "Đơn vị", "Unit")},
                   {"credential", Pick(language, "Mã truy cập", "Credential")}});
        grid.AddRow({response.account().account_id(), EnumWord(response.account().role()),
                     response.account().unit_id(), response.credential()});
        return grid;
      });
}

ExitCode RunAccountList(const v1::ListAccountsRequest& arguments, Session& session) {
  v1::ListAccountsResponse all;
  const RpcStatus status = session.CallPages(&Registry::ListAccounts, arguments, &all);
  if (!status.ok()) return session.Fail(status);
  const Language language = session.language();
  Grid grid({{"account_id", Pick(language, "Tài khoản", "Account")},
             {"role", Pick(language, "Vai trò", "Role")},
             {"unit_id", Pick(language, "Đơn vị", "Unit")},
             {"revoked", Pick(language, "Đã thu hồi", "Revoked")}});
  for (const v1::Account& account : all.accounts()) {
    grid.AddRow({account.account_id(), EnumWord(account.role()), account.unit_id(),
                 Cell(account.revoked() ? Pick(language, "có", "yes") : "",
                      account.revoked() ? "true" : "false")});
  }
  session.Show(all, grid);
  return ExitCode::kOk;
}

ExitCode RunAccountRevoke(const v1::RevokeAccountRequest& request, Session& session) {
  v1::RevokeAccountResponse response;
  const RpcStatus status = session.Call(&Registry::RevokeAccount, request, &response);
  if (!status.ok()) return session.Fail(status);
  Grid grid({{"account_id", Pick(session.language(), "Đã thu hồi", "Revoked")}});
  grid.AddRow({request.account_id()});
  session.Show(response, grid);
  return ExitCode::kOk;
}

constexpr char kCredentialFileHelp[] =
    "Write the credential to this new file (mode 0600) instead of the screen";

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
  add->add_option("--credential-file", added->credential_file, kCredentialFileHelp);
  add->footer(
      "Example: hailong collector add kiosk-25747-1 --name 'Quầy 1' --channel kiosk --unit 25747 "
      "\\\n"
      "           --credential-file kiosk-25747-1.token");

  CLI::App* list = collector->add_subcommand("list", "List the collectors");
  Bind<v1::ListCollectorsRequest>(list, chosen, RunCollectorList);
  list->footer("Example: hailong collector list");

  CLI::App* rotate =
      collector->add_subcommand("rotate", "Give a new credential; the old one stops working");
  auto rotated = Bind<CollectorRotate>(rotate, chosen, RunCollectorRotate);
  rotate->add_option("ID", rotated->collector_id, "The collector")->required();
  rotate->add_option("--credential-file", rotated->credential_file, kCredentialFileHelp);
  rotate->footer("Example: hailong collector rotate kiosk-25747-1 --credential-file new.token");

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

void AddAccountCommands(CLI::App& app, Command& chosen) {
  CLI::App* account = app.add_subcommand("account", "People and programs that administer or read");
  account->require_subcommand(1);

  CLI::App* add = account->add_subcommand("add", "Register an account; gives its credential once");
  auto added = Bind<AccountAdd>(add, chosen, RunAccountAdd);
  add->add_option("ID", *added->account.mutable_account_id(),
                  "Lower case letters, digits, '-', '.'; not a person's name")
      ->required();
  add->add_option("--role", added->role, "What it may do")
      ->required()
      ->check(CLI::IsMember({"analyst", "operator", "admin"}));
  add->add_option("--unit", *added->account.mutable_unit_id(),
                  "Bound to this unit and those below; an admin never is");
  add->add_option("--credential-file", added->credential_file, kCredentialFileHelp);
  add->footer(
      "Example: hailong account add phong-cchc --role operator --unit 74 --credential-file "
      "op.token");

  CLI::App* list = account->add_subcommand("list", "List the accounts");
  Bind<v1::ListAccountsRequest>(list, chosen, RunAccountList);
  list->footer("Example: hailong account list");

  CLI::App* revoke = account->add_subcommand("revoke", "The account may do nothing any more");
  auto revoked = Bind<v1::RevokeAccountRequest>(revoke, chosen, RunAccountRevoke);
  revoke->add_option("ID", *revoked->mutable_account_id(), "The account")->required();
  revoke->footer("Example: hailong account revoke phong-cchc");
}

}  // namespace hailong::cli
