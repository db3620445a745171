#pragma once

// Between the session and the JSON of screen.proto. Thread-safe: no state.

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kiosk-client/page_server/screen.pb.h"
#include "kiosk-client/session/event.h"
#include "kiosk-client/session/session.h"

namespace hailong::page_server {

// All of what stands on the screen but for its revision. `version`: of the program.
Screen ScreenOf(const session::Session& session, const std::string& version, absl::Time now);
std::string ToJson(const Screen& screen);

// One event of a page. INVALID_ARGUMENT: no JSON, a field that does not exist, no event.
absl::StatusOr<session::Event> EventFromJson(std::string_view json);

}  // namespace hailong::page_server
