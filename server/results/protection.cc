#include "server/results/protection.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "absl/strings/str_join.h"
#include "analysis/disclosure/suppress.h"
#include "analysis/index/by.h"
#include "analysis/index/scan.h"
#include "base/check.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/results/asked.h"

namespace hailong::results {
namespace {

using base::Cat;
using disclosure::Crossing;
using disclosure::Table;
using disclosure::TableBuilder;

static_assert(index::kByUnit == model::kTableByUnit);
static_assert(limits::kDisclosureNMinMax == disclosure::kNMinMax);
// Units and groups have a dimension each.
static_assert(limits::kDisclosureQuestionsMax + 2 <= disclosure::kDimensionsMax);

constexpr size_t kUnits = 0;
// Items that fewer than this part of the most answered of those before them answer have a mask of
// their own: n of one is then no guess at n of the other.
constexpr uint64_t kAnswersAlikePercent = 90;

// By unit: the units directly below it.
std::vector<std::vector<size_t>> ChildrenOf(const model::Round& round) {
  std::vector<std::vector<size_t>> children(round.units().size());
  for (size_t u = 0; u < round.units().size(); ++u) {
    const auto parent = round.FindUnit(round.units()[u].parent_unit_id());
    if (parent.has_value() && *parent != u) children[*parent].push_back(u);
  }
  return children;
}

std::vector<size_t> ItemsOf(const index::Framework& framework) {
  std::vector<size_t> items;
  for (size_t c = 0; c < framework.size(); ++c) {
    if (framework.is_item(c)) items.push_back(c);
  }
  return items;
}

size_t OptionsOf(const model::Round& round, const std::string& question_id) {
  const int position = round.questionnaire().Find(question_id, 0);
  HAILONG_CHECK(position >= 0);
  return round.questionnaire().questions()[static_cast<size_t>(position)].options;
}

// The node of an option in the dimension of its question; 0: not stated.
uint32_t NodeOf(uint32_t option) { return option + 1; }

}  // namespace

void AddTableQuestions(const v1::DisclosureRule& rule, std::vector<std::string>& questions) {
  for (const v1::PublishedTable& table : rule.tables()) {
    for (const std::string& by : table.by()) {
      const bool known = std::find(questions.begin(), questions.end(), by) != questions.end();
      if (by != model::kTableByUnit && !known) questions.push_back(by);
    }
  }
}

// Respondents by cell: those of one unit with the same answers to the questions of the tables.
struct Protection::Tally {
  // By cell.
  std::vector<std::vector<uint32_t>> nodes;
  std::vector<uint32_t> responses;
  // By item.
  std::vector<uint8_t> options;
  // By cell, item and slot.
  size_t stride = 0;
  std::vector<uint32_t> counts;

