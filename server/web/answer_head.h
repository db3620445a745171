#pragma once

// The bytes before the body of an answer. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "server/web/http.h"

namespace hailong::web {

struct AnswerFraming {
  std::optional<uint64_t> content_length;  // absent: chunked
  bool keep_alive = true;
  bool secure = false;  // the client came by https: ask it to stay there
  std::string_view request_id;
  absl::Time now;
};

std::string WriteHead(const Answer& answer, const AnswerFraming& framing);

}  // namespace hailong::web
