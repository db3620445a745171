#include "analysis/priorities/change.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analysis/estimate/contrast.h"
#include "analysis/estimate/intervals.h"
#include "analysis/estimate/significance.h"
#include "hailong/v1/framework.pb.h"

namespace hailong::priorities {
namespace {

using estimate::Contrast;
using estimate::Estimate;

Contrast ContrastOf(const Estimate& estimate) {
  return {.defined = estimate.defined,
          .value = estimate.value,
          .standard_error = estimate.standard_error,
          .degrees_of_freedom = static_cast<double>(estimate.degrees_of_freedom)};
}

// An error that is no error: nobody differed, among those who were asked.
bool IsUnknown(const Estimate& estimate) {
  if (estimate.taken_in_full) return false;
  return !estimate.standard_error.has_value() || *estimate.standard_error == 0 ||
         estimate.degrees_of_freedom == 0;
}

// Quoted, so that no two lists of texts run into the same.
std::string Quoted(const std::string& text) { return absl::StrCat(text.size(), ":", text, ";"); }

std::string DescribeAll(const RoundItems& round, const std::vector<size_t>& components);

// All that a component's value follows from, as a text.
std::string Describe(const RoundItems& round, size_t component) {
  const index::Framework& framework = round.framework;
  const v1::Component& proto = framework.component(component);
  std::string text = Quoted(proto.component_id());
  if (framework.is_leaf(component)) {
    const auto wording = round.wording.find(proto.question_id());
    absl::StrAppend(&text, Quoted(proto.question_id()), Quoted(proto.index_of()),
                    Quoted(wording == round.wording.end() ? "" : wording->second));
    if (framework.proto().composition() == v1::COMPOSITION_POINTS) {
      absl::StrAppend(&text, proto.max_points(), ";");
    }
  }
  return absl::StrCat(text, "(", DescribeAll(round, framework.children(component)), ")");
}

// Their order does not matter to the value.
std::string DescribeAll(const RoundItems& round, const std::vector<size_t>& components) {
  std::vector<std::string> texts;
  for (const size_t component : components) texts.push_back(Describe(round, component));
  std::sort(texts.begin(), texts.end());
  return absl::StrJoin(texts, "");
}

// What holds for every component.
std::string DescribeHead(const v1::IndexFramework& framework) {
  std::string text = absl::StrCat(static_cast<int>(framework.scoring()), ";",
                                  static_cast<int>(framework.composition()), ";");
  if (framework.scoring() == v1::SCORING_OPTION_WEIGHTS) {
    absl::StrAppend(&text, absl::StrJoin(framework.option_weights(), ","), ";");
  }
  if (framework.group_composition() == v1::GROUP_COMPOSITION_EQUAL_GROUPS) {
    absl::StrAppend(&text, Quoted(framework.group_question_id()));
  }
  return text;
}

}  // namespace

Change ChangeSince(const Estimate& before, const Estimate& now) {
  Change change;
  change.before = before;
  if (!before.defined || !now.defined) {
    change.issue = ChangeIssue::kNoAnswers;
    return change;
  }
  const Contrast contrast = estimate::IndependentDifference(ContrastOf(now), ContrastOf(before));
  change.difference = contrast.value;
  if (IsUnknown(before) || IsUnknown(now)) {
    change.issue = ChangeIssue::kNoError;
    return change;
  }
  if (before.taken_in_full && now.taken_in_full) {
    change.issue = ChangeIssue::kTakenInFull;
    return change;
  }
  change.issue = ChangeIssue::kNone;
  change.standard_error = contrast.standard_error;
  change.degrees_of_freedom = contrast.degrees_of_freedom;
  change.p_value =
      estimate::TwoSidedP(contrast.value / *contrast.standard_error, contrast.degrees_of_freedom);
  if (const auto interval =
          estimate::IntervalOf(estimate::IntervalKind::kT, contrast, 1 - kSignificanceLevel)) {
    change.ci_low = interval->low;
    change.ci_high = interval->high;
  }
  return change;
}

void AdjustFamily(std::span<Change* const> family) {
  std::vector<std::optional<double>> p_values;
  for (const Change* change : family) p_values.push_back(change->p_value);
  const auto holm = estimate::AdjustByHolm(p_values);
  const auto benjamini_hochberg = estimate::AdjustByBenjaminiHochberg(p_values);
  for (size_t i = 0; i < family.size(); ++i) {
    family[i]->p_holm = holm[i];
    family[i]->p_benjamini_hochberg = benjamini_hochberg[i];
  }
}

std::vector<bool> ComparableComponents(const RoundItems& before, const RoundItems& now) {
  const bool same_head =
      DescribeHead(before.framework.proto()) == DescribeHead(now.framework.proto());
  std::vector<bool> comparable;
  for (size_t c = 0; c < now.framework.size(); ++c) {
    const auto there = before.framework.Find(now.framework.component(c).component_id());
    comparable.push_back(same_head && there.has_value() &&
                         Describe(before, *there) == Describe(now, c));
  }
  comparable.push_back(same_head && DescribeAll(before, before.framework.tops()) ==
                                        DescribeAll(now, now.framework.tops()));
  return comparable;
}

}  // namespace hailong::priorities
