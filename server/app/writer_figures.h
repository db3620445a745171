#pragma once

// What came of responses, counted for /metrics since the start of the process: stored by the
// writer, or refused before. Count runs on the writer's thread; the figures are read on any.

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "hailong/v1/common.pb.h"
#include "server/intake/intake.h"
#include "server/model/response.h"
#include "server/store/writer.h"
#include "server/web/metrics.h"

namespace hailong::app {

// `intake` outlives the use of `metrics`.
void AddRefusals(const intake::Intake& intake, web::Metrics& metrics);

class WriterFigures {
 public:
  // As store::Writer::Options::committed.
  void Count(std::span<const model::NewResponse> responses, std::span<const model::Stored> stored);
  // This and `writer` outlive the use of `metrics`.
  void AddTo(web::Metrics& metrics, const store::Writer& writer) const;

 private:
  // Besides those of the contract: the response_id has other content, or the entrance is spent.
  static constexpr size_t kContentDiffers = v1::Outcome_ARRAYSIZE;
  static constexpr size_t kTurnedAway = kContentDiffers + 1;
  static constexpr size_t kOutcomes = kTurnedAway + 1;

  std::array<std::array<std::atomic<uint64_t>, kOutcomes>, v1::Channel_ARRAYSIZE> responses_{};
  std::atomic<uint64_t> commits_ = 0;
  std::atomic<uint64_t> changes_ = 0;
};

}  // namespace hailong::app
