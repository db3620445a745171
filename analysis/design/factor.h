// A categorical column: strata, sampling units, post-strata, margins, domains.
//
// Threads: a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hailong::design {

struct Factor {
  // The code of a row whose level is not known.
  static constexpr uint32_t kMissing = UINT32_MAX;

  // For messages: "stype".
  std::string name;
  // The names of the levels; a code is an index into them.
  std::vector<std::string> levels;
  // By row.
  std::vector<uint32_t> codes;
};

}  // namespace hailong::design
