// What `hailong` tells the program that called it. Part of the public interface: numbers never
// change.
#pragma once

namespace hailong::cli {

enum class ExitCode {
  kOk = 0,
  kRefused = 1,      // The server refused the call, or it failed there.
  kUsage = 2,        // Wrong options, or a file of ours that is missing or malformed.
  kUnreachable = 3,  // No answer from the server: the call may be repeated.
  kPartly = 4,       // An import left rejects.
};

}  // namespace hailong::cli
