// One dossier rated at the kiosk, in Zalo and on the web, over the wire: whatever came first, was
// given first or is preferred by the round, it counts once, and every output says which counted.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "server/model/times.h"
#include "tests/channels/town.h"

namespace hailong::tests {
namespace {

using base::Cat;
using ::testing::HasSubstr;

using Order = std::array<v1::Channel, 3>;

// Each channel has its own stars, so that a result tells whose answers are in it.
uint32_t StarsOf(v1::Channel channel) {
  if (channel == v1::CHANNEL_KIOSK) return 5;
  return channel == v1::CHANNEL_WEB ? 3 : 1;
}

// Which way of answering came how late: every order of arrival with every order of giving.
struct Case {
  int dossier = 0;
  Order arrival;
  Order giving;
  v1::Entry entry = {};
  Standin::Message message = {};

  absl::Time GivenAt(v1::Channel channel, absl::Time first) const {
    const auto place = std::find(giving.begin(), giving.end(), channel) - giving.begin();
    // Told apart by the time alone: no two answers of a round are given in the same second.
    return first + absl::Hours(place) + absl::Seconds(dossier);
  }
};

std::vector<Order> AllOrders() {
  Order order = {v1::CHANNEL_WEB, v1::CHANNEL_KIOSK, v1::CHANNEL_ZALO};
  std::sort(order.begin(), order.end());
  std::vector<Order> orders;
  do {
    orders.push_back(order);
  } while (std::next_permutation(order.begin(), order.end()));
  return orders;
}

// Which of the first `arrived` answers counts, by the words of the contract.
v1::Channel Counting(const v1::Round& round, const Case& one, size_t arrived) {
  const auto has_arrived = [&](v1::Channel channel) {
    const auto end = one.arrival.begin() + static_cast<std::ptrdiff_t>(arrived);
    return std::find(one.arrival.begin(), end, channel) != end;
  };
  // Those the round names first, then the last one given.
  std::vector<v1::Channel> best(one.giving.rbegin(), one.giving.rend());
  if (round.duplicate_policy() == v1::DUPLICATE_POLICY_FIRST) {
    best.assign(one.giving.begin(), one.giving.end());
  }
  if (round.duplicate_policy() == v1::DUPLICATE_POLICY_CHANNEL_ORDER) {
    std::stable_sort(best.begin(), best.end(), [&](v1::Channel left, v1::Channel right) {
      const auto place = [&](v1::Channel channel) {
        return std::find(round.channel_order().begin(), round.channel_order().end(), channel);
      };
      return place(left) < place(right);
    });
  }
  return *std::find_if(best.begin(), best.end(), has_arrived);
}

v1::Outcome OutcomeOf(const v1::Round& round, const Case& one, size_t place) {
  if (place == 0) return v1::OUTCOME_RECORDED;
  return Counting(round, one, place + 1) == one.arrival[place] ? v1::OUTCOME_RECORDED_COUNTS
                                                               : v1::OUTCOME_RECORDED_NOT_COUNTED;
}

v1::Round ByChannels(std::string_view round_id, const std::vector<v1::Channel>& order,
                     absl::Time now) {
  v1::Round round = MakeRound(round_id, now);
  round.set_duplicate_policy(v1::DUPLICATE_POLICY_CHANNEL_ORDER);
  round.mutable_channel_order()->Assign(order.begin(), order.end());
  return round;
}

class CountedOnce : public ::testing::Test {
 protected:
  // Every policy, and of the orders of channels one for each channel in front, one of them with
  // equals behind.
  void SetUp() override {
    town_.standin.SetRatingVerb("NONE");  // so that nothing but webhooks brings ratings
    rounds_ = {
        MakeRound(kLatest, now_), MakeRound(kFirst, now_), MakeRound(kByChannel, now_),
        ByChannels("zalo-first", {v1::CHANNEL_ZALO, v1::CHANNEL_WEB, v1::CHANNEL_KIOSK}, now_),
        ByChannels("web-first", {v1::CHANNEL_WEB}, now_)};
    ASSERT_NO_FATAL_FAILURE(town_.Start());
    ASSERT_NO_FATAL_FAILURE(town_.SetUp({rounds_.begin() + 3, rounds_.end()}));
    for (const v1::Round& round : rounds_) MakeCases(round);
  }

