// Options that every command has, and what they come to together with the environment and the files
// named.
//
// Thread promise: values; Resolve reads files and may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "analysis/cli/format.h"

namespace hailong::cli {

enum class Format { kDefault, kTable, kJson, kCsv };

// As given on the command line; empty: not given.
struct GlobalOptions {
  std::string server;
  std::string token_file;
  std::string tls_ca;
  // kDefault: a table, but CSV for `export`.
  Format format = Format::kDefault;
  Language language = Language::kVietnamese;
  bool byte_order_mark = false;
  uint32_t timeout_s = 60;
};

// The world around the program.
struct Io {
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;
  // Empty: not set.
  std::function<std::string(const char* name)> environment;
  // The next line of standard input; a terminal is asked for `what` and does not show it.
  std::function<std::string(const char* what)> read_secret = nullptr;
};

// Where and as whom to call.
struct Settings {
  // host:port.
  std::string server;
  // Certificates (PEM) that vouch for the server; empty: plain text, to loopback only.
  std::string ca_pem;
  // The bearer credential; empty: none.
  std::string token;
};

// The server as host:port. INVALID_ARGUMENT: not HOST or HOST:PORT, or plain text that would leave
// this machine. `tls`: the connection is encrypted.
absl::StatusOr<std::string> CheckServer(std::string_view server, bool tls);

// INVALID_ARGUMENT, NOT_FOUND: a named file cannot be used. Warns in `io.err` of a token that
// others can read.
absl::StatusOr<Settings> Resolve(const GlobalOptions& options, Io& io);

}  // namespace hailong::cli
