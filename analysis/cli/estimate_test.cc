// `hailong estimate` from the command line: options, files of the population, what is shown, and
// what is refused. No server.
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <string>
#include <vector>

#include "analysis/cli/cli_for_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using google::protobuf::Struct;
using google::protobuf::Value;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Estimate : public CliTest {
 protected:
  static Output Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "estimate");
    // A server and a token that cannot be used: this command does not look at them.
    return RunLine(arguments, [](const char*) { return std::string("/no/such:thing:"); });
  }

  static Struct Json(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--format", "json"});
    const Output output = Run(std::move(arguments));
    EXPECT_EQ(output.exit_code, 0) << output.err;
    Struct document;
    const auto parsed = google::protobuf::util::JsonStringToMessage(output.out, &document);
    EXPECT_TRUE(parsed.ok()) << parsed.ToString() << '\n' << output.out;
    return document;
  }

  static Struct Cell(const Struct& document, int i) {
    const auto& cells = document.fields().at("estimates").list_value();
    EXPECT_LT(i, cells.values_size());
    return cells.values(i).struct_value();
  }

  static double Number(const Struct& cell, const std::string& key) {
    const Value& value = cell.fields().at(key);
    EXPECT_EQ(value.kind_case(), Value::kNumberValue) << key;
    return value.number_value();
  }

  static bool IsNull(const Struct& cell, const std::string& key) {
    return cell.fields().at(key).kind_case() == Value::kNullValue;
  }

  // Refused with exit status 2, nothing on the standard output, and all of `texts` in one line.
  static void ExpectRefused(const std::vector<std::string>& arguments,
                            const std::vector<std::string>& texts) {
    const Output output = Run(arguments);
    EXPECT_EQ(output.exit_code, 2) << testing::PrintToString(arguments);
    EXPECT_EQ(output.out, "");
    for (const std::string& text : texts) EXPECT_THAT(output.err, HasSubstr(text));
    EXPECT_EQ(std::count(output.err.begin(), output.err.end(), '\n'), 1) << output.err;
  }
};

constexpr char kRatings[] =
    "w,district,rating,sex,age\n"
    "2,Dĩ An,5,F,30\n"
    "2,Dĩ An,4,M,41\n"
    "2,Dĩ An,,F,52\n"
    "3,Thuận An,1,M,NA\n"
    "3,Thuận An,4,F,28\n"
    "3,Thuận An,2,M,33\n"
    "0,Thuận An,3,,33\n";

TEST_F(Estimate, JsonHasTheDesignTheSeedAndEveryFigure) {
  const std::string file = Write("r.csv", kRatings);
  const Struct document =
      Json({file, "--weight", "w", "--strata", "district", "--mean", "rating,age", "--proportion",
            "rating=4+5", "--replicates", "bootstrap:20", "--seed", "9"});
  const Struct design = document.fields().at("design").struct_value();
  EXPECT_EQ(Number(design, "rows"), 7);
  EXPECT_EQ(Number(design, "strata"), 2);
  EXPECT_EQ(Number(design, "sampling_units"), 7);
  EXPECT_EQ(Number(design, "rows_without_weight"), 1);
  EXPECT_EQ(Number(design, "design_weight_sum"), 15);
  const Struct variance = document.fields().at("variance").struct_value();
  EXPECT_EQ(variance.fields().at("method").string_value(), "bootstrap:20");
  EXPECT_EQ(Number(variance, "replicates"), 20);
  EXPECT_EQ(Number(variance, "seed"), 9);
  const Struct rating = Cell(document, 0);
  EXPECT_DOUBLE_EQ(Number(rating, "estimate"), (2 * 9 + 3 * 7) / 13.0);
  EXPECT_EQ(Number(rating, "n"), 5);
  EXPECT_EQ(Number(rating, "missing"), 1);
  EXPECT_GT(Number(rating, "se"), 0);
  const Struct share = Cell(document, 2);
  EXPECT_EQ(share.fields().at("levels").list_value().values_size(), 2);
  EXPECT_DOUBLE_EQ(Number(share, "estimate"), 7 / 13.0);
}

