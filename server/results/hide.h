#pragma once

// A protected result: what the protection hides is taken out of the messages, and what is left is
// rounded. Weighted values are sums over units of known weight, so with all digits each would be an
// equation that narrows hidden counts down; two decimals are what an index is published with.
//
// Threads: pure functions of their arguments.

#include "analysis/index/framework.h"
#include "analysis/index/score.h"
#include "hailong/v1/results_service.pb.h"
#include "server/model/round.h"
#include "server/results/protection.h"

namespace hailong::results {

// How a round's results are protected; null: an ADMIN lifted it.
v1::Disclosure DisclosureOf(const model::Round& round, const Protection* protection);

// Before a result is put in words: issues that tell how many responded in a hidden unit.
void DropIssues(const Protection& protection, index::IndexScore& score);

// `unit`: the top of the subtree the result is of.
void HideResult(const Protection& protection, const model::Round& round,
                const index::Framework& framework, size_t unit, v1::IndexResult& result);

// One unit by itself.
void HideUnit(const Protection& protection, const index::Framework& framework, size_t unit,
              v1::UnitScore& score);

// What to improve in a part: all that the index rests on goes with it.
void HideImprovement(const Protection& protection, const Protection::Part& part,
                     v1::Improvement& improvement);
// Also where only the round it is compared with is protected.
void RoundImprovement(v1::Improvement& improvement);

// Points that rest on a hidden index of the officials or the citizens, which stand in the response.
void HidePoints(const index::Framework& framework, v1::GetParSurveyPointsResponse& response);

}  // namespace hailong::results
