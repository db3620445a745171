#include "analysis/frameworks/frameworks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hailong::frameworks {
namespace {

using testing::HasSubstr;

TEST(Frameworks, ATextIsReadAsItStands) {
  const auto framework = ParseFramework("tiny.textproto", R"(
    # proto-file: hailong/v1/framework.proto
    # proto-message: hailong.v1.IndexFramework
    framework_id: "tiny"
    version: 1
    scoring: SCORING_TOP2
    components { component_id: "1" question_id: "q1" title { vi: "Hài lòng" } }
  )");
  ASSERT_TRUE(framework.ok()) << framework.status();
  EXPECT_EQ(framework->framework_id(), "tiny");
  EXPECT_EQ(framework->scoring(), v1::SCORING_TOP2);
  EXPECT_EQ(framework->components(0).title().vi(), "Hài lòng");
}

TEST(Frameworks, AMistakeIsNamedWithFileLineAndColumn) {
  const auto framework = ParseFramework("tiny.textproto", "version: 1\n  colour: 2\n");
  ASSERT_EQ(framework.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(framework.status().message()), HasSubstr("tiny.textproto:2:"));
  EXPECT_THAT(std::string(framework.status().message()), HasSubstr("colour"));
}

}  // namespace
}  // namespace hailong::frameworks