TEST_F(Estimate, AgainstAddsTheDifferencesFromOneGroup) {
  const std::string file = Write("r.csv", kRatings);
  const Struct document =
      Json({file, "--weight", "w", "--mean", "rating", "--by", "district", "--against", "Dĩ An"});
  ASSERT_EQ(document.fields().at("estimates").list_value().values_size(), 3);
  const Struct difference = Cell(document, 2);
  EXPECT_DOUBLE_EQ(Number(difference, "estimate"), 7 / 3.0 - 4.5);
  EXPECT_GT(Number(difference, "se"), 0);
  EXPECT_EQ(Number(difference, "n"), 5);
  const auto level = [&](const std::string& key) {
    return difference.fields().at(key).struct_value().fields().at("district").string_value();
  };
  EXPECT_EQ(level("by"), "Thuận An");
  EXPECT_EQ(level("against"), "Dĩ An");

  const Output shown = Run({file, "--weight", "w", "--mean", "rating", "--by", "district",
                            "--against", "Dĩ An", "--format", "csv"});
  EXPECT_THAT(shown.out, HasSubstr(",district,against,"));
  EXPECT_THAT(shown.out, HasSubstr(",Thuận An,Dĩ An,-2.1666"));

  ExpectRefused({file, "--mean", "rating", "--against", "Dĩ An"}, {"--against has 1", "--by 0"});
  ExpectRefused({file, "--mean", "rating", "--by", "district", "--against", "Huế"},
                {"district", "\"Huế\"", "--against"});
  ExpectRefused({file, "--quantile", "rating:0.5", "--by", "district", "--against", "Dĩ An"},
                {"quantiles of two domains are not compared"});
}

TEST_F(Estimate, WhatIsNotKnownIsNullAndSaysWhy) {
  const std::string file = Write("r.csv", "g,y\na,1\na,2\nb,7\nc,\nc,NA\n");
  const Struct document = Json({file, "--mean", "y", "--by", "g"});
  const Struct lone = Cell(document, 1);
  EXPECT_EQ(Number(lone, "estimate"), 7);
  EXPECT_TRUE(IsNull(lone, "se") && IsNull(lone, "ci_low") && IsNull(lone, "deff"));
  EXPECT_EQ(lone.fields().at("note").string_value(), "one sampling unit: no standard error");
  const Struct none = Cell(document, 2);
  EXPECT_TRUE(IsNull(none, "estimate") && IsNull(none, "df"));
  EXPECT_EQ(none.fields().at("note").string_value(), "no data");
  EXPECT_EQ(Number(none, "n"), 0);
  const std::string table = Run({file, "--mean", "y", "--by", "g"}).out;
  EXPECT_THAT(table, AllOf(HasSubstr("không có dữ liệu"), HasSubstr("chỉ một đơn vị mẫu"),
                           Not(HasSubstr("nan")), HasSubstr("1,500")));
}

TEST_F(Estimate, CsvIsExactAndEmptyWhereNotKnown) {
  const std::string file = Write("r.csv", "g,y\na,1\na,2\na,2\nb,7\n");
  const Output output = Run({file, "--mean", "y", "--by", "g", "--format", "csv"});
  EXPECT_THAT(output.out, HasSubstr("statistic,variable,g,estimate,se,ci_low,ci_high,interval,df,n,"
                                    "missing,note\n"));
  EXPECT_THAT(output.out, HasSubstr("mean,y,a,1.6666666666666667,"));
  EXPECT_THAT(output.out,
              HasSubstr("mean,y,b,7,,,,t,0,1,0,one sampling unit: no standard error\n"));
  EXPECT_THAT(output.err, HasSubstr("Mẫu: số dòng 4"));
}

