// From a row of a file to a response, and from a file to outcomes; without a server.
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/cli/files.h"
#include "analysis/cli/importer.h"
#include "analysis/cli/response_id.h"
#include "analysis/cli/row_mapper.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

v1::Questionnaire Questions() {
  return Parse<v1::Questionnaire>(R"pb(
    questionnaire_id: "sample"
    version: 3
    questions {
      question_id: "q1"
      kind: QUESTION_KIND_RATING
      allows_not_applicable: true
      options { text { vi: "Không hài lòng" en: "Dissatisfied" } }
      options { text { vi: "Bình thường" en: "Neutral" } }
      options { text { vi: "Hài lòng" en: "Satisfied" } }
    }
    questions {
      question_id: "q2"
      kind: QUESTION_KIND_MULTIPLE_CHOICE
      options { text { vi: "Internet" } }
      options {
        text { vi: "Khác" }
        allows_text: true
      }
      options { text { vi: "Báo" } }
    }
    questions { question_id: "q3" kind: QUESTION_KIND_TEXT }
    questions {
      question_id: "group"
      kind: QUESTION_KIND_SINGLE_CHOICE
      options { text { vi: "Lãnh đạo" } }
      options { text { vi: "Công chức" } }
    })pb");
}

constexpr char kMap[] = R"pb(
  unit {
    column: "Đơn vị"
    values { key: "Sở Y tế" value: "yte" }
    values { key: "Dĩ An" value: "724" }
  }
  receiving_unit { column: "nơi nhận" prefix: "bp-" }
  submitted_at { column: "ngày" format: "%d/%m/%Y %H:%M" }
  evidence {
    dossier_code_column: "mã hồ sơ"
    paper_serial_columns: "tập"
    paper_serial_columns: "số"
    paper_serial_prefix: "bd24-"
  }
  duration { column: "phút" unit: UNIT_MINUTES }
  answers { question_id: "q1" column: "c1" not_applicable_values: "KAD" }
  answers { question_id: "q2" column: "c2" separator: "," text_column: "khác" }
  answers { question_id: "q3" column: "ý kiến" }
  answers { question_id: "group" constant: "2" }
  empty_values: "-"
)pb";

const std::vector<std::string> kHeader = {"Đơn vị", "nơi nhận", "ngày",   "mã hồ sơ",
                                          "tập",    "số",       "phút",   "c1",
                                          "c2",     "khác",     "ý kiến", "thừa"};
const std::vector<std::string> kCells = {"Sở Y tế", "1",     "05/11/2024 08:30", "-",   "A",
                                         "17",      "2.5",   "Hài lòng",         "3,1", "đài",
                                         "chờ lâu", "bỏ qua"};

RowMapper Mapper(const std::string& map, const std::vector<std::string>& header = kHeader,
                 const std::string& round = "round") {
  auto mapper = RowMapper::Create(Parse<ImportMap>(map), Questions(), round, header);
  EXPECT_TRUE(mapper.ok()) << mapper.status();
  return *std::move(mapper);
}

std::string CreateError(const std::string& map, const std::vector<std::string>& header = kHeader) {
  const auto mapper = RowMapper::Create(Parse<ImportMap>(map), Questions(), "round", header);
  return mapper.ok() ? "no error" : std::string(mapper.status().message());
}

CsvRow Row(std::vector<std::string> cells, uint64_t line = 2) {
  return {line, std::move(cells), ""};
}

// The reason for refusing kCells with one cell changed.
std::string RowError(std::size_t cell, const std::string& value) {
  RowMapper mapper = Mapper(kMap);
  std::vector<std::string> cells = kCells;
  cells[cell] = value;
  const auto response = mapper.Map(Row(cells));
  return response.ok() ? "no error" : std::string(response.status().message());
}

