// Whole command lines against a small server in this process.
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/cli/cli.h"
#include "analysis/cli/files.h"
#include "analysis/cli/session.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

template <typename T>
T Parse(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

class FakeRegistry : public v1::RegistryService::Service {
 public:
  grpc::Status ImportUnits(grpc::ServerContext* context, const v1::ImportUnitsRequest* request,
                           v1::ImportUnitsResponse* response) override {
    for (const auto& [key, value] : context->client_metadata()) {
      if (key == "authorization") authorization = std::string(value.data(), value.size());
    }
    google::rpc::BadRequest bad;
    for (int i = 0; i < request->units_size(); ++i) {
      if (!request->units(i).level().empty()) continue;
      auto* violation = bad.add_field_violations();
      violation->set_field(absl::StrCat("units[", i, "].level"));
      violation->set_description("is empty");
    }
    if (bad.field_violations_size() > 0) {
      google::rpc::Status details;
      details.add_details()->PackFrom(bad);
      return {grpc::StatusCode::INVALID_ARGUMENT, "a unit is wrong", details.SerializeAsString()};
    }
    units.insert(units.end(), request->units().begin(), request->units().end());
    response->set_added(static_cast<uint32_t>(request->units_size()));
    return grpc::Status::OK;
  }
  grpc::Status ListUnits(grpc::ServerContext*, const v1::ListUnitsRequest* request,
                         v1::ListUnitsResponse* response) override {
    // Pages of one.
    const std::size_t at = request->page_token().empty() ? 0 : std::stoul(request->page_token());
    if (at < units.size()) *response->add_units() = units[at];
    if (at + 1 < units.size()) response->set_next_page_token(std::to_string(at + 1));
    return grpc::Status::OK;
  }
  grpc::Status CreateCollector(grpc::ServerContext*, const v1::CreateCollectorRequest* request,
                               v1::CreateCollectorResponse* response) override {
    if (request->collector().collector_id() == "taken") {
      return {grpc::StatusCode::ALREADY_EXISTS, "collector taken"};
    }
    *response->mutable_collector() = request->collector();
    response->set_credential("secret-1");
    return grpc::Status::OK;
  }
  grpc::Status OpenRound(grpc::ServerContext*, const v1::OpenRoundRequest* request,
                         v1::OpenRoundResponse* response) override {
    round = request->round();
    *response->mutable_round() = request->round();
    response->mutable_round()->set_state(v1::ROUND_STATE_OPEN);
    return grpc::Status::OK;
  }

  std::string authorization;
  std::vector<v1::Unit> units;
  v1::Round round;
};

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

class FakeResults : public v1::ResultsService::Service {
 public:
  grpc::Status GetSipas(grpc::ServerContext*, const v1::GetSipasRequest* request,
                        v1::GetSipasResponse* response) override {
    sipas = *request;
    *response = Parse<v1::GetSipasResponse>(R"pb(
      result {
        round_id: "r"
        framework_id: "sipas-2026"
        framework_version: 1
        synthetic: true
        overall {
          value: 84.123456789
          standard_error: 0.5
          ci_low: 83.1
          ci_high: 85.1
          n: 10
          defined: true
        }
        components {
          component_id: "I"
          title { vi: "Tiếp cận" en: "Access" }
          index { n: 0 }
        }
        unverified { source: "form" note: "assumed split" }
      })pb");
    if (request->by().empty()) return grpc::Status::OK;
    response->MergeFrom(Parse<v1::GetSipasResponse>(R"pb(
      result {
        confidence: 0.9
        domains {
          levels {
            by: "gender"
            key: "1"
            title { vi: "Nam" en: "Man" }
          }
          overall { value: 90 n: 6 defined: true }
        }
        weighting {
          steps { step: "raking" question_ids: "gender" iterations: 3 converged: true }
          margins {
            question_id: "gender"
            levels {
              option: 1
              title { vi: "Nam" en: "Man" }
              responses: 6
              sample_share: 60
              weighted_share: 50
              population_share: 50
            }
          }
        }
      })pb"));
    return grpc::Status::OK;
  }
  grpc::Status ListUnitScores(grpc::ServerContext*, const v1::ListUnitScoresRequest* request,
                              v1::ListUnitScoresResponse* response) override {
    *response = Parse<v1::ListUnitScoresResponse>(R"pb(
      units {
        unit_id: "1"
        name: "Đất Cuốc"
        overall { value: 80 defined: true }
      }
      units {
        unit_id: "2"
        name: "Dĩ An"
        overall { value: 70 defined: true }
      }
      units { unit_id: "3" name: "Ân Phú" })pb");
    units = *request;
    if (request->level() != "protected") return grpc::Status::OK;
    response->MergeFrom(Parse<v1::ListUnitScoresResponse>(R"pb(
      units {
        unit_id: "4"
        name: "Ít phiếu"
        population: 90
        suppressed: true
        overall { suppressed: true }
      }
      disclosure {
        rule { n_min: 10 }
        note { vi: "Được bảo vệ" en: "Is protected" }
      })pb"));
    return grpc::Status::OK;
  }
  grpc::Status ListImprovements(grpc::ServerContext*, const v1::ListImprovementsRequest* request,
                                v1::ListImprovementsResponse* response) override {
    improvements = *request;
    const bool first = request->page_token().empty();
    if (first) {
      *response = Parse<v1::ListImprovementsResponse>(R"pb(
        whole {
          unit_id: "74"
          name: "Bình Dương"
          responses: 100
          overall { value: 80 standard_error: 1 n: 100 defined: true }
          distance { value: 15 standard_error: 1 defined: true }
          expectations {
            question_id: "q10.8"
            title { vi: "Chuyển đổi số" en: "Digital" }
            expectation { value: 60 n: 90 defined: true }
          }
          expectations {
            question_id: "q10.7"
            title { vi: "Thái độ" en: "Attitude" }
            expectation { value: 88 n: 90 defined: true }
            component_id: "II.C"
            satisfaction { value: 75.5 n: 90 defined: true }
            gap { value: 12.5 standard_error: 2 ci_low: 8.58 ci_high: 16.42 defined: true }
          }
          change { issue: CHANGE_ISSUE_NOT_COMPARABLE }
        }
        next_page_token: "1")pb");
    } else {
      *response = Parse<v1::ListImprovementsResponse>(R"pb(
        units {
          unit_id: "718"
          name: "Dĩ An"
          responses: 12
          few_responses: true
          overall { value: 70 n: 12 defined: true }
          distance { value: 25 defined: true }
          contributions {
            component_id: "31"
            title { vi: "Lịch sự" en: "Polite" }
            index { value: 40 defined: true }
            contribution { value: 1.375 ci_low: 0.5 ci_high: 2.25 defined: true }
            rank: 2
          }
          contributions {
            component_id: "34"
            title { vi: "Đúng hẹn" en: "On time" }
            index { value: 20 defined: true }
            contribution { value: 1.875 defined: true }
            rank: 1
          }
          change {
            before { value: 60 defined: true }
            difference: 10
            standard_error: 2
            p_value: 1e-6
            p_holm: 2e-6
            p_benjamini_hochberg: 1e-6
            significant: true
          }
          component_changes {
            component_id: "II.C"
            title { vi: "Công chức" en: "Civil servants" }
            before { value: 60 defined: true }
            difference: -1
            standard_error: 2
            p_value: 0.6
            p_holm: 0.6
            p_benjamini_hochberg: 0.6
          }
        })pb");
    }
    response->set_target(95);
    response->set_significance_level(0.05);
    response->set_synthetic(true);
    v1::Provenance& fact = *response->add_unverified();
    fact.set_source("form");
    fact.set_note("assumed place");
    return grpc::Status::OK;
  }
  grpc::Status WatchRound(grpc::ServerContext* context, const v1::WatchRoundRequest*,
                          grpc::ServerWriter<v1::WatchRoundResponse>* writer) override {
    v1::WatchRoundResponse response;
    while (!context->IsCancelled()) {
      response.mutable_counts()->set_stored(response.counts().stored() + 1);
      if (!writer->Write(response)) break;
    }
    return grpc::Status::CANCELLED;
  }
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

  v1::GetSipasRequest sipas;
  v1::ListImprovementsRequest improvements;
  v1::ListUnitScoresRequest units;
  bool breaks = false;
};

struct Output {
  int exit_code = 0;
  std::string out;
  std::string err;
};

class Cli : public testing::Test {
 protected:
  Cli() : folder_(testing::TempDir() + "hailong-cli-" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&registry_);
    builder.RegisterService(&collection_);
    builder.RegisterService(&results_);
    server_ = builder.BuildAndStart();
    environment_["HAILONG_SERVER"] = absl::StrCat("127.0.0.1:", port_);
    environment_["HAILONG_TOKEN_FILE"] = Write("token", "admin-token\n");
  }
  ~Cli() override {
    server_->Shutdown();
    std::filesystem::remove_all(folder_);
  }

  Output Hailong(const std::vector<std::string>& arguments) {
    std::ostringstream out;
    std::ostringstream err;
    Io io{out, err, false, [this](const char* name) { return environment_[name]; }};
    const ExitCode code = RunCli(arguments, io);
    return {static_cast<int>(code), out.str(), err.str()};
  }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    std::filesystem::permissions(Path(name), std::filesystem::perms(0600));
    return Path(name);
  }
  std::string Read(const std::string& name) const {
    const auto text = ReadFile(Path(name), 1 << 20);
    return text.ok() ? *text : text.status().ToString();
  }

  std::string folder_;
  std::map<std::string, std::string> environment_;
  FakeRegistry registry_;
  FakeCollection collection_;
  FakeResults results_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

constexpr char kUnits[] =
    "unit_id,name,level,parent_unit_id,valid_from,valid_to,extra\n"
    "2,Sở Nội vụ,department,1,2000-01-01,,x\n"
    "1,Bình Dương,province,,2000-01-01,,x\n";

TEST_F(Cli, UnitsGoInAndComeBackThroughPages) {
  const Output in = Hailong({"unit", "import", Write("units.csv", kUnits), "--lang", "en"});
  EXPECT_EQ(in.exit_code, 0) << in.err;
  EXPECT_EQ(registry_.authorization, "Bearer admin-token");
  EXPECT_EQ(registry_.units[0].unit_id(), "1");
  const Output list = Hailong({"unit", "list", "--format", "csv"});
  EXPECT_EQ(list.out,
            "unit_id,name,level,parent_unit_id,valid_from,valid_to\n"
            "1,Bình Dương,province,,2000-01-01,\n"
            "2,Sở Nội vụ,department,1,2000-01-01,\n");
  v1::ListUnitsResponse json;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  Hailong({"--format", "json", "unit", "list"}).out, &json)
                  .ok());
  EXPECT_EQ(json.units_size(), 2);
  EXPECT_THAT(Hailong({"unit", "list"}).out, HasSubstr("2   Sở Nội vụ   department  1"));
}

