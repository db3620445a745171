#pragma once

// Who the kiosk is: its credential in files of mode 0600. A new credential is made here and written
// as `credential.next` before the server hears of it, so that a lost answer, or a power cut at any
// moment, never leaves the kiosk without one that works. One thread at a time.

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hailong::uplink {

class Identity {
 public:
  // `draw` gives that many bytes that nobody can guess. Errors: FAILED_PRECONDITION (a file may be
  // read by others), DATA_LOSS (a file says something else), those of reading.
  static absl::StatusOr<Identity> Load(const std::string& directory,
                                       std::function<std::string(size_t)> draw);

  bool enrolled() const { return !credential_.empty(); }
  // Empty: not enrolled.
  const std::string& collector_id() const { return collector_id_; }
  const std::string& credential() const { return credential_; }
  // The one that was made and perhaps never reached the server; empty: none.
  const std::string& next() const { return next_; }

  // After it returned OK next() is on disk; one that is there already stays. Errors: those of
  // writing.
  absl::Status PrepareNext();
  // The server knows next(): it is the credential now. Errors: those of writing; nothing changed
  // then.
  absl::Status TakeNext(const std::string& collector_id);

 private:
  Identity(std::string directory, std::function<std::string(size_t)> draw)
      : directory_(std::move(directory)), draw_(std::move(draw)) {}
  std::string CurrentPath() const { return directory_ + "/credential"; }
  std::string NextPath() const { return directory_ + "/credential.next"; }

  std::string directory_;
  std::function<std::string(size_t)> draw_;
  std::string collector_id_;
  std::string credential_;
  std::string next_;
};

}  // namespace hailong::uplink
