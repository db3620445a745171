#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "analysis/cli/cli.h"

namespace {

std::string ReadSecret(const char* what) {
  termios shown{};
  const bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
  if (is_terminal) {
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    std::cerr << what << ": " << std::flush;
  }
  std::string line;
  std::getline(std::cin, line);
  if (is_terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    std::cerr << "\n";
  }
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  hailong::cli::Io io{std::cout, std::cerr, isatty(STDERR_FILENO) == 1,
                      [](const char* name) {
                        const char* value = std::getenv(name);
                        return std::string(value == nullptr ? "" : value);
                      },
                      ReadSecret};
  return static_cast<int>(
      hailong::cli::RunCli(std::vector<std::string>(argv + 1, argv + argc), io));
}
