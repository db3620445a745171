#include "analysis/weighting/adjust.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "analysis/weighting/steps.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::weighting {

struct Adjustment::Parts {
  size_t rows = 0;
  std::vector<PreparedStepPtr> steps;
};

struct Weighted::Projection {
  std::unique_ptr<const Explained> explained;
  // By row: final weight / weight after the step. Empty: 1.
  std::vector<double> scale;
};

namespace {

// "step 2, raking: ...".
absl::Status AtStep(size_t step, std::string_view name, const absl::Status& status) {
  return absl::Status(
      status.code(),
      base::Cat("step ", step + 1, ", ", name, ": ",
                base::Cat(std::string_view(status.message().data(), status.message().size()))));
}

std::string_view NameOf(const Step& step) {
  constexpr std::string_view kNames[] = {"post-stratification", "raking", "calibration", "trimming",
                                         "non-response"};
  static_assert(std::variant_size_v<Step> == std::size(kNames));
  return kNames[step.index()];
}

double Kish(std::span<const double> weights) {
  double n = 0, sum = 0, squares = 0;
  for (const double w : weights) {
    n += w != 0 ? 1 : 0;
    sum += w;
    squares += w * w;
  }
  return sum != 0 ? n * squares / (sum * sum) : 1;
}

absl::Status CheckWeights(std::span<const double> weights, size_t rows) {
  if (weights.size() != rows) {
    return absl::InvalidArgumentError(
        base::Cat("there are ", weights.size(), " weights for ", rows, " rows"));
  }
  for (size_t r = 0; r < rows; ++r) {
    if (std::isfinite(weights[r]) && weights[r] >= 0) continue;
    return absl::InvalidArgumentError(
        base::Cat("the weight of row ", r + 1, " is ", weights[r],
                  "; allowed are finite numbers that are not negative"));
  }
  return absl::OkStatus();
}

absl::Status ApplyStep(const PreparedStep& step, std::span<double> weights, StepReport* report) {
  if (!step.TakesNegative()) {
    const auto negative = std::ranges::find_if(weights, [](double w) { return w < 0; });
    if (negative != weights.end()) {
      return absl::FailedPreconditionError(base::Cat("row ", negative - weights.begin() + 1,
                                                     " comes with the negative weight ", *negative,
                                                     "; bound the calibration before it, or trim"));
    }
  }
  RETURN_IF_ERROR(step.Apply(weights, report));
  const auto broken = std::ranges::find_if(weights, [](double w) { return !std::isfinite(w); });
  if (broken != weights.end()) {
    return absl::FailedPreconditionError(base::Cat("the weight of row ",
                                                   broken - weights.begin() + 1, " becomes ",
                                                   *broken, ": it is too large for a number"));
  }
  return absl::OkStatus();
}

void FillFactors(std::span<const double> before, std::span<const double> after,
                 StepReport& report) {
  bool first = true;
  for (size_t r = 0; r < before.size(); ++r) {
    if (before[r] == 0) continue;
    const double factor = after[r] / before[r];
    report.factor_min = first ? factor : std::min(report.factor_min, factor);
    report.factor_max = first ? factor : std::max(report.factor_max, factor);
    first = false;
  }
}

// The misfit of the step itself, or, where it knows no totals, of all steps before it.
Misfit FindMisfit(const std::vector<PreparedStepPtr>& steps, size_t step,
                  std::span<const double> weights) {
  Misfit worst = steps[step]->WorstMisfit(weights);
  if (steps[step]->name() != "trimming") return worst;
  for (size_t s = 0; s < step; ++s) {
    Misfit misfit = steps[s]->WorstMisfit(weights);
    if (misfit.error > worst.error) worst = std::move(misfit);
  }
  return worst;
}

}  // namespace

absl::StatusOr<Adjustment> Adjustment::Create(size_t rows, std::vector<Step> steps) {
  auto parts = std::make_shared<Parts>();
  parts->rows = rows;
  for (size_t s = 0; s < steps.size(); ++s) {
    const std::string_view name = NameOf(steps[s]);
    auto prepared =
        std::visit([&](auto& step) { return Prepare(rows, std::move(step)); }, steps[s]);
    if (!prepared.ok()) return AtStep(s, name, prepared.status());
    HAILONG_CHECK((*prepared)->name() == name);
    parts->steps.push_back(*std::move(prepared));
  }
  return Adjustment(std::move(parts));
}

size_t Adjustment::rows() const { return parts_->rows; }

absl::StatusOr<Weighted> Adjustment::Apply(std::vector<double> weights) const {
  RETURN_IF_ERROR(CheckWeights(weights, parts_->rows));
  Weighted result;
  std::vector<std::shared_ptr<Weighted::Projection>> projections;
  for (size_t s = 0; s < parts_->steps.size(); ++s) {
    const PreparedStep& step = *parts_->steps[s];
    StepReport report;
    report.step = std::string(step.name());
    report.kish_before = Kish(weights);
    const std::vector<double> before = weights;
    if (absl::Status status = ApplyStep(step, weights, &report); !status.ok()) {
      return AtStep(s, step.name(), status);
    }
    FillFactors(before, weights, report);
    report.kish_after = Kish(weights);
    Misfit misfit = FindMisfit(parts_->steps, s, weights);
    report.margin_error_max = misfit.error;
    report.margin_error_at = std::move(misfit.at);
    result.reports_.push_back(std::move(report));
    if (auto explained = step.Explain(before); explained != nullptr) {
      auto projection = std::make_shared<Weighted::Projection>();
      projection->explained = std::move(explained);
      // The weights after the step, until the final ones are known.
      if (s + 1 < parts_->steps.size()) projection->scale = weights;
      projections.push_back(std::move(projection));
    }
  }
  for (const auto& projection : projections) {
    for (size_t r = 0; r < projection->scale.size(); ++r) {
      double& scale = projection->scale[r];
      scale = scale != 0 ? weights[r] / scale : 0;
    }
    result.projections_.push_back(projection);
  }
  result.weights_ = std::move(weights);
  return result;
}

absl::StatusOr<std::vector<double>> Adjustment::ApplyWeights(std::vector<double> weights) const {
  RETURN_IF_ERROR(CheckWeights(weights, parts_->rows));
  for (size_t s = 0; s < parts_->steps.size(); ++s) {
    const PreparedStep& step = *parts_->steps[s];
    if (absl::Status status = ApplyStep(step, weights, nullptr); !status.ok()) {
      return AtStep(s, step.name(), status);
    }
  }
  return weights;
}

void Weighted::Residualise(std::span<double> z) const {
  HAILONG_CHECK(z.size() == weights_.size());
  for (const auto& projection : projections_) {
    const std::vector<double>& scale = projection->scale;
    for (size_t r = 0; r < scale.size(); ++r) z[r] *= scale[r];
    projection->explained->TakeOut(z);
    for (size_t r = 0; r < scale.size(); ++r) z[r] = scale[r] != 0 ? z[r] / scale[r] : 0;
  }
}

}  // namespace hailong::weighting
