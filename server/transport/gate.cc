#include "server/transport/gate.h"

#include "base/crypto/crypto.h"
#include "server/model/web_refusal.h"
#include "server/transport/auth_table.h"

namespace hailong::transport {
namespace {

constexpr size_t kCredentialBytesMax = 256;

bool TellsRevoked(std::string_view method) {
  return method.starts_with("hailong.v1.KioskService/");
}

}  // namespace

absl::StatusOr<model::Principal> Gate::Admit(const grpc::CallbackServerContext& context,
                                             std::string_view method) const {
  if (IsWebOnly(method) && !IsFromGateway(context)) return refusal::WebOnly(method);
  if (IsAllowed(method, v1::ROLE_UNSPECIFIED)) return model::Principal();
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
  const std::string hash = base::Sha256Hex(header);
  const model::Principal* caller = catalog->FindPrincipal(hash);
  if (caller == nullptr) {
    // A device that was turned off for good must tell that from one whose credential is out of
    // date.
    return TellsRevoked(method) && catalog->IsOfRevokedCollector(hash) ? refusal::CollectorRevoked()
                                                                       : refusal::BadCredential();
  }
  if (!IsAllowed(method, caller->role)) {
    return refusal::RoleNotAllowed(method, v1::Role_Name(caller->role));
  }
  return *caller;
}

bool Gate::IsFromGateway(const grpc::CallbackServerContext& context) const {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kGatewayKeyHeader);
  return found != metadata.end() &&
         base::EqualInConstantTime({found->second.data(), found->second.size()}, gateway_key_);
}

}  // namespace hailong::transport