  void MakeCases(const v1::Round& round) {
    std::vector<Case>& cases = cases_[round.round_id()];
    std::vector<int> dossiers;
    for (const Order& arrival : AllOrders()) {
      for (const Order& giving : AllOrders()) {
        cases.push_back({.dossier = ++dossiers_, .arrival = arrival, .giving = giving});
        dossiers.push_back(dossiers_);
      }
    }
    const auto invited = town_.Invite(round.round_id(), dossiers);
    ASSERT_EQ(invited.size(), cases.size());
    const auto messages = town_.Send(round.round_id(), dossiers);
    for (size_t i = 0; i < cases.size(); ++i) {
      // Some come by a link, some by the slip they were given.
      cases[i].entry = i % 2 == 0 ? Town::Token(invited[i].token())
                                  : town_.Slip(round.round_id(), cases[i].dossier);
      cases[i].message = messages[i];
    }
  }

  // The answers of all dossiers that arrive at this place. The outcome of a rating in Zalo nobody
  // is told; it is in the export.
  void AnswerAll(const v1::Round& round, size_t place) {
    web::RawClient zalo(town_.web_port());
    for (const Case& one : cases_[round.round_id()]) {
      const v1::Channel channel = one.arrival[place];
      const uint32_t stars = StarsOf(channel);
      const absl::Time given_at = one.GivenAt(channel, first_);
      if (channel == v1::CHANNEL_ZALO) {
        ++ratings_;
        EXPECT_EQ(Town::Post(zalo, town_.standin.Rate(one.message, static_cast<int>(stars), "",
                                                      absl::ToUnixMillis(given_at),
                                                      absl::ToUnixMillis(absl::Now()))),
                  200);
      } else {
        EXPECT_EQ(channel == v1::CHANNEL_WEB
                      ? town_.AnswerOnTheWeb(one.entry, stars, given_at)
                      : town_.AnswerAtKiosk(round.round_id(), one.dossier, stars, given_at),
                  OutcomeOf(round, one, place));
      }
    }
  }

  void CheckExport(const v1::Round& round);
  void CheckResults(const v1::Round& round);
  void CheckCommandLine(const v1::Round& round);
  // How many dossiers a channel counts for.
  uint64_t CountsOf(const v1::Round& round, v1::Channel channel) {
    const std::vector<Case>& cases = cases_[round.round_id()];
    return static_cast<uint64_t>(std::count_if(cases.begin(), cases.end(), [&](const Case& one) {
      return Counting(round, one, 3) == channel;
    }));
  }

