#include "server/results/round_frame.h"

#include <gmock/gmock.h>

#include <array>
#include <random>

#include "server/results/bench_for_test.h"

namespace hailong::results {
namespace {

struct Line {
  std::string unit_id;
  int citizen = 0;  // 0: anonymous
  int rank = 0;     // of its channel
  int64_t submitted_at_us = 0;
  bool late = false;
  uint32_t flags = 0;
  std::string ratings;
};

// The responses that count, by walking the history once for each citizen and policy in the plainest
// way: sort what was in time by preference and take the best.
std::vector<bool> Recompute(const std::vector<Line>& history, v1::DuplicatePolicy policy) {
  std::vector<bool> counts(history.size(), false);
  std::map<int, std::vector<size_t>> by_citizen;
  for (size_t i = 0; i < history.size(); ++i) {
    if (history[i].late) continue;
    if (history[i].citizen == 0) {
      counts[i] = true;
    } else {
      by_citizen[history[i].citizen].push_back(i);
    }
  }
  for (auto& [citizen, lines] : by_citizen) {
    counts[*std::max_element(lines.begin(), lines.end(), [&](size_t a, size_t b) {
      const auto preference = [&](size_t i) {
        const int64_t at = history[i].submitted_at_us;
        const auto order = static_cast<int64_t>(i);
        switch (policy) {
          case v1::DUPLICATE_POLICY_FIRST:  // of two at one moment, the one that was there
            return std::array<int64_t, 3>{0, -at, -order};
          case v1::DUPLICATE_POLICY_CHANNEL_ORDER:
            return std::array<int64_t, 3>{-history[i].rank, at, order};
          default:
            return std::array<int64_t, 3>{0, at, order};
        }
      };
      return preference(a) < preference(b);
    })] = true;
  }
  return counts;
}

void ExpectFrameShows(const RoundFrame& frame, const std::vector<Line>& history,
                      const std::vector<bool>& counts) {
  const std::vector<std::string> units = {"1", "1.1", "1.2", "1.3"};
  ASSERT_EQ(frame.stored(), history.size());
  for (size_t i = 0; i < history.size(); ++i) {
    ASSERT_EQ(frame.Counts(model::Sequence{static_cast<int64_t>(i + 1)}), counts[i]) << i;
  }
  v1::RoundCounts all = frame.CountsOf(std::vector<bool>(Bench::kUnits, true));
  uint64_t counted = 0, late = 0, flagged = 0, skewed = 0;
  for (size_t i = 0; i < history.size(); ++i) {
    counted += counts[i] ? 1 : 0;
    late += history[i].late ? 1 : 0;
    flagged += counts[i] && history[i].flags != 0 ? 1 : 0;
    skewed += counts[i] && (history[i].flags >> (v1::FLAG_CLOCK_SKEW - 1) & 1) != 0 ? 1 : 0;
  }
  EXPECT_EQ(all.stored(), history.size());
  EXPECT_EQ(all.counted(), counted);
  EXPECT_EQ(all.late(), late);
  EXPECT_EQ(all.superseded(), history.size() - counted - late);
  EXPECT_EQ(all.flagged(), flagged);
  EXPECT_EQ((*all.mutable_by_flag())[v1::FLAG_CLOCK_SKEW], skewed);
  uint64_t by_channel = 0;
  for (const auto& [channel, stored] : all.by_channel()) by_channel += stored;
  EXPECT_EQ(by_channel, history.size());
  for (uint16_t unit = 0; unit < Bench::kUnits; ++unit) {
    uint64_t stored = 0, of_unit = 0, fives = 0, unflagged = 0;
    for (size_t i = 0; i < history.size(); ++i) {
      if (history[i].unit_id != units[unit]) continue;
      ++stored;
      if (!counts[i]) continue;
      ++of_unit;
      fives += history[i].ratings[1] == '5' ? 1 : 0;
      unflagged += history[i].flags == 0 ? 1 : 0;
    }
    EXPECT_EQ(frame.StoredOf(unit), stored);
    EXPECT_EQ(frame.CountedOf(unit), of_unit);
    EXPECT_EQ(frame.frame().Count(unit, 1, 5, false), fives);
    EXPECT_EQ(frame.frame().Responses(unit, true), unflagged);
  }
}

class RandomHistory : public ::testing::TestWithParam<v1::DuplicatePolicy> {};

TEST_P(RandomHistory, CountsAsASlowRecomputationDoes) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](size_t bound) { return static_cast<int>(random() % bound); };
  const v1::DuplicatePolicy policy = GetParam();
  constexpr v1::Channel kOrder[] = {v1::CHANNEL_PAPER, v1::CHANNEL_KIOSK, v1::CHANNEL_WEB};
  const std::vector<std::string> units = {"1", "1.1", "1.2", "1.3"};
  const std::vector<std::string> questions = {"q1", "q2", "q3"};
  Bench bench;
  bench.PutRound(policy, policy == v1::DUPLICATE_POLICY_CHANNEL_ORDER
                             ? std::vector<v1::Channel>{kOrder[0], kOrder[1]}
                             : std::vector<v1::Channel>{});
  RoundFrame frame(bench.round(), questions, std::nullopt);
  std::vector<Line> history;
  for (int batch = 0; batch < 25; ++batch) {
    std::vector<model::NewResponse> responses;
    for (int i = below(30); i >= 0; --i) {
      Line line{.unit_id = units[random() % units.size()],
                .citizen = below(10),
                .rank = below(3),
                .submitted_at_us = absl::ToUnixMicros(bench.clock().Now()) + below(4),
                .late = below(12) == 0,
                .flags = below(3) == 0 ? static_cast<uint32_t>(below(32)) : 0,
                .ratings = {}};
      for (int q = 0; q < 3; ++q) line.ratings.push_back(static_cast<char>('1' + below(5)));
      model::NewResponse response = bench.Make(line.unit_id, line.ratings);
      response.channel = kOrder[line.rank];
      response.content.submitted_at_us = line.submitted_at_us;
      response.late = line.late;
      response.flags = line.flags;
      if (line.citizen > 0) {
        response.respondent_key.emplace().fill(static_cast<uint8_t>(line.citizen));
      }
      responses.push_back(std::move(response));
      history.push_back(std::move(line));
    }
    bench.Append(std::move(responses));
    if (below(3) != 0) continue;
    ASSERT_TRUE(frame.Refresh(bench.store()).ok());
    ExpectFrameShows(frame, history, Recompute(history, policy));
  }
  const std::vector<bool> counts = Recompute(history, policy);
  ASSERT_TRUE(frame.Refresh(bench.store()).ok());
  ExpectFrameShows(frame, history, counts);
  RoundFrame anew(bench.round(), questions, std::nullopt);
  ASSERT_TRUE(anew.Refresh(bench.store()).ok());
  ExpectFrameShows(anew, history, counts);
  EXPECT_EQ(anew.last_sequence(), frame.last_sequence());
}

