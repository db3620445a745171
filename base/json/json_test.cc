#include "base/json/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hailong::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Json, KeepsNumbersAsTheyWereWritten) {
  const auto json = Json::Parse(
      R"( {"id":1234567890123456789012, "time":1790000000120,"x":-0.50e+02, "s":"1"} )", 8);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->TextOf("id"), "1234567890123456789012");
  EXPECT_EQ(json->TextOf("time"), "1790000000120");
  EXPECT_EQ(json->TextOf("x"), "-0.50e+02");
  EXPECT_TRUE(json->Find("time")->is_number());
  EXPECT_TRUE(json->Find("s")->is_string());
  EXPECT_EQ(Json::Parse("17", 8)->text(), "17");
}

TEST(Json, ReadsWhatIsNested) {
  const auto json = Json::Parse(
      R"({"a":{"b":["R\u1ea5t \ud83d\udc4d a\/b\n",[null,true,{"c":"d"}],2]},"e":{}})", 8);
  ASSERT_TRUE(json.ok()) << json.status();
  const Json& list = *json->Find("a")->Find("b");
  ASSERT_EQ(list.items().size(), 3u);
  EXPECT_EQ(list.items()[0].text(), "Rất 👍 a/b\n");
  EXPECT_EQ(list.items()[1].items()[0].kind(), Json::Kind::kNull);
  EXPECT_EQ(list.items()[1].items()[1].text(), "true");
  EXPECT_EQ(list.items()[1].items()[2].TextOf("c"), "d");
  EXPECT_TRUE(json->Find("e")->is_object());
  EXPECT_EQ(json->TextOf("a"), "");
  EXPECT_EQ(json->Find("nothing"), nullptr);
}

TEST(Json, RefusesAllThatIsNotOneStrictValueAndRepeatsNothingOfIt) {
  for (const std::string_view bad :
       {"", " ", "{", R"({"secret":"x")", R"({"a":1,"a":2})", R"({"a":{"b":1,"c":0,"b":1}})",
        "{} {}", "[1,]", R"({"a":1,})", "{'a':1}", "// c\n1", "NaN", "01", "\"\xFF\"",
        "\"\xED\xA0\x80\"", "\xEF\xBB\xBF{}", "\"a\nb\"", "nul", "[[[[[[[[[1]]]]]]]]]"}) {
    const auto json = Json::Parse(bad, 8);
    ASSERT_FALSE(json.ok()) << bad;
    EXPECT_EQ(json.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(json.status().message()), HasSubstr("JSON: "));
    EXPECT_THAT(std::string(json.status().message()), Not(HasSubstr("secret")));
  }
  EXPECT_TRUE(Json::Parse("[[[[[[[[1]]]]]]]]", 8).ok());
}

TEST(Json, WhatIsQuotedIsReadBack) {
  std::string text = "Nguyễn \"Văn\" \\ /";
  for (char c = 0; c < 0x20; ++c) text.push_back(c);
  const auto json = Json::Parse(JsonQuote(text), 1);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->text(), text);
}

}  // namespace
}  // namespace hailong::base
