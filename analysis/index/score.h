// From a frame to an index: the value of every component of a framework, with standard errors.
//
// Threads: pure; the frame must not be written to meanwhile. The results are the same to the last
// bit for every number of threads, for every order in which the rows were appended, and for every
// history of SetCounted().
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "analysis/estimate/estimate.h"
#include "analysis/estimate/scale_interval.h"
#include "analysis/frame/frame.h"
#include "analysis/index/framework.h"
#include "analysis/weighting/cell_weights.h"
#include "analysis/weighting/weighting.h"
#include "hailong/v1/framework.pb.h"
#include "hailong/v1/registry_service.pb.h"
#include "hailong/v1/results_service.pb.h"

namespace hailong::index {

inline constexpr int kThreadsMax = 64;
// Dimensions of domains, domains, and values of components of domains in one result.
inline constexpr size_t kByMax = 3;
inline constexpr size_t kDomainsMax = 5000;
inline constexpr size_t kDomainValuesMax = 50000;

// What is known of a unit of the frame.
struct UnitInput {
  // N; 0: not known.
  uint64_t population = 0;
  // The unit belongs to the subtree of the result.
  bool included = true;
  // For domains and messages.
  std::string unit_id = {};
  std::string level = {};
  // Known sizes of options, for the steps of a weighting plan.
  std::vector<v1::PopulationMargin> margins = {};
};

struct ScoreOptions {
  // Unspecified: by population.
  v1::WeightingMode weighting = v1::WEIGHTING_MODE_UNSPECIFIED;
  // Unspecified: the framework's.
  v1::Scoring scoring = v1::SCORING_UNSPECIFIED;
  v1::Composition composition = v1::COMPOSITION_UNSPECIFIED;
  // Leave responses out that carry a flag.
  bool without_flagged = false;
  // 1..kThreadsMax.
  int threads = 1;
  // After the unit weights; see WeightingPlan. They weight all units of the frame, and the included
  // ones are a domain.
  std::vector<v1::WeightingStep> steps = {};
  // Domains: kByUnit, kByLevel, or questions of the frame.
  std::vector<std::string> by = {};
  bool domain_components = false;
  // Absent: normal, 95%.
  std::optional<estimate::IntervalChoice> interval = std::nullopt;
};

// One component. For leaves with index_of nothing is defined.
struct ComponentEstimate {
  // In percent.
  estimate::Estimate index;
  // Of an item: the mean of its steps.
  estimate::Estimate mean_score;
  // Of an item: weighted share in percent, and plain count, of each step 1..k, over the units in
  // the result.
  std::vector<double> shares;
  std::vector<uint64_t> counts;
};

// The overall index of one respondent group.
struct GroupEstimate {
  // Option of the group question, from 1.
  uint32_t group = 0;
  estimate::Estimate index;
};

// The index of one domain.
struct DomainEstimate {
  // By dimension: unit_id, level, or number of the option.
  std::vector<std::string> keys;
  estimate::Estimate overall;
  // In the order of the framework; empty unless asked for.
  std::vector<ComponentEstimate> components;
};

// What the steps of a weighting plan did, over all units of the frame.
struct StepsReport {
  std::vector<std::string> question_ids;
  // Their questions are indices into question_ids.
  std::vector<weighting::CellStepReport> steps;
  // By question.
  std::vector<std::vector<weighting::MarginShare>> margins;
};

struct IndexScore {
  // The strategies that were used.
  v1::Scoring scoring = v1::SCORING_UNSPECIFIED;
  v1::Composition composition = v1::COMPOSITION_UNSPECIFIED;
  bool without_flagged = false;
  estimate::Estimate overall;
  // In the order of the framework.
  std::vector<ComponentEstimate> components;
  weighting::Report weighting;
  // One for each option of the group question; empty when the framework has none.
  std::vector<GroupEstimate> groups;
  // As asked for with `by`; see index/by.h.
  std::vector<std::string> by;
  std::vector<DomainEstimate> domains;
  std::optional<estimate::IntervalChoice> interval;
  StepsReport steps;
};

// The index over all units that are included, `units` having one element per unit of the frame.
// Errors: INVALID_ARGUMENT (number of units, threads, enumerators, domains), FAILED_PRECONDITION
// (the frame lacks a question, a question has too few steps for the scoring, the framework lacks
// what the strategy needs, a weighting step cannot be done), RESOURCE_EXHAUSTED (too many cells).
absl::StatusOr<IndexScore> ScoreIndex(const frame::Frame& frame, const Framework& framework,
                                      std::span<const UnitInput> units,
                                      const ScoreOptions& options);

// The same issue in the contract's words.
v1::UnitIssue IssueToProto(weighting::Issue issue);

// One unit by itself.
struct UnitScore {
  uint64_t responses = 0;
  // Of each response in the result of the included units, their mean where they differ; 0: not in
  // it.
  double weight = 0;
  v1::UnitIssue issue = v1::UNIT_ISSUE_UNSPECIFIED;
  estimate::Estimate overall;
  // In the order of the framework; empty unless asked for.
  std::vector<ComponentEstimate> components;
};

// By unit: it has a weight in the result. Errors as above.
absl::StatusOr<std::vector<bool>> UnitsWithWeight(const frame::Frame& frame,
                                                  const Framework& framework,
                                                  std::span<const UnitInput> units,
                                                  const ScoreOptions& options);

// The index of every unit of the frame that is included; the others are left at their defaults.
// Errors as above.
absl::StatusOr<std::vector<UnitScore>> ScoreUnits(const frame::Frame& frame,
                                                  const Framework& framework,
                                                  std::span<const UnitInput> units,
                                                  const ScoreOptions& options,
                                                  bool with_components);

}  // namespace hailong::index