INSTANTIATE_TEST_SUITE_P(Policies, RandomHistory,
                         ::testing::Values(v1::DUPLICATE_POLICY_LATEST, v1::DUPLICATE_POLICY_FIRST,
                                           v1::DUPLICATE_POLICY_CHANNEL_ORDER),
                         [](const auto& policy) { return v1::DuplicatePolicy_Name(policy.param); });

TEST(RoundFrame, OfASealedRoundEndsWhereTheSealDid) {
  Bench bench;
  bench.PutRound(v1::DUPLICATE_POLICY_LATEST);
  std::vector<model::NewResponse> responses;
  for (int i = 0; i < 10; ++i) responses.push_back(bench.Make("1.1", "555"));
  bench.Append(std::move(responses));
  RoundFrame frame(bench.round(), {"q1"}, /*sealed_stored=*/7);
  ASSERT_TRUE(frame.Refresh(bench.store()).ok());
  EXPECT_EQ(frame.stored(), 7u);
  EXPECT_EQ(frame.late_after_seal(), 3u);
  EXPECT_EQ(frame.last_sequence(), model::Sequence{10});
  EXPECT_TRUE(frame.Counts(model::Sequence{7}));
  EXPECT_FALSE(frame.Counts(model::Sequence{8}));
}

TEST(RoundFrame, ReadsWhatIsNewOnly) {
  Bench bench;
  bench.PutRound(v1::DUPLICATE_POLICY_LATEST);
  RoundFrame frame(bench.round(), {"q1"}, std::nullopt);
  for (uint64_t i = 1; i <= 5; ++i) {
    bench.Append({bench.Make("1.1", "555")});
    ASSERT_TRUE(frame.Refresh(bench.store()).ok());
    EXPECT_EQ(frame.stored(), i);
    ASSERT_TRUE(frame.Refresh(bench.store()).ok());
    EXPECT_EQ(frame.stored(), i) << "a second look adds nothing";
  }
}

}  // namespace
}  // namespace hailong::results
