// Sends mail over SMTP, one connection for all of it.
//
// Thread promise: one thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hailong::cli {

class Mailer {
 public:
  struct Options {
    std::string url;  // smtps://HOST[:PORT], or smtp:// (with STARTTLS but to this machine)
    std::string user;
    std::string password;
    std::string ca_file;  // empty: the system's
    long timeout_s = 60;
  };

  // INVALID_ARGUMENT: no such URL, or a name and password that would go in plain text.
  static absl::StatusOr<std::unique_ptr<Mailer>> Create(Options options);
  virtual ~Mailer() = default;

  // OK: the server has taken it. UNAVAILABLE: no mail can be sent now (no connection, no TLS, wrong
  // password). FAILED_PRECONDITION: the server refused this one; the next may do.
  virtual absl::Status Send(const std::string& from, const std::string& to,
                            const std::string& message) = 0;
};

}  // namespace hailong::cli
