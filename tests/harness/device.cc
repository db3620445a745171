#include "tests/harness/device.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace hailong::tests {
namespace {

using base::Cat;

constexpr size_t kBatchMax = 500;

bool MayBeRetried(int code) {
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::RESOURCE_EXHAUSTED ||
         code == grpc::StatusCode::DEADLINE_EXCEEDED || code == grpc::StatusCode::CANCELLED;
}

}  // namespace

absl::Time Sent::given_at() const {
  return absl::FromUnixSeconds(response.submitted_at().seconds()) +
         absl::Nanoseconds(response.submitted_at().nanos()) +
         absl::Milliseconds(response.clock_offset_ms());
}

Device::Device(CollectorAccess access, const Options& options)
    : access_(std::move(access)), options_(options), random_(options.seed) {}

uint64_t Device::Draw(uint64_t below) { return random_() % below; }

std::string Device::DrawUuid() {
  const uint64_t high = random_();
  const uint64_t low = random_();
  return absl::StrFormat("%08x-%04x-4%03x-a%03x-%012x", high >> 32, high >> 16 & 0xFFFF,
                         high & 0xFFF, low >> 48 & 0xFFF, low & 0xFFFFFFFFFFFF);
}

// The same code as different hands type it.
std::string Device::TypeDossierCode(uint64_t citizen) {
  std::string code = absl::StrFormat("G12.18-260421-%08d", citizen);
  if (Chance(30)) {
    std::transform(code.begin(), code.end(), code.begin(),
                   [](char c) { return static_cast<char>(std::tolower(c)); });
  }
  if (Chance(30)) std::replace(code.begin(), code.end(), '-', ' ');
  if (Chance(20)) code = Cat(" ", code, " ");
  return code;
}

