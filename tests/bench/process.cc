#include "tests/bench/process.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "base/check.h"
#include "base/status.h"

extern char** environ;

namespace hailong::bench {

absl::StatusOr<Process> Process::Start(const std::vector<std::string>& arguments) {
  int ends[2];
  HAILONG_CHECK(pipe(ends) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addclose(&actions, ends[1]);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (failed != 0) {
    close(ends[0]);
    return absl::UnavailableError(base::Cat("cannot start ", arguments[0]));
  }
  Process process(pid, ends[0]);
  const std::string line = process.ReadLine();
  constexpr std::string_view kListening = "listening on ";
  if (!line.starts_with(kListening)) {
    return absl::UnavailableError(base::Cat(arguments[0], " said '", line, "'"));
  }
  process.address_ = line.substr(kListening.size());
  return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      output_(std::exchange(other.output_, -1)),
      address_(std::move(other.address_)) {}

Process::~Process() {
  if (pid_ == 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  close(output_);
}

std::string Process::ReadLine() {
  std::string line;
  for (char c = 0; read(output_, &c, 1) == 1 && c != '\n';) line.push_back(c);
  return line;
}

double Process::CpuSeconds() const {
  std::ifstream stat(base::Cat("/proc/", pid_, "/stat"));
  std::stringstream text;
  text << stat.rdbuf();
  // Fields 14 and 15 of proc(5), counted from behind the name in parentheses, field 2.
  std::istringstream fields(text.str().substr(text.str().rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace hailong::bench
