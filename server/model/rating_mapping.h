#pragma once

// What stars of a Zalo message say in a questionnaire, held against it when a round is made. Pure.

#include "hailong/v1/zalo.pb.h"
#include "server/model/questionnaire.h"
#include "server/model/refusal.h"

namespace hailong::model {

inline constexpr int kRatingStars = 5;

// Adds every bad field, below "zalo_rating.".
void CheckRatingMapping(const v1::RatingMapping& mapping, const Questionnaire& questionnaire,
                        refusal::Violations& bad);

}  // namespace hailong::model
