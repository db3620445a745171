// Which responses count: the server's answer, everywhere it gives one, against the store's own
// table of what counts and against a slow recomputation from what was sent.

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "base/sqlite/sqlite.h"
#include "server/model/times.h"
#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

struct Sent {
  std::string response_id;
  std::string unit_id;
  int citizen = 0;  // 0: anonymous
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
  int64_t second = 0;  // submitted at
  bool late = false;
  bool counts = false;
};

// True if `a` counts instead of `b`, which was stored before it.
bool Beats(const Sent& a, const Sent& b, v1::DuplicatePolicy policy,
           const std::map<v1::Channel, int>& ranks) {
  if (policy == v1::DUPLICATE_POLICY_FIRST) return a.second < b.second;
  if (policy == v1::DUPLICATE_POLICY_CHANNEL_ORDER) {
    const int ours = ranks.at(a.channel);
    const int theirs = ranks.at(b.channel);
    if (ours != theirs) return ours < theirs;
  }
  return a.second >= b.second;
}

// By the definition: no other response of the citizen in time is to be preferred.
void Recompute(std::vector<Sent>& history, v1::DuplicatePolicy policy,
               const std::map<v1::Channel, int>& ranks) {
  for (size_t i = 0; i < history.size(); ++i) {
    history[i].counts = !history[i].late;
    for (size_t k = 0; k < history.size() && history[i].counts; ++k) {
      const Sent& other = history[k];
      if (k == i || other.late || history[i].citizen == 0 || other.citizen != history[i].citizen) {
        continue;
      }
      history[i].counts = k < i ? Beats(history[i], other, policy, ranks)
                                : !Beats(other, history[i], policy, ranks);
    }
  }
}

// The ids that the store's table says count, with all anonymous ones in time.
std::set<std::string> CountedInTheStore(const std::string& directory) {
  const auto hex = [](std::string_view bytes) {
    std::string text;
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
      for (const int digit : {bytes[i] >> 4 & 15, bytes[i] & 15}) {
        text.push_back("0123456789abcdef"[digit]);
      }
    }
    return text;
  };
  auto database = base::Database::Open(directory + "/hailong.db", base::Database::Mode::kReadOnly);
  EXPECT_TRUE(database.ok()) << database.status();
  auto select = database->Prepare(
      "SELECT response_id FROM responses WHERE sequence IN (SELECT sequence FROM counted) "
      "OR (respondent_key IS NULL AND outcome != 5)");
  EXPECT_TRUE(select.ok()) << select.status();
  std::set<std::string> ids;
  while (select->Step().value_or(false)) ids.insert(hex(select->Blob(0)));
  return ids;
}

class Counted : public ::testing::TestWithParam<v1::DuplicatePolicy> {};

