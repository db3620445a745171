#include "server/web/call_guard.h"

#include <gtest/gtest.h>

#include <set>

#include "base/status.h"
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/kiosk_service.pb.h"
#include "hailong/v1/survey_service.pb.h"

namespace hailong::web {
namespace {

using base::Cat;

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);

TEST(TokenBuckets, GivesItsBurstAndThenItsRate) {
  TokenBuckets buckets({.per_second = 2, .burst = 3}, 10);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.Take("a", kNow), absl::ZeroDuration());
  EXPECT_EQ(buckets.Take("a", kNow), absl::Milliseconds(500));
  EXPECT_EQ(buckets.Take("b", kNow), absl::ZeroDuration());
  EXPECT_EQ(buckets.Take("a", kNow + absl::Milliseconds(500)), absl::ZeroDuration());
  EXPECT_GT(buckets.Take("a", kNow + absl::Milliseconds(500)), absl::ZeroDuration());
  // After a long time it holds its burst, not more.
  const absl::Time later = kNow + absl::Hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.Take("a", later), absl::ZeroDuration());
  EXPECT_GT(buckets.Take("a", later), absl::ZeroDuration());
  // A clock that was set back neither gives nor takes.
  EXPECT_GT(buckets.Take("a", kNow), absl::ZeroDuration());
}

TEST(TokenBuckets, ForgetsWhoWasLongestAwayAndKeepsItsSize) {
  TokenBuckets buckets({.per_second = 1, .burst = 1}, 3);
  for (const char* key : {"a", "b", "c", "a"}) buckets.Take(key, kNow);
  EXPECT_EQ(buckets.Take("d", kNow), absl::ZeroDuration());
  EXPECT_EQ(buckets.size(), 3u);
  EXPECT_GT(buckets.Take("a", kNow), absl::ZeroDuration());
  EXPECT_EQ(buckets.Take("b", kNow), absl::ZeroDuration()) << "b was forgotten";
}

TEST(TokenBuckets, DebtHasABound) {
  TokenBuckets buckets({.per_second = 1, .burst = 10}, 3);
  EXPECT_EQ(buckets.DebtShare("a", kNow), 0);
  for (int i = 0; i < 15; ++i) buckets.Owe("a", kNow);
  EXPECT_DOUBLE_EQ(buckets.DebtShare("a", kNow), 0.5);
  for (int i = 0; i < 100; ++i) buckets.Owe("a", kNow);
  EXPECT_DOUBLE_EQ(buckets.DebtShare("a", kNow), 1);
  EXPECT_EQ(buckets.Take("a", kNow), absl::Seconds(11));
}

std::string Solve(const std::string& challenge, int bits) {
  for (uint64_t counter = 0;; ++counter) {
    std::string solution = Cat(challenge, ".", counter);
    if (LeadingZeroBits(solution) >= bits) return solution;
  }
}

class ChallengesTest : public testing::Test {
 protected:
  Challenges challenges_{{.key = "key", .life = absl::Minutes(2), .solutions_max = 3}};
};

TEST_F(ChallengesTest, ASolutionIsGoodOnce) {
  const std::string challenge = challenges_.Make("who", 8, kNow);
  const std::string solution = Solve(challenge, 8);
  EXPECT_TRUE(challenges_.Use(solution, "who", kNow).ok());
  EXPECT_EQ(challenges_.Use(solution, "who", kNow).code(), absl::StatusCode::kAlreadyExists);
  // Nor with another counter, or one that only looks different.
  for (uint64_t counter = 0; counter < 5000; ++counter) {
    const std::string other = Cat(challenge, ".", counter);
    EXPECT_FALSE(challenges_.Use(other, "who", kNow).ok());
  }
}

