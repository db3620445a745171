// How far a list has come, in a file beside the output: under which request_id its next rows were
// asked for, written before the call, and how many rows are in the output. Who runs the command
// again after a lost answer asks the same thing again, and nothing is made twice unseen, also when
// the output is gone.
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
  // The first `rows` are in the output: their ids are done with.
  absl::Status NoteWritten(std::size_t rows);
  // The rows that were in the output once.
  std::size_t written() const { return written_; }

 private:
  RequestJournal(std::string path, std::string collector_id)
      : path_(std::move(path)), collector_id_(std::move(collector_id)) {}
  absl::Status Write() const;

  std::string path_;
  std::string collector_id_;
  std::size_t written_ = 0;
  std::map<std::size_t, std::string> ids_;  // of rows that are not in the output
};

}  // namespace hailong::cli
