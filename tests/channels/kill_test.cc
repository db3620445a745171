// kill -9 while people answer on the web by invitations that are good once, and while Zalo tells of
// ratings. After every restart: what was acknowledged is there exactly once, nothing is there that
// nobody sent, an invitation is spent exactly if its response is there, and no dossier counts
// twice.

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "absl/time/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "server/model/times.h"
#include "tests/channels/town.h"
#include "tests/harness/environment.h"
#include "tests/harness/kills.h"

namespace hailong::tests {
namespace {

using base::Cat;

constexpr int kRounds = 11;                 // kills of one data directory
constexpr int kDossiers = 300;              // asked about by an invitation and by a message
constexpr size_t kInvitationsAhead = 1200;  // before each life; more than one can use
constexpr size_t kRequestsPerClient = 1000;
const std::string kRound(kLatest);

// One way of filling in the page of an invitation; two of them race for it.
struct Try {
  size_t invitation = 0;
  v1::SubmitSurveyRequest request;
  bool acknowledged = false;
  bool refused = false;  // another one was stored

  const std::string& id() const { return request.response().response_id(); }
};

// What a citizen said in Zalo; told again and again, each time with another signature.
struct Rating {
  int dossier = 0;
  Standin::Message message;
  absl::Time given_at;  // names it: no two of them are given in the same millisecond
  bool told = false;
  bool acknowledged = false;
};

class Life {
 public:
  Life(std::string binary, uint64_t seed) : town_(std::move(binary)), random_(seed) {}

  void Begin();
  // Lets people answer, kills at a random moment, starts again.
  void LiveAndDie();
  // Everything until it is acknowledged or refused.
  void Finish();
  // What is wrong now. `complete`: after Finish.
  std::vector<std::string> Check(bool complete);
  // For the test of the check: as if this had been acknowledged.
  void PretendToHaveHeardOfOneMore();
  int Stop() { return town_.Stop(); }
  size_t acknowledged() {
    base::MutexLock lock(mutex_);
    size_t count = 0;
    for (const Try& one : tries_) count += one.acknowledged ? 1 : 0;
    for (const Rating& one : ratings_) count += one.acknowledged ? 1 : 0;
    return count;
  }

 private:
  struct Stored {
    std::map<std::string, int> by_id;       // of the web
    std::map<absl::Time, int> by_given_at;  // of Zalo
    std::map<std::string, bool> counts;     // of the web, by response_id
    std::map<absl::Time, bool> rating_counts;
    std::set<std::string> answered;  // invitation_ids that are spent
  };

  uint64_t Draw(uint64_t below) ABSL_LOCKS_EXCLUDED(mutex_) {
    base::MutexLock lock(mutex_);
    return random_() % below;
  }
  // Invitations for the life that comes.
  void Invite() ABSL_LOCKS_EXCLUDED(mutex_);
  bool IsSettled(size_t at) ABSL_LOCKS_EXCLUDED(mutex_) {
    base::MutexLock lock(mutex_);
    return tries_[at].acknowledged || tries_[at].refused;
  }
  // The place of a try to send next: a new invitation, the same again, or another for the same.
  size_t NextTry() ABSL_LOCKS_EXCLUDED(mutex_);
  size_t NextRating() ABSL_LOCKS_EXCLUDED(mutex_);
  // True: there was an answer.
  bool SendTry(web::RawClient& client, size_t at) ABSL_LOCKS_EXCLUDED(mutex_);
  bool TellRating(web::RawClient& client, size_t at) ABSL_LOCKS_EXCLUDED(mutex_);
  Stored Read();

