#pragma once

// The counter that served, as the staff of a kiosk set it: "3", "A-12". Short and plain, so that no
// person's name gets in. Pure functions.

#include <algorithm>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"

namespace hailong::model {

inline bool IsCounter(std::string_view counter) {
  return !counter.empty() && counter.size() <= limits::kCounterBytesMax &&
         std::all_of(counter.begin(), counter.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-';
         });
}

// Why `found` is none.
inline std::string CounterRule(std::string_view found) {
  return base::Cat("found '", base::Utf8Prefix(found, 40), "', allowed are 1..",
                   limits::kCounterBytesMax, " letters a-z and A-Z, digits, '.' and '-'; or none");
}

}  // namespace hailong::model
