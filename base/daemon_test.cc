#include "base/daemon.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace hailong::base {
namespace {

TEST(Daemon, WaitsUntilItIsToldToStopWhateverThreadsThereAre) {
  const Daemon daemon;
  std::thread other([] { usleep(200'000); });
  EXPECT_FALSE(daemon.StoppedWithin(absl::Milliseconds(1)));
  for (const int number : {SIGTERM, SIGINT}) {
    kill(getpid(), number);
    EXPECT_TRUE(daemon.StoppedWithin(absl::Seconds(60)));
    EXPECT_FALSE(daemon.StoppedWithin(absl::Milliseconds(1)));
  }
  other.join();
}

TEST(Daemon, APeerThatHangsUpIsAnErrorOfTheWrite) {
  const Daemon daemon;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  close(ends[1]);
}

}  // namespace
}  // namespace hailong::base
