#include "server/store/row.h"

#include <cstring>

#include "base/check.h"
#include "base/crypto/crypto.h"
#include "base/status.h"

namespace hailong::store {
namespace {

void AppendInt(int64_t value, std::string& bytes) {
  char raw[sizeof value];
  std::memcpy(raw, &value,
              sizeof value);  // little endian on every machine that Debian builds amd64, arm64 for
  bytes.append(raw, sizeof raw);
}

void AppendBytes(std::string_view value, std::string& bytes) {
  AppendInt(static_cast<int64_t>(value.size()), bytes);
  bytes.append(value);
}

std::string_view View(const base::Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

// What both sides of the disk compute the checksum over: every column but the checksum. A counter
// enters only where there is one, so that the checksums of rows older than that column stay right;
// its length stands before it, so no two rows give the same bytes.
struct Facts {
  int64_t sequence, round, collector, channel, device_sequence, submitted_at, clock_offset_ms,
      received_at, duration_ms, flags, outcome, displaced;
  std::string_view response_id, unit_id, receiving_unit_id, form_id, respondent_key, answers,
      counter;
};

uint32_t Checksum(const Facts& facts, std::string& scratch) {
  scratch.clear();
  for (const int64_t value :
       {facts.sequence, facts.round, facts.collector, facts.channel, facts.device_sequence,
        facts.submitted_at, facts.clock_offset_ms, facts.received_at, facts.duration_ms,
        facts.flags, facts.outcome, facts.displaced}) {
    AppendInt(value, scratch);
  }
  for (const std::string_view value : {facts.response_id, facts.unit_id, facts.receiving_unit_id,
                                       facts.form_id, facts.respondent_key, facts.answers}) {
    AppendBytes(value, scratch);
  }
  if (!facts.counter.empty()) AppendBytes(facts.counter, scratch);
  return base::Crc32(scratch);
}

}  // namespace

void BindRow(const model::NewResponse& response, const RowFacts& facts, std::string& scratch,
             base::Statement& insert) {
  const model::Content& content = response.content;
  // That a response is partial is kept as its flag, and nowhere else.
  HAILONG_CHECK(content.partial == model::HasFlag(response.flags, v1::FLAG_PARTIAL));
  const std::string_view key =
      response.respondent_key.has_value()
          ? std::string_view(reinterpret_cast<const char*>(response.respondent_key->data()),
                             response.respondent_key->size())
          : std::string_view();
  const Facts all{.sequence = static_cast<int64_t>(facts.sequence),
                  .round = static_cast<int64_t>(response.round->number()),
                  .collector = static_cast<int64_t>(response.collector),
                  .channel = response.channel,
                  .device_sequence = static_cast<int64_t>(content.device_sequence),
                  .submitted_at = content.submitted_at_us,
                  .clock_offset_ms = response.clock_offset_ms,
                  .received_at = absl::ToUnixMicros(response.received_at),
                  .duration_ms = content.duration_ms,
                  .flags = response.flags,
                  .outcome = facts.outcome,
                  .displaced = static_cast<int64_t>(facts.displaced),
                  .response_id = View(content.response_id),
                  .unit_id = content.unit_id,
                  .receiving_unit_id = content.receiving_unit_id,
                  .form_id = content.form_id,
                  .respondent_key = key,
                  .answers = content.answers,
                  .counter = content.counter};
  insert.Bind(1, all.sequence)
      .BindBlob(2, all.response_id)
      .Bind(3, all.round)
      .Bind(4, all.unit_id)
      .Bind(5, all.receiving_unit_id)
      .Bind(6, all.collector)
      .Bind(7, all.channel)
      .Bind(8, all.device_sequence)
      .Bind(9, all.submitted_at)
      .Bind(10, all.clock_offset_ms)
      .Bind(11, all.received_at)
      .Bind(12, all.duration_ms)
      .Bind(13, all.form_id)
      .BindBlob(15, all.answers)
      .Bind(16, all.flags)
      .Bind(17, all.outcome)
      .Bind(18, all.displaced)
      .Bind(19, int64_t{Checksum(all, scratch)})
      .Bind(20, all.counter);
  if (key.empty()) {
    insert.BindNull(14);
  } else {
    insert.BindBlob(14, key);
  }
}

absl::Status ReadRow(const base::Statement& select, std::string& scratch, model::ResponseRow& row) {
  const Facts all{.sequence = select.Int(0),
                  .round = select.Int(2),
                  .collector = select.Int(5),
                  .channel = select.Int(6),
                  .device_sequence = select.Int(7),
                  .submitted_at = select.Int(8),
                  .clock_offset_ms = select.Int(9),
                  .received_at = select.Int(10),
                  .duration_ms = select.Int(11),
                  .flags = select.Int(15),
                  .outcome = select.Int(16),
                  .displaced = select.Int(17),
                  .response_id = select.Blob(1),
                  .unit_id = select.Text(3),
                  .receiving_unit_id = select.Text(4),
                  .form_id = select.Text(12),
                  .respondent_key = select.Blob(kKeyColumn),
                  .answers = select.Blob(14),
                  .counter = select.Text(19)};
  if (int64_t{Checksum(all, scratch)} != select.Int(18) ||
      all.response_id.size() != row.content.response_id.bytes.size()) {
    return absl::DataLossError(
        base::Cat("responses: the checksum of sequence ", all.sequence, " is wrong"));
  }
  row.sequence = static_cast<model::Sequence>(all.sequence);
  std::memcpy(row.content.response_id.bytes.data(), all.response_id.data(), all.response_id.size());
  row.content.unit_id.assign(all.unit_id);
  row.content.receiving_unit_id.assign(all.receiving_unit_id);
  row.content.submitted_at_us = all.submitted_at;
  row.content.duration_ms = static_cast<uint32_t>(all.duration_ms);
  row.content.device_sequence = static_cast<uint64_t>(all.device_sequence);
  row.content.form_id.assign(all.form_id);
  row.content.answers.assign(all.answers);
  row.content.counter.assign(all.counter);
  row.collector = static_cast<model::CollectorNumber>(all.collector);
  row.channel = static_cast<v1::Channel>(all.channel);
  row.clock_offset_ms = all.clock_offset_ms;
  row.received_at = absl::FromUnixMicros(all.received_at);
  row.identified = !all.respondent_key.empty();
  row.flags = static_cast<uint32_t>(all.flags);
  row.content.partial = model::HasFlag(row.flags, v1::FLAG_PARTIAL);
  row.first_outcome = static_cast<v1::Outcome>(all.outcome);
  row.displaced = static_cast<model::Sequence>(all.displaced);
  return absl::OkStatus();
}

}  // namespace hailong::store
