#include "server/registry/checks.h"

#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::registry {

using model::Catalog;

absl::Status CheckUnitExists(const Catalog& catalog, const std::string& unit_id) {
  if (unit_id.empty() || !catalog.units().Periods(unit_id).empty()) return absl::OkStatus();
  return refusal::NotFound("unit", unit_id);
}

absl::Status CheckName(std::string_view id, const char* field) {
  if (base::IsSlug(id, limits::kIdBytesMax, "-.")) return absl::OkStatus();
  return refusal::Field(field, base::Cat("found '", base::Utf8Prefix(id, 80), "', allowed are 1..",
                                         limits::kIdBytesMax, " of a-z, 0-9, '-' and '.'"));
}

}  // namespace hailong::registry
