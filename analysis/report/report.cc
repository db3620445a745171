#include "analysis/report/report.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace hailong::report {
v1::ComponentScore ComponentToProto(const v1::Component& component,
                                    const index::ComponentEstimate& estimate, bool interval_asked) {
  v1::ComponentScore proto;
  proto.set_component_id(component.component_id());
  proto.set_parent_id(component.parent_id());
  proto.set_kind(component.kind());
  *proto.mutable_title() = component.title();
  *proto.mutable_index() = ToProto(estimate.index, interval_asked);
  // Only items have steps.
  if (!component.question_id().empty()) {
    *proto.mutable_mean_score() = ToProto(estimate.mean_score, interval_asked);
  }
  proto.mutable_shares()->Add(estimate.shares.begin(), estimate.shares.end());
  proto.mutable_counts()->Add(estimate.counts.begin(), estimate.counts.end());
  return proto;
}

v1::Estimate ToProto(const estimate::Estimate& estimate, bool interval_asked) {
  v1::Estimate proto;
  proto.set_value(estimate.value);
  if (estimate.standard_error) proto.set_standard_error(*estimate.standard_error);
  if (estimate.ci_low) proto.set_ci_low(*estimate.ci_low);
  if (estimate.ci_high) proto.set_ci_high(*estimate.ci_high);
  proto.set_n(estimate.n);
  if (estimate.n_effective) proto.set_n_effective(*estimate.n_effective);
  if (estimate.design_effect) proto.set_design_effect(*estimate.design_effect);
  proto.set_defined(estimate.defined);
  if (interval_asked && estimate.standard_error) {
    proto.set_degrees_of_freedom(static_cast<double>(estimate.degrees_of_freedom));
  }
  return proto;
}

namespace {

v1::LocalizedText NoteOf(const index::IndexScore& score, const IndexContext& context) {
  std::vector<uint64_t> by_channel;
  if (context.names_collection) {
    for (const auto& [channel, count] : context.counts.by_channel()) {
      by_channel.resize(std::max(by_channel.size(), size_t{channel} + 1), 0);
      by_channel[channel] = count;
    }
  }
  return CoverageNote(
      score.weighting, context.units,
      {.by_channel = by_channel,
       .margins = score.steps.question_ids,
       .confidence = score.interval.has_value() ? score.interval->confidence
                                                : estimate::IntervalChoice().confidence});
}

}  // namespace

v1::IndexResult BuildIndexResult(const index::Framework& framework, const index::IndexScore& score,
                                 const IndexContext& context) {
  v1::IndexResult result;
  result.set_round_id(context.round_id);
  result.set_unit_id(context.unit_id);
  result.set_framework_id(framework.proto().framework_id());
  result.set_framework_version(framework.proto().version());
  result.set_scoring(score.scoring);
  result.set_composition(score.composition);
  const bool asked = score.interval.has_value();
  *result.mutable_overall() = ToProto(score.overall, asked);
  for (size_t c = 0; c < score.components.size(); ++c) {
    *result.add_components() = ComponentToProto(framework.component(c), score.components[c], asked);
  }
  *result.mutable_weighting() = WeightingToProto(score, context);
  *result.mutable_counts() = context.counts;
  result.set_without_flagged(score.without_flagged);
  result.set_synthetic(context.synthetic);
  for (v1::Provenance& fact : Unverified(framework, score.scoring, score.composition)) {
    *result.add_unverified() = std::move(fact);
  }
  *result.mutable_coverage_note() = NoteOf(score, context);
  for (const index::GroupEstimate& estimate : score.groups) {
    v1::GroupScore& group = *result.add_groups();
    group.set_group(estimate.group);
    if (estimate.group <= context.group_titles.size()) {
      *group.mutable_title() = context.group_titles[estimate.group - 1];
    }
    *group.mutable_index() = ToProto(estimate.index, asked);
  }
  AddDomains(framework, score, context, result);
  return result;
}

v1::UnitScore BuildUnitScore(const index::Framework& framework, const index::UnitScore& score,
                             const UnitLabel& unit, bool interval_asked) {
  v1::UnitScore proto;
  proto.set_unit_id(unit.unit_id);
  proto.set_name(unit.name);
  proto.set_level(unit.level);
  proto.set_parent_unit_id(unit.parent_unit_id);
  proto.set_population(unit.population);
  proto.set_responses(score.responses);
  proto.set_weight(score.weight);
  proto.set_issue(score.issue);
  *proto.mutable_overall() = ToProto(score.overall, interval_asked);
  for (size_t c = 0; c < score.components.size(); ++c) {
    *proto.add_components() =
        ComponentToProto(framework.component(c), score.components[c], interval_asked);
  }
  return proto;
}

v1::GetParSurveyPointsResponse BuildParSurveyPoints(const index::Framework& framework,
                                                    const index::PointsScore& score,
                                                    const v1::IndexResult& officials,
                                                    const v1::IndexResult& citizens) {
  v1::GetParSurveyPointsResponse response;
  for (size_t c = 0; c < score.components.size(); ++c) {
    const v1::Component& component = framework.component(c);
    const index::ComponentPoints& points = score.components[c];
    v1::PointScore& proto = *response.add_components();
    proto.set_component_id(component.component_id());
    proto.set_parent_id(component.parent_id());
    proto.set_kind(component.kind());
    *proto.mutable_title() = component.title();
    proto.set_max_points(points.max_points);
    proto.set_points(points.points);
    if (points.standard_error) proto.set_standard_error(*points.standard_error);
    *proto.mutable_index() = ToProto(points.index, /*interval_asked=*/false);
    if (component.has_max_points_provenance()) {
      *proto.mutable_max_points_provenance() = component.max_points_provenance();
    }
  }
  response.set_points(score.points);
  if (score.standard_error) response.set_standard_error(*score.standard_error);
  response.set_max_points(score.max_points);
  *response.mutable_officials() = officials;
  *response.mutable_citizens() = citizens;

  // The officials' result rests on the same framework, so most of its facts come twice.
  std::set<std::string> seen;
  const auto add = [&](const v1::Provenance& fact) {
    if (seen.insert(fact.note()).second) *response.add_unverified() = fact;
  };
  for (const v1::Provenance& fact :
       Unverified(framework, officials.scoring(), v1::COMPOSITION_POINTS)) {
    add(fact);
  }
  for (const v1::Provenance& fact : officials.unverified()) add(fact);
  for (const v1::Provenance& fact : citizens.unverified()) add(fact);
  response.set_synthetic(officials.synthetic() || citizens.synthetic());
  response.set_incomplete(score.incomplete);
  return response;
}

}  // namespace hailong::report