TEST_P(Counted, IsOneDefinitionEverywhere) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](size_t bound) { return static_cast<int>(random() % bound); };

  Province province;
  province.SetUp();
  const v1::DuplicatePolicy policy = GetParam();
  std::map<v1::Channel, int> ranks = {
      {v1::CHANNEL_PAPER, 0}, {v1::CHANNEL_KIOSK, 1}, {v1::CHANNEL_WEB, 2}, {v1::CHANNEL_ZALO, 2}};
  v1::OpenRoundRequest open;
  *open.mutable_round() = AutumnRound();
  open.mutable_round()->set_round_id("winter");
  open.mutable_round()->set_duplicate_policy(policy);
  if (policy == v1::DUPLICATE_POLICY_CHANNEL_ORDER) {
    open.mutable_round()->add_channel_order(v1::CHANNEL_PAPER);
    open.mutable_round()->add_channel_order(v1::CHANNEL_KIOSK);
  }
  province.Admin().Get(&RegistryStub::OpenRound, open);
  std::map<v1::Channel, Client> collectors;
  for (const auto& [channel, rank] : ranks) {
    collectors.emplace(channel, province.Collector("c" + std::to_string(channel), "", channel));
  }
  const char* const units[] = {"1", "1.a", "1.a.1", "1.a.2", "1.b.1", "1.b.2"};
  const int64_t start = absl::ToUnixSeconds(province.clock().Now()) - 50;

  std::vector<Sent> history;
  for (int batch = 0; batch < 30; ++batch) {
    if (batch == 24) {  // from here on all is late
      province.clock().Set(model::FromProto(open.round().closes_at()) + absl::Hours(24 * 7) +
                           absl::Seconds(1));
    }
    auto collector = collectors.begin();
    std::advance(collector, below(collectors.size()));
    std::vector<v1::Response> responses;
    for (int i = below(25); i >= 0; --i) {
      Sent sent{.response_id = "",
                .unit_id = units[below(std::size(units))],
                .citizen = below(12),
                .channel = collector->first,
                .second = start + below(6),  // many at the same moment
                .late = batch >= 24};
      v1::Response response = province.MakeResponse(sent.unit_id, 1 + uint32_t(below(5)));
      sent.response_id = response.response_id();
      response.set_round_id("winter");
      *response.mutable_submitted_at() = model::ToProto(absl::FromUnixSeconds(sent.second));
      if (sent.citizen > 0) {
        response.mutable_evidence()->set_dossier_code("G12.18-260421-" +
                                                      std::to_string(1000 + sent.citizen));
      }
      responses.push_back(std::move(response));
      history.push_back(std::move(sent));
    }
    const auto results = Submit(collector->second, responses);
    for (const v1::SubmitResult& result : results.results()) {
      ASSERT_TRUE(result.has_stored()) << result.refusal().message();
    }
    if (batch % 7 != 0 && batch < 28) continue;

    Recompute(history, policy, ranks);
    std::set<std::string> expected;
    for (const Sent& sent : history) {
      if (sent.counts) expected.insert(sent.response_id);
    }
    ASSERT_EQ(CountedInTheStore(province.directory()), expected);
    const Client admin = province.Admin();
    for (const std::string root : {"1", "1.a", "1.b.2"}) {
      uint64_t stored = 0, counted = 0, late = 0;
      for (const Sent& sent : history) {
        if (root != "1" && sent.unit_id.rfind(root, 0) != 0) continue;
        ++stored;
        counted += sent.counts ? 1 : 0;
        late += sent.late ? 1 : 0;
      }
      v1::GetSipasRequest sipas;
      sipas.set_round_id("winter");
      sipas.set_unit_id(root);
      const v1::RoundCounts scored = admin.Get(&ResultsStub::GetSipas, sipas).result().counts();
      EXPECT_EQ(scored.stored(), stored);
      EXPECT_EQ(scored.counted(), counted);
      EXPECT_EQ(scored.late(), late);
      EXPECT_EQ(scored.superseded(), stored - counted - late);
      v1::ExportResponsesRequest request;
      request.set_round_id("winter");
      request.set_unit_id(root);
      std::set<std::string> exported;
      size_t rows = 0;
      for (const auto& one : Export(admin, request).responses) {
        ++rows;
        if (one.counts()) exported.insert(one.response_id());
      }
      EXPECT_EQ(rows, stored);
      EXPECT_EQ(exported.size(), counted);
      if (root == "1") {
        EXPECT_EQ(exported, expected);
      }
      request.set_counted_only(true);
      EXPECT_EQ(Export(admin, request).responses.size(), counted);
      grpc::ClientContext context;
      admin.Prepare(context);
      v1::WatchRoundRequest watch;
      watch.set_round_id("winter");
      watch.set_unit_id(root);
      v1::WatchRoundResponse live;
      const auto reader = admin.results().WatchRound(&context, watch);
      ASSERT_TRUE(reader->Read(&live));
      context.TryCancel();
      reader->Finish();
      EXPECT_EQ(live.counts().counted(), counted);
      EXPECT_EQ(live.counts().stored(), stored);
      uint64_t by_unit = 0;
      for (const auto& unit : live.units()) by_unit += unit.counted();
      EXPECT_EQ(by_unit, counted);
    }
  }
  // A server that reads it all anew says the same.
  province.Restart();
  v1::GetSipasRequest sipas;
  sipas.set_round_id("winter");
  size_t counted = 0;
  for (const Sent& sent : history) counted += sent.counts ? 1 : 0;
  EXPECT_EQ(province.Admin().Get(&ResultsStub::GetSipas, sipas).result().counts().counted(),
            counted);
}

INSTANTIATE_TEST_SUITE_P(Policies, Counted,
                         ::testing::Values(v1::DUPLICATE_POLICY_LATEST, v1::DUPLICATE_POLICY_FIRST,
                                           v1::DUPLICATE_POLICY_CHANNEL_ORDER),
                         [](const auto& policy) { return v1::DuplicatePolicy_Name(policy.param); });

}  // namespace
}  // namespace hailong::e2e
