#include "tests/harness/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/time/clock.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::tests {

absl::StatusOr<Child> Child::Spawn(const std::string& binary, const std::string& directory,
                                   const std::vector<std::string>& more) {
  int pipe_ends[2];
  HAILONG_CHECK(::pipe2(pipe_ends, O_CLOEXEC) == 0);
  const std::string log = directory + ".log";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<std::string> words = {binary, "--data", directory, "--listen", "127.0.0.1:0"};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = -1;
  // spawn, not fork: the test has threads of gRPC.
  const int error =
      ::posix_spawn(&pid, binary.c_str(), &actions, nullptr, arguments.data(), ::environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[1]);
  if (error != 0) {
    ::close(pipe_ends[0]);
    return absl::NotFoundError(base::Cat("cannot start ", binary, ": error ", error));
  }
  return Child(pid, pipe_ends[0]);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), output_(std::exchange(other.output_, -1)) {}

Child::~Child() {
  if (pid_ > 0) Kill();
  if (output_ >= 0) ::close(output_);
}

absl::StatusOr<std::string> Child::WaitUntilServing(absl::Duration at_most) {
  return WaitForLine("listening on ", at_most);
}

absl::StatusOr<std::string> Child::WaitForLine(std::string_view beginning, absl::Duration at_most) {
  const absl::Time until = absl::Now() + at_most;
  std::string line;
  while (true) {
    pollfd ready{.fd = output_, .events = POLLIN, .revents = 0};
    const int64_t left_ms = absl::ToInt64Milliseconds(until - absl::Now());
    if (left_ms <= 0) return absl::DeadlineExceededError("it does not serve");
    if (::poll(&ready, 1, static_cast<int>(left_ms)) <= 0) continue;
    char c = '\0';
    if (::read(output_, &c, 1) <= 0) {
      return absl::UnavailableError(base::Cat("it ended with status ", Wait(), "; see its log"));
    }
    if (c != '\n') {
      line.push_back(c);
    } else if (std::string_view(line).starts_with(beginning)) {
      return line.substr(beginning.size());
    } else {
      line.clear();
    }
  }
}

int Child::Wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Child::Kill() {
  ::kill(pid_, SIGKILL);
  Wait();
}

void Child::LimitFileSize(uint64_t bytes) {
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  HAILONG_CHECK(::prlimit(pid_, RLIMIT_FSIZE, &limit, nullptr) == 0);
}

int Child::Stop() {
  ::kill(pid_, SIGTERM);
  return Wait();
}

}  // namespace hailong::tests
