#pragma once

// Validation: what the server holds against what the devices sent and were told. Any thread.

#include <string>
#include <vector>

#include "tests/harness/device.h"

namespace hailong::tests {

enum class Wrong {
  kLost,       // acknowledged, not there
  kDoubled,    // there twice
  kNeverSent,  // there, but nobody sent it (or it had to be refused)
  kContent,    // there with other content
  kReceipt,    // other time or outcome than the receipt says
  kCounted,    // the wrong response of a citizen counts, or counts do not add up
  kGap,        // the gap report misses or invents something
  kComplaint,  // a device was told something that contradicts the contract
};

struct Violation {
  Wrong what;
  std::string text;
};

// `complete`: everything was acknowledged, so no device sequence may be missing. Errors: those of
// the calls it makes.
absl::StatusOr<std::vector<Violation>> Validate(Caller& admin,
                                                const std::vector<const Device*>& devices,
                                                bool complete);

// One line each, at most twenty.
std::string Describe(const std::vector<Violation>& violations);

}  // namespace hailong::tests
