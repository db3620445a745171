// Grids, formats, exit codes, exported rows: what people and programs see.
#include <google/protobuf/text_format.h>

#include <sstream>
#include <string>

#include "analysis/cli/export_row.h"
#include "analysis/cli/format.h"
#include "analysis/cli/grid.h"
#include "analysis/cli/progress.h"
#include "analysis/cli/report.h"
#include "analysis/cli/rpc_status.h"
#include "base/vietnamese/vietnamese.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "hailong/v1/registry_service.pb.h"

namespace hailong::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

TEST(Grid, VietnameseColumnsLineUpInEitherSpelling) {
  Grid grid({{"name", "Tên"}, {"n", "Số", true}, {"note", "Ghi chú"}});
  grid.AddRow({"Sở Nội vụ", "7", "x"});
  grid.AddRow({"Vie\xCC\xA3\xCC\x82t", "1234", ""});
  std::ostringstream out;
  grid.PrintTable(out);
  EXPECT_EQ(out.str(),
            "Tên          Số  Ghi chú\n"
            "─────────  ────  ───────\n"
            "Sở Nội vụ     7  x\n"
            "Vie\xCC\xA3\xCC\x82t       1234\n");
}

TEST(Grid, EscapeSequencesInDataNeverReachTheTerminal) {
  Grid grid(std::vector<Column>{{"name", "Tên"}});
  grid.AddRow({"\x1B]0;x\x07\nhi"});
  std::ostringstream out;
  grid.PrintTable(out);
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1B")));
  EXPECT_THAT(out.str(), HasSubstr("\xEF\xBF\xBD]0;x\xEF\xBF\xBD hi\n"));
}

TEST(Grid, CsvHoldsTheExactValueAndOnlyKeyedColumns) {
  Grid grid({{"name", "Tên"}, {"", "chỉ trong bảng"}, {"value", "Giá trị", true}, {"id", ""}});
  grid.AddRow({"=HYPERLINK()", "shown", NumberCell(-1.0 / 3, 2, Language::kVietnamese), "k"});
  std::ostringstream csv;
  grid.PrintCsv(csv, true);
  EXPECT_EQ(csv.str(), "\xEF\xBB\xBFname,value,id\n'=HYPERLINK(),-0.3333333333333333,k\n");
  std::ostringstream table;
  grid.PrintTable(table);
  EXPECT_THAT(table.str(), HasSubstr("-0,33"));
  EXPECT_THAT(table.str(), Not(HasSubstr("  k")));
}

TEST(Format, EstimatesShowWhatIsKnownOfTheirError) {
  const auto full = Parse<v1::Estimate>(
      "value: 85.123 standard_error: 0.43 ci_low: 84.28 ci_high: 85.97 n: 9 defined: true");
  EXPECT_EQ(ValueWithError(full, Language::kVietnamese), "85,12 ± 0,43");
  EXPECT_EQ(Interval(full, Language::kEnglish), "[84.28; 85.97]");
  const auto bare = Parse<v1::Estimate>("value: 80 n: 1 defined: true");
  EXPECT_EQ(ValueWithError(bare, Language::kEnglish), "80.00");
  EXPECT_EQ(Interval(bare, Language::kEnglish), "–");
  EXPECT_EQ(ValueWithError(v1::Estimate(), Language::kEnglish), "–");
}

TEST(Format, WordsOfEnumsComeBack) {
  EXPECT_EQ(EnumWord(v1::CHANNEL_KIOSK), "kiosk");
  EXPECT_EQ(EnumWord(v1::WEIGHTING_MODE_EQUAL_UNITS), "equal-units");
  EXPECT_EQ(EnumWord(v1::OUTCOME_UNSPECIFIED), "");
  EXPECT_EQ(*EnumValue<v1::Scoring>("mean-of-range"), v1::SCORING_MEAN_OF_RANGE);
  EXPECT_THAT(std::string(EnumValue<v1::Channel>("fax").status().message()),
              HasSubstr("\"fax\" is not one of kiosk, zalo, web, paper, import"));
}

