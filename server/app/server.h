#pragma once

// Builds hailongd's parts in order and stops them in reverse. main.cc gives it settings; tests
// start it in their own process, with their own clock and disk.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "server/app/web.h"

namespace hailong::app {

struct Settings {
  std::string data_directory;             // made with mode 0700 if it is not there
  std::string listen = "localhost:7400";  // host:port; port 0: any free one
  std::string tls_certificate_path;       // PEM chain; empty: plain text, on loopback only
  std::string tls_key_path;               // PEM
  int scoring_threads = 2;
  WebSettings web;
  std::string zalo_settings_path;  // of ZaloSettings, textproto; empty: no Zalo

  // For tests.
  const base::Clock* clock = nullptr;  // null: the system's
  std::string vfs;                     // SQLite VFS; empty: the system's
  absl::Duration acknowledge_before_commit_by =
      absl::ZeroDuration();  // the canary, see store::Writer
};

class Server {
 public:
  // Serving when it returns. The first start leaves the credential of the account "admin" in
  // <data_directory>/admin.token (mode 0600). Errors: INVALID_ARGUMENT (settings), ABORTED (another
  // process has the directory), UNAVAILABLE (cannot listen), those of store::SqliteStore::Open.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Settings& settings);

  // Ends calls under way (they get a moment), commits what was accepted, closes the store.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // What is done from time to time: whoever holds the server calls it several times a second.
  void Step();

  // The port it listens on.
  int port() const;
  // Of the HTTP side and of the private port; 0: not served.
  int web_port() const;
  int operations_port() const;
  // True once the store failed in a way that needs a restart; health then says NOT_SERVING.
  bool store_closed() const;
  // Memory of the frame of a round, in bytes; 0: none was made yet.
  size_t FrameBytes(const std::string& round_id);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace hailong::app
