#pragma once

// Which cells of a round are hidden, by its DisclosureRule: one mask for every request and caller.
//
// Everything that the round may ever show is one table of cells: the tree of its units, crossed
// with the declared tables, the respondent groups and the questions of the weighting plan, each
// question with "not stated". The responses, and the answers to each item and to each expectation
// beside the items, are counted over these cells and suppressed in turn, each with what those
// before it hid (disclosure/suppress.h). Where much the same people answered, the masks become one:
// otherwise the n of a cell that is hidden for one item could be read off another. Items that
// clearly fewer answer come later and hide more, so that masks are nested; a component takes the
// mask of the item below it that hides most.
//
// A unit that has no weight is in no total: it stands apart, and is hidden if it is small itself.
//
// Under GROUP_COMPOSITION_EQUAL_GROUPS a result is a mean of its groups, so groups are part of
// every crossing and a result is shown where all of them are.
//
// Threads: immutable once made; any thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analysis/disclosure/table.h"
#include "analysis/frame/frame.h"
#include "analysis/index/framework.h"
#include "server/model/round.h"

namespace hailong::results {

// The questions that the tables of a rule are by.
void AddTableQuestions(const v1::DisclosureRule& rule, std::vector<std::string>& questions);

class Protection {
 public:
  // The index over all items, where a component is named.
  static constexpr size_t kOverall = SIZE_MAX;

  // A part of a round that has results of its own.
  struct Part {
    struct Answer {
      std::string question_id;
      // From 1; 0: not stated.
      uint32_t option = 0;
    };
    // Of the round.
    size_t unit = 0;
    // Without the units below it.
    bool alone = false;
    std::vector<Answer> answers = {};
  };

  // Whether results of the round can be protected at all. Errors: INVALID_ARGUMENT (a table is by
  // a question that is scored, the tables have too many cells).
  static absl::Status Check(const model::Round& round, const index::Framework& framework);

  // `frame` has the round's units and all questions of its framework, their expectations and
  // tables; taking_part: by unit, it has a weight in the result of the round. One pass over the
  // rows, then the search of disclosure::Suppress for each item. Errors: RESOURCE_EXHAUSTED (the
  // round's units have become too many for its tables).
  static absl::StatusOr<Protection> Create(const model::Round& round,
                                           const index::Framework& framework,
                                           const frame::Frame& frame,
                                           const std::vector<bool>& taking_part, int threads);

  // Whether a crossing of these dimensions ("unit" or questions) is published.
  bool Publishes(const std::vector<std::string>& by) const;
  // Those that are: "[unit], [unit, gender]".
  std::string Published() const;

  // How many responded.
  bool ShowsResponses(const Part& part) const;
  // The value of a component (kOverall: the index) as a mean of the part's groups where the
  // framework makes it one. What no crossing publishes is not shown.
  bool Shows(const Part& part, size_t component) const;
  // The same, all respondents of the part together: scores of units by themselves.
  bool ShowsPooled(const Part& part, size_t component) const;

  // The answers to one question, an item or an expectation: pooled, of the part.
  bool ShowsQuestion(const Part& part, const std::string& question_id) const;

  // The unit is in no total and its responses are hidden.
  bool IsHiddenApart(size_t unit) const;

  // Cells of which something is hidden.
  uint32_t cells_hidden() const { return cells_hidden_; }

 private:
  // What of a round and its framework the cells depend on.
  struct Layout {
    std::vector<std::string> questions;
    std::vector<disclosure::Dimension> dimensions;
    std::vector<disclosure::Crossing> crossings;
    // By unit: its node, with all below it; kNowhere: it is not below the round's root.
    std::vector<uint32_t> nodes;
    // The dimension of the groups that results are means of.
    std::optional<size_t> equal_groups;
  };
  struct Tally;

  static constexpr uint32_t kNowhere = UINT32_MAX;

  static Layout LayOut(const model::Round& round, const index::Framework& framework);
  Protection(Layout layout, std::vector<bool> apart)
      : layout_(std::move(layout)), apart_(std::move(apart)) {}
  absl::StatusOr<Tally> Count(const frame::Frame& frame, const std::vector<size_t>& columns,
                              int threads) const;
  absl::StatusOr<disclosure::Table> TableOf(const Tally& tally, std::optional<size_t> item) const;
  // Makes masks_ and apart_masks_; the elements of the result are the masks of the items.
  absl::StatusOr<std::vector<size_t>> SuppressAll(const v1::DisclosureRule& rule,
                                                  const Tally& tally, const frame::Frame& frame,
                                                  const std::vector<size_t>& columns);
  // The dimension of a question; nullopt: none.
  std::optional<size_t> DimensionOf(const std::string& question_id) const;
  std::optional<std::vector<uint32_t>> NodesOf(const Part& part) const;
  bool IsShown(const std::vector<uint32_t>& nodes, size_t mask) const;
  bool IsShown(const Part& part, size_t mask) const;
  bool IsShownByGroups(const Part& part, size_t mask) const;
  size_t MaskOf(size_t component) const;

  Layout layout_;
  // By unit.
  std::vector<bool> apart_;
  // Of the responses: to find cells in.
  std::optional<disclosure::Table> table_;
  // By mask and cell. The first is that of the responses; each hides what the one before it does.
  std::vector<std::vector<bool>> masks_;
  // By mask and unit that stands apart.
  std::vector<std::vector<bool>> apart_masks_;
  // By question that is counted.
  std::map<std::string, size_t> question_masks_;
  // By component, the last of the items below it; of the index, the last of all items.
  std::vector<size_t> component_masks_;
  size_t overall_mask_ = 0;
  uint32_t cells_hidden_ = 0;
};

}  // namespace hailong::results
