#include "tests/harness/model.h"

#include <map>

namespace hailong::tests {
namespace {

int RankByChannel(v1::Channel channel) {
  if (channel == v1::CHANNEL_PAPER) return 0;
  return channel == v1::CHANNEL_KIOSK ? 1 : 2;
}

bool Wins(const Sent& newcomer, const Sent& incumbent) {
  const std::string& round = newcomer.response.round_id();
  if (round == kFirst) return newcomer.given_at() < incumbent.given_at();
  if (round == kByChannel) {
    const int ours = RankByChannel(newcomer.channel);
    const int theirs = RankByChannel(incumbent.channel);
    if (ours != theirs) return ours < theirs;
  }
  return newcomer.given_at() >= incumbent.given_at();
}

}  // namespace

std::vector<Verdict> JudgeInOrder(const std::vector<const Sent*>& stored) {
  std::vector<Verdict> verdicts(stored.size());
  std::map<uint64_t, size_t> counting;  // by citizen
  for (size_t i = 0; i < stored.size(); ++i) {
    verdicts[i] = {v1::OUTCOME_RECORDED, true};
    if (stored[i]->citizen == 0) continue;
    const auto [before, is_first] = counting.try_emplace(stored[i]->citizen, i);
    if (is_first) continue;
    if (Wins(*stored[i], *stored[before->second])) {
      verdicts[i].first_outcome = v1::OUTCOME_RECORDED_COUNTS;
      verdicts[before->second].counts = false;
      before->second = i;
    } else {
      verdicts[i] = {v1::OUTCOME_RECORDED_NOT_COUNTED, false};
    }
  }
  return verdicts;
}

}  // namespace hailong::tests
