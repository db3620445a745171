#pragma once

// The head of a request: request line and header fields, strictly. One form is allowed for
// everything, so that no proxy in front can read the same bytes differently: what RFC 9112 leaves a
// server to forgive (bare LF, folded lines, space before the colon, two lengths, escapes in a path)
// is refused. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/web/http.h"

namespace hailong::web {

struct Head {
  std::string method;
  std::string path;
  std::string query;
  std::vector<Header> headers;  // names in lower case
  bool chunked = false;
  std::optional<uint64_t> content_length;  // absent: none was sent
  bool keep_alive = true;
  bool expects_continue = false;
};

struct HeadRefusal {
  int status;        // 400, 414, 417, 431, 501, 505
  std::string text;  // what, found, allowed; repeats nothing of the request but its numbers
};

// Bytes of the head at the beginning of `bytes`, with the empty line; 0: its end is not there yet.
size_t HeadSize(std::string_view bytes);

// `bytes`: the whole head, with the empty line at its end. Exactly one of both is set.
struct HeadResult {
  std::optional<Head> head;
  std::optional<HeadRefusal> refusal;
};
HeadResult ParseHead(std::string_view bytes);

}  // namespace hailong::web