TEST_F(Estimate, FilesOfVietnamComeInWithTheirDelimiterButNotWithADecimalComma) {
  const std::string file = Write("r.csv",
                                 "\xEF\xBB\xBF"
                                 "w;\"tuổi\"\r\n1.5;20\r\n2;30\r\n");
  ExpectRefused({file, "--weight", "w", "--mean", "tuổi"}, {"r.csv", "--delimiter ';'"});
  const Struct document = Json({file, "--delimiter", ";", "--weight", "w", "--mean", "tuổi"});
  EXPECT_DOUBLE_EQ(Number(Cell(document, 0), "estimate"), 90 / 3.5);
  const std::string comma = Write("c.csv", "w;y\n1;2\n1,5;3\n");
  ExpectRefused({comma, "--delimiter", ";", "--weight", "w", "--mean", "y"},
                {"row 2 (line 3), column \"w\"", "\"1,5\" is not a number", "decimal point",
                 "write a decimal comma as a point"});
}

TEST_F(Estimate, TwoSpellingsOfANameAreOneColumnAndOneLevel) {
  // "Dĩ" composed and decomposed.
  const std::string file = Write("r.csv", "xã,y\nD\xC4\xA9,1\nDi\xCC\x83,2\nB,4\n");
  const Struct document = Json({file, "--mean", "y", "--by", "xa\xCC\x83"});
  EXPECT_EQ(document.fields().at("estimates").list_value().values_size(), 2);
  EXPECT_EQ(Number(Cell(document, 1), "n"), 2);
}

TEST_F(Estimate, GroupsStandInOrder) {
  const std::string numbers = Write("n.csv", "g,y\n10,1\n9,1\n10,3\n9,2\n");
  EXPECT_EQ(Cell(Json({numbers, "--mean", "y", "--by", "g"}), 0)
                .fields()
                .at("by")
                .struct_value()
                .fields()
                .at("g")
                .string_value(),
            "9");
  const std::string names = Write("v.csv", "g,y\nĐất,1\nDĩ,1\nÂn,3\nÂn,2\n");
  EXPECT_EQ(Cell(Json({names, "--mean", "y", "--by", "g"}), 2)
                .fields()
                .at("by")
                .struct_value()
                .fields()
                .at("g")
                .string_value(),
            "Đất");
}

TEST_F(Estimate, StepsComeInTheirOrderWhateverTheOrderOfOptions) {
  const std::string file = Write(
      "s.csv",
      "w,answered,sex,age,y\n1,1,F,1,1\n1,1,M,2,2\n1,1,F,2,4\n1,1,M,1,3\n1,0,,,\n1,1,F,1,2\n");
  const std::string sex = Write("sex.csv", "sex,N\nM,40\nF,60\n");
  const std::string age = Write("age.csv", "age,population\n1,50\n2,50\n");
  const std::string totals = Write("totals.csv", "variable,total\n(Intercept),100\nsex:F,60\n");
  const Struct document =
      Json({file, "--trim", ",45", "--calibrate", totals, "--rake", sex + "," + age,
            "--poststratify", sex, "--nonresponse", "answered", "--weight", "w", "--total", "y"});
  std::vector<std::string> steps;
  for (const Value& step : document.fields().at("weighting").list_value().values()) {
    steps.push_back(step.struct_value().fields().at("step").string_value());
  }
  EXPECT_EQ(steps, (std::vector<std::string>{"non-response", "post-stratification", "raking",
                                             "calibration", "trimming"}));
  const Struct design = document.fields().at("design").struct_value();
  EXPECT_NEAR(Number(design, "final_weight_sum"), 100, 1e-9);
  EXPECT_EQ(Number(design, "rows_without_weight"), 1);
  const Output table = Run({file, "--weight", "w", "--rake", sex + "," + age, "--nonresponse",
                            "answered", "--mean", "y", "--lang", "en"});
  EXPECT_THAT(table.err, AllOf(HasSubstr("non-response: factors 0.0000–1.2000"),
                               HasSubstr("raking: "), HasSubstr("Kish")));
}

