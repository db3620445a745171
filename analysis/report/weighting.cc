// The account of the weights and the domains of a result, as messages.
#include <map>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "analysis/index/by.h"
#include "analysis/report/report.h"

namespace hailong::report {
namespace {

v1::WeightingMode ModeToProto(weighting::Mode mode) {
  switch (mode) {
    case weighting::Mode::kPopulation:
      return v1::WEIGHTING_MODE_POPULATION;
    case weighting::Mode::kEqualUnits:
      return v1::WEIGHTING_MODE_EQUAL_UNITS;
    case weighting::Mode::kNone:
      return v1::WEIGHTING_MODE_NONE;
  }
  return v1::WEIGHTING_MODE_UNSPECIFIED;
}

v1::Interval IntervalToProto(estimate::IntervalKind kind) {
  switch (kind) {
    case estimate::IntervalKind::kNormal:
      return v1::INTERVAL_NORMAL;
    case estimate::IntervalKind::kT:
      return v1::INTERVAL_T;
    case estimate::IntervalKind::kLogit:
      return v1::INTERVAL_LOGIT;
    case estimate::IntervalKind::kBeta:
      return v1::INTERVAL_BETA;
  }
  return v1::INTERVAL_UNSPECIFIED;
}

const v1::Question* FindQuestion(const IndexContext& context, const std::string& question_id) {
  if (context.questionnaire == nullptr) return nullptr;
  for (const v1::Question& question : context.questionnaire->questions()) {
    if (question.question_id() == question_id) return &question;
  }
  return nullptr;
}

// The text of an option from 1; empty: not known.
v1::LocalizedText OptionTitle(const v1::Question* question, uint32_t option) {
  if (question == nullptr || option < 1 || static_cast<int>(option) > question->options_size()) {
    return {};
  }
  return question->options(static_cast<int>(option) - 1).text();
}

void AddSteps(const index::StepsReport& steps, const IndexContext& context,
              v1::WeightingReport& proto) {
  for (const weighting::CellStepReport& step : steps.steps) {
    v1::WeightingStepReport& report = *proto.add_steps();
    report.set_step(step.step);
    for (const size_t question : step.questions) {
      report.add_question_ids(steps.question_ids[question]);
    }
    report.set_iterations(step.iterations);
    // What did not converge is refused.
    report.set_converged(true);
    report.set_margin_error_max(step.margin_error_max);
    report.set_margin_error_at(step.margin_error_at);
    report.set_factor_min(step.factor_min);
    report.set_factor_max(step.factor_max);
    report.set_kish_before(step.kish_before);
    report.set_kish_after(step.kish_after);
    for (const weighting::Note& note : step.notes) {
      v1::LocalizedText& text = *report.add_notes();
      text.set_vi(note.vi);
      text.set_en(note.en);
    }
  }
  for (size_t q = 0; q < steps.margins.size(); ++q) {
    v1::MarginReport& margin = *proto.add_margins();
    const v1::Question* question = FindQuestion(context, steps.question_ids[q]);
    margin.set_question_id(steps.question_ids[q]);
    if (question != nullptr) *margin.mutable_title() = question->text();
    for (const weighting::MarginShare& share : steps.margins[q]) {
      v1::MarginLevel& level = *margin.add_levels();
      level.set_option(share.option);
      if (share.option == 0) {
        level.mutable_title()->set_vi("Không trả lời");
        level.mutable_title()->set_en("Not stated");
      } else if (question != nullptr) {
        *level.mutable_title() = OptionTitle(question, share.option);
      }
      level.set_responses(share.responses);
      level.set_sample_share(share.sample);
      level.set_unit_weighted_share(share.unit_weighted);
      level.set_weighted_share(share.weighted);
      if (share.population.has_value()) level.set_population_share(*share.population);
    }
  }
}

}  // namespace

v1::WeightingReport WeightingToProto(const index::IndexScore& score, const IndexContext& context) {
  const weighting::Report& report = score.weighting;
  const std::span<const UnitLabel> units = context.units;
  v1::WeightingReport proto;
  proto.set_mode(ModeToProto(report.mode));
  proto.set_weight_sum(report.weight_sum);
  proto.set_population_covered(report.population_covered);
  proto.set_population_total(report.population_total);
  proto.set_kish_design_effect(report.kish_design_effect);
  for (const weighting::UnitReport& issue : report.issues) {
    v1::UnitWeight& unit = *proto.add_issues();
    if (issue.unit < units.size()) {
      unit.set_unit_id(units[issue.unit].unit_id);
      unit.set_name(units[issue.unit].name);
    }
    unit.set_population(issue.population);
    unit.set_responses(issue.responses);
    unit.set_weight(issue.weight);
    unit.set_issue(index::IssueToProto(issue.issue));
  }
  proto.set_iterations(report.iterations);
  proto.set_margin_error_max(report.margin_error_max);
  proto.set_adjustment_min(report.adjustment_min);
  proto.set_adjustment_max(report.adjustment_max);
  AddSteps(score.steps, context, proto);
  return proto;
}

void AddDomains(const index::Framework& framework, const index::IndexScore& score,
                const IndexContext& context, v1::IndexResult& result) {
  if (score.interval.has_value()) {
    result.set_interval(IntervalToProto(score.interval->kind));
    result.set_confidence(score.interval->confidence);
  }
  std::map<std::string, std::string> names;
  for (const UnitLabel& unit : context.units) names[unit.unit_id] = unit.name;
  const bool asked = score.interval.has_value();
  for (const index::DomainEstimate& domain : score.domains) {
    v1::DomainScore& proto = *result.add_domains();
    for (size_t i = 0; i < score.by.size(); ++i) {
      v1::DomainLevel& level = *proto.add_levels();
      level.set_by(score.by[i]);
      level.set_key(domain.keys[i]);
      uint32_t option = 0;
      if (score.by[i] == index::kByUnit) {
        level.mutable_title()->set_vi(names[domain.keys[i]]);
      } else if (score.by[i] != index::kByLevel && absl::SimpleAtoi(domain.keys[i], &option)) {
        *level.mutable_title() = OptionTitle(FindQuestion(context, score.by[i]), option);
      }
    }
    *proto.mutable_overall() = ToProto(domain.overall, asked);
    for (size_t c = 0; c < domain.components.size(); ++c) {
      *proto.add_components() =
          ComponentToProto(framework.component(c), domain.components[c], asked);
    }
  }
}

}  // namespace hailong::report
