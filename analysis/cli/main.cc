#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "analysis/cli/cli.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  hailong::cli::Io io{std::cout, std::cerr, isatty(STDERR_FILENO) == 1, [](const char* name) {
                        const char* value = std::getenv(name);
                        return std::string(value == nullptr ? "" : value);
                      }};
  return static_cast<int>(
      hailong::cli::RunCli(std::vector<std::string>(argv + 1, argv + argc), io));
}