TEST_F(ChallengesTest, NothingElseIsASolution) {
  const std::string challenge = challenges_.Make("who", 8, kNow);
  const std::string solution = Solve(challenge, 8);
  EXPECT_FALSE(challenges_.Use(solution, "another", kNow).ok());
  EXPECT_EQ(challenges_.Use(solution, "who", kNow + absl::Minutes(2)).code(),
            absl::StatusCode::kDeadlineExceeded);
  Challenges other({.key = "other key", .life = absl::Minutes(2), .solutions_max = 3});
  EXPECT_FALSE(other.Use(solution, "who", kNow).ok());
  // Cheaper or longer-lived by the client's own hand.
  std::string cheap = challenge;
  cheap.replace(0, 4, "1.0.");
  EXPECT_FALSE(challenges_.Use(Solve(cheap, 0), "who", kNow).ok());
  std::string late = solution;
  late.replace(4, 10, "9999999999");
  EXPECT_FALSE(challenges_.Use(late, "who", kNow).ok());
  for (const std::string& bad :
       {std::string(), std::string("."), std::string("....."), challenge, challenge + ".",
        challenge + ".x", challenge + ".-1", challenge + ".123456789012345678901",
        std::string(10'000, '1'), "2" + solution.substr(1), solution + ".1"}) {
    EXPECT_EQ(challenges_.Use(bad, "who", kNow).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  int unsolved = 0;
  for (uint64_t counter = 0; counter < 100; ++counter) {
    const std::string guess = Cat(challenge, ".", counter);
    if (LeadingZeroBits(guess) < 8) {
      ++unsolved;
      EXPECT_FALSE(challenges_.Use(guess, "who", kNow).ok());
    }
  }
  EXPECT_GT(unsolved, 0);
  EXPECT_TRUE(challenges_.Use(solution, "who", kNow).ok()) << "wrong ones used nothing up";
}

TEST_F(ChallengesTest, RemembersABoundedNumberAndRefusesAboveIt) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(challenges_.Use(Solve(challenges_.Make("who", 1, kNow), 1), "who", kNow).ok());
  }
  EXPECT_EQ(challenges_.Use(Solve(challenges_.Make("who", 1, kNow), 1), "who", kNow).code(),
            absl::StatusCode::kResourceExhausted);
  const absl::Time later = kNow + absl::Minutes(2);
  EXPECT_TRUE(challenges_.Use(Solve(challenges_.Make("who", 1, later), 1), "who", later).ok());
}

TEST(LeadingZeroBits, CountsBits) {
  // SHA-256("") is e3b0c4..., of "hello 24" nothing is known; found by counting.
  EXPECT_EQ(LeadingZeroBits(""), 0);
  int best = 0;
  for (int i = 0; i < 3000; ++i) best = std::max(best, LeadingZeroBits(Cat(i)));
  EXPECT_GE(best, 8);
  EXPECT_LE(best, 24);
}

class CallGuardTest : public testing::Test {
 protected:
  static constexpr char kEnroll[] = "hailong.v1.KioskService/Enroll";
  static constexpr char kOpenSurvey[] = "hailong.v1.SurveyService/OpenSurvey";
  CallGuardTest() {
    // Linked in, so that they are found by name.
    EXPECT_NE(v1::EnrollRequest::descriptor(), nullptr);
    EXPECT_NE(v1::SubmitResponseRequest::descriptor(), nullptr);
    EXPECT_NE(v1::OpenSurveyRequest::descriptor(), nullptr);
  }
  static CallGuard::Options Small() {
    CallGuard::Options options;
    options.per_credential = {.per_second = 1, .burst = 2};
    options.per_link = {.per_second = 1, .burst = 3};
    options.per_address = {.per_second = 1, .burst = 4};
    options.bits_min = 6;
    options.bits_max = 10;
    return options;
  }
  static Request From(std::string_view address, std::string body = "{}") {
    Request request;
    request.client = *Address::Parse(address);
    request.body = std::move(body);
    return request;
  }
  std::optional<ConnectGateway::Stopped> Look(const Request& request,
                                              const std::string& method = kEnroll) {
    return guard_.Look(request, FindMethod(method).value(), "");
  }
  // Each time from an address of its own, so that only the entry counts.
  std::optional<ConnectGateway::Stopped> Come(const v1::Entry& entry,
                                              const std::vector<Header>& headers = {}) {
    v1::OpenSurveyRequest message;
    *message.mutable_entry() = entry;
    Request request = From(Cat("203.0.113.", ++visitors_));
    request.headers = headers;
    return guard_.Look(request, FindMethod(kOpenSurvey).value(), message.SerializeAsString());
  }
  static v1::Entry ByToken(const std::string& token) {
    v1::Entry entry;
    entry.set_invitation_token(token);
    return entry;
  }
  static v1::Entry ByLink(const std::string& link_code) {
    v1::Entry entry;
    entry.set_link_code(link_code);
    return entry;
  }
  static v1::Entry BySlip(const std::string& link_code) {
    v1::Entry entry;
    entry.mutable_slip()->set_link_code(link_code);
    return entry;
  }

  base::FakeClock clock_{kNow};
  CallGuard guard_{Small(), clock_, [](std::string_view method) {
                     return method == kEnroll || method == kOpenSurvey;
                   }};
  int visitors_ = 0;
};

TEST_F(CallGuardTest, AnAddressPassesItsBurstThenIsChallengedAndPassesByWork) {
  const std::string home = "203.0.113.7";
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(Look(From(home)).has_value());
  int bits_before = 0;
  for (int i = 0; i < 4; ++i) {
    const auto stopped = Look(From(home));
    ASSERT_TRUE(stopped.has_value());
    EXPECT_EQ(stopped->status.code, absl::StatusCode::kResourceExhausted);
    EXPECT_FALSE(stopped->status.details.empty());
    ASSERT_EQ(stopped->headers.at(0).name, "X-Challenge");
    const std::string& challenge = stopped->headers[0].value;
    const int bits = std::stoi(challenge.substr(2));
    EXPECT_GE(bits, bits_before) << "what was passed by work makes it harder";
    bits_before = bits;
    const std::string solution = Solve(challenge, bits);
    Request again = From(home);
    again.headers.push_back({"x-challenge-solution", solution});
    // Neither for another body, nor for another address, nor twice.
    Request other = From(home, "{ }");
    other.headers = again.headers;
    EXPECT_TRUE(Look(other).has_value());
    EXPECT_FALSE(Look(again).has_value());
    EXPECT_TRUE(Look(again).has_value());
  }
  EXPECT_GT(bits_before, 6);
  EXPECT_FALSE(Look(From("203.0.113.8")).has_value());
  clock_.Advance(absl::Minutes(1));
  EXPECT_FALSE(Look(From(home)).has_value());
  EXPECT_EQ(guard_.solved(), 4u);
}

TEST_F(CallGuardTest, ASubscriberOfIPv6IsOneAddress) {
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(Look(From(Cat("2001:db8::", i))).has_value());
  EXPECT_TRUE(Look(From("2001:db8::ffff:1")).has_value());
  EXPECT_FALSE(Look(From("2001:db8:0:1::1")).has_value());
}

TEST_F(CallGuardTest, AnInvitationIsOneHoweverItIsTyped) {
  const std::string token = "ABCDEFGHJKMNPQRSTVWXYZ0123";
  std::set<std::string> writings;
  for (size_t i = 0; writings.size() < 29; ++i) {
    std::string typed = token;
    for (size_t bit = 0; bit < 5; ++bit) {
      if ((i >> bit) % 2 == 1) typed[bit] = static_cast<char>(typed[bit] + ('a' - 'A'));
    }
    writings.insert(typed.insert(1 + i % 25, i % 2 == 0 ? "-" : " "));
  }
  writings.insert("ABCDEFGHJKMNPQRSTVWXYZo123");
  writings.insert("ABCDEFGHJKMNPQRSTVWXYZ0l23");
  ASSERT_EQ(writings.size(), 31u);
  int stopped = 0;
  for (const std::string& typed : writings) {
    const auto refused = Come(ByToken(typed));
    if (!refused.has_value()) continue;
    ++stopped;
    EXPECT_NE(refused->status.message.find("this invitation"), std::string::npos);
    EXPECT_TRUE(refused->headers.empty()) << "no challenge: its owner has it once";
  }
  EXPECT_EQ(stopped, 1) << "above a burst of 30";
  EXPECT_EQ(guard_.refused(), 1u);
  EXPECT_FALSE(Come(ByToken("BBCDEFGHJKMNPQRSTVWXYZ0123")).has_value());
}

TEST_F(CallGuardTest, ALinkAboveItsRateIsChallengedHoweverItIsTypedAndFromWherever) {
  EXPECT_FALSE(Come(ByLink("ABCDE12345")).has_value());
  EXPECT_FALSE(Come(ByLink("abcde-12345")).has_value());
  EXPECT_FALSE(Come(BySlip("abcdeI2345")).has_value());
  for (const v1::Entry& entry : {ByLink("AbCdE 12345"), BySlip("ABCDE12345")}) {
    const auto challenged = Come(entry);
    ASSERT_TRUE(challenged.has_value());
    EXPECT_NE(challenged->status.message.find("this link"), std::string::npos);
    ASSERT_EQ(challenged->headers.size(), 1u);
    EXPECT_EQ(challenged->headers[0].name, "X-Challenge");
    const std::string solution = Solve(challenged->headers[0].value, Small().bits_max);
    --visitors_;
    EXPECT_FALSE(Come(entry, {{"x-challenge-solution", solution}}).has_value());
  }
  EXPECT_FALSE(Come(ByLink("ABCDE12346")).has_value());
  EXPECT_EQ(guard_.challenged(), 2u);
  EXPECT_EQ(guard_.solved(), 2u);
}

TEST_F(CallGuardTest, WhatIsNoCodeCountsForItsAddressAlone) {
  for (int i = 0; i < 40; ++i) {
    EXPECT_FALSE(Come(ByToken("no token")).has_value());
    EXPECT_FALSE(Come(ByLink("no link")).has_value());
  }
}

TEST_F(CallGuardTest, ACredentialHasItsOwnRateWhateverTheAddress) {
  const std::string method = "hailong.v1.CollectionService/SubmitResponse";
  Request request = From("203.0.113.7");
  request.headers.push_back({"authorization", "Bearer a"});
  EXPECT_FALSE(Look(request, method).has_value());
  request.client = *Address::Parse("203.0.113.8");
  EXPECT_FALSE(Look(request, method).has_value());
  const auto stopped = Look(request, method);
  ASSERT_TRUE(stopped.has_value());
  EXPECT_TRUE(stopped->headers.empty()) << "no challenge: a collector waits";
  request.headers[0].value = "Bearer b";
  EXPECT_FALSE(Look(request, method).has_value());
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Look(From("203.0.113.9"), method).has_value());
}

}  // namespace
}  // namespace hailong::web