TEST_F(Cli, ARefusalNamesEachBadFieldAndExitsWith1) {
  const Output output = Hailong({"unit", "import",
                                 Write("bad.csv",
                                       "unit_id,name,level,parent_unit_id,valid_from,valid_to\n"
                                       "1,x,,,,\n2,y,,,,\n")});
  EXPECT_EQ(output.exit_code, 1);
  EXPECT_EQ(output.err,
            "hailong: a unit is wrong (INVALID_ARGUMENT)\n"
            "  units[0].level: is empty\n  units[1].level: is empty\n");
  EXPECT_EQ(output.out, "");
}

TEST_F(Cli, WrongUseExitsWith2AndSendsNothing) {
  const std::vector<std::vector<std::string>> lines = {
      {},
      {"nonsense"},
      {"unit"},
      {"unit", "import"},
      {"unit", "import", Path("none.csv")},
      {"sipas"},
      {"sipas", "r", "--weighting", "heavy"},
      {"--format", "xml", "unit", "list"},
      {"unit", "list", "--server", "192.0.2.1:7400"},
      {"unit", "list", "--token-file", Path("none")},
      {"round", "open", Write("round", "round_id: 7")},
      {"export", "r", "--labels", "--format", "json"}};
  for (const auto& line : lines) {
    const Output output = Hailong(line);
    EXPECT_EQ(output.exit_code, 2) << testing::PrintToString(line);
    EXPECT_NE(output.err, "") << testing::PrintToString(line);
  }
  EXPECT_EQ(registry_.authorization, "");
}