TEST(Format, ADayIsItsStartInVietnam) {
  EXPECT_EQ(absl::ToUnixSeconds(*ReadTimeOption("2024-10-01")), 1727715600);
  EXPECT_EQ(*ReadTimeOption("2024-10-01"), *ReadTimeOption("2024-09-30T17:00:00Z"));
  for (const char* bad : {"", "01/10/2024", "2024-02-30", "infinite-future", "1960-01-01"}) {
    EXPECT_FALSE(ReadTimeOption(bad).ok()) << bad;
  }
  google::protobuf::Timestamp time;
  time.set_seconds(1727715600);
  EXPECT_EQ(TimeCell(time).shown, "2024-10-01 00:00");
  EXPECT_EQ(TimeCell(time).exact, "2024-09-30T17:00:00Z");
}

TEST(RpcStatus, CodesBecomeExitCodes) {
  for (int code = 0; code <= 16; ++code) {
    const ExitCode wanted = code == 0                 ? ExitCode::kOk
                            : code == 4 || code == 14 ? ExitCode::kUnreachable
                                                      : ExitCode::kRefused;
    EXPECT_EQ(ExitCodeOf({code, "", ""}), wanted) << code;
  }
}

TEST(RpcStatus, EachFieldViolationHasItsLine) {
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("units[3].level");
  violation->set_description("is empty\x1B[2J");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  google::rpc::Status details;
  details.add_details()->PackFrom(bad);
  details.add_details()->PackFrom(retry);
  const RpcStatus status{3, "1 of 4 units is wrong", details.SerializeAsString()};
  EXPECT_EQ(Describe(status),
            "1 of 4 units is wrong (INVALID_ARGUMENT)\n"
            "  units[3].level: is empty\xEF\xBF\xBD[2J");
  EXPECT_EQ(RetryDelay(status), std::chrono::milliseconds(2000));
  EXPECT_EQ(Describe({99, "", "\xFF\xFFgarbage"}), "(99)");
}

TEST(ExportRow, CodesOrLabelsOneColumnForEachQuestion) {
  const auto questionnaire = Parse<v1::Questionnaire>(R"pb(
    questions {
      question_id: "q1"
      kind: QUESTION_KIND_RATING
      options { text { vi: "Tệ" en: "Bad" } }
      options { text { vi: "Tốt" } }
    }
    questions {
      question_id: "q2"
      kind: QUESTION_KIND_MULTIPLE_CHOICE
      options { text { vi: "A" } }
      options {
        text { vi: "B" }
        allows_text: true
      }
    }
    questions { question_id: "q3" kind: QUESTION_KIND_TEXT }
    questions {
      question_id: "q4"
      kind: QUESTION_KIND_RATING
      options {}
    })pb");
  const auto response = Parse<v1::ExportedResponse>(R"pb(
    response_id: "r"
    unit_id: "u"
    channel: CHANNEL_PAPER
    submitted_at { seconds: 1727715600 }
    first_outcome: OUTCOME_RECORDED
    counts: false
    superseded_by: "s"
    flags: FLAG_SPEEDER
    flags: FLAG_BURST
    partial: true
    counter: "A-3"
    answers { question_id: "q1" choice: 2 }
    answers {
      question_id: "q2"
      choices { choices: 1 choices: 2 }
      text: "=khác"
    }
    answers { question_id: "q3" text: "chờ lâu" }
    answers { question_id: "q4" not_applicable: true })pb");
  const std::string fixed =
      "r,u,,paper,2024-09-30T17:00:00Z,,,recorded,false,s,\"speeder;burst\",false,true,A-3";
  std::ostringstream codes;
  CsvWriter csv(codes);
  const ExportRowWriter plain(questionnaire, {});
  plain.WriteHeader(csv);
  plain.WriteRow(response, csv);
  EXPECT_EQ(codes.str(),
            "response_id,unit_id,receiving_unit_id,channel,submitted_at,received_at,duration_ms,"
            "first_outcome,counts,superseded_by,flags,identified,partial,counter,q1,q2,q4\n" +
                fixed + ",2,\"1;2\",NA\n");
  std::ostringstream labels;
  CsvWriter label_csv(labels);
  ExportRowWriter(questionnaire, {true, true, Language::kVietnamese}).WriteRow(response, label_csv);
  EXPECT_EQ(labels.str(), fixed + ",Tốt,\"A;B\",'=khác,chờ lâu,NA\n");
}

