#include "tests/harness/validate.h"

#include <google/protobuf/util/message_differencer.h>

#include <cmath>
#include <map>
#include <set>

#include "base/status.h"
#include "tests/harness/model.h"

namespace hailong::tests {
namespace {

using base::Cat;
using google::protobuf::util::MessageDifferencer;

class Validation {
 public:
  Validation(Caller& admin, const std::vector<const Device*>& devices)
      : admin_(admin), devices_(devices) {
    for (const Device* device : devices) {
      for (const Sent& sent : device->sent()) by_id_[sent.response.response_id()] = &sent;
    }
  }

  absl::Status CheckRound(std::string_view round_id);
  void CheckNothingLost();
  void CheckComplaints();
  absl::Status CheckGaps();
  std::vector<Violation> Take() { return std::move(violations_); }

 private:
  void Add(Wrong what, std::string text) { violations_.push_back({what, std::move(text)}); }
  void CheckContent(const v1::ExportedResponse& row, const Sent& sent);
  void CheckReceipt(const v1::ExportedResponse& row, const Sent& sent);

  Caller& admin_;
  const std::vector<const Device*>& devices_;
  std::map<std::string, const Sent*> by_id_;
  std::set<std::string> seen_;
  std::vector<Violation> violations_;
};

void Validation::CheckContent(const v1::ExportedResponse& row, const Sent& sent) {
  v1::ExportedResponse expected;
  for (const v1::Answer& answer : sent.response.answers()) *expected.add_answers() = answer;
  v1::ExportedResponse found;
  *found.mutable_answers() = row.answers();
  const absl::Time given_at = absl::FromUnixSeconds(row.submitted_at().seconds()) +
                              absl::Nanoseconds(row.submitted_at().nanos());
  if (!MessageDifferencer::Equals(expected, found) || row.unit_id() != sent.response.unit_id() ||
      row.channel() != sent.channel || row.duration_ms() != sent.response.duration_ms() ||
      given_at != sent.given_at() || row.identified() != (sent.citizen != 0)) {
    Add(Wrong::kContent,
        Cat("sent ", sent.response.ShortDebugString(), ", there is ", row.ShortDebugString()));
  }
}

void Validation::CheckReceipt(const v1::ExportedResponse& row, const Sent& sent) {
  if (!sent.receipt.has_value()) return;
  if (row.first_outcome() != sent.receipt->first_outcome() ||
      !MessageDifferencer::Equals(row.received_at(), sent.receipt->received_at())) {
    Add(Wrong::kReceipt, Cat("the receipt was ", sent.receipt->ShortDebugString(), ", there is ",
                             row.ShortDebugString()));
  }
}

absl::Status Validation::CheckRound(std::string_view round_id) {
  ASSIGN_OR_RETURN(const auto rows, ExportAll(admin_, round_id));
  std::vector<const Sent*> stored;
  std::vector<const v1::ExportedResponse*> judged;
  for (const v1::ExportedResponse& row : rows) {
    if (!seen_.insert(row.response_id()).second) {
      Add(Wrong::kDoubled, row.response_id());
      continue;
    }
    const auto found = by_id_.find(row.response_id());
    if (found == by_id_.end() || found->second->response.round_id() != round_id) {
      Add(Wrong::kNeverSent, row.response_id());
      continue;
    }
    CheckContent(row, *found->second);
    CheckReceipt(row, *found->second);
    stored.push_back(found->second);
    judged.push_back(&row);
  }
  const std::vector<Verdict> verdicts = JudgeInOrder(stored);
  uint64_t counted = 0;
  uint64_t satisfied = 0;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    counted += verdicts[i].counts ? 1 : 0;
    satisfied += verdicts[i].counts && stored[i]->response.answers(0).choice() >= 4 ? 1 : 0;
    if (verdicts[i].first_outcome == judged[i]->first_outcome() &&
        verdicts[i].counts == judged[i]->counts()) {
      continue;
    }
    Add(Wrong::kCounted, Cat("citizen ", stored[i]->citizen, ": the model says ",
                             v1::Outcome_Name(verdicts[i].first_outcome),
                             verdicts[i].counts ? ", counts" : ", does not count", "; there is ",
                             judged[i]->ShortDebugString()));
  }
  ASSIGN_OR_RETURN(const v1::RoundCounts counts, ReadCounts(admin_, round_id));
  if (counts.stored() != rows.size() || counts.counted() != counted ||
      counts.stored() != counts.counted() + counts.superseded() + counts.late()) {
    Add(Wrong::kCounted, Cat(round_id, ": exported ", rows.size(), ", the model counts ", counted,
                             "; the live counts are ", counts.ShortDebugString()));
  }
  ASSIGN_OR_RETURN(const v1::IndexResult sipas, ReadSipas(admin_, round_id));
  const double share =
      counted == 0 ? 0 : 100.0 * static_cast<double>(satisfied) / static_cast<double>(counted);
  if (sipas.overall().n() != counted || std::abs(sipas.overall().value() - share) > 1e-9) {
    Add(Wrong::kCounted, Cat(round_id, ": the model has ", share, "% of ", counted, ", scored is ",
                             sipas.overall().ShortDebugString()));
  }
  return absl::OkStatus();
}

void Validation::CheckNothingLost() {
  for (const auto& [id, sent] : by_id_) {
    if (sent->receipt.has_value() && !seen_.contains(id)) {
      Add(Wrong::kLost, Cat(id, " with receipt ", sent->receipt->ShortDebugString()));
    }
  }
}

void Validation::CheckComplaints() {
  for (const Device* device : devices_) {
    for (const std::string& complaint : device->complaints()) Add(Wrong::kComplaint, complaint);
  }
}

absl::Status Validation::CheckGaps() {
  v1::ListSequenceGapsResponse gaps;
  RETURN_IF_ERROR(FromGrpc(admin_.registry().ListSequenceGaps(admin_.Context().get(), {}, &gaps)));
  for (const v1::SequenceGap& gap : gaps.gaps()) Add(Wrong::kGap, gap.ShortDebugString());
  v1::ListCollectorsResponse collectors;
  RETURN_IF_ERROR(
      FromGrpc(admin_.registry().ListCollectors(admin_.Context().get(), {}, &collectors)));
  for (const Device* device : devices_) {
    for (const v1::Collector& collector : collectors.collectors()) {
      if (collector.collector_id() != device->access().collector_id) continue;
      if (collector.device_sequence_max() != device->device_sequence() ||
          collector.missing_count() != 0) {
        Add(Wrong::kGap, Cat("sent numbers 1..", device->device_sequence(), ", the server has ",
                             collector.ShortDebugString()));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Violation>> Validate(Caller& admin,
                                                const std::vector<const Device*>& devices,
                                                bool complete) {
  Validation validation(admin, devices);
  for (const std::string_view round : kRounds) RETURN_IF_ERROR(validation.CheckRound(round));
  validation.CheckNothingLost();
  validation.CheckComplaints();
  if (complete) RETURN_IF_ERROR(validation.CheckGaps());
  return validation.Take();
}

std::string Describe(const std::vector<Violation>& violations) {
  constexpr const char* kNames[] = {"lost",    "doubled", "never sent", "content",
                                    "receipt", "counted", "gap",        "complaint"};
  std::string text;
  for (size_t i = 0; i < violations.size() && i < 20; ++i) {
    text += Cat("\n  ", kNames[static_cast<size_t>(violations[i].what)], ": ", violations[i].text);
  }
  return Cat(violations.size(), " violations", text);
}

}  // namespace hailong::tests
