#include "analysis/index/framework.h"

#include <cmath>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hailong::index {
namespace {

template <typename... Parts>
absl::Status Refuse(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

bool IsFrameworkId(const std::string& id) {
  if (id.empty() || id.size() > 64) return false;
  for (const char c : id) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}

absl::Status CheckNumber(const std::string& what, double number) {
  if (std::isfinite(number) && number >= 0) return absl::OkStatus();
  return Refuse(what, ": ", number, " found; allowed are finite numbers from 0");
}

absl::Status CheckSource(const std::string& what, const v1::Provenance& provenance) {
  if (!provenance.source().empty()) return absl::OkStatus();
  return Refuse(what, ": no source; every fact of a framework names its source");
}

absl::Status CheckOptionWeights(const v1::IndexFramework& proto) {
  const int count = proto.option_weights_size();
  if (count == 0) {
    if (proto.scoring() != v1::SCORING_OPTION_WEIGHTS) return absl::OkStatus();
    return Refuse("option_weights: none; SCORING_OPTION_WEIGHTS needs at least 1");
  }
  if (count > kOptionWeightsMax) {
    return Refuse("option_weights: ", count, " found; at most ", kOptionWeightsMax, " are allowed");
  }
  for (int i = 0; i < count; ++i) {
    const double weight = proto.option_weights(i);
    if (!(weight >= 0 && weight <= 1)) {
      return Refuse("option_weights: ", weight, " found for option ", i + 1, "; allowed is 0 to 1");
    }
  }
  return CheckSource("option_weights", proto.option_weights_provenance());
}

absl::Status CheckHead(const v1::IndexFramework& proto) {
  if (!IsFrameworkId(proto.framework_id())) {
    return Refuse("framework_id: '", proto.framework_id(),
                  "' found; allowed are 1 to 64 of a-z, 0-9 and '-'");
  }
  if (proto.version() == 0) return Refuse("version: 0 found; versions begin at 1");
  if (proto.title().vi().empty()) return Refuse("title: no Vietnamese text");
  if (proto.scoring() < v1::SCORING_TOP2 || proto.scoring() > v1::SCORING_OPTION_WEIGHTS) {
    return Refuse("scoring: ", static_cast<int>(proto.scoring()),
                  " found; it must be one of the strategies");
  }
  if (proto.composition() < v1::COMPOSITION_MEAN_OF_ITEMS ||
      proto.composition() > v1::COMPOSITION_POINTS) {
    return Refuse("composition: ", static_cast<int>(proto.composition()),
                  " found; it must be one of the strategies");
  }
  if (!v1::GroupComposition_IsValid(proto.group_composition())) {
    return Refuse("group_composition: ", static_cast<int>(proto.group_composition()),
                  " found; it must be one of the strategies");
  }
  if (proto.group_composition() == v1::GROUP_COMPOSITION_EQUAL_GROUPS &&
      proto.group_question_id().empty()) {
    return Refuse("group_question_id: empty; GROUP_COMPOSITION_EQUAL_GROUPS needs one");
  }
  absl::Status status = CheckSource("scoring", proto.scoring_provenance());
  if (status.ok()) status = CheckSource("composition", proto.composition_provenance());
  if (status.ok()) status = CheckOptionWeights(proto);
  if (status.ok()) status = CheckNumber("max_points", proto.max_points());
  if (status.ok() && proto.max_points() > 0) {
    status = CheckSource("max_points", proto.max_points_provenance());
  }
  if (!status.ok()) return status;
  if (proto.composition() == v1::COMPOSITION_POINTS && proto.max_points() == 0) {
    return Refuse("max_points: 0 found; COMPOSITION_POINTS needs points");
  }
  if (proto.components().empty()) return Refuse("components: none; at least 1 is needed");
  if (proto.components_size() > kComponentsMax) {
    return Refuse("components: ", proto.components_size(), " found; at most ", kComponentsMax,
                  " are allowed");
  }
  return absl::OkStatus();
}

// What a component says of itself.
absl::Status CheckComponent(const v1::IndexFramework& framework, const v1::Component& component) {
  const std::string what = absl::StrCat("component ", component.component_id());
  absl::Status status = CheckSource(what, component.provenance());
  if (status.ok()) status = CheckNumber(absl::StrCat(what, ": max_points"), component.max_points());
  if (!status.ok()) return status;
  if (component.title().vi().empty()) return Refuse(what, ": no Vietnamese title");
  if (component.max_points() == 0) return absl::OkStatus();
  if (framework.max_points() == 0) {
    return Refuse(what, ": max_points ", component.max_points(),
                  " found; the framework gives no points, so 0 is allowed");
  }
  return CheckSource(absl::StrCat(what, ": max_points"), component.max_points_provenance());
}

// The expectations; `components` are the ids there are.
absl::Status CheckExpectations(const v1::IndexFramework& framework,
                               const std::unordered_map<std::string, size_t>& components) {
  if (framework.expectations().empty()) return absl::OkStatus();
  const v1::Scoring scoring = framework.expectation_scoring();
  if (scoring < v1::SCORING_TOP2 || scoring > v1::SCORING_MEAN_OF_RANGE) {
    return Refuse("expectation_scoring: ", static_cast<int>(scoring),
                  " found; it must be TOP2, MEAN_OF_MAXIMUM or MEAN_OF_RANGE");
  }
  absl::Status status =
      CheckSource("expectation_scoring", framework.expectation_scoring_provenance());
  if (!status.ok()) return status;
  if (framework.expectations_size() > kExpectationsMax) {
    return Refuse("expectations: ", framework.expectations_size(), " found; at most ",
                  kExpectationsMax, " are allowed");
  }
  std::unordered_set<std::string> questions;
  for (const v1::Expectation& expectation : framework.expectations()) {
    const std::string what = absl::StrCat("expectation ", expectation.question_id());
    if (expectation.question_id().empty()) return Refuse(what, ": no question_id");
    if (!questions.insert(expectation.question_id()).second) {
      return Refuse(what, ": found twice; questions must differ");
    }
    for (const v1::Component& component : framework.components()) {
      if (component.question_id() == expectation.question_id()) {
        return Refuse(what, ": component ", component.component_id(),
                      " scores the question; an expectation is no part of the index");
      }
    }
    if (!expectation.component_id().empty() && !components.contains(expectation.component_id())) {
      return Refuse(what, ": component ", expectation.component_id(),
                    " is not among the components");
    }
    if (expectation.title().vi().empty()) return Refuse(what, ": no Vietnamese title");
    status = CheckSource(what, expectation.provenance());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckSum(const std::string& what, double found, double wanted) {
  if (std::abs(found - wanted) <= kPointsTolerance * (1 + wanted)) return absl::OkStatus();
  return Refuse(what, ": the points below add up to ", found, "; they must add up to ", wanted);
}

}  // namespace

absl::StatusOr<Framework> Framework::Create(const v1::IndexFramework& proto) {
  absl::Status status = CheckHead(proto);
  if (!status.ok()) return status;

  Framework framework;
  framework.proto_ = proto;
  framework.children_.resize(static_cast<size_t>(proto.components_size()));
  std::unordered_map<std::string, size_t> known;
  for (const v1::Component& component : proto.components()) {
    const std::string& id = component.component_id();
    const size_t index = framework.parents_.size();
    if (id.empty()) return Refuse("component_id: empty for component ", index + 1, " of the list");
    if (known.contains(id)) return Refuse("component ", id, ": found twice; ids must differ");
    std::optional<size_t> parent;
    if (!component.parent_id().empty()) {
      const auto found = known.find(component.parent_id());
      if (found == known.end()) {
        return Refuse("component ", id, ": its parent ", component.parent_id(),
                      " is not among the components before it; parents stand before children");
      }
      parent = found->second;
      framework.children_[*parent].push_back(index);
    } else {
      framework.tops_.push_back(index);
    }
    framework.parents_.push_back(parent);
    known.emplace(id, index);
    status = CheckComponent(proto, component);
    if (!status.ok()) return status;
  }

  std::unordered_set<std::string> questions;
  for (size_t c = 0; c < framework.size(); ++c) {
    const v1::Component& component = framework.component(c);
    const std::string what = absl::StrCat("component ", component.component_id());
    const bool question = !component.question_id().empty();
    const bool index_of = !component.index_of().empty();
    if (!framework.is_leaf(c)) {
      if (question || index_of) {
        return Refuse(what, ": has components below it and ", question ? "question " : "index ",
                      question ? component.question_id() : component.index_of(),
                      "; only a leaf may have one");
      }
      if (component.max_points() > 0) {
        double below = 0;
        for (const size_t leaf : framework.Leaves(c)) below += framework.MaxPoints(leaf);
        status = CheckSum(what, below, component.max_points());
        if (!status.ok()) return status;
      }
      continue;
    }
    if (question == index_of) {
      return Refuse(what, question ? ": a question and an index found" : ": nothing below it, no ",
                    question ? "" : "question and no index found",
                    "; a leaf has exactly one of question_id and index_of");
    }
    if (question && questions.insert(component.question_id()).second) {
      framework.question_ids_.push_back(component.question_id());
    }
  }
  status = CheckExpectations(proto, known);
  if (!status.ok()) return status;
  double points = 0;
  for (const size_t top : framework.tops_) points += framework.MaxPoints(top);
  status = CheckSum("framework", points, proto.max_points());
  if (!status.ok()) return status;
  if (!proto.group_question_id().empty() && questions.insert(proto.group_question_id()).second) {
    framework.question_ids_.push_back(proto.group_question_id());
  }
  return framework;
}

std::vector<size_t> Framework::Leaves(size_t index) const {
  if (is_leaf(index)) return {index};
  std::vector<size_t> leaves;
  for (const size_t child : children_[index]) {
    const std::vector<size_t> below = Leaves(child);
    leaves.insert(leaves.end(), below.begin(), below.end());
  }
  return leaves;
}

double Framework::MaxPoints(size_t index) const {
  double points = 0;
  for (const size_t leaf : Leaves(index)) points += component(leaf).max_points();
  return points;
}

std::optional<size_t> Framework::Find(std::string_view component_id) const {
  for (size_t c = 0; c < size(); ++c) {
    if (component(c).component_id() == component_id) return c;
  }
  return std::nullopt;
}

}  // namespace hailong::index
