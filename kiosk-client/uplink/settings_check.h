#pragma once

// Whether a kiosk can show what the server sent. Pure.

#include "absl/status/status.h"
#include "kiosk-client/outbox/outbox.h"

namespace hailong::uplink {

// Errors: INVALID_ARGUMENT names what does not fit.
absl::Status CheckSettings(const outbox::LastGood& settings);

// True if both say the same.
bool IsSame(const outbox::LastGood& a, const outbox::LastGood& b);

}  // namespace hailong::uplink
