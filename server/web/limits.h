#pragma once

// Every limit of the HTTP side, written once. What a request may carry into a call is in
// server/model/limits.h. Times are of the network: they run on a clock that never jumps.

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "server/model/limits.h"

namespace hailong::limits {

// A request.
inline constexpr size_t kWebHeaderBytesMax = 16 << 10;  // request line and all header fields
inline constexpr size_t kWebHeadersMax = 64;
inline constexpr size_t kWebTargetBytesMax = 4096;
inline constexpr size_t kWebChunkLineBytesMax = 16;
inline constexpr size_t kWebBodyAnonymousMax = 256 << 10;  // of a call without a credential
inline constexpr size_t kWebAuthorizationBytesMax = 256;
// Of all requests under way together, counted as the bytes arrive. Those above kWebBodyAnonymousMax
// have half of it: a made-up credential is enough to send one, slowly, and small ones go on.
inline constexpr size_t kWebBodiesBytesMax = 128 << 20;

// A connection.
inline constexpr absl::Duration kWebHeaderTimeMax = absl::Seconds(10);
inline constexpr absl::Duration kWebIdleTimeMax = absl::Seconds(75);
// Each piece must pass in its time, in both directions: slower than about 3 kB/s is cut.
inline constexpr size_t kWebPieceBytes = 64 << 10;
inline constexpr absl::Duration kWebPieceTimeMax = absl::Seconds(20);
inline constexpr absl::Duration kWebDrainTimeMax = absl::Seconds(1);
// For the work itself, when the caller names no time.
inline constexpr absl::Duration kWebCallTimeDefault = absl::Minutes(5);
inline constexpr uint32_t kWebRequestsPerConnectionMax = 10'000;
inline constexpr size_t kWebConnectionsMax = 20'000;
// A whole ward may stand behind one address. A trusted proxy is not held to it.
inline constexpr size_t kWebConnectionsPerAddressMax = 1'000;
// Turned away with an answer, above the limits; more than these are only closed.
inline constexpr size_t kWebTurnedAwayMax = 64;
inline constexpr absl::Duration kWebRetryAfterFull = absl::Seconds(5);

// Pages.
inline constexpr size_t kWebPagesMax = 500;
inline constexpr size_t kWebPageBytesMax = 8 << 20;

// Translation of calls. What is larger is translated by the executor, not where it arrived.
inline constexpr size_t kWebTranslateInPlaceMax = 16 << 10;
// Smaller answers are not worth compressing.
inline constexpr size_t kWebCompressBytesMin = 1 << 10;
inline constexpr size_t kWebExecutorTasksMax = 1024;

static_assert(kWebTargetBytesMax < kWebHeaderBytesMax);
static_assert(kWebBodyAnonymousMax < kMessageBytesMax);
static_assert(kMessageBytesMax < kWebBodiesBytesMax / 2);

}  // namespace hailong::limits