TEST(RowMapper, EveryPartOfTheMapReachesTheResponse) {
  RowMapper mapper = Mapper(kMap);
  auto response = mapper.Map(Row(kCells));
  ASSERT_TRUE(response.ok()) << response.status();
  response->clear_response_id();
  EXPECT_EQ(response->SerializeAsString(), Parse<v1::Response>(R"pb(
                                             round_id: "round"
                                             questionnaire_version: 3
                                             unit_id: "yte"
                                             receiving_unit_id: "bp-1"
                                             submitted_at { seconds: 1730770200 }
                                             duration_ms: 150000
                                             evidence { paper_serial: "bd24-A-17" }
                                             answers { question_id: "q1" choice: 3 }
                                             answers {
                                               question_id: "q2"
                                               choices { choices: 1 choices: 3 }
                                               text: "đài"
                                             }
                                             answers { question_id: "q3" text: "chờ lâu" }
                                             answers { question_id: "group" choice: 2 })pb")
                                               .SerializeAsString());
}

TEST(RowMapper, EmptyCellsAreNoAnswerAndNoEvidence) {
  RowMapper mapper = Mapper(kMap);
  const auto response =
      mapper.Map(Row({"Dĩ An", "", "05/11/2024 08:30", "", "A", "-", "", "", "-", "", "", ""}));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_FALSE(response->has_evidence());
  EXPECT_EQ(response->receiving_unit_id(), "");
  EXPECT_EQ(response->answers_size(), 1);
  EXPECT_EQ(response->answers(0).question_id(), "group");
}

TEST(RowMapper, ADossierCodeGoesBeforeASerial) {
  RowMapper mapper = Mapper(kMap);
  std::vector<std::string> cells = kCells;
  cells[3] = "H26-1";
  EXPECT_EQ(mapper.Map(Row(cells))->evidence().dossier_code(), "H26-1");
}

TEST(RowMapper, NumbersLabelsAndNotApplicableAreChoices) {
  for (const auto& [cell, choice] :
       std::map<std::string, uint32_t>{{"2", 2}, {"Bình thường", 2}, {"Neutral", 2}, {"1", 1}}) {
    RowMapper mapper = Mapper(kMap);
    std::vector<std::string> cells = kCells;
    cells[7] = cell;
    EXPECT_EQ(mapper.Map(Row(cells))->answers(0).choice(), choice) << cell;
  }
  RowMapper mapper = Mapper(kMap);
  std::vector<std::string> cells = kCells;
  cells[7] = "KAD";
  EXPECT_TRUE(mapper.Map(Row(cells))->answers(0).not_applicable());
}

TEST(RowMapper, BadCellsAreReasonsNotCrashes) {
  EXPECT_THAT(RowError(0, "Sở X"), HasSubstr("unit: \"Sở X\" is not in the values of the map"));
  EXPECT_THAT(RowError(0, ""), HasSubstr("unit: the cell is empty"));
  EXPECT_THAT(RowError(2, "31/02/2024 08:00"), HasSubstr("is not a time in the format"));
  EXPECT_THAT(RowError(2, ""), HasSubstr("submitted_at"));
  EXPECT_THAT(RowError(2, "infinite-past"), HasSubstr("not a time from 1970"));
  for (const char* minutes : {"-1", "x", "nan", "1e300", "inf"}) {
    EXPECT_THAT(RowError(6, minutes), HasSubstr("duration")) << minutes;
  }
  EXPECT_THAT(RowError(7, "4"), HasSubstr("q1: \"4\" is not a choice, 1..3 or the text"));
  EXPECT_THAT(RowError(7, "0"), HasSubstr("not a choice"));
  EXPECT_THAT(RowError(8, "1,1"), HasSubstr("has a choice twice"));
  EXPECT_THAT(RowError(8, "1,,2"), HasSubstr("not a choice"));
  EXPECT_THAT(RowError(10, "S\xE1\xBB"), HasSubstr("cell 11 (ý kiến) is not UTF-8"));
  RowMapper mapper = Mapper(kMap);
  EXPECT_THAT(std::string(mapper.Map(Row({"a", "b"})).status().message()),
              HasSubstr("the row has 2 cells, the header 12"));
  CsvRow faulty = Row(kCells);
  faulty.fault = "cell 1 is too long";
  EXPECT_EQ(mapper.Map(faulty).status().message(), "cell 1 is too long");
}

