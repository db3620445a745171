#include "analysis/report/improvement.h"

#include <utility>

namespace hailong::report {
namespace {

v1::ChangeIssue IssueToProto(priorities::ChangeIssue issue) {
  switch (issue) {
    case priorities::ChangeIssue::kNone:
      return v1::CHANGE_ISSUE_UNSPECIFIED;
    case priorities::ChangeIssue::kNoSuchUnit:
      return v1::CHANGE_ISSUE_NO_SUCH_UNIT;
    case priorities::ChangeIssue::kNotComparable:
      return v1::CHANGE_ISSUE_NOT_COMPARABLE;
    case priorities::ChangeIssue::kNoAnswers:
      return v1::CHANGE_ISSUE_NO_ANSWERS;
    case priorities::ChangeIssue::kNoError:
      return v1::CHANGE_ISSUE_NO_ERROR;
    case priorities::ChangeIssue::kTakenInFull:
      return v1::CHANGE_ISSUE_TAKEN_IN_FULL;
  }
  return v1::CHANGE_ISSUE_UNSPECIFIED;
}

v1::Change ChangeToProto(const priorities::Change& change, v1::Adjustment adjustment) {
  v1::Change proto;
  proto.set_issue(IssueToProto(change.issue));
  if (change.before) *proto.mutable_before() = ToProto(*change.before, false);
  if (change.difference) proto.set_difference(*change.difference);
  if (change.standard_error) proto.set_standard_error(*change.standard_error);
  if (change.ci_low) proto.set_ci_low(*change.ci_low);
  if (change.ci_high) proto.set_ci_high(*change.ci_high);
  if (change.degrees_of_freedom) proto.set_degrees_of_freedom(*change.degrees_of_freedom);
  if (change.p_value) proto.set_p_value(*change.p_value);
  if (change.p_holm) proto.set_p_holm(*change.p_holm);
  if (change.p_benjamini_hochberg) {
    proto.set_p_benjamini_hochberg(*change.p_benjamini_hochberg);
  }
  const std::optional<double>& decides =
      adjustment == v1::ADJUSTMENT_BENJAMINI_HOCHBERG ? change.p_benjamini_hochberg : change.p_holm;
  proto.set_significant(decides.has_value() && *decides < priorities::kSignificanceLevel);
  return proto;
}

v1::Contribution ContributionToProto(const v1::Component& component,
                                     const priorities::Contribution& contribution) {
  v1::Contribution proto;
  proto.set_component_id(component.component_id());
  proto.set_parent_id(component.parent_id());
  proto.set_kind(component.kind());
  *proto.mutable_title() = component.title();
  *proto.mutable_index() = ToProto(contribution.index, false);
  *proto.mutable_contribution() = ToProto(contribution.contribution, false);
  proto.set_rank(contribution.rank);
  return proto;
}

v1::ExpectationGap GapToProto(const index::Framework& framework,
                              const priorities::ExpectationGap& gap) {
  const v1::Expectation& expectation =
      framework.proto().expectations(static_cast<int>(gap.expectation));
  v1::ExpectationGap proto;
  proto.set_question_id(expectation.question_id());
  *proto.mutable_title() = expectation.title();
  *proto.mutable_expectation() = ToProto(gap.wanted, false);
  const std::optional<size_t> component = framework.Find(expectation.component_id());
  if (!component.has_value()) return proto;
  proto.set_component_id(expectation.component_id());
  *proto.mutable_component_title() = framework.component(*component).title();
  if (gap.satisfaction) *proto.mutable_satisfaction() = ToProto(*gap.satisfaction, false);
  if (gap.gap) *proto.mutable_gap() = ToProto(*gap.gap, false);
  return proto;
}

}  // namespace

v1::Improvement BuildImprovement(const index::Framework& framework,
                                 const priorities::Priorities& priorities,
                                 const std::optional<priorities::Changes>& changes,
                                 v1::Adjustment adjustment, const UnitLabel& unit) {
  v1::Improvement proto;
  proto.set_unit_id(unit.unit_id);
  proto.set_name(unit.name);
  proto.set_level(unit.level);
  proto.set_parent_unit_id(unit.parent_unit_id);
  proto.set_responses(priorities.responses);
  proto.set_few_responses(priorities.responses < priorities::kFewResponses);
  *proto.mutable_overall() = ToProto(priorities.overall, false);
  *proto.mutable_distance() = ToProto(priorities.distance, false);
  for (size_t c = 0; c < priorities.components.size(); ++c) {
    if (!priorities.components[c].contribution.defined) continue;
    *proto.add_contributions() =
        ContributionToProto(framework.component(c), priorities.components[c]);
  }
  for (const priorities::ExpectationGap& gap : priorities.expectations) {
    *proto.add_expectations() = GapToProto(framework, gap);
  }
  if (!changes.has_value()) return proto;
  *proto.mutable_change() = ChangeToProto(changes->overall, adjustment);
  const std::vector<size_t> elements = priorities::ElementsOf(framework);
  for (size_t i = 0; i < elements.size(); ++i) {
    v1::Change& change = *proto.add_component_changes();
    change = ChangeToProto(changes->elements[i], adjustment);
    change.set_component_id(framework.component(elements[i]).component_id());
    *change.mutable_title() = framework.component(elements[i]).title();
  }
  return proto;
}

}  // namespace hailong::report