TEST_F(Estimate, NonResponseGivesWeightWithinItsCells) {
  const std::string file =
      Write("s.csv", "w,a,cell,y\n1,1,p,1\n3,0,p,\n2,1,q,5\n2,1,q,7\n1,1,p,2\n");
  const Struct document = Json({file, "--weight", "w", "--nonresponse", "a:cell", "--mean", "y"});
  // p: 5 over two answers of weight 1 each, so 2.5 each.
  EXPECT_DOUBLE_EQ(Number(Cell(document, 0), "estimate"), (2.5 * 1 + 2.5 * 2 + 2 * 5 + 2 * 7) / 9);
}

TEST_F(Estimate, CellsOfSeveralColumnsMakeOneMargin) {
  const std::string file = Write("s.csv", "sex,age,y\nF,1,1\nF,2,2\nM,1,3\nM,2,4\nF,1,5\n");
  const std::string cells =
      Write("cells.csv", "age,sex,population\n1,F,10\n2,F,20\n1,M,30\n2,M,40\n");
  const Struct document = Json({file, "--poststratify", cells, "--total", "y"});
  EXPECT_NEAR(Number(Cell(document, 0), "estimate"), 10 * 3 + 20 * 2 + 30 * 3 + 40 * 4, 1e-9);
  ExpectRefused(
      {Write("t.csv", "sex,age,y\nF,1,1\nF,3,2\n"), "--poststratify", cells, "--total", "y"},
      {"row 2 (line 3)", "3, F is not in", "cells.csv; allowed: 1, F; 2, F; 1, M; 2, M"});
}

TEST_F(Estimate, ABackslashMakesASignPartOfAName) {
  const std::string file = Write("s.csv", "\"a,b\",c/d,e=f\n1,2,x+y\n3,4,z\n");
  const Struct document =
      Json({file, "--mean", "a\\,b", "--ratio", "a\\,b/c\\/d", "--proportion", "e\\=f=x\\+y"});
  EXPECT_EQ(Number(Cell(document, 0), "estimate"), 2);
  EXPECT_DOUBLE_EQ(Number(Cell(document, 1), "estimate"), 0.5);
  EXPECT_DOUBLE_EQ(Number(Cell(document, 2), "estimate"), 4 / 6.0);
}

TEST_F(Estimate, ALevelThatNobodyHasIsTold) {
  const std::string file = Write("s.csv", "q\n4\n1\n");
  const Struct document = Json({file, "--proportion", "q=4+5"});
  EXPECT_EQ(Number(Cell(document, 0), "estimate"), 0.5);
  EXPECT_THAT(document.fields().at("notes").list_value().DebugString(), HasSubstr("no row has"));
  ExpectRefused({file, "--proportion", "q=8"}, {"no row has any of the levels"});
}