const Sent& Device::Make() {
  Sent made;
  made.channel = access_.channel;
  v1::Response& response = made.response;
  response.set_response_id(DrawUuid());
  response.set_round_id(std::string(kRounds[Draw(std::size(kRounds))]));
  response.set_questionnaire_version(1);
  response.set_unit_id(std::string(kUnits[Draw(std::size(kUnits))]));
  // Some fifty moments, so that ties happen, by clocks of which some are days off.
  const absl::Time given = options_.now - absl::Hours(1) - absl::Minutes(Draw(50));
  if (Chance(20))
    response.set_clock_offset_ms(static_cast<int64_t>(Draw(500'000'000)) - 250'000'000);
  const absl::Time by_device = given - absl::Milliseconds(response.clock_offset_ms());
  const int64_t us = absl::ToUnixMicros(by_device);
  response.mutable_submitted_at()->set_seconds(us / 1'000'000);
  response.mutable_submitted_at()->set_nanos(static_cast<int32_t>(us % 1'000'000 * 1'000));
  response.set_duration_ms(static_cast<uint32_t>(20'000 + Draw(60'000)));
  response.set_device_sequence(++device_sequence_);
  if (Chance(80)) {
    made.citizen = 1 + Draw(options_.citizens);
    response.mutable_evidence()->set_dossier_code(TypeDossierCode(made.citizen));
  }
  for (uint32_t i = 1; i <= kRatings; ++i) {
    if (i > 1 && Chance(20)) continue;
    v1::Answer* answer = response.add_answers();
    answer->set_question_id(RatingId(i));
    answer->set_choice(static_cast<uint32_t>(1 + Draw(5)));
  }
  if (Chance(20)) {
    v1::Answer* answer = response.add_answers();
    answer->set_question_id("q5");
    answer->set_text(Cat("Góp ý số ", Draw(1000)));
  }
  sent_.push_back(std::move(made));
  return sent_.back();
}

// A response that must be refused: a new one with a choice that is not there, or one that is
// stored, with another answer.
Device::Item Device::MakeBad() {
  Item item;
  std::vector<size_t> stored;
  for (size_t i = sent_.size(); i > 0 && stored.empty() && i + 50 > sent_.size(); --i) {
    if (sent_[i - 1].receipt.has_value()) stored.push_back(i - 1);
  }
  if (!stored.empty() && Chance(50)) {
    item.bad = sent_[stored[0]].response;
    item.bad->mutable_answers(0)->set_choice(item.bad->answers(0).choice() % 5 + 1);
    item.must_be = grpc::StatusCode::ALREADY_EXISTS;
    return item;
  }
  Make();
  item.bad = sent_.back().response;
  item.bad->mutable_answers(0)->set_choice(9);
  item.must_be = grpc::StatusCode::INVALID_ARGUMENT;
  sent_.pop_back();
  --device_sequence_;
  return item;
}

void Device::AddRandomItem(std::vector<Item>& items) {
  if (Chance(3)) return items.push_back(MakeBad());
  if (Chance(10) && !sent_.empty()) return items.push_back({.index = Draw(sent_.size())});
  Make();
  items.push_back({.index = sent_.size() - 1});
  // A batch that names a response twice.
  if (Chance(2)) items.push_back({.index = sent_.size() - 1});
}

grpc::Status Device::Step(Caller& caller) {
  std::vector<Item> items;
  // What was lost comes first, as an outbox would send it; not always all of it at once.
  if (Chance(50)) {
    for (size_t i = 0; i < sent_.size() && items.size() < 100; ++i) {
      if (!sent_[i].receipt.has_value() && Chance(70)) items.push_back({.index = i});
    }
  }
  if (items.empty()) {
    AddRandomItem(items);
    if (Chance(60)) {
      for (uint64_t i = Draw(static_cast<uint64_t>(options_.batch_max)); i > 0; --i) {
        AddRandomItem(items);
      }
    }
  }
  return Send(caller, items);
}

grpc::Status Device::SendNew(Caller& caller, int count) {
  std::vector<Item> items;
  for (int i = 0; i < count; ++i) {
    Make();
    items.push_back({.index = sent_.size() - 1});
  }
  return Send(caller, items);
}

grpc::Status Device::SendUnacknowledged(Caller& caller) {
  std::vector<Item> items;
  for (size_t i = 0; i < sent_.size() && items.size() < kBatchMax; ++i) {
    if (!sent_[i].receipt.has_value()) items.push_back({.index = i});
  }
  return items.empty() ? grpc::Status::OK : SendBatch(caller, items);
}

grpc::Status Device::SendAllAgain(Caller& caller) {
  std::vector<Item> items;
  for (size_t i = 0; i < sent_.size(); ++i) {
    if (sent_[i].receipt.has_value()) items.push_back({.index = i});
    if (items.size() == kBatchMax || (i + 1 == sent_.size() && !items.empty())) {
      if (grpc::Status status = SendBatch(caller, items); !status.ok()) return status;
      items.clear();
    }
  }
  return grpc::Status::OK;
}

size_t Device::unacknowledged() const {
  return static_cast<size_t>(std::count_if(
      sent_.begin(), sent_.end(), [](const Sent& sent) { return !sent.receipt.has_value(); }));
}

grpc::Status Device::Send(Caller& caller, const std::vector<Item>& items) {
  return items.size() == 1 ? SendSingle(caller, items[0]) : SendBatch(caller, items);
}

const v1::Response& Device::ResponseOf(const Item& item) const {
  return item.bad.has_value() ? *item.bad : sent_[item.index].response;
}

grpc::Status Device::SendSingle(Caller& caller, const Item& item) {
  v1::SubmitResponseRequest request;
  *request.mutable_response() = ResponseOf(item);
  v1::SubmitResponseResponse told;
  const grpc::Status status =
      caller.collection().SubmitResponse(caller.Context().get(), request, &told);
  if (status.ok()) {
    Note(item, told);
    return status;
  }
  NoteRefusal(item, status.error_code(), status.error_message());
  return MayBeRetried(status.error_code()) ? status : grpc::Status::OK;
}

grpc::Status Device::SendBatch(Caller& caller, const std::vector<Item>& items) {
  v1::SubmitResponsesRequest request;
  for (const Item& item : items) *request.add_responses() = ResponseOf(item);
  v1::SubmitResponsesResponse told;
  const grpc::Status status =
      caller.collection().SubmitResponses(caller.Context().get(), request, &told);
  if (!status.ok()) {
    if (!MayBeRetried(status.error_code())) {
      complaints_.push_back(Cat("batch refused: ", status.error_message()));
    }
    return status;
  }
  if (static_cast<size_t>(told.results_size()) != items.size()) {
    complaints_.push_back(Cat("sent ", items.size(), ", told of ", told.results_size()));
    return status;
  }
  grpc::Status all = status;
  for (size_t i = 0; i < items.size(); ++i) {
    const v1::SubmitResult& result = told.results(static_cast<int>(i));
    if (result.has_stored()) {
      Note(items[i], result.stored());
      continue;
    }
    const v1::Refusal& refusal = result.refusal();
    NoteRefusal(items[i], refusal.code(), refusal.message());
    if (MayBeRetried(refusal.code())) {
      all = grpc::Status(static_cast<grpc::StatusCode>(refusal.code()), refusal.message());
    }
  }
  return all;
}

void Device::Note(const Item& item, const v1::SubmitResponseResponse& told) {
  const std::string& id = ResponseOf(item).response_id();
  if (item.bad.has_value()) {
    complaints_.push_back(Cat(id, ": stored, though it must be refused"));
    return;
  }
  Sent& sent = sent_[item.index];
  if (told.receipt().response_id() != id) {
    complaints_.push_back(Cat(id, ": the receipt names ", told.receipt().response_id()));
  }
  if (!sent.receipt.has_value()) {
    sent.receipt = told.receipt();
    return;
  }
  if (told.outcome() != v1::OUTCOME_ALREADY_RECORDED) {
    complaints_.push_back(
        Cat(id, ": acknowledged before, now told ", v1::Outcome_Name(told.outcome())));
  }
  if (sent.receipt->SerializeAsString() != told.receipt().SerializeAsString()) {
    complaints_.push_back(Cat(id, ": the receipt is another: ", sent.receipt->ShortDebugString(),
                              " became ", told.receipt().ShortDebugString()));
  }
}

void Device::NoteRefusal(const Item& item, int code, const std::string& message) {
  if (MayBeRetried(code) || (item.bad.has_value() && code == item.must_be)) return;
  complaints_.push_back(Cat(ResponseOf(item).response_id(), ": refused with ", code, " ", message));
}

}  // namespace hailong::tests