TEST(RowMapper, AMapThatDoesNotFitIsRefusedBeforeAnyRow) {
  const std::string base = "unit { column: 'u' } submitted_at { column: 't' } ";
  const std::vector<std::string> header = {"u", "t", "a", "a"};
  const auto error = [&](const std::string& rest) { return CreateError(base + rest, header); };
  EXPECT_THAT(error("answers { question_id: 'q1' column: 'b' }"),
              HasSubstr("column \"b\" of the map is not in the file; it has u, t, a, a"));
  EXPECT_THAT(error("answers { question_id: 'q1' column: 'a' }"), HasSubstr("in the file twice"));
  EXPECT_THAT(error("answers { question_id: 'q9' constant: '1' }"),
              HasSubstr("\"q9\" of the map is not in questionnaire sample version 3"));
  EXPECT_THAT(error("answers { question_id: 'q1' }"),
              HasSubstr("must have a column or a constant"));
  EXPECT_THAT(error("answers { question_id: 'q1' constant: '1' choices { key: 'x' value: 4 } }"),
              HasSubstr("choice 4 is not in 1..3"));
  EXPECT_THAT(error("answers { question_id: 'q2' constant: '1' not_applicable_values: 'x' }"),
              HasSubstr("does not allow"));
  EXPECT_THAT(error("answers { question_id: 'q1' constant: '1' } "
                    "answers { question_id: 'q1' constant: '1' }"),
              HasSubstr("twice"));
  EXPECT_THAT(error(""), HasSubstr("the map has no answers"));
  EXPECT_THAT(error("answers { question_id: 'q1' constant: '1' } key_columns: 'k'"),
              HasSubstr("column \"k\""));
  EXPECT_THAT(CreateError("submitted_at { column: 't' }", header), HasSubstr("give unit a column"));
  EXPECT_THAT(CreateError("unit { constant: 'x' }", header), HasSubstr("give submitted_at"));
  EXPECT_THAT(CreateError("unit { constant: 'x' } submitted_at { constant: 'soon' }", header),
              HasSubstr("submitted_at of the map"));
  EXPECT_THAT(CreateError(base, {"\xFF\xFE"}), HasSubstr("not UTF-8"));
}

