#include "server/transport/gate.h"

#include "base/crypto/crypto.h"
#include "server/transport/auth_table.h"

namespace hailong::transport {
namespace {

constexpr size_t kCredentialBytesMax = 256;

}  // namespace

absl::StatusOr<model::Principal> Gate::Admit(const grpc::CallbackServerContext& context,
                                             std::string_view method) const {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find("authorization");
  if (found == metadata.end() || metadata.count("authorization") != 1) {
    return refusal::NoCredential();
  }
  std::string_view header(found->second.data(), found->second.size());
  constexpr std::string_view kScheme = "Bearer ";
  if (!header.starts_with(kScheme) || header.size() > kCredentialBytesMax) {
    return refusal::NoCredential();
  }
  header.remove_prefix(kScheme.size());
  // Looked up by its hash: how long it takes says nothing about a credential.
  const auto catalog = catalog_.Get();
  const model::Principal* caller = catalog->FindPrincipal(base::Sha256Hex(header));
  if (caller == nullptr) return refusal::BadCredential();
  if (!IsAllowed(method, caller->role)) {
    return refusal::RoleNotAllowed(method, v1::Role_Name(caller->role));
  }
  return *caller;
}

}  // namespace hailong::transport
