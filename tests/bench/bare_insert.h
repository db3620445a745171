#pragma once

// The limit of storing: one thread that inserts the same rows into the same tables and indexes with
// the same durability, through SQLite alone. Nothing is checked, hashed, looked up or answered.

#include <span>
#include <string>

#include "server/model/response.h"

namespace hailong::bench {

// Seconds for all rows in a new file at `path`, `transaction_rows` to a COMMIT with
// synchronous=FULL.
double InsertBare(const std::string& path, std::span<const model::NewResponse> rows,
                  size_t transaction_rows);

}  // namespace hailong::bench
