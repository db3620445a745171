#include "base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace hailong::base {
namespace {

absl::Status Failed(std::string_view what, const std::string& path) {
  const std::string message = Cat(what, " ", path, ": ", std::strerror(errno));
  switch (errno) {
    case ENOENT:
      return absl::NotFoundError(message);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Failed("write", path);
    content.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(fd) == 0 ? absl::OkStatus() : Failed("sync", path);
}

absl::Status SyncParent(const std::string& path) {
  const std::string parent = std::filesystem::absolute(path).parent_path().string();
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return Failed("sync", parent);
  return absl::OkStatus();
}

absl::Status CheckPrivate(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return Failed("look at", path);
  if ((about.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s may be read by others (mode %03o); allowed is the owner only: chmod go= it", path,
        static_cast<unsigned>(about.st_mode & 0777)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MakePrivateDirectory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Failed("make", path);
  return CheckPrivate(path);
}

absl::Status WritePrivateFile(const std::string& path, std::string_view content) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) return Failed("create", fresh);
    RETURN_IF_ERROR(WriteAll(file.get(), content, fresh));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return Failed("rename", fresh);
  return SyncParent(path);
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Failed("open", path);
  std::string content;
  char buffer[65536];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", path);
    if (got == 0) return content;
    content.append(buffer, static_cast<size_t>(got));
    if (content.size() > bytes_max) {
      return absl::ResourceExhaustedError(Cat(path, ": more than ", bytes_max, " bytes"));
    }
  }
}

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path) {
  RETURN_IF_ERROR(CheckPrivate(path));
  return ReadFile(path, 1 << 20);
}

absl::StatusOr<uint64_t> DiskFreeBytes(const std::string& path) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(path, error);
  if (error) return absl::UnavailableError(Cat("look at ", path, ": ", error.message()));
  return space.available;
}

absl::Status DestroyFile(const std::string& path) {
  {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.get() < 0) return errno == ENOENT ? absl::OkStatus() : Failed("open", path);
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) return Failed("look at", path);
    RETURN_IF_ERROR(
        WriteAll(file.get(), std::string(static_cast<size_t>(about.st_size), '\0'), path));
  }
  if (::unlink(path.c_str()) != 0) return Failed("remove", path);
  return SyncParent(path);
}

absl::StatusOr<FileLock> FileLock::Take(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("open", path);
  FileLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return absl::AbortedError(Cat(path, " is held by another process"));
  }
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

}  // namespace hailong::base
