#include "server/transport/status_map.h"

#include "server/model/refusal.h"

namespace hailong::transport {

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // absl and gRPC number the codes alike (google.rpc.Code).
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      refusal::DetailsOf(status));
}

v1::Refusal ToRefusal(const absl::Status& status) {
  v1::Refusal refusal;
  refusal.set_code(static_cast<int32_t>(status.code()));
  refusal.set_message(std::string(status.message()));
  for (refusal::FieldViolation& violation : refusal::FieldViolationsOf(status)) {
    v1::FieldViolation* field = refusal.add_field_violations();
    // Below the response, as the contract says.
    constexpr std::string_view kPrefix = "response.";
    if (violation.field.starts_with(kPrefix)) violation.field.erase(0, kPrefix.size());
    field->set_field(std::move(violation.field));
    field->set_description(std::move(violation.description));
  }
  refusal.set_retry_after_ms(
      static_cast<uint32_t>(absl::ToInt64Milliseconds(refusal::RetryDelayOf(status))));
  return refusal;
}

}  // namespace hailong::transport
