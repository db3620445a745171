#pragma once

// The registry that fuzzed responses are judged against: every kind of question, forms, texts,
// units before and after a reform, a round for which 2025-03 is now. Made up. Thread-safe.

#include <memory>

#include "absl/time/time.h"
#include "server/model/catalog.h"

namespace hailong::tests {

// Rounds "r" (open) and "old" (over).
std::shared_ptr<const model::Catalog> FuzzCatalog();
// A collector bound to a unit.
model::Principal FuzzSender();
absl::Time FuzzNow();

}  // namespace hailong::tests