TEST(ResponseId, IsAUuidThatNeverChanges) {
  // The value is part of the interface: another one would store every imported row again.
  EXPECT_EQ(DeriveResponseId("round", {"key", "student", "1"}),
            DeriveResponseId("round", {"key", "student", "1"}));
  EXPECT_EQ(DeriveResponseId("r", {"ab", "c"}).ToString(), "a2390ce4-9402-81ca-97d5-2a3364021bb4");
  EXPECT_NE(DeriveResponseId("r", {"ab", "c"}), DeriveResponseId("r", {"a", "bc"}));
  EXPECT_NE(DeriveResponseId("r", {"ab", "c"}), DeriveResponseId("r2", {"ab", "c"}));
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(DeriveResponseId("r", {std::to_string(i)}).ToString());
  EXPECT_EQ(ids.size(), 1000u);
  for (const std::string& id : ids) {
    ASSERT_THAT(id, testing::MatchesRegex(
                        "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }
}

constexpr char kKeyed[] =
    "unit { constant: 'u' } submitted_at { constant: '2024-01-01T00:00:00Z' } "
    "answers { question_id: 'q1' column: 'a' } key_columns: 'k1' key_columns: 'k2'";
constexpr char kUnkeyed[] =
    "unit { column: 'k1' } submitted_at { constant: '2024-01-01T00:00:00Z' } "
    "answers { question_id: 'q1' column: 'a' }";

TEST(RowIdentity, AKeyNamesTheRowWhateverElseIsMended) {
  RowMapper one = Mapper(kKeyed, {"k1", "k2", "a"});
  RowMapper other = Mapper(kKeyed, {"new", "a", "k2", "k1"});
  const std::string id = one.Map(Row({"x", "y", "1"}))->response_id();
  EXPECT_EQ(other.Map(Row({"", "3", "y", "x"}))->response_id(), id);
  EXPECT_NE(one.Map(Row({"y", "x", "1"}))->response_id(), id);
  EXPECT_EQ(one.Map(Row({"", " ", "1"})).status().message(),
            "all key columns of the row are empty");
}

TEST(RowIdentity, EqualRowsAreCountedOffInAnyOrder) {
  const std::vector<std::vector<std::string>> rows = {
      {"u", "1", "n1"}, {"u", "1", "n2"}, {"u", "2", ""}, {"u", "1", ""}, {"v", "1", ""}};
  const auto ids = [&](std::vector<std::vector<std::string>> order) {
    RowMapper mapper = Mapper(kUnkeyed, {"k1", "a", "note"});
    std::set<std::string> result;
    for (const auto& cells : order) result.insert(mapper.Map(Row(cells))->response_id());
    return result;
  };
  const auto forward = ids(rows);
  EXPECT_EQ(forward.size(), rows.size());
  EXPECT_EQ(ids({rows.rbegin(), rows.rend()}), forward);
}

TEST(RowIdentity, BothSpellingsOfALetterAreTheSameRow) {
  RowMapper one = Mapper(kUnkeyed, {"k1", "a"});
  RowMapper other = Mapper(kUnkeyed, {"k1", "a"});
  EXPECT_EQ(one.Map(Row({"Vi\xE1\xBB\x87t", "1"}))->response_id(),
            other.Map(Row({"Vie\xCC\xA3\xCC\x82t", "1"}))->response_id());
}

TEST(RowIdentity, AMendedRejectThatBecameEqualToAStoredRowIsNotLost) {
  RowMapper first = Mapper(kUnkeyed, {"k1", "a"});
  RowMapper rejects = Mapper(kUnkeyed, {"hailong_line", "hailong_reason", "k1", "a"});
  const std::string stored = first.Map(Row({"u", "1"}))->response_id();
  const std::string mended = rejects.Map(Row({"7", "was bad", "u", "1"}))->response_id();
  EXPECT_NE(mended, stored);
  RowMapper again = Mapper(kUnkeyed, {"hailong_line", "hailong_reason", "k1", "a"});
  EXPECT_EQ(again.Map(Row({"7", "", "u", "1"}))->response_id(), mended);
}

// A server that keeps what the contract promises: a response is its response_id.
struct FakeStore {
  std::map<std::string, std::string> stored;
  // What the next calls answer instead; OK: the truth.
  std::vector<RpcStatus> faults;
  std::vector<int> batches;
  // Refused for good, by the first answer's choice.
  uint32_t refused_choice = 0;
  // How many responses of the next calls are put off.
  int put_off = 0;

  RpcStatus Submit(const v1::SubmitResponsesRequest& request,
                   v1::SubmitResponsesResponse* response) {
    batches.push_back(request.responses_size());
    if (!faults.empty()) {
      const RpcStatus fault = faults.front();
      faults.erase(faults.begin());
      if (!fault.ok()) return fault;
    }
    for (const v1::Response& sent : request.responses()) {
      v1::SubmitResult* result = response->add_results();
      if (put_off > 0) {
        --put_off;
        result->mutable_refusal()->set_code(8);
        result->mutable_refusal()->set_retry_after_ms(1500);
        continue;
      }
      if (sent.answers(0).choice() == refused_choice) {
        result->mutable_refusal()->set_code(3);
        result->mutable_refusal()->set_message("bad response");
        auto* violation = result->mutable_refusal()->add_field_violations();
        violation->set_field("answers[0].choice");
        violation->set_description("is not liked");
        continue;
      }
      const auto [place, fresh] = stored.emplace(sent.response_id(), sent.SerializeAsString());
      if (!fresh && place->second != sent.SerializeAsString()) {
        result->mutable_refusal()->set_code(6);
        result->mutable_refusal()->set_message("other content");
        continue;
      }
      result->mutable_stored()->set_outcome(fresh ? v1::OUTCOME_RECORDED
                                                  : v1::OUTCOME_ALREADY_RECORDED);
    }
    return {};
  }
};

struct Imported {
  ImportEnd end;
  std::vector<std::string> rejects;
  std::vector<milliseconds> pauses;
};

Imported Import(const std::string& file, const std::string& map, FakeStore& store) {
  std::istringstream in(file);
  CsvReader reader(in, ',');
  CsvRow header;
  EXPECT_TRUE(*reader.Next(header));
  RowMapper mapper = Mapper(map, header.cells);
  Imported run;
  ImportPorts ports;
  ports.submit = [&](const auto& request, auto* response) {
    return store.Submit(request, response);
  };
  ports.reject = [&](const CsvRow& row, const std::string& reason) {
    run.rejects.push_back(absl::StrCat(row.line, ": ", reason));
  };
  ports.progress = [](uint64_t) {};
  ports.sleep = [&](milliseconds pause) { run.pauses.push_back(pause); };
  run.end = Importer(mapper, std::move(ports)).Run(reader);
  return run;
}

std::string KeyedFile(int rows) {
  std::string file = "k1,k2,a\n";
  for (int i = 0; i < rows; ++i) absl::StrAppend(&file, i, ",", i % 7, ",", i % 3 + 1, "\n");
  return file;
}

TEST(Importer, BatchesHoldAtMost500) {
  FakeStore store;
  const Imported run = Import(KeyedFile(1201), kKeyed, store);
  EXPECT_THAT(store.batches, ElementsAre(500, 500, 201));
  EXPECT_EQ(run.end.summary.recorded(), 1201u);
  EXPECT_EQ(run.end.summary.rows(), 1201u);
}

TEST(Importer, LongTextsMakeBatchesSmaller) {
  FakeStore store;
  std::string file = "k1,k2,a,c\n";
  for (int i = 0; i < 50; ++i) {
    absl::StrAppend(&file, i, ",x,1,", std::string(60000, 'y'), "\n");
  }
  Import(file, std::string(kKeyed) + "answers { question_id: 'q3' column: 'c' }", store);
  EXPECT_THAT(store.batches, ElementsAre(18, 18, 14));
}

TEST(Importer, ASecondImportStoresNothing) {
  FakeStore store;
  Import(KeyedFile(700), kKeyed, store);
  const Imported run = Import(KeyedFile(700), kKeyed, store);
  EXPECT_EQ(run.end.summary.recorded(), 0u);
  EXPECT_EQ(run.end.summary.already_recorded(), 700u);
  EXPECT_EQ(store.stored.size(), 700u);
}

TEST(Importer, BadRowsNeverHoldUpTheirNeighbours) {
  FakeStore store;
  store.refused_choice = 2;
  const Imported run = Import("k1,k2,a\n1,1,1\n2,2,9\n3,3\n4,4,2\n5,5,3\n", kKeyed, store);
  EXPECT_EQ(run.end.summary.recorded(), 2u);
  EXPECT_EQ(run.end.summary.rejected_rows(), 2u);
  EXPECT_EQ(run.end.summary.refused(), 1u);
  EXPECT_THAT(run.rejects, ElementsAre(HasSubstr("3: q1: \"9\" is not a choice"),
                                       HasSubstr("4: the row has 2 cells"),
                                       "5: answers[0].choice: is not liked"));
}

TEST(Importer, PassingFaultsAreWaitedOutLongerEachTime) {
  FakeStore store;
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(3);
  google::rpc::Status details;
  details.add_details()->PackFrom(retry);
  store.faults = {{14, "away", ""}, {4, "late", ""}, {8, "full", details.SerializeAsString()}};
  const Imported run = Import(KeyedFile(3), kKeyed, store);
  EXPECT_TRUE(run.end.rpc.ok());
  EXPECT_EQ(run.end.summary.recorded(), 3u);
  EXPECT_THAT(run.pauses, ElementsAre(milliseconds(500), milliseconds(1000), milliseconds(3000)));
}

TEST(Importer, OnlyWhatWasPutOffIsSentAgain) {
  FakeStore store;
  store.put_off = 2;
  const Imported run = Import(KeyedFile(5), kKeyed, store);
  EXPECT_THAT(store.batches, ElementsAre(5, 2));
  EXPECT_THAT(run.pauses, ElementsAre(milliseconds(1500)));
  EXPECT_EQ(run.end.summary.recorded(), 5u);
}

TEST(Importer, AServerThatStaysAwayStopsTheImportAndNothingIsLostOrDoubled) {
  FakeStore store;
  store.faults.assign(1, RpcStatus());
  store.faults.resize(40, {14, "away", ""});
  const Imported run = Import(KeyedFile(1100), kKeyed, store);
  EXPECT_EQ(run.end.rpc.code, 14);
  EXPECT_EQ(run.end.summary.recorded(), 500u);
  EXPECT_TRUE(run.rejects.empty());
  store.faults.clear();
  const Imported again = Import(KeyedFile(1100), kKeyed, store);
  EXPECT_EQ(again.end.summary.already_recorded(), 500u);
  EXPECT_EQ(again.end.summary.recorded(), 600u);
}

TEST(Importer, ARefusalOfTheCallStopsAtOnce) {
  FakeStore store;
  store.faults = {{16, "no such credential", ""}};
  const Imported run = Import(KeyedFile(3), kKeyed, store);
  EXPECT_EQ(run.end.rpc.code, 16);
  EXPECT_TRUE(run.pauses.empty());
}

TEST(Importer, AnyFileImportedTwiceInAnyOrderIsStoredOnce) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> lines;
    for (std::size_t i = random() % 60; i > 0; --i) {
      lines.push_back(absl::StrCat("u", random() % 3, ",", random() % 5, "\n"));
    }
    FakeStore store;
    const auto import = [&] {
      std::string file = "k1,a\n";
      for (const auto& line : lines) file += line;
      return Import(file, kUnkeyed, store).end.summary;
    };
    // Choices 0 and 4 do not exist.
    const ImportSummary first = import();
    EXPECT_EQ(first.recorded() + first.rejected_rows(), lines.size());
    std::shuffle(lines.begin(), lines.end(), random);
    const ImportSummary second = import();
    EXPECT_EQ(second.recorded(), 0u);
    EXPECT_EQ(second.already_recorded(), first.recorded());
    EXPECT_EQ(store.stored.size(), first.recorded());
  }
}

TEST(Example, TheLectureRatingsMapReadsItsFile) {
  ImportMap map;
  const absl::Status read = ReadTextProto(LECTURE_RATINGS_MAP, &map);
  ASSERT_TRUE(read.ok()) << read;
  auto questionnaire = Questions();
  questionnaire.mutable_questions(0)->set_question_id("rating");
  questionnaire.mutable_questions(0)->add_options();
  questionnaire.mutable_questions(0)->add_options();
  auto mapper = RowMapper::Create(map, questionnaire, "lectures",
                                  {"student", "lecturer", "student_semester", "lecture_age",
                                   "service", "department", "rating"});
  ASSERT_TRUE(mapper.ok()) << mapper.status();
  const auto response = mapper->Map(Row({"1", "1002", "2", "2", "0", "2", "5"}));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->unit_id(), "dept-2");
  EXPECT_EQ(response->answers(0).choice(), 5u);
}

}  // namespace
}  // namespace hailong::cli
