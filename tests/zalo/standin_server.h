#pragma once

// The stand-in on a port of loopback, over real HTTP. Serves one connection after another; one that
// says nothing is closed.

#include <functional>
#include <memory>

#include "tests/zalo/standin.h"

namespace hailong::tests {

class StandinServer {
 public:
  explicit StandinServer(Standin& standin);
  // Nothing: the connection breaks. Port 0: any that is free; a port that is not ends the program.
  using Answer = std::function<std::optional<StandinResponse>(const StandinRequest&)>;
  StandinServer(Answer answer, int port);
  ~StandinServer();
  StandinServer(const StandinServer&) = delete;
  StandinServer& operator=(const StandinServer&) = delete;

  // "http://127.0.0.1:PORT".
  std::string origin() const;

  // Writes to `directory` what `hailongd --zalo-settings DIRECTORY/settings.textproto` needs so
  // that its Zalo is this: without quiet hours, `more` besides.
  absl::Status WriteSettings(const std::string& directory, std::string_view collector_id,
                             std::string_view more = "") const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hailong::tests
