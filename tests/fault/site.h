#pragma once

// A whole server in the test's own process, with its registry, its devices and, if wanted, a disk
// and a clock that the test controls. One thread, except for what Caller allows.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/sqlite/fault_vfs.h"
#include "base/temp_directory_for_test.h"
#include "server/app/server.h"
#include "tests/harness/device.h"
#include "tests/harness/validate.h"
#include "tests/harness/world.h"

namespace hailong::tests {

class Site {
 public:
  struct Options {
    int devices = 1;
    uint64_t seed = 1;
    bool faulty_disk = false;            // the VFS is disk()
    std::string vfs = {};                // otherwise this one; empty: the system's
    const base::Clock* clock = nullptr;  // null: the system's
    std::string directory = {};          // empty: a temporary one
  };
  // A running server with its registry. Check with HAILONG_CHECK: no test can go on without it.
  explicit Site(const Options& options);

  void Stop() { server_.reset(); }
  absl::Status Start();

  app::Server& server() { return *server_; }
  base::FaultVfs& disk() { return *disk_; }
  int port() const { return server_->port(); }
  std::string address() const;
  Caller Admin() const { return {address(), admin_credential_}; }
  Caller CallerOf(const Device& device) const { return {address(), device.access().credential}; }
  Device& device(size_t i) { return *devices_[i]; }
  size_t devices() const { return devices_.size(); }
  // What the health service says of the whole server.
  bool IsServing() const;

  // Sends what is left, asks for all receipts again, and says what is wrong then: nothing may be.
  std::string Settle();
  // What is wrong now; empty: nothing.
  std::string Check(bool complete);

 private:
  std::optional<base::TempDirectory> temporary_;
  base::FaultVfs* disk_ = nullptr;
  app::Settings settings_;
  std::unique_ptr<app::Server> server_;
  std::string admin_credential_;
  std::vector<std::unique_ptr<Device>> devices_;
};

// The RetryInfo of a status on the wire; zero: there is none.
absl::Duration RetryDelayOf(const grpc::Status& status);

}  // namespace hailong::tests
