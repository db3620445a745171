#pragma once

// The tables, as a list of migrations. A migration is never edited once a province has run it: add
// the next.

#include <span>
#include <string_view>

namespace hailong::store {

// Step k (from 1) takes PRAGMA user_version from k-1 to k, in one transaction.
std::span<const std::string_view> Migrations();

}  // namespace hailong::store
