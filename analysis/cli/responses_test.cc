// Responses in and out, against a small server in this process.
#include <filesystem>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "analysis/cli/cli_for_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FakeCollection : public v1::CollectionService::Service {
 public:
  grpc::Status GetQuestionnaire(grpc::ServerContext*, const v1::GetQuestionnaireRequest* request,
                                v1::GetQuestionnaireResponse* response) override {
    if (request->round_id() != "r") return {grpc::StatusCode::NOT_FOUND, "round \"x\" is unknown"};
    *response->mutable_questionnaire() = Parse<v1::Questionnaire>(R"pb(
      questionnaire_id: "one"
      version: 1
      questions {
        question_id: "rating"
        kind: QUESTION_KIND_RATING
        options { text { vi: "Kém" } }
        options { text { vi: "Tốt" } }
      })pb");
    return grpc::Status::OK;
  }
  grpc::Status SubmitResponses(grpc::ServerContext*, const v1::SubmitResponsesRequest* request,
                               v1::SubmitResponsesResponse* response) override {
    for (const v1::Response& sent : request->responses()) {
      v1::SubmitResult* result = response->add_results();
      if (sent.unit_id() == "nowhere") {
        result->mutable_refusal()->set_code(3);
        result->mutable_refusal()->set_message("unit \"nowhere\" is not in the registry");
        continue;
      }
      const bool fresh = stored.emplace(sent.response_id(), sent).second;
      result->mutable_stored()->set_outcome(fresh ? v1::OUTCOME_RECORDED
                                                  : v1::OUTCOME_ALREADY_RECORDED);
    }
    return grpc::Status::OK;
  }

  std::map<std::string, v1::Response> stored;
};

class FakeExport : public v1::ResultsService::Service {
 public:
  grpc::Status ExportResponses(grpc::ServerContext*, const v1::ExportResponsesRequest* request,
                               grpc::ServerWriter<v1::ExportResponsesResponse>* writer) override {
    // Three messages of one response; breaks off once after the first.
    int at = request->cursor().empty() ? 0 : std::stoi(request->cursor());
    for (; at < 3; ++at) {
      if (at == 1 && breaks) {
        breaks = false;
        return {grpc::StatusCode::UNAVAILABLE, "going down"};
      }
      v1::ExportResponsesResponse response;
      v1::ExportedResponse* exported = response.add_responses();
      exported->set_response_id(absl::StrCat("id", at));
      exported->add_answers()->set_question_id("rating");
      exported->mutable_answers(0)->set_choice(2);
      response.set_cursor(std::to_string(at + 1));
      writer->Write(response);
    }
    return grpc::Status::OK;
  }

  bool breaks = false;
};

class ResponsesCli : public CliTest {
 protected:
  ResponsesCli() { Serve({&collection_, &results_}); }

  FakeCollection collection_;
  FakeExport results_;
};

TEST_F(ResponsesCli, AnExportThatBrokeOffGoesOnFromItsCursor) {
  results_.breaks = true;
  const Output broken = Hailong({"export", "r", "-o", Path("out.csv"), "--labels"});
  EXPECT_EQ(broken.exit_code, 3);
  EXPECT_THAT(broken.err, HasSubstr("--cursor '1'"));
  const Output rest = Hailong({"export", "r", "-o", Path("out.csv"), "--labels", "--cursor", "1"});
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  const std::string text = Read("out.csv");
  EXPECT_THAT(text, StartsWith("response_id,"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "\nid0,,,,,,,,false,,,false,false,,Tốt\nid1,,,,,,,,false,,,false,false,,Tốt\nid2,"));
  const Output json = Hailong({"export", "r", "--format", "json"});
  EXPECT_THAT(json.out, HasSubstr("{\"response_id\":\"id2\""));
}

constexpr char kMap[] =
    "unit { column: 'unit' } submitted_at { constant: '2025-01-15' format: '%Y-%m-%d' } "
    "answers { question_id: 'rating' column: 'rating' } key_columns: 'serial'";

TEST_F(ResponsesCli, RejectsCanBeMendedAndImportedWithTheSameMap) {
  const std::string map = Write("map", kMap);
  const std::string file =
      Write("forms.csv",
            "serial,unit,rating,note\n1,a,1,x\n2,nowhere,2,\"y, z\"\n3,a,9,+84\n"
            "4,a\n5,a,Tốt,\n");
  const Output first = Hailong({"responses", "import", file, "--round", "r", "--map", map,
                                "--rejects", Path("rejects.csv"), "--format", "csv"});
  EXPECT_EQ(first.exit_code, 4) << first.err;
  EXPECT_EQ(first.out,
            "outcome,rows\nrecorded,2\nalready_recorded,0\nrecorded_counts,0\n"
            "recorded_not_counted,0\nrecorded_late,0\nrejected_rows,2\nrefused,1\nrows,5\n");
  const std::string rejects = Read("rejects.csv");
  EXPECT_THAT(rejects, StartsWith("hailong_line,hailong_reason,serial,unit,rating,note\n"));
  EXPECT_THAT(rejects, HasSubstr("\n4,"));
  EXPECT_THAT(rejects, HasSubstr(",3,a,9,+84\n"));
  EXPECT_THAT(rejects, HasSubstr("the header 4\",4,a\n"));
  EXPECT_THAT(rejects, HasSubstr("not in the registry\",2,nowhere,2,\"y, z\"\n"));

  // The same rejects file is never overwritten, whatever was mended in it.
  EXPECT_EQ(Hailong({"responses", "import", file, "--round", "r", "--map", map, "--rejects",
                     Path("rejects.csv")})
                .exit_code,
            2);
  const std::string mended =
      Write("mended.csv",
            "hailong_line,hailong_reason,serial,unit,rating,note\n3,,2,b,2,\n4,bad,3,a,x,+84\n");
  const Output second = Hailong({"responses", "import", mended, "--round", "r", "--map", map,
                                 "--rejects", Path("rejects2.csv")});
  EXPECT_EQ(second.exit_code, 4);
  EXPECT_EQ(collection_.stored.size(), 3u);
  EXPECT_THAT(Read("rejects2.csv"),
              StartsWith("hailong_line,hailong_reason,serial,unit,rating,note\n4,"));

  const std::string whole =
      Write("whole.csv", "unit,serial,rating\na,5,2\na,4,1\na,3,2\nb,2,2\na,1,1\n");
  const Output third = Hailong({"responses", "import", whole, "--round", "r", "--map", map,
                                "--rejects", Path("rejects3.csv"), "--format", "json"});
  EXPECT_EQ(third.exit_code, 0) << third.err;
  EXPECT_EQ(collection_.stored.size(), 5u);
  EXPECT_THAT(third.out, HasSubstr("\"already_recorded\": \"3\""));
  EXPECT_FALSE(std::filesystem::exists(Path("rejects3.csv")));
}

TEST_F(ResponsesCli, AFileWithoutAMappedColumnIsRefusedBeforeAnythingIsSent) {
  const Output output = Hailong({"responses", "import", Write("f.csv", "serial,unit\n1,a\n"),
                                 "--round", "r", "--map", Write("map", kMap)});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_THAT(output.err, HasSubstr("column \"rating\" of the map is not in the file"));
  EXPECT_TRUE(collection_.stored.empty());
  EXPECT_EQ(
      Hailong({"responses", "import", Path("f.csv"), "--round", "other", "--map", Path("map")})
          .exit_code,
      1);
}

}  // namespace
}  // namespace hailong::cli
