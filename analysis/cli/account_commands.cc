// Who may administer or read: accounts.
#include <string>

#include "analysis/cli/commands.h"
#include "analysis/cli/give_credential.h"

namespace hailong::cli {
namespace {

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

}  // namespace

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
