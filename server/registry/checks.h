#pragma once

// What several calls of the registry check alike. Only for the .cc files of this folder.

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/model/catalog.h"

namespace hailong::registry {

using model::CheckWithin;

// Anyone may read the tree, but a unit that is named must exist in some period.
absl::Status CheckUnitExists(const model::Catalog& catalog, const std::string& unit_id);

// An id of a collector or an account.
absl::Status CheckName(std::string_view id, const char* field);

}  // namespace hailong::registry