  const absl::Time now_ = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  const absl::Time first_ = now_ - absl::Hours(5);
  Town town_{HAILONG_HAILONGD};
  std::vector<v1::Round> rounds_;
  std::map<std::string, std::vector<Case>> cases_;  // by round
  int dossiers_ = 0;
  uint64_t ratings_ = 0;
};

void CountedOnce::CheckExport(const v1::Round& round) {
  const auto rows = ExportAll(town_.admin(), round.round_id());
  ASSERT_TRUE(rows.ok()) << rows.status();
  const std::vector<Case>& cases = cases_[round.round_id()];
  ASSERT_EQ(rows->size(), cases.size() * 3);
  std::map<std::pair<v1::Channel, absl::Time>, const v1::ExportedResponse*> found;
  for (const v1::ExportedResponse& row : *rows) {
    found[{row.channel(), model::FromProto(row.submitted_at())}] = &row;
  }
  ASSERT_EQ(found.size(), rows->size()) << "two of one channel at one time";
  for (const Case& one : cases) {
    const v1::Channel counting = Counting(round, one, 3);
    const auto instead = found.find({counting, one.GivenAt(counting, first_)});
    ASSERT_NE(instead, found.end());
    for (size_t place = 0; place < 3; ++place) {
      const v1::Channel channel = one.arrival[place];
      const auto row = found.find({channel, one.GivenAt(channel, first_)});
      ASSERT_NE(row, found.end()) << v1::Channel_Name(channel) << " of dossier " << one.dossier;
      const std::string what = Cat(round.round_id(), ", dossier ", one.dossier, ", arrived ",
                                   place + 1, ": ", row->second->ShortDebugString());
      EXPECT_EQ(row->second->first_outcome(), OutcomeOf(round, one, place)) << what;
      EXPECT_EQ(row->second->counts(), counting == channel) << what;
      EXPECT_EQ(row->second->superseded_by(),
                counting == channel ? "" : instead->second->response_id())
          << what;
      EXPECT_EQ(row->second->answers(0).choice(), StarsOf(channel)) << what;
      EXPECT_EQ(row->second->unit_id(), Town::kUnit) << what;
      EXPECT_TRUE(row->second->identified()) << what;
    }
  }
}

void CountedOnce::CheckResults(const v1::Round& round) {
  const uint64_t dossiers = cases_[round.round_id()].size();
  const Order channels = AllOrders()[0];
  const auto counts = ReadCounts(town_.admin(), round.round_id());
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->stored(), dossiers * 3);
  EXPECT_EQ(counts->counted(), dossiers);
  EXPECT_EQ(counts->superseded(), dossiers * 2);
  for (const v1::Channel channel : channels) {
    EXPECT_EQ(counts->by_channel().at(static_cast<uint32_t>(channel)), dossiers);
  }
  const auto sipas = ReadSipas(town_.admin(), round.round_id());
  ASSERT_TRUE(sipas.ok()) << sipas.status();
  EXPECT_EQ(sipas->overall().n(), dossiers);
  // Only the kiosk's five stars are above three.
  EXPECT_DOUBLE_EQ(sipas->overall().value(),
                   100.0 * static_cast<double>(CountsOf(round, v1::CHANNEL_KIOSK)) /
                       static_cast<double>(dossiers));
  const auto item = std::find_if(sipas->components().begin(), sipas->components().end(),
                                 [](const auto& one) { return one.counts_size() == 5; });
  ASSERT_NE(item, sipas->components().end());
  for (const v1::Channel channel : channels) {
    EXPECT_EQ(item->counts(static_cast<int>(StarsOf(channel)) - 1), CountsOf(round, channel))
        << round.round_id() << " " << v1::Channel_Name(channel);
  }
}

void CountedOnce::CheckCommandLine(const v1::Round& round) {
  const size_t dossiers = cases_[round.round_id()].size();
  EXPECT_THAT(town_.Hailong(Cat("sipas ", round.round_id())),
              HasSubstr(Cat("stored ", dossiers * 3, ", counted ", dossiers, ", superseded ",
                            dossiers * 2)));
  // As a spreadsheet gets it: how many of each channel count, by the column that says so.
  std::map<std::string, uint64_t> counting;
  const std::vector<std::string> lines =
      absl::StrSplit(town_.Hailong(Cat("export ", round.round_id(), " --format csv")), '\n');
  const std::vector<std::string> names = absl::StrSplit(lines[0], ',');
  const auto column = [&](std::string_view name) {
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  ASSERT_LT(column("counts"), names.size()) << lines[0];
  ASSERT_LT(column("channel"), names.size()) << lines[0];
  for (size_t i = 1; i < lines.size() && !lines[i].empty(); ++i) {
    const std::vector<std::string> cells = absl::StrSplit(lines[i], ',');
    if (cells.at(column("counts")) == "true") ++counting[cells.at(column("channel"))];
  }
  for (const auto& [channel, word] :
       {std::pair{v1::CHANNEL_KIOSK, "kiosk"}, std::pair{v1::CHANNEL_WEB, "web"},
        std::pair{v1::CHANNEL_ZALO, "zalo"}}) {
    EXPECT_EQ(counting[word], CountsOf(round, channel)) << round.round_id() << " " << word;
  }
}

TEST_F(CountedOnce, InEveryOrderAndUnderEveryPolicyAndEveryOutputSaysWhich) {
  for (size_t place = 0; place < 3; ++place) {
    for (const v1::Round& round : rounds_) AnswerAll(round, place);
    ASSERT_TRUE(Town::Wait([&] { return town_.Events(v1::ZALO_EVENT_STATE_RECORDED) == ratings_; }))
        << town_.ZaloState().ShortDebugString();
  }
  for (const v1::Round& round : rounds_) {
    ASSERT_NO_FATAL_FAILURE(CheckExport(round));
    ASSERT_NO_FATAL_FAILURE(CheckResults(round));
  }
  for (const v1::Round& round : rounds_) ASSERT_NO_FATAL_FAILURE(CheckCommandLine(round));
  // A restart reads the same from the disk.
  EXPECT_EQ(town_.Stop(), 0);
  ASSERT_NO_FATAL_FAILURE(town_.Start());
  for (const v1::Round& round : rounds_) {
    ASSERT_NO_FATAL_FAILURE(CheckExport(round));
    ASSERT_NO_FATAL_FAILURE(CheckResults(round));
  }
}

}  // namespace
}  // namespace hailong::tests
