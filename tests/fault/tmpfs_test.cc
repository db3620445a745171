// A real full disk: a small tmpfs that only this process sees. See README.md.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/status.h"
#include "base/temp_directory_for_test.h"
#include "tests/fault/site.h"

namespace hailong::tests {
namespace {

void WriteText(const char* path, const std::string& text) { std::ofstream(path) << text; }

// Mounts a tmpfs at `path` in a mount namespace of this process; before its second thread.
absl::Status MountSmallDisk(const std::string& path, const char* size) {
  const uid_t user = ::getuid();
  const gid_t group = ::getgid();
  if (::unshare(CLONE_NEWNS) != 0) {
    // Who is not root may still be root of a namespace of users.
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
      return absl::PermissionDeniedError(base::Cat("unshare: ", std::strerror(errno)));
    }
    WriteText("/proc/self/setgroups", "deny");
    WriteText("/proc/self/uid_map", base::Cat("0 ", user, " 1"));
    WriteText("/proc/self/gid_map", base::Cat("0 ", group, " 1"));
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", path.c_str(), "tmpfs", 0, size) != 0) {
    return absl::PermissionDeniedError(base::Cat("mount: ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

// Takes all space that is left, to the last byte.
void FillUp(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  const std::string block(64 << 10, 'x');
  for (size_t size = block.size(); size > 0;) {
    if (::write(fd, block.data(), size) < 0) {
      ASSERT_EQ(errno, ENOSPC);
      size /= 2;
    }
  }
  ::close(fd);
}

TEST(RealDisk, FullToTheLastByteRefusesServesReadsAndRecoversWithoutRestart) {
  base::TempDirectory directory;
  const absl::Status mounted = MountSmallDisk(directory.path(), "size=8m,mode=0700");
  ASSERT_TRUE(mounted.ok()) << "this test needs to mount a tmpfs, as root or in a user namespace: "
                            << mounted;
  Site site({.seed = 5, .directory = directory.path()});
  Device& device = site.device(0);
  Caller kiosk = site.CallerOf(device);
  Caller admin = site.Admin();
  ASSERT_TRUE(device.SendNew(kiosk, 100).ok());
  const std::string ballast = directory.path() + "/ballast";
  for (int time = 0; time < 4; ++time) {
    ASSERT_NO_FATAL_FAILURE(FillUp(ballast));
    // Blocks that a file has already may take some more; then it is over.
    grpc::Status status;
    for (int i = 0; i < 1000 && status.ok(); ++i) status = device.SendNew(kiosk, 1 + time * 30);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
    const grpc::Status single = device.SendNew(kiosk, 1);
    EXPECT_EQ(single.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << single.error_message();
    EXPECT_GT(RetryDelayOf(single), absl::ZeroDuration());

    // A round cannot be opened: neither the key nor the row has room.
    v1::GetRoundRequest ask;
    ask.set_round_id(std::string(kLatest));
    v1::GetRoundResponse there;
    ASSERT_TRUE(admin.registry().GetRound(admin.Context().get(), ask, &there).ok());
    v1::OpenRoundRequest open;
    *open.mutable_round() = there.round();
    open.mutable_round()->clear_state();
    open.mutable_round()->set_round_id(base::Cat("late-", time));
    v1::OpenRoundResponse opened;
    const grpc::Status refused = admin.registry().OpenRound(admin.Context().get(), open, &opened);
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
        << refused.error_message();

    EXPECT_EQ(site.Check(/*complete=*/false), "");
    EXPECT_FALSE(site.server().store_closed());
    EXPECT_TRUE(site.IsServing());

    ASSERT_EQ(::unlink(ballast.c_str()), 0);
    EXPECT_EQ(site.Settle(), "");
    EXPECT_TRUE(admin.registry().OpenRound(admin.Context().get(), open, &opened).ok());
  }
  // And on a disk that is full again, a restart: it reads, or it says why it does not start.
  site.Stop();
  ASSERT_TRUE(site.Start().ok());
  EXPECT_EQ(site.Settle(), "");
  site.Stop();
}

}  // namespace
}  // namespace hailong::tests
