#pragma once

// The administrative units with their periods of validity: one code may name different units in
// different periods (the reform of July 2025 used codes again). Immutable, so any thread may read
// it.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "hailong/v1/registry_service.pb.h"

namespace hailong::model {

// Days are "YYYY-MM-DD" in Asia/Ho_Chi_Minh, so they compare as text.
class UnitTree {
 public:
  // Takes units in any order. Errors: INVALID_ARGUMENT (bad field, a day of a unit on which its
  // parent is not there, periods of one code that overlap, a cycle).
  static absl::StatusOr<std::shared_ptr<const UnitTree>> Create(std::vector<v1::Unit> units);

  // By unit_id, then valid_from.
  std::span<const v1::Unit> units() const { return units_; }
  // All periods of a code, oldest first.
  std::span<const v1::Unit> Periods(std::string_view unit_id) const;
  // The unit of that code on that day; null: none.
  const v1::Unit* Find(std::string_view unit_id, std::string_view day) const;
  // True if on that day the unit is `root` or below it.
  bool IsWithin(std::string_view unit_id, std::string_view root, std::string_view day) const;
  // The unit above all others that the unit is below on that day; itself if there is none.
  std::string TopOf(std::string unit_id, std::string_view day) const;
  // The name of the unit on that day, or the last it had; empty: there never was one.
  std::string NameOf(std::string_view unit_id, std::string_view day) const;

 private:
  UnitTree() = default;
  struct Run {
    size_t begin = 0;
    size_t count = 0;
  };
  std::vector<v1::Unit> units_;
  absl::flat_hash_map<std::string, Run> by_id_;
};

}  // namespace hailong::model