  Town town_;
  std::vector<v1::CreatedInvitation> invited_;
  base::Mutex mutex_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  std::deque<Try> tries_ ABSL_GUARDED_BY(mutex_);  // grows at its end; a Try stays where it is
  size_t next_invitation_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Rating> ratings_ ABSL_GUARDED_BY(mutex_);
  size_t next_rating_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> complaints_ ABSL_GUARDED_BY(mutex_);
};

void Life::Begin() {
  town_.standin.SetRatingVerb("NONE");  // nothing but the webhook brings a rating
  ASSERT_NO_FATAL_FAILURE(town_.Start());
  ASSERT_NO_FATAL_FAILURE(town_.SetUp());
  std::vector<int> dossiers(kDossiers);
  std::iota(dossiers.begin(), dossiers.end(), 1);
  const auto messages = town_.Send(kRound, dossiers);
  const absl::Time first = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now())) - absl::Hours(2);
  base::MutexLock lock(mutex_);
  for (int i = 0; i < kDossiers; ++i) {
    ratings_.push_back({.dossier = i + 1,
                        .message = messages[static_cast<size_t>(i)],
                        .given_at = first + absl::Milliseconds(i)});
  }
}

void Life::Invite() {
  base::MutexLock lock(mutex_);
  std::vector<int> dossiers(kInvitationsAhead - (invited_.size() - next_invitation_));
  if (dossiers.empty()) return;  // the life before ended before it began
  std::iota(dossiers.begin(), dossiers.end(), static_cast<int>(invited_.size()) + 1);
  const auto made = town_.Invite(kRound, dossiers);
  ASSERT_EQ(made.size(), dossiers.size());
  invited_.insert(invited_.end(), made.begin(), made.end());
}

size_t Life::NextTry() {
  base::MutexLock lock(mutex_);
  const bool fresh = tries_.empty() || random_() % 2 == 0;
  if (!fresh && random_() % 2 == 0) return random_() % tries_.size();
  size_t invitation = 0;
  if (fresh && next_invitation_ < invited_.size()) {
    invitation = next_invitation_++;
  } else if (fresh) {
    return random_() % tries_.size();
  } else {
    // Mostly of the newest, where the first is still under way.
    const size_t back = random_() % std::min<size_t>(tries_.size(), 4);
    invitation = tries_[tries_.size() - 1 - back].invitation;
  }
  tries_.push_back({.invitation = invitation,
                    .request = Town::Answer(Town::Token(invited_[invitation].token()),
                                            1 + static_cast<uint32_t>(random_() % 5),
                                            absl::Now() - absl::Minutes(1))});
  return tries_.size() - 1;
}

size_t Life::NextRating() {
  base::MutexLock lock(mutex_);
  const bool fresh = next_rating_ == 0 || random_() % 4 == 0;
  // One is left for PretendToHaveHeardOfOneMore.
  if (fresh && next_rating_ + 1 < ratings_.size()) return next_rating_++;
  return random_() % next_rating_;
}

bool Life::SendTry(web::RawClient& client, size_t at) {
  v1::SubmitSurveyRequest request;
  {
    base::MutexLock lock(mutex_);
    request = tries_[at].request;
  }
  const auto told = Town::Submit(client, request);
  if (told.status == 0) return false;
  base::MutexLock lock(mutex_);
  Try& one = tries_[at];
  const bool answered = told.body.find("SURVEY_STATE_ANSWERED") != std::string::npos;
  if (told.status == 200) {
    one.acknowledged = true;
    const v1::Receipt& receipt = told.response.receipt();
    if (one.refused || receipt.response_id() != one.id()) {
      complaints_.push_back(Cat("refused before, or another receipt: ", one.id()));
    }
  } else if (answered) {
    one.refused = true;
    if (one.acknowledged) complaints_.push_back(Cat("acknowledged before: ", one.id()));
  } else if (told.status != 503 && told.status != 429) {
    complaints_.push_back(Cat("HTTP ", told.status, ": ", told.body));
  }
  return true;
}

