#pragma once

// The contract as the gateway knows it: its methods, and its messages as bytes and as JSON, from
// the descriptors that are linked in. A call that is added to the contract is there by itself.
// Thread-safe.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace google::protobuf::util {
class TypeResolver;
}

namespace hailong::web {

struct Method {
  std::string name;          // "hailong.v1.ResultsService/GetSipas"
  std::string request_type;  // "hailong.v1.GetSipasRequest"
  std::string response_type;
  bool client_streaming = false;
  bool server_streaming = false;
};

// Nothing if the contract has no such method.
std::optional<Method> FindMethod(std::string_view name);

class Codec {
 public:
  Codec();
  ~Codec();

  // Proto3 JSON, strictly: no unknown fields, enum names in their own case. Errors:
  // INVALID_ARGUMENT says where.
  absl::StatusOr<std::string> ToBinary(std::string_view type, std::string_view json) const;
  // Errors: INTERNAL, since only our own messages come this way.
  absl::StatusOr<std::string> ToJson(std::string_view type, const std::string& binary) const;

 private:
  std::unique_ptr<google::protobuf::util::TypeResolver> resolver_;
};

}  // namespace hailong::web