  uint32_t Count(size_t cell, size_t item, size_t step) const {
    return counts[(cell * options.size() + item) * stride + step];
  }
  uint64_t Answers(size_t item) const {
    uint64_t sum = 0;
    for (size_t cell = 0; cell < nodes.size(); ++cell) {
      for (size_t step = 1; step <= options[item]; ++step) sum += Count(cell, item, step);
    }
    return sum;
  }
};

Protection::Layout Protection::LayOut(const model::Round& round,
                                      const index::Framework& framework) {
  Layout layout;
  disclosure::Dimension units{.name = "unit", .parents = {-1}};
  layout.nodes.resize(round.units().size(), kNowhere);
  const std::vector<std::vector<size_t>> children = ChildrenOf(round);
  std::vector<size_t> order;
  if (const auto root = round.FindUnit(round.definition().root_unit_id())) {
    layout.nodes[*root] = 0;
    order.push_back(*root);
  }
  for (size_t i = 0; i < order.size(); ++i) {
    for (const size_t child : children[order[i]]) {
      if (layout.nodes[child] != kNowhere) continue;
      layout.nodes[child] = static_cast<uint32_t>(units.parents.size());
      units.parents.push_back(static_cast<int32_t>(layout.nodes[order[i]]));
      order.push_back(child);
    }
  }
  layout.dimensions.push_back(std::move(units));

  // The margins first, so that they are known by their number.
  std::vector<std::string> margins;
  AddMarginQuestions(round.definition().weighting_plan(), margins);
  const auto dimension_of = [&](const std::string& id) {
    const auto found = std::find(layout.questions.begin(), layout.questions.end(), id);
    if (found != layout.questions.end()) {
      return 1 + static_cast<size_t>(found - layout.questions.begin());
    }
    layout.questions.push_back(id);
    // "Not stated" is a category too.
    layout.dimensions.push_back(disclosure::FlatDimension(id, 1 + OptionsOf(round, id)));
    return layout.questions.size();
  };
  layout.crossings.push_back({kUnits});
  for (const std::string& id : margins) layout.crossings.push_back({dimension_of(id)});
  for (const v1::PublishedTable& table : round.definition().disclosure().tables()) {
    Crossing& crossing = layout.crossings.emplace_back();
    for (const std::string& by : table.by()) {
      crossing.push_back(by == model::kTableByUnit ? kUnits : dimension_of(by));
    }
  }
  if (framework.proto().group_question_id().empty()) return layout;
  const size_t group = dimension_of(framework.proto().group_question_id());
  layout.crossings.push_back({kUnits, group});
  if (framework.proto().group_composition() != v1::GROUP_COMPOSITION_EQUAL_GROUPS) return layout;
  layout.equal_groups = group;
  for (Crossing& crossing : layout.crossings) {
    if (std::find(crossing.begin(), crossing.end(), group) == crossing.end()) {
      crossing.push_back(group);
    }
  }
  return layout;
}

absl::Status Protection::Check(const model::Round& round, const index::Framework& framework) {
  const v1::DisclosureRule& rule = round.definition().disclosure();
  if (rule.n_min() == 0) return absl::OkStatus();
  const Layout layout = LayOut(round, framework);
  size_t options_max = 1;
  for (const size_t item : ItemsOf(framework)) {
    const std::string& id = framework.component(item).question_id();
    options_max = std::max(options_max, OptionsOf(round, id));
    if (std::find(layout.questions.begin(), layout.questions.end(), id) != layout.questions.end()) {
      return refusal::Field(
          "round.disclosure.tables",
          Cat("found question '", id, "', which framework '", framework.proto().framework_id(),
              "' scores; allowed are questions that are not scored"));
    }
  }
  // What a row can be counted in.
  size_t places = round.units().size();
  for (const std::string& id : layout.questions) {
    places = std::min(places * (1 + OptionsOf(round, id)), index::kPlacesMax + 1);
  }
  if (places > index::kPlacesMax) {
    return refusal::Field("round.disclosure.tables",
                          Cat("found ", round.units().size(), " units, which with the answers to ",
                              absl::StrJoin(layout.questions, ", "), " make more than ",
                              index::kPlacesMax, " cells, the most there may be"));
  }
  const auto fits = TableBuilder::Create(layout.dimensions, layout.crossings, options_max);
  if (fits.ok()) return absl::OkStatus();
  return refusal::Field("round.disclosure.tables", std::string(fits.status().message()));
}

absl::StatusOr<Protection> Protection::Create(const model::Round& round,
                                              const index::Framework& framework,
                                              const frame::Frame& frame,
                                              const std::vector<bool>& taking_part, int threads) {
  const v1::DisclosureRule& rule = round.definition().disclosure();
  HAILONG_CHECK(rule.n_min() > 0 && taking_part.size() == frame.unit_count());
  Layout layout = LayOut(round, framework);
  std::vector<bool> apart;
  for (size_t u = 0; u < taking_part.size(); ++u) {
    apart.push_back(!taking_part[u] || layout.nodes[u] == kNowhere);
  }
  Protection protection(std::move(layout), std::move(apart));
  const std::vector<size_t> items = ItemsOf(framework);
  std::vector<std::string> questions;
  for (const size_t item : items) questions.push_back(framework.component(item).question_id());
  for (std::string& id : ExpectationQuestions(framework, round.questionnaire())) {
    questions.push_back(std::move(id));
  }
  std::vector<size_t> columns;
  for (const std::string& id : questions) columns.push_back(*frame.FindColumn(id));
  ASSIGN_OR_RETURN(const Tally tally, protection.Count(frame, columns, threads));
  ASSIGN_OR_RETURN(const std::vector<size_t> masks,
                   protection.SuppressAll(rule, tally, frame, columns));
  protection.component_masks_.resize(framework.size(), 0);
  for (size_t q = 0; q < questions.size(); ++q) {
    size_t& mask = protection.question_masks_[questions[q]];
    mask = std::max(mask, masks[q]);
  }
  for (size_t i = 0; i < items.size(); ++i) {
    protection.overall_mask_ = std::max(protection.overall_mask_, masks[i]);
    for (std::optional<size_t> c = items[i]; c.has_value(); c = framework.parent(*c)) {
      size_t& mask = protection.component_masks_[*c];
      mask = std::max(mask, masks[i]);
    }
  }
  const std::vector<bool>& all = protection.masks_.back();
  const std::vector<bool>& all_apart = protection.apart_masks_.back();
  protection.cells_hidden_ =
      static_cast<uint32_t>(std::count(all.begin(), all.end(), true) +
                            std::count(all_apart.begin(), all_apart.end(), true));
  return protection;
}

absl::StatusOr<Protection::Tally> Protection::Count(const frame::Frame& frame,
                                                    const std::vector<size_t>& columns,
                                                    int threads) const {
  std::vector<uint8_t> stands_in;
  for (const bool apart : apart_) stands_in.push_back(apart ? 0 : 1);
  index::SplitBy by = index::OneBlock(stands_in, /*without_flagged=*/false);
  for (const std::string& id : layout_.questions) {
    by.layer_columns.push_back(*frame.FindColumn(id));
  }
  ASSIGN_OR_RETURN(const index::Partition cells, index::SplitRows(frame, by, threads));

  Tally tally;
  for (const size_t column : columns) {
    tally.options.push_back(frame.columns()[column].options);
    // Besides the steps: no answer, and not applicable.
    tally.stride = std::max<size_t>(tally.stride, tally.options.back() + 2);
  }
  tally.counts = index::ScanCounts(frame, cells, tally.stride, columns, threads);
  for (size_t cell = 0; cell < cells.cells; ++cell) {
    const size_t unit = cells.cell_unit[cell];
    const uint64_t responses = by.layer_columns.empty()
                                   ? frame.Responses(unit, /*without_flagged=*/false)
                                   : cells.cell_rows[cell];
    tally.responses.push_back(static_cast<uint32_t>(responses));
    std::vector<uint32_t>& nodes = tally.nodes.emplace_back(1 + by.layer_columns.size());
    nodes[kUnits] = layout_.nodes[unit];
    size_t layer = cells.cell_layer[cell];
    for (size_t q = by.layer_columns.size(); q-- > 0;) {
      const size_t levels = frame.columns()[by.layer_columns[q]].options + size_t{1};
      nodes[1 + q] = NodeOf(static_cast<uint32_t>(layer % levels));
      layer /= levels;
    }
  }
  return tally;
}

absl::StatusOr<Table> Protection::TableOf(const Tally& tally, std::optional<size_t> item) const {
  const size_t steps = item.has_value() ? tally.options[*item] : 1;
  absl::StatusOr<TableBuilder> builder =
      TableBuilder::Create(layout_.dimensions, layout_.crossings, steps);
  // It was so when the round opened: the registry has more units for it now.
  if (!builder.ok()) return absl::ResourceExhaustedError(builder.status().message());
  for (size_t cell = 0; cell < tally.nodes.size(); ++cell) {
    for (size_t step = 0; step < steps; ++step) {
      const uint32_t count =
          item.has_value() ? tally.Count(cell, *item, step + 1) : tally.responses[cell];
      RETURN_IF_ERROR(builder->Add(tally.nodes[cell], step, count));
    }
  }
  return (*std::move(builder)).Build();
}

absl::StatusOr<std::vector<size_t>> Protection::SuppressAll(const v1::DisclosureRule& rule,
                                                            const Tally& tally,
                                                            const frame::Frame& frame,
                                                            const std::vector<size_t>& columns) {
  const size_t items = columns.size();
  std::vector<size_t> order(items);
  std::iota(order.begin(), order.end(), size_t{0});
  std::vector<uint64_t> answers;
  for (size_t i = 0; i < items; ++i) answers.push_back(tally.Answers(i));
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return answers[a] > answers[b]; });

  const uint32_t apart_n_min = std::max(rule.n_min(), rule.unanimous_n_min());
  const auto hide = [&](const Table& table, const disclosure::Rule& how,
                        const auto& count_apart) -> absl::Status {
    std::vector<bool>& mask = masks_.back();
    ASSIGN_OR_RETURN(const disclosure::Suppression found, disclosure::Suppress(table, how, mask));
    for (size_t cell = 0; cell < mask.size(); ++cell) {
      if (disclosure::IsHidden(found.status[cell])) mask[cell] = true;
    }
    for (size_t u = 0; u < apart_.size(); ++u) {
      const uint64_t n = apart_[u] ? count_apart(u) : 0;
      if (n > 0 && n < apart_n_min) apart_masks_.back()[u] = true;
    }
    return absl::OkStatus();
  };

  ASSIGN_OR_RETURN(Table responses, TableOf(tally, std::nullopt));
  table_ = std::move(responses);
  masks_.emplace_back(table_->cell_count(), false);
  apart_masks_.emplace_back(apart_.size(), false);
  RETURN_IF_ERROR(hide(*table_, {.n_min = rule.n_min()},
                       [&](size_t u) { return frame.Responses(u, /*without_flagged=*/false); }));
  uint64_t most = std::accumulate(tally.responses.begin(), tally.responses.end(), uint64_t{0});
  std::vector<size_t> masks(items, 0);
  for (const size_t i : order) {
    if (answers[i] * 100 < most * kAnswersAlikePercent) {
      most = answers[i];
      masks_.push_back(masks_.back());
      apart_masks_.push_back(apart_masks_.back());
    }
    ASSIGN_OR_RETURN(const Table table, TableOf(tally, i));
    const bool steps = table.steps() > 1;
    const disclosure::Rule how{.n_min = rule.n_min(),
                               .unanimous_n_min = steps ? rule.unanimous_n_min() : 0};
    RETURN_IF_ERROR(hide(table, how, [&](size_t u) {
      uint64_t n = 0;
      for (uint8_t step = 1; step <= tally.options[i]; ++step) {
        n += frame.Count(u, columns[i], step, /*without_flagged=*/false);
      }
      return n;
    }));
    masks[i] = masks_.size() - 1;
  }
  return masks;
}