TEST_F(Estimate, BadOptionsAreRefused) {
  const std::string file = Write("r.csv", kRatings);
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "nothing to estimate"},
      {{"--mean", "rating,"}, "empty name"},
      {{"--mean", "none"}, "no column \"none\"; there are w, district"},
      {{"--ratio", "rating"}, "numerator/denominator"},
      {{"--ratio", "rating/"}, "is not understood"},
      {{"--quantile", "rating"}, "column:probability"},
      {{"--quantile", "rating:1"}, "column:probability"},
      {{"--quantile", "rating:0.5", "--replicates", "jk1"}, "quantiles have no errors"},
      {{"--mean", "rating", "--replicates", "jk2"}, "allowed: jk1"},
      {{"--mean", "rating", "--replicates", "fay:1"}, "RHO above 0"},
      {{"--mean", "rating", "--replicates", "bootstrap:1"}, "COUNT in 2.."},
      {{"--mean", "rating", "--confidence", "1"}, "above 0 and below 1"},
      {{"--mean", "rating", "--trim", "5"}, "LOWER,UPPER"},
      {{"--mean", "rating", "--bounds", "0.5,2"}, "--calibrate"},
      {{"--mean", "district"}, "\"Dĩ An\" is not a number"},
      {{"--mean", "rating", "--strata", "district", "--replicates", "brr"}, "Dĩ An"},
      {{"--mean", "rating", "--strata", "district,sex"}, "allowed: at most one stage more"},
      {{"--mean", "rating", "--strata", "sex"}, "row 7 (line 8), column \"sex\": empty or NA"},
      {{"--mean", "rating", "--weight", "age"}, "row 4 (line 5), column \"age\": empty or NA"},
      {{"--mean", "rating", "--cluster", "district", "--strata", "sex,"}, "row 7"},
      {{"--mean", "rating", "--nonresponse", "rating"}, "empty or NA"},
      {{"--mean", "rating", "--nonresponse", "w"}, "allowed: 1 for who responded"},
      {{"--mean", "rating", "--poststratify", "/no/such/file"}, "/no/such/file"},
      {{"--proportion", "rating="}, "is not understood"}};
  for (const auto& [options, text] : cases) {
    std::vector<std::string> arguments = {file};
    arguments.insert(arguments.end(), options.begin(), options.end());
    ExpectRefused(arguments, {"hailong: ", text});
  }
  for (const auto& options :
       std::vector<std::vector<std::string>>{{"--lonely", "maybe"},
                                             {"--interval", "wide"},
                                             {"--seed", "-1"},
                                             {"--threads", "x"},
                                             {"--calibrate-distance", "long"},
                                             {"--delimiter", "|"},
                                             {"--seed", "99999999999999999"}}) {
    std::vector<std::string> arguments = {file, "--mean", "rating"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Output output = Run(arguments);
    EXPECT_EQ(output.exit_code, 2) << options[0];
    EXPECT_EQ(output.out, "");
    EXPECT_NE(output.err, "");
  }
}

TEST_F(Estimate, FilesOfThePopulationThatCannotBeAreRefused) {
  const std::string file = Write("s.csv", "sex,y\nF,1\nM,2\nF,3\n");
  const std::vector<std::pair<std::string, std::string>> margins = {
      {"sex\nF\nM\n", "no column \"population\""},
      {"population\n3\n", "only a population"},
      {"gender,N\nF,1\nM,1\n", "no column \"gender\""},
      {"sex,N\nF,1\nF,2\nM,3\n", "row 2 (line 3), column \"sex\": F comes twice"},
      {"sex,N\nF,1\n", "row 2 (line 3), column \"sex\": M is not in"},
      {"sex,N\nF,1\nM,\n", "row 2 (line 3), column \"N\": empty or NA"},
      {"sex,N\nF,1\nM,-4\n", "post-stratification"},
      {"sex,N\nF,1\nM,many\n", "\"many\" is not a number"},
      {"", "is empty"}};
  for (const auto& [text, refusal] : margins) {
    ExpectRefused({file, "--mean", "y", "--poststratify", Write("m.csv", text)}, {refusal});
  }
  const std::vector<std::pair<std::string, std::string>> totals = {
      {"variable,total\nheight,3\n", "\"height\" is unknown; allowed: a column"},
      {"variable,total\ny,3\ny,3\n", "y comes twice"},
      {"variable,total\nsex,3\n", "\"F\" is not a number"},
      {"variable,total\nsex:X,3\n", "no row has \"X\""},
      {"variable,sum\ny,3\n", "no column \"total\""}};
  for (const auto& [text, refusal] : totals) {
    ExpectRefused({file, "--mean", "y", "--calibrate", Write("t.csv", text)}, {refusal});
  }
}