bool Life::TellRating(web::RawClient& client, size_t at) {
  Rating rating;
  {
    base::MutexLock lock(mutex_);
    ratings_[at].told = true;
    rating = ratings_[at];
  }
  const int status = Town::Post(client, town_.standin.Rate(rating.message, 1 + rating.dossier % 5,
                                                           "", absl::ToUnixMillis(rating.given_at),
                                                           absl::ToUnixMillis(absl::Now())));
  if (status == 0) return false;
  base::MutexLock lock(mutex_);
  if (status == 200) ratings_[at].acknowledged = true;
  if (status != 200 && status != 503) complaints_.push_back(Cat("webhook: HTTP ", status));
  return true;
}

void Life::LiveAndDie() {
  ASSERT_NO_FATAL_FAILURE(Invite());
  const absl::Duration alive = absl::Microseconds(10'000 + Draw(300'000));
  std::atomic<bool> killed = false;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      while (!killed.load()) {
        web::RawClient client(town_.web_port());
        while (client.connected() &&
               (t < 3 ? SendTry(client, NextTry()) : TellRating(client, NextRating()))) {
        }
      }
    });
  }
  absl::SleepFor(alive);
  town_.Kill();
  killed.store(true);
  for (std::thread& thread : threads) thread.join();
  ASSERT_NO_FATAL_FAILURE(town_.Start());
}

void Life::Finish() {
  std::optional<web::RawClient> client;
  size_t tries = 0;
  size_t ratings = 0;
  {
    base::MutexLock lock(mutex_);
    tries = tries_.size();
    ratings = next_rating_;
  }
  // Those who were told something must hear the same.
  for (size_t at = 0; at < tries; ++at) {
    // No connection may ask without end.
    if (at % kRequestsPerClient == 0) client.emplace(town_.web_port());
    do {
      ASSERT_TRUE(SendTry(*client, at));
    } while (!IsSettled(at));
  }
  client.emplace(town_.web_port());
  for (size_t at = 0; at < ratings; ++at) ASSERT_TRUE(TellRating(*client, at));
}

