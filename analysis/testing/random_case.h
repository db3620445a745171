// For tests: small random frames under random frameworks, with everything that goes wrong in real
// ones.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/frame/frame.h"
#include "analysis/index/score.h"
#include "hailong/v1/framework.pb.h"

namespace hailong::index {

struct Row {
  uint16_t unit = 0;
  bool counted = false;
  uint8_t flags = 0;
  std::vector<uint8_t> answers;
};

// A leaf's component_id is also its question_id without the "q".
struct RandomCase {
  v1::IndexFramework framework;
  std::vector<frame::Column> columns;
  std::vector<Row> rows;
  std::vector<UnitInput> units;
  ScoreOptions options;
};

// The same for the same seed.
RandomCase CreateRandomCase(uint64_t seed);

// The same with questions "gender" and "age", margins of them, a plan with steps that can be done,
// and domains by two of the questions, units and levels.
RandomCase CreateWeightedCase(uint64_t seed);

frame::Frame FrameOf(const RandomCase& random);

// Adds a component with a title and a source.
v1::Component& AddComponent(v1::IndexFramework& framework, const std::string& component_id,
                            const std::string& parent_id, const std::string& question_id);

// A framework without components that is complete but for them.
v1::IndexFramework EmptyFramework(v1::Scoring scoring, v1::Composition composition);

}  // namespace hailong::index