TEST_F(Cli, NoServerExitsWith3) {
  const int port = port_;
  server_->Shutdown();
  const Output output =
      Hailong({"unit", "list", "--server", absl::StrCat("127.0.0.1:", port), "--timeout", "5"});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, HasSubstr("no answer from 127.0.0.1:"));
}

TEST_F(Cli, EveryCommandHelpsWithAnExample) {
  EXPECT_THAT(Hailong({"--help"}).out, HasSubstr("Exit codes:"));
  const std::vector<std::string> commands = {"unit import",
                                             "unit list",
                                             "population import",
                                             "population list",
                                             "questionnaire publish",
                                             "questionnaire list",
                                             "questionnaire show",
                                             "round open",
                                             "round close",
                                             "round seal",
                                             "round show",
                                             "round list",
                                             "round destroy-key",
                                             "collector add",
                                             "collector list",
                                             "collector configure",
                                             "collectors",
                                             "collector rotate",
                                             "collector revoke",
                                             "collector gaps",
                                             "account add",
                                             "account list",
                                             "account revoke",
                                             "responses import",
                                             "sipas",
                                             "units",
                                             "par-points",
                                             "watch",
                                             "export",
                                             "estimate"};
  for (const std::string& command : commands) {
    std::vector<std::string> line;
    std::istringstream words(command + " --help");
    for (std::string word; words >> word;) line.push_back(word);
    const Output output = Hailong(line);
    EXPECT_EQ(output.exit_code, 0) << command;
    EXPECT_THAT(output.out, HasSubstr("Example: hailong " + command)) << command;
  }
}

