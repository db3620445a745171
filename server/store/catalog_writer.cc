#include "server/store/catalog_writer.h"

#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"

namespace hailong::store {

absl::Status CatalogWriter::Apply(std::string actor, std::string action, std::string object,
                                  Make make) {
  // What a caller named goes into the log whatever it is; ids that are stored are shorter.
  object = base::Utf8Prefix(object, limits::kAuditObjectBytesMax);
  return writer_.Run([&](Store& store) -> absl::Status {
    const std::shared_ptr<const model::Catalog> before = catalog_.Get();
    ASSIGN_OR_RETURN(const std::vector<model::Record> records, make(*before));
    if (records.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(auto after, before->With(records));
    RETURN_IF_ERROR(store.Put(
        records, {.at = clock_.Now(), .actor = actor, .action = action, .object = object}));
    catalog_.Set(std::move(after));
    return absl::OkStatus();
  });
}

}  // namespace hailong::store