Life::Stored Life::Read() {
  // All that is in the inbox becomes a response by itself.
  EXPECT_TRUE(Town::Wait([&] {
    return town_.Events(v1::ZALO_EVENT_STATE_NEW) + town_.Events(v1::ZALO_EVENT_STATE_HELD) == 0;
  })) << town_.ZaloState().ShortDebugString();
  Stored stored;
  const auto rows = ExportAll(town_.admin(), kRound);
  EXPECT_TRUE(rows.ok()) << rows.status();
  if (!rows.ok()) return stored;
  for (const v1::ExportedResponse& row : *rows) {
    if (row.channel() == v1::CHANNEL_ZALO) {
      const absl::Time given_at = model::FromProto(row.submitted_at());
      ++stored.by_given_at[given_at];
      stored.rating_counts[given_at] = row.counts();
    } else {
      ++stored.by_id[row.response_id()];
      stored.counts[row.response_id()] = row.counts();
    }
  }
  v1::ListInvitationsRequest request;
  request.set_collector_id(Cat("web-", kRound));
  v1::ListInvitationsResponse page;
  do {
    const grpc::Status status =
        town_.invitations().ListInvitations(town_.admin().Context().get(), request, &page);
    EXPECT_TRUE(status.ok()) << status.error_message();
    for (const v1::Invitation& one : page.invitations()) {
      if (one.answered()) stored.answered.insert(one.invitation_id());
    }
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  return stored;
}

std::vector<std::string> Life::Check(bool complete) {
  Stored stored = Read();
  base::MutexLock lock(mutex_);
  std::vector<std::string> wrong = complaints_;
  std::vector<int> responses(invited_.size());  // by invitation
  std::map<size_t, int> counting;               // by dossier, from 0
  for (const Try& one : tries_) {
    const auto found = stored.by_id.find(one.id());
    const int times = found == stored.by_id.end() ? 0 : found->second;
    if (one.acknowledged && times == 0) wrong.push_back(Cat("lost: ", one.id()));
    if (one.refused && times > 0) wrong.push_back(Cat("refused and there: ", one.id()));
    if (complete && !one.acknowledged && !one.refused) {
      wrong.push_back(Cat("neither stored nor refused: ", one.id()));
    }
    responses[one.invitation] += times;
    if (times > 0 && stored.counts[one.id()]) ++counting[one.invitation];
    stored.by_id.erase(one.id());
  }
  for (const auto& [id, times] : stored.by_id) wrong.push_back(Cat("nobody sent ", id));
  for (size_t i = 0; i < invited_.size(); ++i) {
    const int spent = stored.answered.contains(invited_[i].invitation_id()) ? 1 : 0;
    if (responses[i] != spent) {
      wrong.push_back(Cat("invitation ", i, ": spent ", spent, ", responses ", responses[i]));
    }
  }
  for (const Rating& one : ratings_) {
    const int times = stored.by_given_at[one.given_at];
    if (times > 1) wrong.push_back(Cat("rating of dossier ", one.dossier, " doubled"));
    if (one.acknowledged && times == 0) {
      wrong.push_back(Cat("rating of dossier ", one.dossier, " lost"));
    }
    if (!one.told && times > 0) wrong.push_back(Cat("nobody rated dossier ", one.dossier));
    if (complete && one.told && !one.acknowledged) wrong.push_back("a rating was never taken");
    if (times > 0 && stored.rating_counts[one.given_at]) {
      ++counting[static_cast<size_t>(one.dossier) - 1];
    }
    stored.by_given_at.erase(one.given_at);
  }
  if (!stored.by_given_at.empty()) wrong.push_back("ratings that nobody gave");
  for (const auto& [dossier, times] : counting) {
    if (times > 1) wrong.push_back(Cat("dossier ", dossier + 1, " counts ", times, " times"));
  }
  return wrong;
}

void Life::PretendToHaveHeardOfOneMore() {
  base::MutexLock lock(mutex_);
  ASSERT_LT(next_rating_, ratings_.size());
  ratings_[next_rating_].acknowledged = ratings_[next_rating_].told = true;
  tries_.push_back({.invitation = 0,
                    .request = Town::Answer(Town::Token("x"), 1, absl::Now()),
                    .acknowledged = true});
}

std::string Describe(const std::vector<std::string>& wrong) {
  std::string text = Cat(wrong.size(), " violations");
  for (size_t i = 0; i < wrong.size() && i < 20; ++i) text += Cat("\n  ", wrong[i]);
  return text;
}

void KillAgainAndAgain(uint64_t seed, uint64_t rounds) {
  Life life(HAILONG_HAILONGD, seed);
  ASSERT_NO_FATAL_FAILURE(LiveThroughKills(life, seed, rounds, Describe));
  life.PretendToHaveHeardOfOneMore();
  EXPECT_EQ(life.Check(/*complete=*/false).size(), 2u) << "the checker is blind";
  EXPECT_EQ(life.Stop(), 0);
}

TEST(Kill, WhatWasAcknowledgedOnTheWebAndToZaloIsThereExactlyOnce) {
  KillAgainAndAgain(/*seed=*/20260901, kRounds);
}

TEST(Kill, TheSameFromAFreshSeed) {
  KillAgainAndAgain(FromEnvironment("HAILONG_CRASH_SEED", std::random_device{}()),
                    FromEnvironment("HAILONG_CRASH_ROUNDS", kRounds));
}

TEST(Kill, TheCanaryThatAcknowledgesBeforeCommitIsCaught) {
  Life life(HAILONG_CANARY, /*seed=*/7);
  ASSERT_NO_FATAL_FAILURE(life.Begin());
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_NO_FATAL_FAILURE(life.LiveAndDie());
    for (const std::string& one : life.Check(/*complete=*/false)) {
      if (one.starts_with("lost: ")) return;  // caught
    }
  }
  FAIL() << "lost nothing in " << kRounds << " kills: the checker is blind";
}

}  // namespace
}  // namespace hailong::tests