bool Protection::Publishes(const std::vector<std::string>& by) const {
  Crossing asked;
  for (const std::string& one : by) {
    const std::optional<size_t> dimension =
        one == model::kTableByUnit ? std::optional<size_t>(kUnits) : DimensionOf(one);
    if (!dimension.has_value()) return false;
    asked.push_back(*dimension);
  }
  return std::any_of(layout_.crossings.begin(), layout_.crossings.end(), [&](const Crossing& has) {
    return std::all_of(asked.begin(), asked.end(), [&](size_t dimension) {
      return std::find(has.begin(), has.end(), dimension) != has.end();
    });
  });
}

std::string Protection::Published() const {
  std::vector<std::string> tables;
  for (const Crossing& crossing : layout_.crossings) {
    std::vector<std::string> names;
    for (const size_t dimension : crossing) names.push_back(layout_.dimensions[dimension].name);
    tables.push_back(Cat("[", absl::StrJoin(names, ", "), "]"));
  }
  return absl::StrJoin(tables, ", ");
}

std::optional<size_t> Protection::DimensionOf(const std::string& question_id) const {
  const auto found = std::find(layout_.questions.begin(), layout_.questions.end(), question_id);
  if (found == layout_.questions.end()) return std::nullopt;
  return 1 + static_cast<size_t>(found - layout_.questions.begin());
}

