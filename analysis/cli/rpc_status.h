// How a call ended, as plain values, so that all but session.cc is free of gRPC; and what to tell a
// person.
//
// Thread promise: values; any thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "analysis/cli/exit_code.h"

namespace hailong::cli {

struct RpcStatus {
  // The numbers of google.rpc.Code that the command line tells apart.
  static constexpr int kOk = 0;
  static constexpr int kDeadlineExceeded = 4;
  static constexpr int kResourceExhausted = 8;
  static constexpr int kUnimplemented = 12;
  static constexpr int kInternal = 13;
  static constexpr int kUnavailable = 14;

  int code = kOk;
  std::string message;
  // The value of "grpc-status-details-bin": a serialized google.rpc.Status; may be empty or
  // garbage.
  std::string details;

  bool ok() const { return code == kOk; }
};

ExitCode ExitCodeOf(const RpcStatus& status);

// One sentence with the name of the code, and a line for each field violation. No line break at the
// end.
std::string Describe(const RpcStatus& status);

// Calls the fields of the violations by the names that `rename` gives them: those of a call as
// those of a file.
void RenameFields(RpcStatus& status,
                  const std::function<std::string(std::string_view field)>& rename);

// The server's RetryInfo; 0: it gave none.
std::chrono::milliseconds RetryDelay(const RpcStatus& status);

// Whether the same call may succeed a little later.
bool IsPassing(const RpcStatus& status);

}  // namespace hailong::cli
