#include "kiosk-client/outbox/outbox.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "base/status.h"
#include "kiosk-client/outbox/outbox_parts.h"

namespace hailong::outbox {
namespace {

using base::Cat;
using base::Statement;

constexpr size_t kMessageBytesMax = 1000;  // of a reason to set aside
constexpr size_t kAlarmBytesMax = 2000;

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

std::string Serialized(const LastGood& last_good) {
  v1::HeartbeatResponse heartbeat;
  *heartbeat.mutable_configuration() = last_good.configuration;
  if (last_good.round.has_value()) *heartbeat.mutable_round() = *last_good.round;
  heartbeat.set_questionnaire_digest(last_good.questionnaire_digest);
  heartbeat.set_unit_name(last_good.unit_name);
  heartbeat.set_province_name(last_good.province_name);
  return heartbeat.SerializeAsString();
}

}  // namespace

Outbox::Outbox(Options options, base::FileLock lock)
    : options_(std::move(options)), lock_(std::move(lock)), mark_(Path(kMarkName), 0) {}

Outbox::~Outbox() = default;

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(Options options) {
  HAILONG_CHECK(options.clock != nullptr && options.clock_offset_ms != nullptr);
  RETURN_IF_ERROR(base::MakePrivateDirectory(options.directory));
  ASSIGN_OR_RETURN(base::FileLock lock,
                   base::FileLock::Take(Cat(options.directory, "/", kDatabaseName, ".lock")));
  auto outbox = std::unique_ptr<Outbox>(new Outbox(std::move(options), std::move(lock)));
  base::MutexLock guard(outbox->mutex_);
  const absl::Status opened = outbox->EnsureOpen();
  if (absl::IsFailedPrecondition(opened)) return opened;
  if (!opened.ok()) outbox->Fail(opened).IgnoreError();  // it is tried again at each call
  return outbox;
}

absl::Status Outbox::Fail(const absl::Status& why) {
  failure_ = std::string(why.message());
  return absl::IsResourceExhausted(why)
             ? absl::ResourceExhaustedError(Cat("the outbox's disk is full: ", why.message()))
             : absl::UnavailableError(Cat("the outbox's disk fails: ", why.message()));
}

absl::Status Outbox::Transact(const std::function<absl::Status(Handles&)>& body) {
  Handles& h = *handles_;
  absl::Status status = h.begin.Run();
  if (status.ok()) status = body(h);
  if (status.ok()) status = h.commit.Run();
  if (status.ok()) {
    failure_.clear();
    return status;
  }
  const bool rolled_back = !h.database.InTransaction() || h.rollback.Run().ok();
  // A full disk leaves the file as it was. After any other failure nobody can say what is on disk:
  // the file is closed, and the next call reads the truth back from it.
  if (!rolled_back || !absl::IsResourceExhausted(status)) handles_.reset();
  return status;
}

bool Outbox::IsFull() const {
  return counts_.waiting + counts_.set_aside >= options_.answers_max ||
         counts_.bytes >= options_.bytes_max;
}

absl::StatusOr<std::optional<uint64_t>> Outbox::FindNumber(const std::string& response_id) {
  for (Statement* find :
       {&handles_->find_waiting, &handles_->find_set_aside, &handles_->find_sent}) {
    find->Bind(1, response_id);
    ASSIGN_OR_RETURN(const bool found, find->Step());
    if (!found) continue;
    const auto number = static_cast<uint64_t>(find->Int(0));
    find->Reset();
    return number;
  }
  return std::nullopt;
}

absl::StatusOr<uint64_t> Outbox::KeepOnce(v1::Response& response, bool& is_new) {
  RETURN_IF_ERROR(EnsureOpen());
  RETURN_IF_ERROR(Checkpoint());
  ASSIGN_OR_RETURN(const std::optional<uint64_t> known, FindNumber(response.response_id()));
  if (known.has_value()) return *known;
  if (IsFull()) {
    return absl::ResourceExhaustedError(
        Cat("the outbox is full: ", counts_.waiting, " answers wait and ", counts_.set_aside,
            " are set aside, ", counts_.bytes, " bytes; allowed are ", options_.answers_max,
            " answers and ", options_.bytes_max, " bytes"));
  }
  const uint64_t number = counts_.device_sequence + 1;
  RETURN_IF_ERROR(mark_.Reach(number));
  response.set_device_sequence(number);
  response.set_clock_offset_ms(options_.clock_offset_ms());
  const std::string bytes = response.SerializeAsString();
  RETURN_IF_ERROR(Transact([&](Handles& h) -> absl::Status {
    RETURN_IF_ERROR(h.insert_waiting.Bind(1, static_cast<int64_t>(number))
                        .Bind(2, response.response_id())
                        .Bind(3, absl::ToUnixMicros(TimeOf(response.submitted_at())))
                        .BindBlob(4, bytes)
                        .Bind(5, base::Crc32(bytes))
                        .Run());
    return h.set_last.Bind(1, static_cast<int64_t>(number)).Run();
  }));
  ++counts_.waiting;
  counts_.bytes += bytes.size();
  counts_.device_sequence = number;
  is_new = true;
  return number;
}

absl::StatusOr<uint64_t> Outbox::Keep(v1::Response response) {
  if (!base::Uuid::Parse(response.response_id()).ok()) {
    return absl::InvalidArgumentError(
        Cat("response_id: ", base::Uuid::Parse(response.response_id()).status().message()));
  }
  if (response.ByteSizeLong() > kAnswerBytesMax) {
    return absl::InvalidArgumentError(
        Cat("the answer has ", response.ByteSizeLong(), " bytes; allowed are ", kAnswerBytesMax));
  }
  absl::Status failed;
  bool is_new = false;
  {
    base::MutexLock lock(mutex_);
    // The second time: the file was opened again, and either the answer is found in it, or it takes
    // it now. The response_id makes both safe.
    for (int time = 0; time < 2; ++time) {
      const absl::StatusOr<uint64_t> number = KeepOnce(response, is_new);
      failed = number.status();
      if (!number.ok() && !absl::IsResourceExhausted(failed)) {
        handles_.reset();
        continue;
      }
      if (!number.ok()) break;
      if (!is_new) return number;
      break;
    }
    if (!failed.ok()) return absl::IsResourceExhausted(failed) && IsFull() ? failed : Fail(failed);
  }
  if (kept_ != nullptr) kept_();
  return response.device_sequence();
}

absl::Status Outbox::GoOnAfter(uint64_t sequence) {
  if (sequence > kSequenceMax) {
    return absl::InvalidArgumentError(
        Cat("device sequence: found ", sequence, ", allowed are 0..", kSequenceMax));
  }
  base::MutexLock lock(mutex_);
  if (const absl::Status opened = EnsureOpen(); !opened.ok()) return Fail(opened);
  if (sequence > counts_.device_sequence) {
    const absl::Status stored = Transact(
        [&](Handles& h) { return h.set_last.Bind(1, static_cast<int64_t>(sequence)).Run(); });
    if (!stored.ok()) return Fail(stored);
    counts_.device_sequence = sequence;
  }
  // After the database, which would else look like an old copy of itself.
  const absl::Status marked = mark_.Reach(sequence);
  return marked.ok() ? marked : Fail(marked);
}

absl::StatusOr<std::vector<v1::Response>> Outbox::ReadBatch(uint64_t after, size_t count_max,
                                                            size_t bytes_max) {
  base::MutexLock lock(mutex_);
  if (const absl::Status opened = EnsureOpen(); !opened.ok()) return Fail(opened);
  std::vector<v1::Response> batch;
  std::vector<v1::SetAsideResponse> spoiled;
  Statement& read = handles_->read_batch;
  read.Bind(1, static_cast<int64_t>(after));
  size_t bytes = 0;
  while (batch.size() < count_max) {
    const absl::StatusOr<bool> row = read.Step();
    if (!row.ok()) {
      handles_.reset();
      return Fail(row.status());
    }
    if (!*row) break;
    const std::string_view stored = read.Blob(2);
    v1::Response response;
    if (base::Crc32(stored) != static_cast<uint32_t>(read.Int(3)) ||
        !response.ParseFromArray(stored.data(), static_cast<int>(stored.size()))) {
      v1::SetAsideResponse& bad = spoiled.emplace_back();
      bad.set_response_id(std::string(read.Text(1)));
      bad.set_code(static_cast<int32_t>(absl::StatusCode::kDataLoss));
      bad.set_message("its bytes on the kiosk's disk do not fit their checksum");
      continue;
    }
    if (!batch.empty() && bytes + stored.size() > bytes_max) break;
    bytes += stored.size();
    batch.push_back(std::move(response));
  }
  read.Reset();
  if (!spoiled.empty()) RETURN_IF_ERROR(SettleOnce({}, spoiled));
  return batch;
}

absl::Status Outbox::Settle(const std::vector<v1::Receipt>& receipts,
                            const std::vector<v1::SetAsideResponse>& refused) {
  if (receipts.empty() && refused.empty()) return absl::OkStatus();
  base::MutexLock lock(mutex_);
  return SettleOnce(receipts, refused);
}

absl::Status Outbox::SettleOnce(const std::vector<v1::Receipt>& receipts,
                                const std::vector<v1::SetAsideResponse>& refused) {
  if (const absl::Status opened = EnsureOpen(); !opened.ok()) return Fail(opened);
  Counts counts = counts_;
  const absl::Status settled = Transact([&](Handles& h) -> absl::Status {
    for (const v1::Receipt& receipt : receipts) {
      h.delete_waiting.Bind(1, receipt.response_id());
      ASSIGN_OR_RETURN(const bool found, h.delete_waiting.Step());
      if (!found) continue;  // a receipt that came twice
      const int64_t number = h.delete_waiting.Int(0);
      --counts.waiting;
      counts.bytes -= static_cast<uint64_t>(h.delete_waiting.Int(1));
      RETURN_IF_ERROR(h.delete_waiting.Run());
      RETURN_IF_ERROR(h.insert_sent.Bind(1, number).Bind(2, receipt.response_id()).Run());
    }
    for (const v1::SetAsideResponse& one : refused) {
      RETURN_IF_ERROR(h.copy_aside.Bind(1, one.code())
                          .Bind(2, base::Utf8Prefix(one.message(), kMessageBytesMax))
                          .Bind(3, absl::ToUnixMicros(options_.clock->Now()))
                          .Bind(4, one.response_id())
                          .Run());
      if (h.database.Changes() == 0) continue;
      RETURN_IF_ERROR(h.delete_waiting.Bind(1, one.response_id()).Run());
      --counts.waiting;
      ++counts.set_aside;
    }
    const auto last = static_cast<int64_t>(counts.device_sequence);
    return h.prune_sent.Bind(1, last - static_cast<int64_t>(kSentRemembered)).Run();
  });
  if (!settled.ok()) return Fail(settled);
  counts_ = counts;
  return absl::OkStatus();
}

absl::Status Outbox::StoreLastGood(const LastGood& last_good) {
  base::MutexLock lock(mutex_);
  if (const absl::Status opened = EnsureOpen(); !opened.ok()) return Fail(opened);
  const std::string heartbeat = Serialized(last_good);
  const std::string questionnaire = last_good.questionnaire.SerializeAsString();
  const absl::Status stored = Transact([&](Handles& h) {
    return h.put_settings.BindBlob(1, heartbeat)
        .BindBlob(2, questionnaire)
        .Bind(3, base::Crc32(Cat(heartbeat, questionnaire)))
        .Run();
  });
  return stored.ok() ? stored : Fail(stored);
}

absl::StatusOr<std::optional<LastGood>> Outbox::ReadLastGood() {
  base::MutexLock lock(mutex_);
  if (const absl::Status opened = EnsureOpen(); !opened.ok()) return Fail(opened);
  Statement& read = handles_->read_settings;
  const absl::StatusOr<bool> found = read.Step();
  if (!found.ok()) {
    handles_.reset();
    return Fail(found.status());
  }
  if (!*found) return std::nullopt;
  const std::string heartbeat_bytes(read.Blob(0));
  const std::string questionnaire_bytes(read.Blob(1));
  const auto checksum = static_cast<uint32_t>(read.Int(2));
  read.Reset();
  v1::HeartbeatResponse heartbeat;
  LastGood last_good;
  if (base::Crc32(Cat(heartbeat_bytes, questionnaire_bytes)) != checksum ||
      !heartbeat.ParseFromString(heartbeat_bytes) ||
      !last_good.questionnaire.ParseFromString(questionnaire_bytes)) {
    return std::nullopt;
  }
  last_good.configuration = heartbeat.configuration();
  if (heartbeat.has_round()) last_good.round = heartbeat.round();
  last_good.questionnaire_digest = heartbeat.questionnaire_digest();
  last_good.unit_name = heartbeat.unit_name();
  last_good.province_name = heartbeat.province_name();
  return last_good;
}

State Outbox::ReadState() {
  base::MutexLock lock(mutex_);
  const absl::Status opened = EnsureOpen();
  if (!opened.ok()) Fail(opened).IgnoreError();
  State state;
  state.waiting = counts_.waiting;
  state.set_aside = counts_.set_aside;
  state.device_sequence = counts_.device_sequence;
  state.full = IsFull();
  if (opened.ok()) {
    Handles& h = *handles_;
    if (const auto row = h.oldest.Step(); row.ok() && *row) {
      state.oldest_waiting_at = absl::FromUnixMicros(h.oldest.Int(0));
      h.oldest.Reset();
    }
    h.newest_set_aside.Bind(1, static_cast<int64_t>(kNewestSetAsideMax));
    while (true) {
      const auto row = h.newest_set_aside.Step();
      if (!row.ok() || !*row) break;
      v1::SetAsideResponse& one = state.newest_set_aside.emplace_back();
      one.set_response_id(std::string(h.newest_set_aside.Text(0)));
      one.set_device_sequence(static_cast<uint64_t>(h.newest_set_aside.Int(1)));
      one.set_code(static_cast<int32_t>(h.newest_set_aside.Int(2)));
      one.set_message(std::string(h.newest_set_aside.Text(3)));
    }
  }
  if (!failure_.empty()) state.alarm = Cat("the outbox cannot write: ", failure_);
  if (state.full)
    state.alarm = Cat("the outbox is full", failure_.empty() ? "" : "; ", state.alarm);
  // Stands until somebody has read the file and taken it away.
  const auto damage = base::ReadFile(Path(kDamageName), 1 << 20);
  if (!absl::IsNotFound(damage.status())) {
    const std::string text =
        damage.ok() ? absl::StrReplaceAll(absl::StripAsciiWhitespace(*damage), {{"\n", "; "}})
                    : std::string(damage.status().message());
    state.alarm = Cat(state.alarm, state.alarm.empty() ? "" : "; ", text, " (", kDamageName, ")");
  }
  state.alarm = std::string(base::Utf8Prefix(state.alarm, kAlarmBytesMax));
  return state;
}

}  // namespace hailong::outbox