TEST_F(Cli, ACredentialIsShownOnceOrWrittenFor0600) {
  EXPECT_THAT(Hailong({"collector", "add", "k1", "--channel", "kiosk"}).out, HasSubstr("secret-1"));
  const Output output = Hailong({"collector", "add", "k1", "--channel", "kiosk",
                                 "--credential-file", Path("k1"), "--format", "json"});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.out, Not(HasSubstr("secret-1")));
  EXPECT_EQ(Read("k1"), "secret-1\n");
  const Output taken =
      Hailong({"collector", "add", "taken", "--channel", "kiosk", "--credential-file", Path("k2")});
  EXPECT_EQ(taken.exit_code, 1);
  EXPECT_FALSE(std::filesystem::exists(Path("k2")));
  EXPECT_EQ(
      Hailong({"collector", "add", "k3", "--channel", "kiosk", "--credential-file", Path("k1")})
          .exit_code,
      2);
}

TEST_F(Cli, FlagsGoOverTheFileOfARound) {
  const Output output =
      Hailong({"round", "open",
               Write("r.textproto", "round_id: 'r' root_unit_id: '74' closes_at { nanos: 5 }"),
               "--opens", "2024-10-01", "--closes", "2024-12-31T17:00:00Z", "--grace", "14d",
               "--synthetic", "--weighting", "equal-units"});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(registry_.round.SerializeAsString(),
            Parse<v1::Round>(R"pb(
              round_id: "r"
              root_unit_id: "74"
              opens_at { seconds: 1727715600 }
              closes_at { seconds: 1735664400 }
              grace { seconds: 1209600 }
              weighting_plan { mode: WEIGHTING_MODE_EQUAL_UNITS }
              synthetic: true
            )pb")
                .SerializeAsString());
  EXPECT_THAT(output.out, HasSubstr("đang mở"));
}

