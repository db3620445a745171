// The shipped data as the demo uses it, for tests. HAILONG_SOURCE names the root of the repository.
#pragma once

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "deploy/player/inputs.h"
#include "deploy/player/schedule.h"
#include "hailong/v1/questionnaire.pb.h"

namespace hailong::player {

inline std::string ReadData(const std::string& path) {
  const char* root = std::getenv("HAILONG_SOURCE");
  const auto text = ReadFile(std::string(root == nullptr ? "." : root) + "/deploy/data/" + path);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

inline std::vector<RatedUnit> DemoUnits() {
  const auto units = ParseUnits(ReadData("registry/binh-duong-2025-03.csv"),
                                ReadData("registry/populations-demo.csv"));
  EXPECT_TRUE(units.ok()) << units.status();
  return units.value_or(std::vector<RatedUnit>());
}

inline v1::Questionnaire DemoQuestionnaire(const std::string& id) {
  v1::Questionnaire questionnaire;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      ReadData("questionnaires/" + id + ".textproto"), &questionnaire));
  return questionnaire;
}

// Two kiosks for a part of the province, the other channels for all of it.
inline std::vector<CollectorAccess> DemoCollectors() {
  return {{"zalo", "a", v1::CHANNEL_ZALO, ""},
          {"web", "b", v1::CHANNEL_WEB, ""},
          {"paper", "c", v1::CHANNEL_PAPER, ""},
          {"kiosk-718-1", "d", v1::CHANNEL_KIOSK, "718"},
          {"kiosk-724-1", "e", v1::CHANNEL_KIOSK, "724"}};
}

inline ScheduleSettings DemoSettings() {
  ScheduleSettings settings;
  settings.seed = 20241101;
  settings.late = 120;
  settings.from = absl::FromUnixSeconds(1727715600);  // 2024-10-01T00:00:00+07:00
  settings.to = settings.from + absl::Hours(24 * 61);
  return settings;
}

}  // namespace hailong::player
