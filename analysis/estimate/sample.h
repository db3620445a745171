// A sample ready for estimates: how it was drawn, and the weights it ended with.
//
// Threads: a plain value; read by any number of threads.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "analysis/design/design.h"
#include "analysis/weighting/adjust.h"

namespace hailong::estimate {

struct Sample {
  design::Design design;
  // Final weights by row: those of the design, or what weighting::Weighted::weights() made of them.
  // Calibration may have made some negative; 0: outside every domain.
  std::vector<double> weights;
  // Replaces z, by row, by what the calibrating steps leave of it
  // (weighting::Weighted::Residualise); called from several threads at once. Empty: no step
  // calibrates, which is much faster where there are many domains: then z is 0 outside its own.
  std::function<void(std::span<double> z)> residualise;
  design::LonelyPsu lonely = design::LonelyPsu::kFail;
};

// A sample with the weights of its design.
inline Sample Unadjusted(design::Design design,
                         design::LonelyPsu lonely = design::LonelyPsu::kFail) {
  std::vector<double> weights = design.weights();
  return {std::move(design), std::move(weights), nullptr, lonely};
}

// A sample with the weights that the steps of an adjustment made of those of its design.
inline Sample Adjusted(design::Design design, weighting::Weighted weighted,
                       design::LonelyPsu lonely = design::LonelyPsu::kFail) {
  std::vector<double> weights = weighted.weights();
  Sample sample = {std::move(design), std::move(weights), nullptr, lonely};
  if (weighted.calibrates()) {
    const auto shared = std::make_shared<const weighting::Weighted>(std::move(weighted));
    sample.residualise = [shared](std::span<double> z) { shared->Residualise(z); };
  }
  return sample;
}

}  // namespace hailong::estimate