TEST_F(Cli, AScoreComesWithItsErrorAndItsDoubts) {
  const Output table = Hailong({"sipas", "r", "--without-flagged", "--scoring", "mean-of-range"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_TRUE(results_.sipas.without_flagged());
  EXPECT_EQ(results_.sipas.scoring(), v1::SCORING_MEAN_OF_RANGE);
  EXPECT_THAT(table.out, HasSubstr("84,12 ± 0,50  [83,10; 85,10]"));
  EXPECT_THAT(table.out, HasSubstr("DỮ LIỆU GIẢ LẬP"));
  EXPECT_THAT(table.out, HasSubstr("- assumed split (form)"));
  const Output json = Hailong({"sipas", "r", "--format", "json"});
  EXPECT_THAT(json.out, HasSubstr("84.123456789"));
  EXPECT_THAT(json.out, HasSubstr("\"framework_id\""));
  const Output csv = Hailong({"sipas", "r", "--format", "csv", "--items"});
  EXPECT_THAT(csv.out, HasSubstr(",,overall,overall,84.123456789,0.5,83.1,85.1,10,"));
  EXPECT_THAT(csv.err, HasSubstr("GIẢ LẬP"));
}

TEST_F(Cli, WhatToImproveIsOnePageForPeople) {
  const Output table = Hailong({"improve", "r", "--against", "q", "--target", "90", "--unit", "74",
                                "--adjustment", "benjamini-hochberg"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_EQ(results_.improvements.previous_round_id(), "q");
  EXPECT_EQ(results_.improvements.target(), 90);
  EXPECT_EQ(results_.improvements.unit_id(), "74");
  EXPECT_EQ(results_.improvements.adjustment(), v1::ADJUSTMENT_BENJAMINI_HOCHBERG);
  for (const char* words :
       {"xa đích 95,0%", "Dĩ An *", "dưới 30 phiếu", "q10.7", "[8,58; 16,42]", "đợt q",
        "không so sánh được", "+10,00", "<0,0001", "Benjamini-Hochberg dưới 0,05",
        "kiểm định 2, có ý nghĩa 1, không kiểm định được 1", "DỮ LIỆU GIẢ LẬP"}) {
    EXPECT_THAT(table.out, HasSubstr(words));
  }
  // In order of rank and of gap; units' changes only where significant; each fact once.
  EXPECT_LT(table.out.find("Đúng hẹn"), table.out.find("Lịch sự"));
  EXPECT_LT(table.out.find("Thái độ"), table.out.find("Chuyển đổi số"));
  EXPECT_EQ(table.out.find("Công chức"), std::string::npos);
  EXPECT_EQ(table.out.find("assumed place"), table.out.rfind("assumed place"));
  EXPECT_THAT(Hailong({"improve", "r", "--top", "1"}).out, Not(HasSubstr("Lịch sự")));
  EXPECT_THAT(Hailong({"improve", "r", "--lang", "en"}).out, HasSubstr("What people ask for"));
}

TEST_F(Cli, WhatToImproveIsOneTableInCsvAndAllOfItInJson) {
  const Output items = Hailong({"improve", "r", "--top", "1", "--format", "csv"});
  EXPECT_THAT(items.out, HasSubstr("scope,unit_id,name,responses,overall,distance,rank,"));
  EXPECT_THAT(items.out, HasSubstr("unit,718,Dĩ An,12,70,25,2,31,Lịch sự,40,1.375,,0.5,2.25,true"));
  EXPECT_THAT(items.err, HasSubstr("GIẢ LẬP"));
  const Output changes = Hailong({"improve", "r", "--part", "changes", "--format", "csv"});
  EXPECT_THAT(changes.out,
              HasSubstr("unit,718,Dĩ An,II.C,Công chức,60,-1,2,,,,0.6,0.6,0.6,false,"));
  EXPECT_THAT(changes.out, HasSubstr("whole,74,Bình Dương,,overall,,,,,,,,,,false,not-comparable"));
  const Output asked = Hailong({"improve", "r", "--part", "expectations", "--format", "csv"});
  EXPECT_THAT(asked.out, HasSubstr("q10.7,Thái độ,88,II.C,75.5,12.5,2,8.58,16.42,90,true"));
  v1::ListImprovementsResponse json;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  Hailong({"improve", "r", "--format", "json"}).out, &json)
                  .ok());
  EXPECT_EQ(json.units_size(), 1);
  EXPECT_EQ(json.whole().expectations_size(), 2);
  EXPECT_EQ(json.unverified_size(), 1);
  EXPECT_EQ(Hailong({"improve", "r", "--target", "101"}).exit_code, 2);
  EXPECT_EQ(Hailong({"improve", "r", "--part", "nonsense"}).exit_code, 2);
}

TEST_F(Cli, DomainsStandBelowTheIndexAndWeightsBelowThem) {
  const Output table =
      Hailong({"sipas", "r", "--by", "gender,unit", "--interval", "logit", "--confidence", "0.9"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(results_.sipas.by(), testing::ElementsAre("gender", "unit"));
  EXPECT_EQ(results_.sipas.interval(), v1::INTERVAL_LOGIT);
  EXPECT_EQ(results_.sipas.confidence(), 0.9);
  EXPECT_THAT(table.out, HasSubstr("KTC 90%"));
  EXPECT_THAT(table.out, HasSubstr("Bước 1: Raking (gender)"));
  EXPECT_LT(table.out.find("TỔNG"), table.out.find("Nam"));
  EXPECT_THAT(table.out, HasSubstr("% tổng thể"));
  const Output csv = Hailong({"sipas", "r", "--by", "gender", "--format", "csv"});
  EXPECT_THAT(csv.out, HasSubstr("gender,gender_title,component_id,value,"));
  EXPECT_THAT(csv.out, HasSubstr("1,Nam,,90,"));
  EXPECT_THAT(csv.out, Not(HasSubstr("raking")));
  EXPECT_EQ(Hailong({"sipas", "r", "--interval", "wide"}).exit_code, 2);
}

TEST_F(Cli, UnitsSortByScoreOrAsVietnameseNames) {
  const std::string by_score = Hailong({"units", "r", "--format", "csv"}).out;
  EXPECT_LT(by_score.find("Đất Cuốc"), by_score.find("Dĩ An"));
  EXPECT_LT(by_score.find("Dĩ An"), by_score.find("Ân Phú"));
  const std::string by_name = Hailong({"units", "r", "--sort", "name", "--format", "csv"}).out;
  EXPECT_LT(by_name.find("Ân Phú"), by_name.find("Dĩ An"));
  EXPECT_LT(by_name.find("Dĩ An"), by_name.find("Đất Cuốc"));
}

TEST_F(Cli, WhatIsHiddenSaysSoAndWhy) {
  const std::vector<std::string> line = {"units", "r", "--level", "protected"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = line;
    all.insert(all.end(), more.begin(), more.end());
    return Hailong(all);
  };
  const std::string table = with({"--lang", "en"}).out;
  EXPECT_THAT(table, HasSubstr("hidden"));
  EXPECT_THAT(table, HasSubstr("Is protected"));
  EXPECT_THAT(with({}).out, HasSubstr("ẩn"));
  const Output csv = with({"--format", "csv"});
  EXPECT_THAT(csv.out, HasSubstr(",4,Ít phiếu,,,90,,,,,,,,,true,,,false\n"));
  EXPECT_THAT(csv.err, HasSubstr("Được bảo vệ"));
  const std::string json = with({"--format", "json"}).out;
  EXPECT_THAT(json, HasSubstr("\"suppressed\": true"));
  EXPECT_THAT(Hailong({"units", "r", "--lang", "en"}).out, HasSubstr("small cells are not hidden"));
  EXPECT_FALSE(results_.units.without_protection());
  with({"--without-protection"});
  EXPECT_TRUE(results_.units.without_protection());
}

TEST_F(Cli, WatchEndsAfterItsCount) {
  const Output output = Hailong({"watch", "r", "--count", "3", "--lang", "en"});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("stored 3"));
  EXPECT_THAT(output.out, Not(HasSubstr("stored 4")));
}

TEST_F(Cli, AnExportThatBrokeOffGoesOnFromItsCursor) {
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
      HasSubstr("\nid0,,,,,,,,false,,false,false,,Tốt\nid1,,,,,,,,false,,false,false,,Tốt\nid2,"));
  const Output json = Hailong({"export", "r", "--format", "json"});
  EXPECT_THAT(json.out, HasSubstr("{\"response_id\":\"id2\""));
}

constexpr char kMap[] =
    "unit { column: 'unit' } submitted_at { constant: '2025-01-15' format: '%Y-%m-%d' } "
    "answers { question_id: 'rating' column: 'rating' } key_columns: 'serial'";

TEST_F(Cli, RejectsCanBeMendedAndImportedWithTheSameMap) {
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

TEST_F(Cli, AFileWithoutAMappedColumnIsRefusedBeforeAnythingIsSent) {
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
