#pragma once

// The Zalo channel in hailongd: what it stands on, and the path on which Zalo posts.

#include <memory>

#include "server/intake/intake.h"
#include "server/web/site.h"
#include "server/zalo/channel.h"

namespace hailong::app {

// Stores what the channel brings, and waits for it. `intake` outlives the function.
zalo::Deliver DeliverTo(intake::Intake& intake);

// POST /zalo/webhook.
void AddWebhook(zalo::Webhook& webhook, web::Site& site);

}  // namespace hailong::app
