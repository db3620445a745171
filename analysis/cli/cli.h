// The program `hailong`, as a function.
//
// Thread promise: one run at a time in a thread; runs share nothing.
#pragma once

#include <string>
#include <vector>

#include "analysis/cli/exit_code.h"
#include "analysis/cli/settings.h"

namespace hailong::cli {

// Runs one command line; `arguments` without the program's name.
ExitCode RunCli(std::vector<std::string> arguments, Io& io);

}  // namespace hailong::cli
