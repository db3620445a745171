#include "server/model/round.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/rating_mapping.h"
#include "server/model/refusal.h"
#include "server/model/times.h"

namespace hailong::model {
namespace {

using base::Cat;

absl::Duration CheckDuration(const google::protobuf::Duration& from, absl::Duration at_most,
                             const char* field, refusal::Violations& bad) {
  const absl::Duration value = FromProto(from);
  if (value < absl::ZeroDuration() || value > at_most) {
    bad.Add(field, Cat("found ", absl::FormatDuration(value), ", allowed are 0s..",
                       absl::FormatDuration(at_most)));
  }
  return value;
}

void CheckPolicy(const v1::Round& definition, refusal::Violations& bad) {
  if (!v1::DuplicatePolicy_IsValid(definition.duplicate_policy())) {
    bad.Add("duplicate_policy", Cat("found ", static_cast<int>(definition.duplicate_policy())));
  }
  const bool by_channel = definition.duplicate_policy() == v1::DUPLICATE_POLICY_CHANNEL_ORDER;
  if (by_channel == definition.channel_order().empty()) {
    bad.Add("channel_order", by_channel ? "is empty; CHANNEL_ORDER needs it"
                                        : "is set, but duplicate_policy is not CHANNEL_ORDER");
  }
  std::vector<int> seen;
  for (const int channel : definition.channel_order()) {
    if (channel == v1::CHANNEL_UNSPECIFIED || !v1::Channel_IsValid(channel) ||
        std::find(seen.begin(), seen.end(), channel) != seen.end()) {
      bad.Add("channel_order", Cat("channel ", channel, " is unknown or there twice"));
    }
    seen.push_back(channel);
  }
  if (!v1::PartialRule_IsValid(definition.partial_rule())) {
    bad.Add("partial_rule", Cat("found ", static_cast<int>(definition.partial_rule()),
                                ", allowed are DISCARD and KEEP"));
  }
  if (!v1::WeightingMode_IsValid(definition.weighting_plan().mode())) {
    bad.Add("weighting_plan.mode", "is unknown");
  }
  const v1::FlagThresholds& thresholds = definition.flag_thresholds();
  if (thresholds.burst_count_max() > limits::kBurstCountMax) {
    bad.Add("flag_thresholds.burst_count_max", Cat("found ", thresholds.burst_count_max(),
                                                   ", allowed are 0..", limits::kBurstCountMax));
  }
  if ((thresholds.burst_count_max() == 0) != (thresholds.burst_window_ms() == 0)) {
    bad.Add("flag_thresholds.burst_window_ms", "burst needs both a count and a window, or neither");
  }
}

// The number of options of a question that a step may use; 0: it may not.
uint64_t CheckMargin(const std::string& question_id, const Questionnaire& questionnaire,
                     const std::string& field, refusal::Violations& bad) {
  const int position = questionnaire.Find(question_id, 0);
  const Question* question =
      position < 0 ? nullptr : &questionnaire.questions()[static_cast<size_t>(position)];
  if (question == nullptr || question->kind != v1::QUESTION_KIND_SINGLE_CHOICE) {
    bad.Add(field, Cat("found '", base::Utf8Prefix(question_id, 40),
                       "', allowed are the single choice questions of questionnaire '",
                       questionnaire.definition().questionnaire_id(), "'"));
    return 0;
  }
  return question->options;
}

void CheckTrimming(const v1::Trimming& trim, bool first, const std::string& field,
                   refusal::Violations& bad) {
  // Written so that NaN is refused.
  if (!(trim.lower() >= 0 && trim.lower() < 1)) {
    bad.Add(field + ".lower", Cat("found ", trim.lower(), ", allowed are 0 and up to below 1"));
  }
  const bool upper =
      trim.upper() == 0 || (trim.upper() > 1 && trim.upper() <= limits::kTrimmingUpperMax);
  if (!upper) {
    bad.Add(field + ".upper", Cat("found ", trim.upper(), ", allowed are 0 and above 1 to ",
                                  limits::kTrimmingUpperMax));
  }
  if (trim.lower() == 0 && trim.upper() == 0) bad.Add(field, "has no bound; give lower or upper");
  if (first) bad.Add(field, "is the first step; trimming follows post_stratify or rake");
}

void CheckWeightingSteps(const v1::WeightingPlan& plan, const Questionnaire& questionnaire,
                         refusal::Violations& bad) {
  const size_t count = static_cast<size_t>(plan.steps_size());
  if (count > limits::kWeightingStepsMax) {
    bad.Add("weighting_plan.steps",
            Cat("found ", count, ", allowed are 0..", limits::kWeightingStepsMax));
    return;
  }
  std::set<std::string> questions;
  uint64_t layers = 1;
  const auto use = [&](const std::string& question_id, const std::string& field) {
    const uint64_t options = CheckMargin(question_id, questionnaire, field, bad);
    if (options == 0 || !questions.insert(question_id).second) return;
    layers = std::min(layers * (options + 1), limits::kWeightingLayersMax + 1);
  };
  for (int i = 0; i < plan.steps_size(); ++i) {
    const v1::WeightingStep& step = plan.steps(i);
    const std::string field = Cat("weighting_plan.steps[", i, "]");
    switch (step.step_case()) {
      case v1::WeightingStep::kPostStratify:
        use(step.post_stratify().question_id(), field + ".post_stratify.question_id");
        break;
      case v1::WeightingStep::kRake: {
        const auto& ids = step.rake().question_ids();
        const size_t found = static_cast<size_t>(ids.size());
        if (found < 1 || found > limits::kRakingQuestionsMax) {
          bad.Add(field + ".rake.question_ids",
                  Cat("found ", found, ", allowed are 1..", limits::kRakingQuestionsMax));
          break;
        }
        if (std::set<std::string>(ids.begin(), ids.end()).size() != found) {
          bad.Add(field + ".rake.question_ids", "names a question twice");
        }
        for (int q = 0; q < ids.size(); ++q) {
          use(ids[q], Cat(field, ".rake.question_ids[", q, "]"));
        }
        break;
      }
      case v1::WeightingStep::kTrim:
        CheckTrimming(step.trim(), i == 0, field + ".trim", bad);
        break;
      case v1::WeightingStep::STEP_NOT_SET:
        bad.Add(field, "is empty; allowed are post_stratify, rake and trim");
        break;
    }
  }
  if (layers > limits::kWeightingLayersMax) {
    bad.Add("weighting_plan.steps",
            Cat("the options of their questions, crossed, are more than ",
                limits::kWeightingLayersMax, "; use questions with fewer options"));
  }
}

void CheckTable(const v1::PublishedTable& table, const Questionnaire& questionnaire,
                const std::string& field, refusal::Violations& bad) {
  const size_t found = static_cast<size_t>(table.by_size());
  if (found < 1 || found > limits::kDisclosureByMax) {
    bad.Add(field, Cat("found ", found, ", allowed are 1..", limits::kDisclosureByMax));
    return;
  }
  if (std::set<std::string>(table.by().begin(), table.by().end()).size() != found) {
    bad.Add(field, "names a dimension twice");
  }
  for (int i = 0; i < table.by_size(); ++i) {
    if (table.by(i) == kTableByUnit) continue;
    const int position = questionnaire.Find(table.by(i), 0);
    if (position < 0 || questionnaire.questions()[static_cast<size_t>(position)].kind !=
                            v1::QUESTION_KIND_SINGLE_CHOICE) {
      bad.Add(Cat(field, "[", i, "]"),
              Cat("found '", base::Utf8Prefix(table.by(i), 40), "', allowed are '", kTableByUnit,
                  "' and the single choice questions of questionnaire '",
                  questionnaire.definition().questionnaire_id(), "'"));
    }
  }
}

void CheckDisclosure(const v1::Round& definition, const Questionnaire& questionnaire,
                     refusal::Violations& bad) {
  const v1::DisclosureRule& rule = definition.disclosure();
  const auto check_n = [&](uint32_t n, const char* field) {
    if (n == 0 || (n >= 2 && n <= limits::kDisclosureNMinMax)) return;
    bad.Add(field, Cat("found ", n, ", allowed are 0 and 2..", limits::kDisclosureNMinMax));
  };
  check_n(rule.n_min(), "disclosure.n_min");
  check_n(rule.unanimous_n_min(), "disclosure.unanimous_n_min");
  if (rule.n_min() == 0 && (rule.unanimous_n_min() > 0 || !rule.tables().empty())) {
    bad.Add("disclosure.n_min", "found 0, which protects nothing; the rest of the rule needs it");
  }
  if (static_cast<size_t>(rule.tables_size()) > limits::kDisclosureTablesMax) {
    bad.Add("disclosure.tables",
            Cat("found ", rule.tables_size(), ", allowed are 0..", limits::kDisclosureTablesMax));
    return;
  }
  std::set<std::string> questions;
  for (int i = 0; i < rule.tables_size(); ++i) {
    CheckTable(rule.tables(i), questionnaire, Cat("disclosure.tables[", i, "].by"), bad);
    questions.insert(rule.tables(i).by().begin(), rule.tables(i).by().end());
  }
  questions.erase(std::string(kTableByUnit));
  for (const v1::WeightingStep& step : definition.weighting_plan().steps()) {
    if (step.has_post_stratify()) questions.insert(step.post_stratify().question_id());
    questions.insert(step.rake().question_ids().begin(), step.rake().question_ids().end());
  }
  if (rule.n_min() > 0 && questions.size() > limits::kDisclosureQuestionsMax) {
    bad.Add("disclosure.tables", Cat("found ", questions.size(),
                                     " questions, those of the weighting plan among them, allowed "
                                     "are 0..",
                                     limits::kDisclosureQuestionsMax));
  }
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Round>> Round::Create(
    RoundNumber number, const v1::Round& definition,
    std::shared_ptr<const Questionnaire> questionnaire, const UnitTree& units) {
  refusal::Violations bad("round.");
  if (!base::IsSlug(definition.round_id(), limits::kIdBytesMax, "-")) {
    bad.Add("round_id", Cat("found '", base::Utf8Prefix(definition.round_id(), 80),
                            "', allowed are 1..", limits::kIdBytesMax, " of a-z, 0-9 and '-'"));
  }
  if (definition.title().vi().empty() || definition.title().ByteSizeLong() > 4000) {
    bad.Add("title.vi", "is empty or longer than 4000 bytes");
  }
  if (definition.questionnaire_version() != questionnaire->definition().version()) {
    bad.Add("questionnaire_version",
            Cat("found ", definition.questionnaire_version(), ", allowed is ",
                questionnaire->definition().version(), "; a round names its version"));
  }
  if (definition.framework_id().size() > limits::kIdBytesMax)
    bad.Add("framework_id", "is too long");

  auto made = std::shared_ptr<Round>(new Round());
  made->number_ = number;
  made->opens_at_ = FromProto(definition.opens_at());
  made->closes_at_ = FromProto(definition.closes_at());
  if (!IsValid(definition.opens_at())) bad.Add("opens_at", "is missing or out of 2000..2100");
  if (!IsValid(definition.closes_at())) bad.Add("closes_at", "is missing or out of 2000..2100");
  if (made->closes_at_ <= made->opens_at_) bad.Add("closes_at", "is not after opens_at");
  made->grace_ends_at_ =
      made->closes_at_ + CheckDuration(definition.grace(), limits::kGraceMax, "grace", bad);
  CheckDuration(definition.appeal_time(), limits::kAppealMax, "appeal_time", bad);
  CheckPolicy(definition, bad);
  CheckWeightingSteps(definition.weighting_plan(), *questionnaire, bad);
  CheckDisclosure(definition, *questionnaire, bad);
  if (definition.has_zalo_rating()) {
    CheckRatingMapping(definition.zalo_rating(), *questionnaire, bad);
  }
  RETURN_IF_ERROR(bad.ToStatus());

  const std::string first_day = base::DayInVietnam(made->opens_at_);
  // The window is half open: its last day is the day of its last moment.
  const std::string last_day = base::DayInVietnam(made->closes_at_ - absl::Microseconds(1));
  if (units.Find(definition.root_unit_id(), first_day) == nullptr) {
    return refusal::NotFound(
        "unit", Cat(base::Utf8Prefix(definition.root_unit_id(), limits::kUnitIdBytesMax), "' on '",
                    first_day));
  }
  // The tree changes only on these days; a unit may come below the root by a change far above it.
  std::set<std::string> days = {first_day};
  for (const v1::Unit& unit : units.units()) {
    if (unit.valid_from() > first_day && unit.valid_from() <= last_day) {
      days.insert(unit.valid_from());
    }
  }
  for (const v1::Unit& unit : units.units()) {
    const bool below = std::any_of(days.begin(), days.end(), [&](const std::string& day) {
      return units.Find(unit.unit_id(), day) == &unit &&
             units.IsWithin(unit.unit_id(), definition.root_unit_id(), day);
    });
    if (!below) continue;
    if (made->units_.size() >= limits::kRoundUnitsMax) {
      bad.Add("root_unit_id", Cat("has more than ", limits::kRoundUnitsMax, " units below it"));
      return bad.ToStatus();
    }
    if (made->unit_index_.emplace(unit.unit_id(), static_cast<uint16_t>(made->units_.size()))
            .second) {
      made->units_.push_back(unit);
    }
  }
  made->definition_ = definition;
  made->questionnaire_ = std::move(questionnaire);
  return std::shared_ptr<const Round>(std::move(made));
}

std::shared_ptr<const Round> Round::WithUnits(std::vector<v1::Unit> units) const {
  auto made = std::shared_ptr<Round>(new Round(*this));
  made->units_ = std::move(units);
  made->unit_index_.clear();
  for (size_t i = 0; i < made->units_.size(); ++i) {
    made->unit_index_.emplace(made->units_[i].unit_id(), static_cast<uint16_t>(i));
  }
  return made;
}

std::optional<uint16_t> Round::FindUnit(std::string_view unit_id) const {
  const auto found = unit_index_.find(absl::string_view(unit_id.data(), unit_id.size()));
  if (found == unit_index_.end()) return std::nullopt;
  return found->second;
}

int Round::ChannelRank(v1::Channel channel) const {
  const auto& order = definition_.channel_order();
  return static_cast<int>(std::find(order.begin(), order.end(), channel) - order.begin());
}

bool Round::Supersedes(const Standing& candidate, const Standing& incumbent) const {
  switch (definition_.duplicate_policy()) {
    case v1::DUPLICATE_POLICY_FIRST:
      return candidate.submitted_at < incumbent.submitted_at;
    case v1::DUPLICATE_POLICY_CHANNEL_ORDER: {
      const int ours = ChannelRank(candidate.channel);
      const int theirs = ChannelRank(incumbent.channel);
      if (ours != theirs) return ours < theirs;
      return candidate.submitted_at >= incumbent.submitted_at;
    }
    default:
      // LATEST; of two at the same moment the one that arrived last.
      return candidate.submitted_at >= incumbent.submitted_at;
  }
}

}  // namespace hailong::model
