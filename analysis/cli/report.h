// Scores as grids, and the notes that must stand under them: made-up data, incomplete points, what
// rests on facts that are not verified, what the interval covers. No gRPC here.
//
// Thread promise: functions of their arguments; any thread.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <vector>

#include "analysis/cli/format.h"
#include "analysis/cli/grid.h"
#include "hailong/v1/results_service.pb.h"

namespace hailong::cli {

// The index and its components, parents before children. `items`: the leaves too, with the share of
// each step.
Grid IndexGrid(const v1::IndexResult& result, bool items, Language language);

// The domains that were asked for, a row each, with a column for every dimension.
Grid DomainsGrid(const v1::IndexResult& result, Language language);

// The questions that the weighting used, before and after: a row for each level.
Grid MarginsGrid(const v1::WeightingReport& weighting, Language language);

// What the steps of the weighting did, a line each.
std::vector<std::string> StepNotes(const v1::WeightingReport& weighting, Language language);

// What stands above the table: round, unit, framework, choices.
std::string IndexHeading(const v1::GetSipasResponse& response, Language language);

// What stands below it: one line each.
std::vector<std::string> IndexNotes(const v1::IndexResult& result, Language language);

// `confidence` is that of the intervals; 0: 0.95. Units in the order given, with ranks by score
// (equal scores share a rank; units without a score have none).
Grid UnitsGrid(const std::vector<v1::UnitScore>& units, bool synthetic, double confidence,
               Language language);

// The points of the PAR Index.
Grid PointsGrid(const v1::GetParSurveyPointsResponse& response, Language language);
std::vector<std::string> PointsNotes(const v1::GetParSurveyPointsResponse& response,
                                     Language language);

// How small cells are protected, or that they are not. `has_rule`: the message was there.
std::string DisclosureNote(bool has_rule, const v1::Disclosure& disclosure, Language language);

// Pages repeat what they rest on: leaves the first of each.
void KeepEachFactOnce(google::protobuf::RepeatedPtrField<v1::Provenance>& facts);

// "synthetic data", and each unverified fact.
std::vector<std::string> TrustNotes(
    bool synthetic, const google::protobuf::RepeatedPtrField<v1::Provenance>& unverified,
    Language language);

}  // namespace hailong::cli
