// What changed between two rounds, and whether chance alone would do it.
//
// The two rounds ask different people, so variances add. The test is Welch's: the difference over
// its standard error against Student's t with Satterthwaite's degrees of freedom. Nothing is tested
// where one of the errors is not known, or is 0 because all answered the same: such a 0 says
// nothing of the people who were not asked.
//
// Threads: pure functions of their arguments.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/estimate/estimate.h"
#include "analysis/index/framework.h"

namespace hailong::priorities {

// Adjusted p-values below it are called significant.
inline constexpr double kSignificanceLevel = 0.05;

// Why a change is not tested.
enum class ChangeIssue {
  kNone,
  kNoSuchUnit,
  // Other items, another wording, or another way from answers to the value.
  kNotComparable,
  // In one of the rounds.
  kNoAnswers,
  // One of the errors is not known: a lone respondent, or all answered the same.
  kNoError,
  // Everybody was asked, twice.
  kTakenInFull,
};

struct Change {
  ChangeIssue issue = ChangeIssue::kNoSuchUnit;
  // In the unit of the values; absent if there is nothing to subtract.
  std::optional<estimate::Estimate> before = std::nullopt;
  std::optional<double> difference = std::nullopt;
  // The rest is there where it is tested. The interval is that of t, 95%.
  std::optional<double> standard_error = std::nullopt;
  std::optional<double> ci_low = std::nullopt;
  std::optional<double> ci_high = std::nullopt;
  std::optional<double> degrees_of_freedom = std::nullopt;
  std::optional<double> p_value = std::nullopt;
  // Over the family that AdjustFamily() was given.
  std::optional<double> p_holm = std::nullopt;
  std::optional<double> p_benjamini_hochberg = std::nullopt;
};

// now - before, of values that mean the same.
Change ChangeSince(const estimate::Estimate& before, const estimate::Estimate& now);

// A change that cannot be counted.
inline Change NoChange(ChangeIssue issue) { return {.issue = issue}; }

// Fills in the adjusted p-values of all that are tested.
void AdjustFamily(std::span<Change* const> family);

// A round's way from answers to values: its framework, and by question what was asked word for
// word with its options, in any form that is equal only for equals.
struct RoundItems {
  const index::Framework& framework;
  std::map<std::string, std::string> wording;
};

// Whether the values of two rounds mean the same: by component of `now`, then the overall index.
// They do if the components below have the same ids, questions, wording and options in the same
// tree, scored and put together the same way.
std::vector<bool> ComparableComponents(const RoundItems& before, const RoundItems& now);

}  // namespace hailong::priorities
