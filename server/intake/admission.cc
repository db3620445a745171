#include "server/intake/admission.h"

namespace hailong::intake {
namespace {

// As far back as a burst could reach when many collectors send.
constexpr size_t kRememberedResponses = 20000;

}  // namespace

absl::Status Admission::Recover(store::Store& store) {
  return store.ReadNewest(kRememberedResponses, [&](const model::ResponseRow& row) {
    if (!HasPace(row.channel, row.identified)) return;
    pace_.Remember(row.collector, row.content.response_id,
                   absl::FromUnixMicros(row.content.submitted_at_us) +
                       absl::Milliseconds(row.clock_offset_ms));
  });
}

void Admission::Admit(model::NewResponse& response) {
  const auto now_round = catalog_.Get()->FindRound(response.round->id());
  if (now_round != nullptr) response.round = now_round;
  response.late = response.round->state() == v1::ROUND_STATE_SEALED ||
                  response.received_at > response.round->grace_ends_at();
  response.flags |= pace_.Judge(response);
}

}  // namespace hailong::intake
