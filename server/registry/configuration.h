#pragma once

// How kiosks and web collectors may be set up. Only for the .cc files of this folder.

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "hailong/v1/kiosk.pb.h"
#include "hailong/v1/web.pb.h"
#include "server/model/catalog.h"

namespace hailong::registry {

// All that is wrong with the new configuration of a kiosk, whose registered one is `collector` with
// the configuration it has now. A round that is set already may have closed meanwhile. Errors:
// INVALID_ARGUMENT with every bad field, NOT_FOUND (round), FAILED_PRECONDITION (round not open).
absl::Status CheckConfiguration(const v1::KioskConfiguration& wanted,
                                const v1::Collector& collector, const model::Catalog& catalog,
                                absl::Time now);

// The same of a web collector. Its links may name another round from now on than the one that
// invitations were made for; those keep theirs.
absl::Status CheckWebConfiguration(const v1::WebConfiguration& wanted,
                                   const v1::Collector& collector, const model::Catalog& catalog,
                                   absl::Time now);

}  // namespace hailong::registry
