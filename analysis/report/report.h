// Scores as the messages that leave the system: with names, with what they rest on that is not
// verified, and with what their interval does not cover.
//
// Threads: pure functions of their arguments.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analysis/index/framework.h"
#include "analysis/index/points.h"
#include "analysis/index/score.h"
#include "hailong/v1/common.pb.h"
#include "hailong/v1/questionnaire.pb.h"
#include "hailong/v1/results_service.pb.h"

namespace hailong::report {

// A unit of the frame, by the frame's index.
struct UnitLabel {
  std::string unit_id = {};
  std::string name = {};
  std::string level = {};
  std::string parent_unit_id = {};
  // N; 0: not known.
  uint64_t population = 0;
};

// What a result says of itself that scoring does not know.
struct IndexContext {
  std::string round_id;
  // The top of the subtree.
  std::string unit_id;
  // One per unit of the frame.
  std::span<const UnitLabel> units;
  v1::RoundCounts counts;
  // The data is made up.
  bool synthetic = false;
  // Titles of the options of the group question; may be empty.
  std::span<const v1::LocalizedText> group_titles;
  // For the titles of questions and options; null: they stay empty.
  const v1::Questionnaire* questionnaire = nullptr;
  // The coverage note knows how responses were collected; false: as it was before version 2 of the
  // scoring rules.
  bool names_collection = true;
};

v1::IndexResult BuildIndexResult(const index::Framework& framework, const index::IndexScore& score,
                                 const IndexContext& context);

// Components are in the message as far as the score has them. `interval_asked`: not the default
// one.
v1::UnitScore BuildUnitScore(const index::Framework& framework, const index::UnitScore& score,
                             const UnitLabel& unit, bool interval_asked = false);

// `framework` is that of the points; the two results are carried along, and what they rest on is
// added to what the points rest on.
v1::GetParSurveyPointsResponse BuildParSurveyPoints(const index::Framework& framework,
                                                    const index::PointsScore& score,
                                                    const v1::IndexResult& officials,
                                                    const v1::IndexResult& citizens);

// Everything a value rests on that is not VERIFIED: one entry for each fact and source, whose note
// is one sentence that begins with what it is about. `scoring` and `composition` are those that
// were used; one that is not the framework's was chosen by the asker and is listed as such.
std::vector<v1::Provenance> Unverified(const index::Framework& framework, v1::Scoring scoring,
                                       v1::Composition composition);

// What a coverage note is about.
struct Coverage {
  // Responses by number of the channel; empty: all are opt-in.
  std::span<const uint64_t> by_channel;
  // Questions that the weights follow.
  std::span<const std::string> margins;
  double confidence = 0.95;
};

// What the interval covers and what not, by how the responses were collected, and which units are
// not represented, in Vietnamese and English.
v1::LocalizedText CoverageNote(const weighting::Report& weighting, std::span<const UnitLabel> units,
                               const Coverage& coverage);

// The account of the weights: of units, of the steps of the plan, and of the questions they used.
v1::WeightingReport WeightingToProto(const index::IndexScore& score, const IndexContext& context);

// The domains that were asked for.
void AddDomains(const index::Framework& framework, const index::IndexScore& score,
                const IndexContext& context, v1::IndexResult& result);

v1::ComponentScore ComponentToProto(const v1::Component& component,
                                    const index::ComponentEstimate& estimate, bool interval_asked);

// `interval_asked`: with degrees of freedom.
v1::Estimate ToProto(const estimate::Estimate& estimate, bool interval_asked);

}  // namespace hailong::report
