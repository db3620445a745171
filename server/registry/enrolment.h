#pragma once

// How a kiosk comes to its credential: a short code that somebody types in, once. Codes are ten
// characters of Crockford's base32 (no look-alikes), 50 random bits; only their hash is stored.

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace hailong::registry {

// A random code as it is printed: "7K3QX-0M9TB". Any thread.
std::string NewEnrolmentCode();

// What is stored of a code, however it was typed: case, spaces and dashes do not matter, and O, I
// and L are read as 0, 1 and 1. Empty: it is no code. Any thread.
std::string HashEnrolmentCode(std::string_view code);

// What a kiosk made for a credential: 32 bytes as base64url. Errors: INVALID_ARGUMENT.
absl::Status CheckKioskCredential(std::string_view credential);

// How many wrong codes the whole server looks at: some at once, then one more every now and then.
// Right ones are given back. While there is none left every code is turned away, else guessing
// would go on. Thread-safe.
class CodeTries {
 public:
  explicit CodeTries(const base::Clock& clock) : clock_(clock) {}

  // Takes one. Zero: a code may be looked at; else how long until one is free.
  absl::Duration Take() ABSL_LOCKS_EXCLUDED(mutex_);
  void GiveBack() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const base::Clock& clock_;
  base::Mutex mutex_;
  absl::Time all_free_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace hailong::registry
