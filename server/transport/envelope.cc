#include "server/transport/envelope.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "server/model/refusal.h"

namespace hailong::transport {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr uint32_t kResponseTag =
    WireFormatLite::MakeTag(1, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
static_assert(v1::SubmitResponseRequest::kResponseFieldNumber == 1);
static_assert(v1::SubmitResponsesRequest::kResponsesFieldNumber == 1);

}  // namespace

absl::StatusOr<std::vector<const v1::Response*>> OpenEnvelope(std::string_view bytes,
                                                              size_t responses_max,
                                                              google::protobuf::Arena& arena) {
  const auto cut = [] {
    return absl::InvalidArgumentError(
        "the request is no message of the contract: it is cut or broken");
  };
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  std::vector<const v1::Response*> responses;
  size_t count = 0;
  while (const uint32_t tag = input.ReadTag()) {
    if (tag != kResponseTag) {
      if (!WireFormatLite::SkipField(&input, tag)) return cut();
      continue;
    }
    uint32_t size = 0;
    const void* data = nullptr;
    int available = 0;
    if (!input.ReadVarint32(&size)) return cut();
    if (size > 0 && (!input.GetDirectBufferPointer(&data, &available) ||
                     size > static_cast<uint32_t>(available))) {
      return cut();
    }
    // Counted to the end, so that the refusal can say how many there are.
    if (++count <= responses_max) {
      auto* response = google::protobuf::Arena::CreateMessage<v1::Response>(&arena);
      responses.push_back(response->ParseFromArray(data, static_cast<int>(size)) ? response
                                                                                 : nullptr);
    }
    if (!input.Skip(static_cast<int>(size))) return cut();
  }
  if (!input.ConsumedEntireMessage()) return cut();
  if (count == 0 || count > responses_max) {
    return refusal::TooMany("responses", count, responses_max);
  }
  return responses;
}

}  // namespace hailong::transport
