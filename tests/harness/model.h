#pragma once

// The model: which response of a citizen counts, told again in the plainest way. It shares no code
// with the server and knows citizens by number, not by dossier code. Pure.

#include <vector>

#include "tests/harness/device.h"

namespace hailong::tests {

struct Verdict {
  v1::Outcome first_outcome = v1::OUTCOME_UNSPECIFIED;
  bool counts = false;  // in the end
};

// For responses of one round in the order in which they were stored.
std::vector<Verdict> JudgeInOrder(const std::vector<const Sent*>& stored);

}  // namespace hailong::tests
