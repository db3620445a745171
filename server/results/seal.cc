// Sealing: a round's inputs, rules, versions and result under one digest.

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"
#include "base/crypto/crypto.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/results/results.h"

namespace hailong::results {
namespace {

using base::Cat;

// Changes whenever the same inputs could give another result.
constexpr uint32_t kScoringVersion = 2;

// What a response is, whatever store holds it: neither sequence numbers nor respondent keys.
std::string ResponseBytes(const model::ResponseRow& row, bool counts) {
  const model::Content& content = row.content;
  return Cat(content.unit_id, "\n", content.receiving_unit_id, "\n", static_cast<int>(row.channel),
             "\n", content.submitted_at_us, "\n", row.clock_offset_ms, "\n",
             absl::ToUnixMicros(row.received_at), "\n", content.duration_ms, "\n", content.form_id,
             "\n", row.flags, "\n", static_cast<int>(row.first_outcome), "\n", counts ? 1 : 0, "\n",
             content.answers,
             // Only where there is one: answers have a length of their own, so nothing is taken for
             // another, and older seals stay what they are.
             content.counter.empty() ? std::string() : Cat("\n", content.counter));
}

std::string DigestOf(const google::protobuf::MessageLite& message) {
  return base::Sha256Hex(model::DeterministicBytes(message));
}

}  // namespace

absl::StatusOr<std::string> Results::DigestResponses(const RoundFrame& frame) {
  struct Line {
    base::Uuid response_id;
    base::Digest256 digest;
  };
  std::vector<Line> lines;
  lines.reserve(frame.stored());
  RETURN_IF_ERROR(store_.ReadResponses(
      frame.round().number(), model::kNoSequence, std::numeric_limits<int64_t>::max(),
      /*with_comments=*/false, [&](const model::ResponseRow& row) {
        if (row.sequence > frame.last_sequence()) return false;
        if (!frame.round().FindUnit(row.content.unit_id).has_value()) return true;
        lines.push_back({row.content.response_id,
                         base::Sha256(ResponseBytes(row, frame.Counts(row.sequence)))});
        return true;
      }));
  std::sort(lines.begin(), lines.end(),
            [](const Line& a, const Line& b) { return a.response_id < b.response_id; });
  base::Sha256Stream stream;
  for (const Line& line : lines) {
    stream.Add({reinterpret_cast<const char*>(line.response_id.bytes.data()),
                line.response_id.bytes.size()});
    stream.Add({reinterpret_cast<const char*>(line.digest.data()), line.digest.size()});
  }
  return stream.FinishHex();
}

absl::Status Results::TakeBackSealing(Caller caller, const std::string& round_id) {
  return writer_.Apply(
      caller.id, "TakeBackSealing", round_id,
      [&](const model::Catalog& catalog) -> absl::StatusOr<std::vector<model::Record>> {
        if (catalog.FindSeal(round_id) != nullptr) return std::vector<model::Record>();
        const auto round = catalog.FindRound(round_id);
        model::RoundRecord record{.number = round->number(), .round = round->definition()};
        record.round.set_state(v1::ROUND_STATE_CLOSED);
        return std::vector<model::Record>{record};
      });
}

absl::StatusOr<v1::SealRoundResponse> Results::SealRound(Caller caller,
                                                         const v1::SealRoundRequest& request) {
  v1::SealRoundResponse response;
  const auto finish = [&]() -> absl::StatusOr<v1::SealRoundResponse> {
    *response.mutable_round() = catalog_.Get()->FindRound(request.round_id())->definition();
    return response;
  };
  // First the state: from its commit on, the writer stores every further response as late, so the
  // set of responses that count is final before it is read.
  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "BeginSeal", request.round_id(),
      [&](const model::Catalog& catalog) -> absl::StatusOr<std::vector<model::Record>> {
        const auto round = catalog.FindRound(request.round_id());
        if (round == nullptr) return refusal::NotFound("round", request.round_id());
        RETURN_IF_ERROR(FindScope(caller, *round, round->definition().root_unit_id()).status());
        if (round->state() == v1::ROUND_STATE_SEALED) return std::vector<model::Record>();
        const absl::Time now = clock_.Now();
        if (round->state() == v1::ROUND_STATE_OPEN && now < round->closes_at()) {
          return refusal::RoundIs(round->id(), "open", "closed");
        }
        if (now <= round->grace_ends_at() && !request.now()) {
          return refusal::GraceNotOver(round->id(), round->grace_ends_at());
        }
        model::RoundRecord record{.number = round->number(), .round = round->definition()};
        record.round.set_state(v1::ROUND_STATE_SEALED);
        return std::vector<model::Record>{record};
      }));
  ASSIGN_OR_RETURN(const Scoring scoring, FindScoring(request.round_id()));
  if (scoring.seal != nullptr) return finish();

  model::SealRecord record{.round_id = request.round_id(), .scoring = {}};
  v1::SealedScoring& sealed = record.scoring;
  v1::Seal& seal = *sealed.mutable_seal();
  {
    ASSIGN_OR_RETURN(const Scope scope, FindScope(model::Principal{}, *scoring.round, ""));
    Cell& cell = CellOf(request.round_id());
    base::MutexLock lock(cell.mutex);
    ASSIGN_OR_RETURN(RoundFrame* const frame, FrameOf(cell, scoring));
    *sealed.mutable_round() = scoring.round->definition();
    for (const v1::Unit& unit : scoring.round->units()) *sealed.add_units() = unit;
    if (scoring.populations != nullptr) {
      for (const auto& [id, population] : *scoring.populations) {
        *sealed.add_populations() = population;
      }
    }
    if (scoring.framework != nullptr) {
      *sealed.mutable_framework() = scoring.framework->proto();
      index::IndexScore score;
      const auto protection = ProtectionOf(cell, scoring, *frame, /*lifted=*/false);
      absl::StatusOr<v1::IndexResult> result =
          protection.ok()
              ? Score(*frame, scoring, scope, v1::GetSipasRequest(), protection->get(), &score)
              : protection.status();
      if (!result.ok()) {
        RETURN_IF_ERROR(TakeBackSealing(caller, request.round_id()));
        return result.status();
      }
      *sealed.mutable_result() = *std::move(result);
    }
    const v1::RoundCounts counts = frame->CountsOf(scope.included);
    seal.set_stored(frame->stored());
    seal.set_counted(counts.counted());
    ASSIGN_OR_RETURN(*seal.mutable_responses_digest(), DigestResponses(*frame));
  }
  *seal.mutable_sealed_at() = model::ToProto(clock_.Now());
  seal.set_framework_digest(DigestOf(sealed.framework()));
  seal.set_questionnaire_digest(scoring.round->questionnaire().digest());
  v1::SealedScoring frame_inputs;
  *frame_inputs.mutable_round() = sealed.round();
  *frame_inputs.mutable_units() = sealed.units();
  *frame_inputs.mutable_populations() = sealed.populations();
  seal.set_frame_digest(DigestOf(frame_inputs));
  seal.set_result_digest(DigestOf(sealed.result()));
  seal.set_scoring_version(kScoringVersion);
  seal.set_digest(DigestOf(seal));

  RETURN_IF_ERROR(writer_.Apply(
      caller.id, "SealRound", Cat(request.round_id(), " ", seal.digest()),
      [&](const model::Catalog& catalog) -> absl::StatusOr<std::vector<model::Record>> {
        // Another call was quicker: its seal stands.
        if (catalog.FindSeal(request.round_id()) != nullptr) return std::vector<model::Record>();
        model::RoundRecord round{.number = scoring.round->number(),
                                 .round = catalog.FindRound(request.round_id())->definition()};
        *round.round.mutable_seal() = seal;
        return std::vector<model::Record>{round, record};
      }));
  return finish();
}

}  // namespace hailong::results
