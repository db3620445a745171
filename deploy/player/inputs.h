// The files the player reads: the registry and populations (CSV) and the credentials. Pure
// functions of text; use from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hailong/v1/common.pb.h"

namespace hailong::player {

// A unit that is rated.
struct RatedUnit {
  std::string unit_id;
  std::string level;
  std::vector<std::string> ancestor_ids;  // nearest first
  uint64_t size = 0;                      // dossiers settled; at least 1
};

// A collector the player may use.
struct CollectorAccess {
  std::string collector_id;
  std::string credential;
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
  std::string unit_id;  // it serves this unit and those below; empty: any
};

// The units of `populations_csv` (columns unit_id, size) in its order, with level and ancestors
// from `registry_csv` (columns unit_id, level, parent_unit_id). INVALID_ARGUMENT names the line.
absl::StatusOr<std::vector<RatedUnit>> ParseUnits(absl::string_view registry_csv,
                                                  absl::string_view populations_csv);

// Lines "collector_id credential channel [unit_id]"; channel is kiosk, zalo, web, paper or import.
// Empty lines and lines from '#' are skipped. INVALID_ARGUMENT names the line, never the
// credential.
absl::StatusOr<std::vector<CollectorAccess>> ParseCredentials(absl::string_view text);

// Whether the collector may send responses about the unit.
bool Serves(const CollectorAccess& collector, const RatedUnit& unit);

// The whole file.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace hailong::player
