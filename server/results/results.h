#pragma once

// Scores, counts, seals and exports of rounds, from frames that follow the store. One function per
// call of ResultsService, on plain messages, tested without gRPC. They read and compute: call them
// on an executor thread. Thread-safe; calls about one round take turns.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/index/framework.h"
#include "analysis/index/score.h"
#include "analysis/priorities/compare.h"
#include "analysis/priorities/priorities.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "hailong/v1/registry_service.pb.h"
#include "hailong/v1/results_service.pb.h"
#include "server/model/catalog.h"
#include "server/results/protection.h"
#include "server/results/round_frame.h"
#include "server/store/catalog_writer.h"
#include "server/store/store.h"

namespace hailong::results {

using Frameworks = std::map<std::string, std::shared_ptr<const index::Framework>, std::less<>>;

// Checks frameworks and files them by id. Errors: INVALID_ARGUMENT (a framework is refused, an id
// is there twice).
absl::StatusOr<Frameworks> MakeFrameworks(const std::vector<v1::IndexFramework>& definitions);

class Results {
 public:
  Results(const model::CatalogHolder& catalog, store::CatalogWriter& writer, store::Store& store,
          const base::Clock& clock, Frameworks frameworks, int threads)
      : catalog_(catalog),
        writer_(writer),
        store_(store),
        clock_(clock),
        frameworks_(std::move(frameworks)),
        threads_(threads) {}

  using Caller = const model::Principal&;

  absl::StatusOr<v1::GetSipasResponse> GetSipas(Caller, const v1::GetSipasRequest&);
  absl::StatusOr<v1::ListUnitScoresResponse> ListUnitScores(Caller,
                                                            const v1::ListUnitScoresRequest&);
  absl::StatusOr<v1::GetParSurveyPointsResponse> GetParSurveyPoints(
      Caller, const v1::GetParSurveyPointsRequest&);
  absl::StatusOr<v1::ListImprovementsResponse> ListImprovements(Caller,
                                                                const v1::ListImprovementsRequest&);
  // Counts as they are now.
  absl::StatusOr<v1::WatchRoundResponse> ReadCounts(Caller, const v1::WatchRoundRequest&);
  // What changes when a response of the round was stored; for watchers to ask cheaply.
  absl::StatusOr<model::Sequence> LastSequence(const std::string& round_id);
  struct ExportChunk {
    v1::ExportResponsesResponse message;
    bool end = false;
  };
  // The next responses after the request's cursor, out of at most kExportChunkRows looked at.
  absl::StatusOr<ExportChunk> ReadExport(Caller, const v1::ExportResponsesRequest&);
  // The call of RegistryService: fixes a round for good.
  absl::StatusOr<v1::SealRoundResponse> SealRound(Caller, const v1::SealRoundRequest&);

  // OK if the round can be scored by the framework it names, and published as its rule says.
  // Errors: NOT_FOUND, INVALID_ARGUMENT.
  absl::Status CheckRound(const model::Round& round) const;

  // Memory of the frame of a round, in bytes; 0: none was made yet.
  size_t FrameBytes(const std::string& round_id);

 private:
  // A round as a result is made from: what stands in the catalog or, of a sealed round, in its
  // seal.
  struct Scoring {
    std::shared_ptr<const model::Round> round;
    std::shared_ptr<const index::Framework> framework;  // null: the round has none
    std::shared_ptr<const model::Catalog::Populations> populations;
    std::shared_ptr<const v1::SealedScoring> seal;  // null: not sealed
    std::optional<uint64_t> sealed_stored;
  };
  struct Cell {
    base::Mutex mutex;
    std::unique_ptr<RoundFrame> frame ABSL_GUARDED_BY(mutex);
    // Questions that domains were asked for by.
    std::set<std::string> also ABSL_GUARDED_BY(mutex);
    std::shared_ptr<const Protection> protection ABSL_GUARDED_BY(mutex);
    // What the protection was made of: a state of the round.
    struct State {
      std::shared_ptr<const model::Round> round;
      // Null: those of the seal.
      std::shared_ptr<const model::Catalog::Populations> populations;
      std::optional<uint64_t> sealed_stored;
      model::Sequence last_sequence = model::kNoSequence;

      bool operator==(const State&) const = default;
    };
    State protected_state ABSL_GUARDED_BY(mutex);
  };
  // The part of a round that a caller asked for.
  struct Scope {
    std::string unit_id;
    std::vector<bool> included;  // by unit of the round
  };

  absl::StatusOr<Scoring> FindScoring(const std::string& round_id) const;
  absl::StatusOr<Scope> FindScope(Caller caller, const model::Round& round,
                                  const std::string& unit_id) const;
  Cell& CellOf(const std::string& round_id) ABSL_LOCKS_EXCLUDED(mutex_);
  // Brings the frame up to date, making it if need be; `also`: questions beyond those of the
  // framework and the weighting, each a rating or single choice.
  absl::StatusOr<RoundFrame*> FrameOf(Cell& cell, const Scoring& scoring,
                                      const std::vector<std::string>& also = {})
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(cell.mutex);
  // What hides small cells of the round as it is now; null: the round has no rule, or it is lifted.
  absl::StatusOr<std::shared_ptr<const Protection>> ProtectionOf(Cell& cell, const Scoring& scoring,
                                                                 const RoundFrame& frame,
                                                                 bool lifted) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(cell.mutex);
  // Null `protection`: everything is shown.
  absl::StatusOr<v1::IndexResult> Score(const RoundFrame& frame, const Scoring& scoring,
                                        const Scope& scope, const v1::GetSipasRequest& options,
                                        const Protection* protection,
                                        index::IndexScore* score) const;
  // What to improve in the part of a round; `protection` as ProtectionOf() has it.
  absl::StatusOr<priorities::RoundPriorities> FindPriorities(
      const Scoring& scoring, const Scope& scope, const v1::ListImprovementsRequest& request,
      double target, std::shared_ptr<const Protection>* protection);
  // The changes since another round, by unit of this one; absent where there is nothing to compare.
  struct ShownChanges {
    std::optional<priorities::Changes> whole;
    std::vector<std::optional<priorities::Changes>> units;
    bool synthetic = false;
    // The other round hides small cells.
    bool is_protected = false;
  };
  // `listed` are compared where the other round shows them.
  absl::StatusOr<ShownChanges> FindChanges(Caller caller,
                                           const v1::ListImprovementsRequest& request,
                                           const Scoring& scoring, const Scope& scope,
                                           const priorities::RoundPriorities& found,
                                           const std::vector<bool>& listed);
  // A round whose result cannot be made is closed again, so that what is missing can be imported.
  absl::Status TakeBackSealing(Caller caller, const std::string& round_id);
  absl::StatusOr<std::string> DigestResponses(const RoundFrame& frame);

  const model::CatalogHolder& catalog_;
  store::CatalogWriter& writer_;
  store::Store& store_;
  const base::Clock& clock_;
  const Frameworks frameworks_;
  const int threads_;
  base::Mutex mutex_;
  std::map<std::string, std::unique_ptr<Cell>> cells_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::results
