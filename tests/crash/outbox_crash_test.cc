// A real process that keeps and settles answers is killed with SIGKILL at a random moment, again
// and again on one directory. Every answer that it was thanked for must be there afterwards, with
// its number, unless it was settled.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "base/temp_directory_for_test.h"
#include "kiosk-client/outbox/outbox.h"
#include "kiosk-client/outbox/sample_for_test.h"
#include "tests/harness/environment.h"

namespace hailong::tests {
namespace {

using outbox::Outbox;
using outbox::SampleAnswer;
using outbox::SampleId;

constexpr int kRounds = 25;

// What the process says when something is on disk.
struct Word {
  enum Kind : uint64_t { kKept, kSettling, kSettled };
  uint64_t kind;
  uint64_t answer;
  uint64_t number;
};

void Say(int fd, const Word& word) {
  if (::write(fd, &word, sizeof word) != sizeof word) ::_exit(2);
}

// Never returns: it is killed.
[[noreturn]] void Work(const std::string& directory, uint64_t first, int fd) {
  const base::SystemClock clock;
  auto outbox = Outbox::Open({.directory = directory, .clock = &clock});
  if (!outbox.ok()) ::_exit(3);
  for (uint64_t i = first;; ++i) {
    const auto number = (*outbox)->Keep(SampleAnswer(i));
    if (!number.ok()) ::_exit(4);
    Say(fd, {Word::kKept, i, *number});
    if (i % 3 != 0) continue;
    v1::Receipt receipt;
    receipt.set_response_id(SampleId(i - 1));
    Say(fd, {Word::kSettling, i - 1, 0});
    if (!(*outbox)->Settle({receipt}, {}).ok()) ::_exit(5);
    Say(fd, {Word::kSettled, i - 1, 0});
  }
}

class OutboxCrash {
 public:
  explicit OutboxCrash(uint64_t seed) : random_(seed) {
    std::printf("HAILONG_OUTBOX_SEED=%llu\n", static_cast<unsigned long long>(seed));
  }

  void Run() {
    for (int round = 0; round < kRounds; ++round) {
      KillInTheMiddle();
      Check();
      if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(numbers_.size(), static_cast<size_t>(kRounds));
    EXPECT_GT(settled_.size(), 0u);
  }

 private:
  void KillInTheMiddle() {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      Work(directory_.path(), next_, ends[1]);
    }
    ::close(ends[1]);
    // From its first answer on; now and then already while it opens the file.
    Word word{};
    if (random_() % 5 != 0 && ::read(ends[0], &word, sizeof word) == sizeof word) Note(word);
    ::usleep(static_cast<useconds_t>(random_() % 20'000));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int how = 0;
    ASSERT_EQ(::waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFSIGNALED(how)) << "it ended by itself with " << WEXITSTATUS(how);
    while (::read(ends[0], &word, sizeof word) == sizeof word) Note(word);
    ::close(ends[0]);
  }

  void Note(const Word& word) {
    switch (word.kind) {
      case Word::kKept:
        ASSERT_TRUE(numbers_.emplace(word.number, word.answer).second) << "given twice";
        next_ = word.answer + 1;
        break;
      case Word::kSettling:
        settling_.insert(word.answer);
        break;
      case Word::kSettled:
        settled_.insert(word.answer);
        break;
    }
  }

  void Check() {
    const base::SystemClock clock;
    auto outbox = Outbox::Open({.directory = directory_.path(), .clock = &clock}).value();
    EXPECT_EQ(outbox->ReadState().alarm, "");
    const auto batch = outbox->ReadBatch(0, 1'000'000, 1 << 30).value();
    std::map<uint64_t, std::string> waiting;
    for (const v1::Response& response : batch) {
      waiting[response.device_sequence()] = response.response_id();
    }
    for (const auto& [number, answer] : numbers_) {
      const auto found = waiting.find(number);
      if (settled_.contains(answer)) {
        EXPECT_EQ(found, waiting.end()) << answer << " came back";
      } else if (!settling_.contains(answer)) {
        ASSERT_NE(found, waiting.end()) << "answer " << answer << " was kept and is gone";
        EXPECT_EQ(found->second, SampleId(answer));
      }
    }
    // The last one may be on disk without anybody having heard of it; its number is used then.
    const uint64_t last = outbox->ReadState().device_sequence;
    const uint64_t heard = numbers_.empty() ? 0 : numbers_.rbegin()->first;
    EXPECT_GE(last, heard);
    EXPECT_LE(last, heard + 1);
    if (last == heard + 1) {
      ASSERT_TRUE(waiting.contains(last));
      EXPECT_EQ(waiting[last], SampleId(next_));
      numbers_[last] = next_++;
    }
  }

  std::mt19937_64 random_;
  const base::TempDirectory directory_ = base::TempDirectory::InMemory();
  uint64_t next_ = 1;
  std::map<uint64_t, uint64_t> numbers_;  // number -> answer, of all that were kept
  std::set<uint64_t> settling_;
  std::set<uint64_t> settled_;
};

TEST(OutboxCrash, WhatWasKeptIsThereAfterEveryKill) { OutboxCrash(11).Run(); }

TEST(OutboxCrash, TheSameFromAFreshSeed) {
  OutboxCrash(FromEnvironment("HAILONG_OUTBOX_SEED", std::random_device{}())).Run();
}

}  // namespace
}  // namespace hailong::tests
