#include "analysis/cli/estimate_plan.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "analysis/cli/margin_file.h"
#include "analysis/estimate/domains.h"
#include "base/status.h"

namespace hailong::cli {
namespace {

using base::Cat;
using design::Factor;
using tabulate::QuestionKind;

// More levels than this are no categories.
constexpr size_t kSharesMax = 1000;

absl::Status Bad(const std::string& message) { return absl::InvalidArgumentError(message); }

// The options taken apart, with all files but the sample read.
struct Request {
  std::vector<Asked> asked;
  std::vector<std::string> strata, clusters, fpc, by, against;
  std::optional<NonResponseOption> nonresponse;
  std::vector<MarginFile> poststratify, rake;
  std::vector<KnownTotal> totals;
};

absl::StatusOr<Request> ReadRequest(const EstimateOptions& options) {
  Request request;
  ASSIGN_OR_RETURN(const auto header, ReadHeader(options.file, options.delimiter));
  ASSIGN_OR_RETURN(request.asked, ReadAsked(options));
  ASSIGN_OR_RETURN(request.strata, ReadNames("--strata", options.strata, true));
  ASSIGN_OR_RETURN(request.clusters, ReadNames("--cluster", options.cluster, false));
  ASSIGN_OR_RETURN(request.fpc, ReadNames("--fpc", options.fpc, true));
  ASSIGN_OR_RETURN(request.by, ReadNames("--by", options.by, false));
  ASSIGN_OR_RETURN(request.against, ReadNames("--against", options.against, false));
  if (!request.against.empty() && request.against.size() != request.by.size()) {
    return Bad(Cat("--against has ", request.against.size(), " values, --by ", request.by.size(),
                   " columns; allowed: one value of each column"));
  }
  if (!options.nonresponse.empty()) {
    ASSIGN_OR_RETURN(request.nonresponse, ReadNonResponse(options.nonresponse));
  }
  if (!options.poststratify.empty()) {
    ASSIGN_OR_RETURN(MarginFile file, ReadMarginFile(options.poststratify, options.delimiter));
    request.poststratify.push_back(std::move(file));
  }
  ASSIGN_OR_RETURN(const auto margins, ReadNames("--rake", options.rake, false));
  for (const std::string& path : margins) {
    ASSIGN_OR_RETURN(MarginFile file, ReadMarginFile(path, options.delimiter));
    request.rake.push_back(std::move(file));
  }
  if (!options.calibrate.empty()) {
    ASSIGN_OR_RETURN(request.totals, ReadTotalsFile(options.calibrate, options.delimiter, header));
  }
  return request;
}

SampleColumns ColumnsOf(const EstimateOptions& options, const Request& request) {
  SampleColumns columns;
  if (!options.weight.empty()) columns.numbers.insert(options.weight);
  for (const std::string& name : request.fpc) {
    if (!name.empty()) columns.numbers.insert(name);
  }
  for (const auto* names : {&request.strata, &request.clusters, &request.by}) {
    for (const std::string& name : *names) {
      if (!name.empty()) columns.factors.insert(name);
    }
  }
  for (const Asked& asked : request.asked) {
    (asked.kind == QuestionKind::kShare ? columns.factors : columns.numbers).insert(asked.column);
    if (asked.kind == QuestionKind::kRatio) columns.numbers.insert(asked.denominator);
  }
  if (request.nonresponse.has_value()) {
    columns.numbers.insert(request.nonresponse->responded);
    columns.factors.insert(request.nonresponse->cells.begin(), request.nonresponse->cells.end());
  }
  for (const auto* margins : {&request.poststratify, &request.rake}) {
    for (const MarginFile& margin : *margins) {
      columns.factors.insert(margin.columns.begin(), margin.columns.end());
    }
  }
  for (const KnownTotal& known : request.totals) {
    if (known.column.empty()) continue;
    (known.level.empty() ? columns.numbers : columns.factors).insert(known.column);
  }
  return columns;
}

absl::Status SetSampling(const EstimateOptions& options, const Request& request,
                         const SampleFile& sample, Estimation& estimation) {
  design::Sampling& sampling = estimation.plan.sampling;
  sampling.rows = sample.rows;
  sampling.nested = options.nest;
  if (!options.weight.empty()) {
    RETURN_IF_ERROR(sample.RefuseMissing(options.weight, "a weight"));
    sampling.weights = sample.numbers.at(options.weight);
    const auto negative = std::ranges::find_if(sampling.weights, [](double w) { return w < 0; });
    if (negative != sampling.weights.end()) {
      const auto row = static_cast<size_t>(negative - sampling.weights.begin());
      return Bad(Cat(sample.Place(row, options.weight), "the weight is ", *negative,
                     "; allowed: 0 and more"));
    }
  } else if (request.fpc.empty()) {
    estimation.notes.push_back("no --weight and no --fpc: every row counts the same");
  }
  const auto named = [](const std::vector<std::string>& names, size_t stage) {
    return stage < names.size() ? names[stage] : std::string();
  };
  const size_t stages =
      std::max({size_t{1}, request.strata.size(), request.clusters.size(), request.fpc.size()});
  if (stages > request.clusters.size() + 1) {
    return Bad(Cat("--strata or --fpc tells of ", stages, " stages, --cluster of ",
                   request.clusters.size(), "; allowed: at most one stage more, which draws rows"));
  }
  estimation.stages = stages;
  for (size_t s = 0; s < stages; ++s) {
    design::Stage stage;
    if (const std::string name = named(request.strata, s); !name.empty()) {
      RETURN_IF_ERROR(sample.RefuseMissing(name, "a stratum"));
      stage.strata = sample.factors.at(name);
    }
    if (const std::string name = named(request.clusters, s); !name.empty()) {
      RETURN_IF_ERROR(sample.RefuseMissing(name, "a sampling unit"));
      stage.units = sample.factors.at(name);
    }
    if (const std::string name = named(request.fpc, s); !name.empty()) {
      RETURN_IF_ERROR(sample.RefuseMissing(name, "the number of units in the population"));
      stage.population = sample.numbers.at(name);
    }
    sampling.stages.push_back(std::move(stage));
  }
  return absl::OkStatus();
}

// Whose answers count: rows with a weight that responded.
absl::StatusOr<std::vector<uint8_t>> Active(const EstimateOptions& options, const Request& request,
                                            const SampleFile& sample) {
  std::vector<uint8_t> active(sample.rows, 1);
  if (!options.weight.empty()) {
    const std::vector<double>& weights = sample.numbers.at(options.weight);
    for (size_t r = 0; r < sample.rows; ++r) active[r] = weights[r] != 0 ? 1 : 0;
  }
  if (!request.nonresponse.has_value()) return active;
  const std::string& column = request.nonresponse->responded;
  RETURN_IF_ERROR(sample.RefuseMissing(column, "whether it responded"));
  const std::vector<double>& responded = sample.numbers.at(column);
  for (size_t r = 0; r < sample.rows; ++r) {
    if (responded[r] != 0 && responded[r] != 1) {
      return Bad(Cat(sample.Place(r, column), responded[r],
                     "; allowed: 1 for who responded, 0 for who did not"));
    }
    if (responded[r] == 0) active[r] = 0;
  }
  return active;
}

absl::StatusOr<weighting::NonResponse> NonResponseOf(const NonResponseOption& option,
                                                     const SampleFile& sample) {
  weighting::NonResponse step;
  for (const double responded : sample.numbers.at(option.responded)) {
    step.responded.push_back(responded != 0 ? 1 : 0);
  }
  std::vector<Factor> factors;
  for (const std::string& name : option.cells) {
    RETURN_IF_ERROR(sample.RefuseMissing(name, "a cell of the non-response"));
    factors.push_back(sample.factors.at(name));
  }
  ASSIGN_OR_RETURN(const estimate::Domains cells, estimate::Domains::Cross(sample.rows, factors));
  step.cells.name = "cell";
  step.cells.codes.resize(sample.rows);
  for (size_t c = 0; c < cells.size(); ++c) {
    std::string name;
    const std::vector<uint32_t> levels = cells.levels(c);
    for (size_t f = 0; f < levels.size(); ++f) {
      name += Cat(f > 0 ? ", " : "", factors[f].name, " ", factors[f].levels[levels[f]]);
    }
    step.cells.levels.push_back(name.empty() ? "all" : name);
    for (const uint32_t row : cells.rows(c)) step.cells.codes[row] = static_cast<uint32_t>(c);
  }
  return step;
}

absl::Status SetSteps(const EstimateOptions& options, const Request& request,
                      const SampleFile& sample, Estimation& estimation) {
  std::vector<weighting::Step>& steps = estimation.plan.steps;
  ASSIGN_OR_RETURN(const std::vector<uint8_t> active, Active(options, request, sample));
  if (request.nonresponse.has_value()) {
    ASSIGN_OR_RETURN(weighting::NonResponse step, NonResponseOf(*request.nonresponse, sample));
    steps.emplace_back(std::move(step));
  }
  for (const MarginFile& file : request.poststratify) {
    ASSIGN_OR_RETURN(weighting::Margin margin, MarginOf(file, sample, active));
    steps.emplace_back(weighting::PostStratification{.cells = std::move(margin)});
  }
  if (!request.rake.empty()) {
    weighting::Raking raking;
    for (const MarginFile& file : request.rake) {
      ASSIGN_OR_RETURN(weighting::Margin margin, MarginOf(file, sample, active));
      raking.margins.push_back(std::move(margin));
    }
    steps.emplace_back(std::move(raking));
  }
  if (!request.totals.empty()) {
    weighting::Calibration calibration;
    calibration.distance = options.distance;
    if (!options.bounds.empty()) {
      ASSIGN_OR_RETURN(const auto bounds, ReadBounds("--bounds", options.bounds));
      calibration.lower = bounds.first;
      calibration.upper = bounds.second;
    }
    for (const KnownTotal& known : request.totals) {
      ASSIGN_OR_RETURN(weighting::Covariate covariate, CovariateOf(known, sample, active));
      calibration.covariates.push_back(std::move(covariate));
    }
    steps.emplace_back(std::move(calibration));
  }
  if (!options.trim.empty()) {
    ASSIGN_OR_RETURN(const auto bounds, ReadBounds("--trim", options.trim));
    steps.emplace_back(weighting::Trimming{.lower = bounds.first, .upper = bounds.second});
  }
  return absl::OkStatus();
}

// A share of the levels that are named and occur.
absl::Status AddShare(const Asked& asked, const Factor& factor, Estimation& estimation) {
  tabulate::Question question{.kind = QuestionKind::kShare, .name = "", .factor = &factor};
  question.name = Cat("proportion ", asked.column, "=");
  for (const std::string& name : asked.levels) {
    question.name += Cat(&name == &asked.levels.front() ? "" : "+", name);
    const auto level = std::ranges::find(factor.levels, name);
    if (level != factor.levels.end()) {
      question.levels.push_back(static_cast<uint32_t>(level - factor.levels.begin()));
      continue;
    }
    estimation.notes.push_back(
        Cat("column \"", asked.column, "\": no row has \"", name, "\", which --proportion names"));
  }
  if (question.levels.empty()) {
    return Bad(Cat(estimation.sample->path, ": ", question.name, ": no row has any of the levels"));
  }
  estimation.questions.push_back(std::move(question));
  estimation.asked.push_back(asked);
  return absl::OkStatus();
}

absl::Status SetQuestions(const Request& request, Estimation& estimation) {
  const SampleFile& sample = *estimation.sample;
  for (const Asked& asked : request.asked) {
    if (asked.kind == QuestionKind::kShare) {
      const Factor& factor = sample.factors.at(asked.column);
      if (!asked.levels.empty()) {
        RETURN_IF_ERROR(AddShare(asked, factor, estimation));
        continue;
      }
      if (factor.levels.size() > kSharesMax) {
        return Bad(Cat(sample.path, ": column \"", asked.column, "\" has ", factor.levels.size(),
                       " different values; allowed for a proportion of each: ", kSharesMax,
                       "; name some with ", asked.column, "=VALUE, or ask for a mean"));
      }
      if (factor.levels.empty()) {
        return Bad(Cat(sample.path, ": column \"", asked.column, "\" is empty in every row"));
      }
      for (const std::string& level : factor.levels) {
        Asked one = asked;
        one.levels = {level};
        RETURN_IF_ERROR(AddShare(one, factor, estimation));
      }
      continue;
    }
    tabulate::Question question{.kind = asked.kind, .name = asked.column};
    question.y = sample.numbers.at(asked.column);
    if (asked.kind == QuestionKind::kRatio) question.x = sample.numbers.at(asked.denominator);
    question.probability = asked.probability;
    estimation.questions.push_back(std::move(question));
    estimation.asked.push_back(asked);
  }
  return absl::OkStatus();
}

absl::Status SetDomains(const Request& request, Estimation& estimation) {
  const SampleFile& sample = *estimation.sample;
  std::vector<uint32_t> against;
  for (size_t f = 0; f < request.by.size(); ++f) {
    const std::string& name = request.by[f];
    const Factor& factor = sample.factors.at(name);
    if (factor.levels.empty()) {
      return Bad(Cat(sample.path, ": column \"", name, "\" of --by is empty in every row"));
    }
    estimation.plan.by.push_back(factor);
    estimation.by.push_back({.name = factor.name, .levels = factor.levels, .codes = {}});
    if (request.against.empty()) continue;
    const auto level = std::ranges::find(factor.levels, request.against[f]);
    if (level == factor.levels.end()) {
      return Bad(Cat(sample.path, ": column \"", name, "\": no row has \"", request.against[f],
                     "\", which --against names"));
    }
    against.push_back(static_cast<uint32_t>(level - factor.levels.begin()));
  }
  if (!against.empty()) estimation.plan.against = std::move(against);
  return absl::OkStatus();
}

absl::Status SortShown(const Request& request, SampleFile& sample) {
  std::set<std::string> shown(request.by.begin(), request.by.end());
  for (const Asked& asked : request.asked) {
    if (asked.kind == QuestionKind::kShare) shown.insert(asked.column);
  }
  for (const std::string& name : shown) RETURN_IF_ERROR(SortLevels(sample.factors.at(name)));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Estimation> ReadEstimation(const EstimateOptions& options,
                                          const std::function<void(uint64_t bytes)>& on_bytes) {
  Estimation estimation;
  tabulate::Plan& plan = estimation.plan;
  ASSIGN_OR_RETURN(plan.replicates, ReadMethod(options.replicates, options.seed));
  if (!(options.confidence > 0 && options.confidence < 1)) {
    return Bad(Cat("--confidence ", options.confidence, "; allowed: above 0 and below 1"));
  }
  if (options.calibrate.empty() && !options.bounds.empty()) {
    return Bad("--bounds is of --calibrate, which is not given");
  }
  ASSIGN_OR_RETURN(const Request request, ReadRequest(options));
  ASSIGN_OR_RETURN(SampleFile read, ReadSample(options.file, options.delimiter,
                                               ColumnsOf(options, request), on_bytes));
  RETURN_IF_ERROR(SortShown(request, read));
  estimation.sample = std::make_unique<const SampleFile>(std::move(read));
  const SampleFile& sample = *estimation.sample;
  RETURN_IF_ERROR(SetSampling(options, request, sample, estimation));
  RETURN_IF_ERROR(SetSteps(options, request, sample, estimation));
  RETURN_IF_ERROR(SetQuestions(request, estimation));
  RETURN_IF_ERROR(SetDomains(request, estimation));
  plan.lonely = options.lonely;
  plan.interval = options.interval;
  plan.confidence = options.confidence;
  plan.threads = options.threads > 0
                     ? options.threads
                     : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return estimation;
}

}  // namespace hailong::cli
