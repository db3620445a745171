#include "server/results/hide.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/numbers.h"
#include "base/check.h"
#include "base/status.h"

namespace hailong::results {
namespace {

using base::Cat;

double Rounded(double value) { return std::round(value * 100) / 100; }
// A p-value needs more to be read.
double RoundedP(double p) { return std::round(p * 10000) / 10000; }

void Hide(v1::Estimate& estimate) {
  estimate.Clear();
  estimate.set_suppressed(true);
}

void Round(v1::Estimate& estimate) {
  if (estimate.suppressed()) return;
  estimate.set_value(Rounded(estimate.value()));
  if (estimate.has_standard_error()) {
    estimate.set_standard_error(Rounded(estimate.standard_error()));
  }
  if (estimate.has_ci_low()) estimate.set_ci_low(Rounded(estimate.ci_low()));
  if (estimate.has_ci_high()) estimate.set_ci_high(Rounded(estimate.ci_high()));
  // A count, as it were.
  if (estimate.has_n_effective()) estimate.set_n_effective(std::round(estimate.n_effective()));
  if (estimate.has_design_effect()) estimate.set_design_effect(Rounded(estimate.design_effect()));
}

void HideOrRound(bool shown, v1::Estimate& estimate) {
  if (!shown) Hide(estimate);
  Round(estimate);
}

void RoundChange(v1::Change& change) {
  if (change.has_before()) Round(*change.mutable_before());
  if (change.has_difference()) change.set_difference(Rounded(change.difference()));
  if (change.has_standard_error()) change.set_standard_error(Rounded(change.standard_error()));
  if (change.has_ci_low()) change.set_ci_low(Rounded(change.ci_low()));
  if (change.has_ci_high()) change.set_ci_high(Rounded(change.ci_high()));
  if (change.has_degrees_of_freedom()) {
    change.set_degrees_of_freedom(std::round(change.degrees_of_freedom()));
  }
  if (change.has_p_value()) change.set_p_value(RoundedP(change.p_value()));
  if (change.has_p_holm()) change.set_p_holm(RoundedP(change.p_holm()));
  if (change.has_p_benjamini_hochberg()) {
    change.set_p_benjamini_hochberg(RoundedP(change.p_benjamini_hochberg()));
  }
}

// `shows`: of the number of a component.
template <typename Shows>
void HideComponents(const Shows& shows,
                    google::protobuf::RepeatedPtrField<v1::ComponentScore>& components) {
  for (int c = 0; c < components.size(); ++c) {
    v1::ComponentScore& component = components[c];
    const bool shown = shows(static_cast<size_t>(c));
    HideOrRound(shown, *component.mutable_index());
    if (component.has_mean_score()) HideOrRound(shown, *component.mutable_mean_score());
    if (!shown) {
      component.clear_shares();
      component.clear_counts();
    }
    for (double& share : *component.mutable_shares()) share = Rounded(share);
  }
}

void RoundWeighting(v1::WeightingReport& weighting) {
  weighting.set_weight_sum(Rounded(weighting.weight_sum()));
  weighting.set_kish_design_effect(Rounded(weighting.kish_design_effect()));
  weighting.set_adjustment_min(Rounded(weighting.adjustment_min()));
  weighting.set_adjustment_max(Rounded(weighting.adjustment_max()));
  for (v1::WeightingStepReport& step : *weighting.mutable_steps()) {
    step.set_factor_min(Rounded(step.factor_min()));
    step.set_factor_max(Rounded(step.factor_max()));
    step.set_kish_before(Rounded(step.kish_before()));
    step.set_kish_after(Rounded(step.kish_after()));
  }
}

void HideWeighting(const Protection& protection, const model::Round& round, size_t unit,
                   v1::WeightingReport& weighting) {
  if (!protection.ShowsResponses({.unit = unit})) {
    v1::WeightingReport left;
    left.set_mode(weighting.mode());
    left.set_population_total(weighting.population_total());
    *left.mutable_issues() = weighting.issues();
    weighting = std::move(left);
  }
  RoundWeighting(weighting);
  for (v1::UnitWeight& issue : *weighting.mutable_issues()) {
    const auto found = round.FindUnit(issue.unit_id());
    if (found.has_value() && protection.ShowsResponses({.unit = *found, .alone = true})) continue;
    issue.clear_responses();
    issue.clear_weight();
    issue.set_suppressed(true);
  }
  bool hidden = false;
  for (v1::MarginReport& margin : *weighting.mutable_margins()) {
    for (v1::MarginLevel& level : *margin.mutable_levels()) {
      if (protection.ShowsResponses(
              {.unit = unit, .answers = {{margin.question_id(), level.option()}}})) {
        level.set_sample_share(Rounded(level.sample_share()));
        level.set_unit_weighted_share(Rounded(level.unit_weighted_share()));
        level.set_weighted_share(Rounded(level.weighted_share()));
        continue;
      }
      level.clear_responses();
      level.clear_sample_share();
      level.clear_unit_weighted_share();
      level.clear_weighted_share();
      level.set_suppressed(true);
      hidden = true;
    }
  }
  // They say how many did not state a question.
  if (!hidden) return;
  for (v1::WeightingStepReport& step : *weighting.mutable_steps()) step.clear_notes();
}

// The part of the round that a domain of a result over the subtree of `unit` is.
Protection::Part PartOf(const model::Round& round, size_t unit, const v1::DomainScore& domain) {
  Protection::Part part{.unit = unit};
  for (const v1::DomainLevel& level : domain.levels()) {
    if (level.by() == model::kTableByUnit) {
      part.unit = round.FindUnit(level.key()).value_or(0);
      part.alone = true;
      continue;
    }
    uint32_t option = 0;
    HAILONG_CHECK(absl::SimpleAtoi(level.key(), &option));
    part.answers.push_back({level.by(), option});
  }
  return part;
}

}  // namespace

v1::Disclosure DisclosureOf(const model::Round& round, const Protection* protection) {
  v1::Disclosure disclosure;
  const v1::DisclosureRule& rule = round.definition().disclosure();
  *disclosure.mutable_rule() = rule;
  v1::LocalizedText& note = *disclosure.mutable_note();
  if (protection == nullptr) {
    disclosure.set_lifted(true);
    note.set_vi("KHÔNG ĐƯỢC BẢO VỆ: quản trị viên yêu cầu hiện mọi ô; không được công bố.");
    note.set_en(
        "NOT PROTECTED: an administrator asked for every cell; this is not for publication.");
    return disclosure;
  }
  const uint32_t hidden = protection->cells_hidden();
  disclosure.set_cells_hidden(hidden);
  note.set_vi(Cat("Kết quả được bảo vệ: ô có dưới ", rule.n_min(),
                  " phiếu, và những ô khác để không thể tính ra chúng, được ẩn (", hidden,
                  " ô trong các bảng của cả đợt); số liệu làm tròn đến hai chữ số thập phân."));
  note.set_en(Cat("Protected: cells of fewer than ", rule.n_min(),
                  " responses, and others so that these cannot be computed, are hidden (", hidden,
                  " cells over all tables of the round); numbers are rounded to two decimals."));
  if (round.state() != v1::ROUND_STATE_SEALED) {
    *note.mutable_vi() +=
        " Đợt chưa niêm phong: chưa được công bố, vì hai kết quả kế tiếp nhau để lộ phiếu đến ở "
        "giữa.";
    *note.mutable_en() +=
        " The round is not sealed: not for publication yet, since two results that follow each "
        "other tell the responses between them.";
  }
  return disclosure;
}

void DropIssues(const Protection& protection, index::IndexScore& score) {
  auto& issues = score.weighting.issues;
  const auto tells = [&](const weighting::UnitReport& issue) {
    const bool counts = issue.issue == weighting::Issue::kSingleResponse ||
                        issue.issue == weighting::Issue::kPopulationBelowSample;
    return counts && !protection.ShowsResponses({.unit = issue.unit, .alone = true});
  };
  issues.erase(std::remove_if(issues.begin(), issues.end(), tells), issues.end());
}

void HideResult(const Protection& protection, const model::Round& round,
                const index::Framework& framework, size_t unit, v1::IndexResult& result) {
  const Protection::Part whole{.unit = unit};
  HideOrRound(protection.Shows(whole, Protection::kOverall), *result.mutable_overall());
  HideComponents([&](size_t component) { return protection.Shows(whole, component); },
                 *result.mutable_components());
  for (v1::GroupScore& group : *result.mutable_groups()) {
    const Protection::Part part{
        .unit = unit, .answers = {{framework.proto().group_question_id(), group.group()}}};
    HideOrRound(protection.Shows(part, Protection::kOverall), *group.mutable_index());
  }
  for (v1::DomainScore& domain : *result.mutable_domains()) {
    const Protection::Part part = PartOf(round, unit, domain);
    HideOrRound(protection.Shows(part, Protection::kOverall), *domain.mutable_overall());
    HideComponents([&](size_t component) { return protection.Shows(part, component); },
                   *domain.mutable_components());
  }
  HideWeighting(protection, round, unit, *result.mutable_weighting());
  if (!protection.ShowsResponses(whole)) {
    result.clear_counts();
    // It counts responses by channel.
    result.clear_coverage_note();
  }
}

void HideUnit(const Protection& protection, const index::Framework& framework, size_t unit,
              v1::UnitScore& score) {
  const Protection::Part part{.unit = unit, .alone = true};
  HideOrRound(protection.ShowsPooled(part, Protection::kOverall), *score.mutable_overall());
  HideComponents([&](size_t component) { return protection.ShowsPooled(part, component); },
                 *score.mutable_components());
  HAILONG_CHECK(score.components().empty() ||
                static_cast<size_t>(score.components_size()) == framework.size());
  if (protection.ShowsResponses(part)) return;
  score.clear_responses();
  score.clear_weight();
  score.clear_issue();
  score.set_suppressed(true);
}

void HideImprovement(const Protection& protection, const Protection::Part& part,
                     v1::Improvement& improvement) {
  if (!protection.ShowsResponses(part)) {
    improvement.clear_responses();
    improvement.clear_few_responses();
  }
  const bool shown = part.alone ? protection.ShowsPooled(part, Protection::kOverall)
                                : protection.Shows(part, Protection::kOverall);
  if (!shown) {
    Hide(*improvement.mutable_overall());
    Hide(*improvement.mutable_distance());
    improvement.clear_contributions();
    improvement.clear_expectations();
    improvement.clear_change();
    improvement.clear_component_changes();
    improvement.set_suppressed(true);
    return;
  }
  for (v1::ExpectationGap& gap : *improvement.mutable_expectations()) {
    if (protection.ShowsQuestion(part, gap.question_id())) continue;
    Hide(*gap.mutable_expectation());
    if (gap.has_gap()) Hide(*gap.mutable_gap());
  }
}

void RoundImprovement(v1::Improvement& improvement) {
  Round(*improvement.mutable_overall());
  Round(*improvement.mutable_distance());
  for (v1::Contribution& contribution : *improvement.mutable_contributions()) {
    Round(*contribution.mutable_index());
    Round(*contribution.mutable_contribution());
  }
  for (v1::ExpectationGap& gap : *improvement.mutable_expectations()) {
    Round(*gap.mutable_expectation());
    if (gap.has_satisfaction()) Round(*gap.mutable_satisfaction());
    if (gap.has_gap()) Round(*gap.mutable_gap());
  }
  if (improvement.has_change()) RoundChange(*improvement.mutable_change());
  for (v1::Change& change : *improvement.mutable_component_changes()) RoundChange(change);
}

void HidePoints(const index::Framework& framework, v1::GetParSurveyPointsResponse& response) {
  // An officials' component may be hidden, or all of the citizens' index.
  const auto rests_on_hidden = [&](size_t leaf) {
    if (!framework.is_item(leaf)) return response.citizens().overall().suppressed();
    return response.officials().components(static_cast<int>(leaf)).index().suppressed();
  };
  bool any = false;
  for (int c = 0; c < response.components_size(); ++c) {
    v1::PointScore& score = *response.mutable_components(c);
    const std::vector<size_t> leaves = framework.Leaves(static_cast<size_t>(c));
    const bool hidden = std::any_of(leaves.begin(), leaves.end(), rests_on_hidden);
    any = any || hidden;
    HideOrRound(!hidden, *score.mutable_index());
    score.set_points(hidden ? 0 : Rounded(score.points()));
    if (hidden) score.clear_standard_error();
    if (score.has_standard_error()) score.set_standard_error(Rounded(score.standard_error()));
  }
  response.set_suppressed(any);
  response.set_points(any ? 0 : Rounded(response.points()));
  if (any) response.clear_standard_error();
  if (response.has_standard_error()) {
    response.set_standard_error(Rounded(response.standard_error()));
  }
}

}  // namespace hailong::results
