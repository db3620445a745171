// Invitations on paper, for those without mail: labels with a QR code, to be cut apart.
//
// Thread promise: a function of its arguments; one thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hailong::cli {

struct Label {
  std::string link;
  std::vector<std::string> lines;  // whose it is: a name, a unit
};

// A PDF of A4 pages, 2 by 4 labels each with marks to cut along; `heading` stands on each.
// INVALID_ARGUMENT: a link that fits into no QR code.
absl::StatusOr<std::string> MakeSheet(const std::string& heading, const std::vector<Label>& labels);

}  // namespace hailong::cli
