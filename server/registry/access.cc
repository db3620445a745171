// Who may administer or read: accounts, and credentials of all kinds.

#include <algorithm>

#include "base/crypto/crypto.h"
#include "base/status.h"
#include "server/model/paging.h"
#include "server/model/refusal.h"
#include "server/registry/checks.h"
#include "server/registry/registry.h"

namespace hailong::registry {
namespace {

using base::Cat;
using model::Catalog;
using model::Pager;
using model::Record;
using Records = absl::StatusOr<std::vector<Record>>;

}  // namespace

std::string NewCredential() { return Cat("hl1.", base::Base64Url(base::RandomBytes(32))); }

std::string HashCredential(std::string_view credential) { return base::Sha256Hex(credential); }

absl::StatusOr<v1::CreateAccountResponse> Registry::CreateAccount(
    Caller caller, const v1::CreateAccountRequest& request) {
  const v1::Account& wanted = request.account();
  RETURN_IF_ERROR(CheckName(wanted.account_id(), "account.account_id"));
  if (wanted.role() != v1::ROLE_ANALYST && wanted.role() != v1::ROLE_OPERATOR &&
      wanted.role() != v1::ROLE_ADMIN) {
    return refusal::Field("account.role", "allowed are ANALYST, OPERATOR and ADMIN");
  }
  if (wanted.role() == v1::ROLE_ADMIN && !wanted.unit_id().empty()) {
    return refusal::Field("account.unit_id", "is set, but an ADMIN is never bound to a unit");
  }
  const std::string credential = NewCredential();
  v1::CreateAccountResponse response;
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "CreateAccount", wanted.account_id(), [&](const Catalog& catalog) -> Records {
        if (catalog.accounts().contains(wanted.account_id())) {
          return refusal::AlreadyExists("account", wanted.account_id(), "");
        }
        RETURN_IF_ERROR(CheckUnitExists(catalog, wanted.unit_id()));
        model::AccountRecord record{.account = {}, .credential_hash = HashCredential(credential)};
        record.account.set_account_id(wanted.account_id());
        record.account.set_role(wanted.role());
        record.account.set_unit_id(wanted.unit_id());
        *response.mutable_account() = record.account;
        return std::vector<Record>{record};
      }));
  response.set_credential(credential);
  return response;
}

absl::StatusOr<v1::ListAccountsResponse> Registry::ListAccounts(
    Caller, const v1::ListAccountsRequest& request) {
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(Pager pager, Pager::Create(request.page_size(), request.page_token()));
  v1::ListAccountsResponse response;
  pager.Walk(
      catalog->accounts(), [](const auto&, const auto&) { return true; },
      [&](const auto&, const auto& record) { *response.add_accounts() = record.account; });
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::RevokeAccountResponse> Registry::RevokeAccount(
    Caller caller, const v1::RevokeAccountRequest& request) {
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "RevokeAccount", request.account_id(), [&](const Catalog& catalog) -> Records {
        const auto found = catalog.accounts().find(request.account_id());
        if (found == catalog.accounts().end()) {
          return refusal::NotFound("account", request.account_id());
        }
        if (found->second.account.revoked()) return std::vector<Record>();
        const auto admins = std::count_if(
            catalog.accounts().begin(), catalog.accounts().end(), [](const auto& account) {
              return account.second.account.role() == v1::ROLE_ADMIN &&
                     !account.second.account.revoked();
            });
        if (found->second.account.role() == v1::ROLE_ADMIN && admins == 1) {
          return refusal::LastAdmin(request.account_id());
        }
        model::AccountRecord record = found->second;
        record.account.set_revoked(true);
        return std::vector<Record>{record};
      }));
  return v1::RevokeAccountResponse();
}

absl::Status Registry::CreateFirstAdmin(
    const std::function<absl::Status(const std::string&)>& keep) {
  return writer_.Apply(
      "hailongd", "CreateFirstAdmin", "admin", [&](const Catalog& catalog) -> Records {
        for (const auto& [id, account] : catalog.accounts()) {
          if (account.account.role() == v1::ROLE_ADMIN) {
            return std::vector<Record>();
          }
        }
        const std::string credential = NewCredential();
        RETURN_IF_ERROR(keep(credential));
        model::AccountRecord record{.account = {}, .credential_hash = HashCredential(credential)};
        record.account.set_account_id("admin");
        record.account.set_role(v1::ROLE_ADMIN);
        return std::vector<Record>{record};
      });
}

}  // namespace hailong::registry
