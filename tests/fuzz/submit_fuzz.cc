// Raw bytes of a SubmitResponse(s) call: envelope, validation, identity. The first byte says how
// many responses the call may hold (as both calls do), the rest is what came over the wire.

#include "server/transport/envelope.h"
#include "tests/fuzz/judge.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hailong;
  if (size == 0) return 0;
  const size_t responses_max = data[0] % 2 == 0 ? 1 : limits::kBatchResponsesMax;
  google::protobuf::Arena arena;
  const auto opened = transport::OpenEnvelope({reinterpret_cast<const char*>(data) + 1, size - 1},
                                              responses_max, arena);
  if (!opened.ok()) {
    HAILONG_CHECK(opened.status().code() == absl::StatusCode::kInvalidArgument);
    return 0;
  }
  HAILONG_CHECK(!opened->empty() && opened->size() <= responses_max);
  for (const v1::Response* response : *opened) {
    if (response != nullptr) tests::JudgeOne(*response);
  }
  return 0;
}
