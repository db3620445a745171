#include "server/model/questionnaire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/testing/sample.h"

namespace hailong::model {
namespace {

using ::testing::HasSubstr;

template <typename Change>
absl::Status Publish(Change change) {
  v1::Questionnaire definition = sample::Questionnaire();
  change(definition);
  return Questionnaire::Create(definition).status();
}

TEST(Questionnaire, TheSamplePacksByPosition) {
  const auto made = Questionnaire::Create(sample::Questionnaire());
  ASSERT_TRUE(made.ok()) << made.status();
  // Seven single bytes, a set of four, and a text of none.
  EXPECT_EQ((*made)->packed_size(), 7u + 4u);
  EXPECT_EQ((*made)->questions()[3].offset, 3u);
  EXPECT_EQ((*made)->questions()[5].offset, 7u);
  EXPECT_EQ((*made)->Find("q4", 0), 3);
  EXPECT_EQ((*made)->Find("q4", 3), 3);
  EXPECT_EQ((*made)->Find("q4", 99), 3);
  EXPECT_EQ((*made)->Find("q10", 0), -1);
  EXPECT_EQ(*(*made)->FindForm("counter"),
            (std::vector<bool>{true, true, false, false, true, false, false, false, false}));
  EXPECT_EQ((*made)->FindForm("none"), nullptr);
  EXPECT_EQ((*made)->digest().size(), 64u);
}

TEST(Questionnaire, EachRefusalNamesTheFieldAndSaysWhatIsAllowed) {
  const struct {
    void (*change)(v1::Questionnaire&);
    const char* line;
  } cases[] = {
      {[](auto& q) { q.set_questionnaire_id("Sample"); },
       "questionnaire.questionnaire_id: found 'Sample', allowed are 1..64 of a-z, 0-9 and '-'"},
      {[](auto& q) { q.set_version(0); }, "questionnaire.version: found 0, allowed is 1 or more"},
      {[](auto& q) { q.clear_legal_basis(); }, "questionnaire.legal_basis.source: is empty"},
      {[](auto& q) { q.clear_title(); }, "questionnaire.title.vi: is empty"},
      {[](auto& q) { q.clear_audience(); },
       "questionnaire.audience: is not set; allowed are CITIZENS and OFFICIALS"},
      {[](auto& q) {
         q.clear_questions();
         q.clear_forms();
       },
       "questionnaire.questions: found 0, allowed are 1..400"},
      {[](auto& q) {
         for (int i = 0; i < 400; ++i) *q.add_questions() = q.questions(0);
       },
       "questionnaire.questions: found 409, allowed are 1..400"},
      {[](auto& q) { q.mutable_questions(0)->set_question_id("Q1"); },
       "questions[0].question_id: found 'Q1', allowed are 1..32"},
      {[](auto& q) { q.mutable_questions(1)->set_question_id("q1"); },
       "questions[1].question_id: 'q1' is there twice"},
      {[](auto& q) { q.mutable_questions(0)->clear_text(); }, "questions[0].text.vi: is empty"},
      {[](auto& q) { q.mutable_questions(0)->clear_kind(); }, "questions[0].kind: is not set"},
      {[](auto& q) { q.mutable_questions(0)->mutable_options()->DeleteSubrange(1, 4); },
       "questions[0].options: found 1, allowed are 2..253"},
      {[](auto& q) {
         for (int i = 0; i < 28; ++i)
           *q.mutable_questions(3)->add_options() = q.questions(3).options(0);
       },
       "questions[3].options: found 32, allowed are 2..31"},
      {[](auto& q) { q.mutable_questions(4)->add_options()->mutable_text()->set_vi("x"); },
       "questions[4].options: found 1, a text has none"},
      {[](auto& q) { q.mutable_questions(0)->mutable_options(2)->clear_text(); },
       "questions[0].options[2].text.vi: is empty"},
      {[](auto& q) {
         while (q.questions(0).options_size() < 32) {
           *q.mutable_questions(0)->add_options() = q.questions(0).options(0);
         }
         q.mutable_questions(0)->mutable_options(31)->set_allows_text(true);
       },
       "questions[0].options[31].allows_text: only the first 31"},
      {[](auto& q) { q.mutable_forms(0)->add_question_ids("q10"); },
       "forms[0].question_ids: 'q10' is not a question"},
      {[](auto& q) { *q.add_forms() = q.forms(0); }, "forms[1].form_id: is empty, not a plain id"},
      {[](auto& q) { q.mutable_title()->set_en(std::string(1 << 20, 'x')); },
       "bytes, allowed are 1048576"},
  };
  for (const auto& one : cases) {
    const absl::Status status = Publish(one.change);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.line;
    EXPECT_THAT(sample::ViolationLines(status), testing::Contains(HasSubstr(one.line)));
  }
}

}  // namespace
}  // namespace hailong::model
