#pragma once

// What the server sent, as the screen takes it. Pure.

#include <string>

#include "kiosk-client/outbox/outbox.h"
#include "kiosk-client/session/settings.h"

namespace hailong::uplink {

// For CheckSettings() and the screen. Without a round nothing is asked.
session::Settings SettingsOf(const outbox::LastGood& last_good, std::string collector_id);

// True if both say the same.
bool IsSame(const outbox::LastGood& a, const outbox::LastGood& b);

}  // namespace hailong::uplink