TEST(Report, UnitsWithTheSameScoreShareARank) {
  std::vector<v1::UnitScore> units;
  for (const char* text : {"unit_id: 'a' overall { value: 80 defined: true }",
                           "unit_id: 'b' overall { value: 90 defined: true }",
                           "unit_id: 'c' overall { value: 80 defined: true }", "unit_id: 'd'",
                           "unit_id: 'e' overall { value: 70 defined: true }"}) {
    units.push_back(Parse<v1::UnitScore>(text));
  }
  std::ostringstream out;
  UnitsGrid(units, true, 0, Language::kEnglish).PrintCsv(out, false);
  std::istringstream lines(out.str());
  std::string line;
  std::vector<std::string> ranks;
  std::getline(lines, line);
  while (std::getline(lines, line)) ranks.push_back(line.substr(0, line.find(",,")));
  EXPECT_THAT(ranks, ElementsAre("2,a", "1,b", "2,c", "\"\",d", "4,e"));
}

TEST(Report, MadeUpDataAndUnverifiedFactsAreNamed) {
  const auto response = Parse<v1::GetParSurveyPointsResponse>(R"pb(
    synthetic: true
    incomplete: true
    points: 25.5
    max_points: 32
    components {
      component_id: "1"
      title { vi: "Thể chế" en: "Institutions" }
      max_points: 5
      points: 4
      index { value: 80 defined: true }
      max_points_provenance { grade: GRADE_UNVERIFIED }
    }
    components {
      component_id: "2"
      parent_id: "1"
      title { vi: "SIPAS" }
      max_points: 10
      max_points_provenance { grade: GRADE_VERIFIED }
    }
    unverified { source: "Bảng điểm" note: "Cách chia 22 điểm là giả định" })pb");
  std::ostringstream out;
  PointsGrid(response, Language::kVietnamese).PrintTable(out);
  EXPECT_THAT(out.str(), HasSubstr("5,00*"));
  EXPECT_THAT(out.str(), HasSubstr("10,00 "));
  EXPECT_THAT(out.str(), HasSubstr("  SIPAS"));
  EXPECT_THAT(PointsNotes(response, Language::kVietnamese),
              ElementsAre(HasSubstr("CHƯA ĐỦ"), HasSubstr("* điểm tối đa"), HasSubstr("GIẢ LẬP"),
                          HasSubstr("chưa được kiểm chứng"),
                          "  - Cách chia 22 điểm là giả định (Bảng điểm)"));
}

TEST(Report, ItemsAreLeavesWithTheShareOfEachStep) {
  const auto result = Parse<v1::IndexResult>(R"pb(
    overall { value: 75 standard_error: 1 n: 4 defined: true }
    components {
      component_id: "I"
      title { vi: "Tiếp cận" }
      index { value: 75 n: 4 defined: true }
    }
    components {
      component_id: "1"
      parent_id: "I"
      title { vi: "Nơi ngồi chờ" }
      index { value: 75 n: 4 defined: true }
      mean_score { value: 3.9 defined: true }
      shares: 25
      shares: 75
      counts: 1
      counts: 3
    })pb");
  std::ostringstream brief;
  IndexGrid(result, false, Language::kVietnamese).PrintTable(brief);
  EXPECT_THAT(brief.str(), Not(HasSubstr("Nơi ngồi chờ")));
  EXPECT_THAT(brief.str(), HasSubstr("75,00 ± 1,00"));
  std::ostringstream csv;
  IndexGrid(result, true, Language::kVietnamese).PrintCsv(csv, false);
  EXPECT_THAT(csv.str(), HasSubstr("mean_score,share_1,count_1,share_2,count_2,synthetic\n"));
  EXPECT_THAT(csv.str(), HasSubstr("1,I,,Nơi ngồi chờ,75,,,,4,,,false,3.9,25,1,75,3,false\n"));
}

TEST(Progress, TheLineFillsUp) {
  EXPECT_THAT(ProgressLine(0, 10), HasSubstr("[----"));
  EXPECT_EQ(ProgressLine(5, 10), "[" + std::string(20, '#') + std::string(20, '-') + "]  50%");
  EXPECT_THAT(ProgressLine(99, 10), HasSubstr("100%"));
  std::ostringstream out;
  { Progress(out, /*is_terminal=*/false, 10).Update(5); }
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace hailong::cli