std::optional<std::vector<uint32_t>> Protection::NodesOf(const Part& part) const {
  const uint32_t unit = layout_.nodes[part.unit];
  if (unit == kNowhere) return std::nullopt;
  const disclosure::Hierarchy& units = table_->dimensions()[kUnits];
  std::vector<uint32_t> nodes(layout_.dimensions.size(), disclosure::Hierarchy::root());
  nodes[kUnits] = part.alone ? units.leaf_node(units.own_leaf(unit)) : unit;
  for (const Part::Answer& answer : part.answers) {
    const std::optional<size_t> dimension = DimensionOf(answer.question_id);
    if (!dimension.has_value()) return std::nullopt;
    nodes[*dimension] = NodeOf(answer.option);
  }
  return nodes;
}

bool Protection::IsShown(const std::vector<uint32_t>& nodes, size_t mask) const {
  const std::optional<size_t> cell = table_->Find(nodes);
  return cell.has_value() && !masks_[mask][*cell];
}

bool Protection::IsShown(const Part& part, size_t mask) const {
  if (part.alone && apart_[part.unit] && part.answers.empty()) {
    return !apart_masks_[mask][part.unit];
  }
  const auto nodes = NodesOf(part);
  return nodes.has_value() && IsShown(*nodes, mask);
}

bool Protection::IsShownByGroups(const Part& part, size_t mask) const {
  auto nodes = NodesOf(part);
  if (!nodes.has_value()) return false;
  if (!layout_.equal_groups.has_value()) return IsShown(*nodes, mask);
  const size_t group = *layout_.equal_groups;
  if ((*nodes)[group] != disclosure::Hierarchy::root()) return IsShown(*nodes, mask);
  for (uint32_t node = NodeOf(1); node < layout_.dimensions[group].parents.size(); ++node) {
    (*nodes)[group] = node;
    if (!IsShown(*nodes, mask)) return false;
  }
  return true;
}

size_t Protection::MaskOf(size_t component) const {
  return component == kOverall ? overall_mask_ : component_masks_[component];
}

bool Protection::ShowsResponses(const Part& part) const { return IsShown(part, 0); }

bool Protection::Shows(const Part& part, size_t component) const {
  return IsShownByGroups(part, MaskOf(component));
}

bool Protection::ShowsPooled(const Part& part, size_t component) const {
  return IsShown(part, MaskOf(component));
}

bool Protection::ShowsQuestion(const Part& part, const std::string& question_id) const {
  const auto mask = question_masks_.find(question_id);
  return mask != question_masks_.end() && IsShownByGroups(part, mask->second);
}

bool Protection::IsHiddenApart(size_t unit) const {
  return apart_[unit] && apart_masks_.front()[unit];
}

}  // namespace hailong::results
