// Response ids for rows of a file, which have none of their own. The same row gives the same id
// every time, so that the server's rule "a response is its response_id" makes a second import of a
// file harmless.
//
// Thread promise: functions of their arguments; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace hailong::cli {

// A UUID of version 8 (RFC 9562, 5.8: made by a rule of the sender) from SHA-256 over the round and
// the parts that identify the row. Parts are set off by their lengths: {"ab", "c"} and {"a", "bc"}
// differ.
base::Uuid DeriveResponseId(std::string_view round_id, const std::vector<std::string>& identity);

}  // namespace hailong::cli