// Whatever a file holds, it is refused in a line or estimated without NaN, and nothing breaks.
TEST_F(Estimate, HostileFilesAreRefusedInWords) {
  std::string wide = "a";
  for (int c = 0; c < 1'000'000; ++c) wide += ",c";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "is empty"},
      {"\n\n\n", "is empty"},
      {"a,y\n", "a header and no rows"},
      {"a,y", "a header and no rows"},
      {"a,y,y\n1,2,3\n", "two columns are called \"y\""},
      {",,\n1,2,3\n", "names no columns"},
      {wide + "\n1\n", "the header"},
      {"a,y\n" + std::string(10 << 20, '7') + "\n", "line 2: a cell has more than"},
      {std::string(10 << 20, 'x'), "line 1: a cell has more than"},
      {"a,y\n1,\"2\n" + std::string(3 << 20, 'x'), "closing quote"},
      {"a,y\n1,2,3\n", "row 1 (line 2): the row has 3 cells, the header 2"},
      {"a,y\n1\n", "the row has 1 cells"},
      {std::string("a,y\n1,2\0\n", 9), "is not a number"},
      {std::string("a,y\0\n1,2\n", 9), "not UTF-8 text"},
      {"a,y\xFF\n1,2\n", "not UTF-8 text"},
      {"a,y\n1,inf\n", "\"inf\" is not a number"},
      {"a,y\n1,-Infinity\n", "is not a number"},
      {"a,y\n1,nan\n", "\"nan\" is not a number"},
      {"a,y\n1,NaN\n", "is not a number"},
      {"a,y\n1,1e999\n", "is not a number"},
      {"a,y\n1,1e60\n", "up to 1e50"},
      {"a,y\n1,0x10\n", "is not a number"},
      {"a,y\n1,1 000\n", "is not a number"},
      {"a,y\n1,\"1,000,000\"\n", "is not a number"},
      {"a,y\n1,5\n", "one sampling unit"},
      {"a,z\n1,5\n2,3\n", "no column \"y\""}};
  for (const auto& [text, refusal] : cases) {
    ExpectRefused({Write("hostile.csv", text), "--mean", "y"}, {refusal});
  }
  ExpectRefused({Path("none.csv"), "--mean", "y"}, {"none.csv"});
  ExpectRefused({folder_.path(), "--mean", "y"}, {folder_.path()});
  ExpectRefused({Write("h.csv", "w,y\n1,2\n-3,4\n"), "--weight", "w", "--mean", "y"},
                {"row 2 (line 3), column \"w\": the weight is -3"});
  ExpectRefused({Write("h.csv", "g,y\n\xC3(,2\nb,4\n"), "--by", "g", "--mean", "y"},
                {"row 1 (line 2), column \"g\"", "is not UTF-8 text"});
  ExpectRefused({Write("h.csv", "f,y\n1,2\n1,4\n"), "--fpc", "f", "--mean", "y"}, {"h.csv: "});
}

TEST_F(Estimate, ExtremeNumbersNeverBecomeNan) {
  const std::string file = Write(
      "x.csv", "w,y,x\n1e50,1e50,1e-50\n1e-300,-1e50,0\n0,5,-1e-50\n1e-308,1,1e-300\n1e50,3,0\n");
  for (const std::string variance : {"", "jk1", "bootstrap:5"}) {
    std::vector<std::string> arguments = {file, "--weight", "w",       "--mean",   "y,x", "--total",
                                          "y",  "--ratio",  "y/x,x/y", "--format", "json"};
    if (!variance.empty()) arguments.insert(arguments.end(), {"--replicates", variance});
    const Output output = Run(arguments);
    EXPECT_EQ(output.exit_code, 0) << output.err;
    EXPECT_THAT(output.out, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf,"))));
    Struct document;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(output.out, &document).ok())
        << output.out;
  }
}

TEST_F(Estimate, NamesCannotReachTheTerminalAsEscapes) {
  const std::string file = Write("e.csv", "g,y\n\x1B[2J,1\n\x1B[2J,2\n=1+1,3\n");
  const Output table = Run({file, "--mean", "y", "--by", "g"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, Not(HasSubstr("\x1B")));
  EXPECT_THAT(Run({file, "--mean", "y", "--by", "g", "--format", "json"}).out,
              HasSubstr("\\u001b[2J"));
  EXPECT_THAT(Run({file, "--mean", "y", "--by", "g", "--format", "csv"}).out, HasSubstr("'=1+1"));
}

}  // namespace
}  // namespace hailong::cli
