#include "server/web/codec.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/type_resolver_util.h>

#include "base/ids.h"
#include "base/status.h"

namespace hailong::web {
namespace {

using base::Cat;
using google::protobuf::DescriptorPool;

constexpr std::string_view kPackage = "hailong.v1.";
constexpr std::string_view kTypePrefix = "type.googleapis.com";
constexpr size_t kMethodBytesMax = 200;
constexpr size_t kReasonBytesMax = 300;

std::string TypeUrl(std::string_view type) { return Cat(kTypePrefix, "/", type); }

}  // namespace

std::optional<Method> FindMethod(std::string_view name) {
  const size_t slash = name.find('/');
  if (!name.starts_with(kPackage) || name.size() > kMethodBytesMax ||
      slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto* service =
      DescriptorPool::generated_pool()->FindServiceByName(std::string(name.substr(0, slash)));
  if (service == nullptr) return std::nullopt;
  const auto* method = service->FindMethodByName(std::string(name.substr(slash + 1)));
  if (method == nullptr) return std::nullopt;
  return Method{.name = std::string(name),
                .request_type = method->input_type()->full_name(),
                .response_type = method->output_type()->full_name(),
                .client_streaming = method->client_streaming(),
                .server_streaming = method->server_streaming()};
}

Codec::Codec()
    : resolver_(google::protobuf::util::NewTypeResolverForDescriptorPool(
          std::string(kTypePrefix), DescriptorPool::generated_pool())) {}
Codec::~Codec() = default;

absl::StatusOr<std::string> Codec::ToBinary(std::string_view type, std::string_view json) const {
  if (!base::IsUtf8(json)) {
    return absl::InvalidArgumentError("JSON: found bytes that are not UTF-8");
  }
  std::string binary;
  const auto status = google::protobuf::util::JsonToBinaryString(
      resolver_.get(), TypeUrl(type), {json.data(), json.size()}, &binary);
  if (!status.ok()) {
    const std::string reason = status.message().ToString();
    return absl::InvalidArgumentError(
        Cat("JSON is not a ", type, ": ",
            base::IsUtf8(reason) ? base::Utf8Prefix(reason, kReasonBytesMax) : "not UTF-8"));
  }
  return binary;
}

absl::StatusOr<std::string> Codec::ToJson(std::string_view type, const std::string& binary) const {
  std::string json;
  const auto status =
      google::protobuf::util::BinaryToJsonString(resolver_.get(), TypeUrl(type), binary, &json);
  if (!status.ok()) {
    return absl::InternalError(Cat("no JSON of a ", type, ": ", status.message().ToString()));
  }
  return json;
}

}  // namespace hailong::web
