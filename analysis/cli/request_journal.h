// Under which request_id the rows of a list were asked for, in a file beside the output, written
// before the call: who runs the command again after a lost answer asks the same thing again, and
// nothing is made twice unseen.
//
// Thread promise: one thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hailong::cli {

class RequestJournal {
 public:
  // Reads it, if it is there. INVALID_ARGUMENT: it is of another collector, or no such file.
  static absl::StatusOr<RequestJournal> Open(std::string path, std::string collector_id);

  // The id for the rows from `first` on; a new one is on disk when it returns.
  absl::StatusOr<std::string> FindOrAdd(std::size_t first);
  // These rows are to be asked for anew.
  absl::Status Forget(std::size_t first);

 private:
  RequestJournal(std::string path, std::string collector_id)
      : path_(std::move(path)), collector_id_(std::move(collector_id)) {}
  absl::Status Write() const;

  std::string path_;
  std::string collector_id_;
  std::map<std::size_t, std::string> ids_;
};

}  // namespace hailong::cli
