#pragma once

// The stand-in on a port of loopback, over real HTTP. Serves one connection after another.

#include <memory>

#include "tests/zalo/standin.h"

namespace hailong::tests {

class StandinServer {
 public:
  explicit StandinServer(Standin& standin);
  ~StandinServer();
  StandinServer(const StandinServer&) = delete;
  StandinServer& operator=(const StandinServer&) = delete;

  // "http://127.0.0.1:PORT".
  std::string origin() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace hailong::tests
