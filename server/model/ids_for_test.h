#pragma once

// The ids of units, in their order.

#include <string>
#include <vector>

#include "hailong/v1/registry_service.pb.h"

namespace hailong::model {

inline std::vector<std::string> IdsOf(const std::vector<v1::Unit>& units) {
  std::vector<std::string> ids;
  for (const v1::Unit& unit : units) ids.push_back(unit.unit_id());
  return ids;
}

}  // namespace hailong::model
