// Units, rounds, credentials and wrong use, against a small registry in this process.
#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "analysis/cli/cli_for_test.h"
#include "analysis/cli/commands.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

class AdministrationCli : public CliTest {
 protected:
  AdministrationCli() { Serve({&registry_}); }

  FakeRegistry registry_;
};

// The words of every command that can be run.
std::vector<std::vector<std::string>> CommandsOf(const CLI::App& app) {
  std::vector<std::vector<std::string>> commands;
  for (const CLI::App* one : app.get_subcommands({})) {
    std::vector<std::vector<std::string>> below = CommandsOf(*one);
    if (below.empty()) below.emplace_back();
    for (std::vector<std::string>& words : below) {
      words.insert(words.begin(), one->get_name());
      commands.push_back(std::move(words));
    }
  }
  return commands;
}

constexpr char kUnits[] =
    "unit_id,name,level,parent_unit_id,valid_from,valid_to,extra\n"
    "2,Sở Nội vụ,department,1,2000-01-01,,x\n"
    "1,Bình Dương,province,,2000-01-01,,x\n";

TEST_F(AdministrationCli, UnitsGoInAndComeBackThroughPages) {
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

TEST_F(AdministrationCli, ARefusalNamesEachBadFieldAndExitsWith1) {
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

TEST_F(AdministrationCli, WrongUseExitsWith2AndSendsNothing) {
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

TEST_F(AdministrationCli, NoServerExitsWith3) {
  const int port = port_;
  server_->Shutdown();
  const Output output =
      Hailong({"unit", "list", "--server", absl::StrCat("127.0.0.1:", port), "--timeout", "5"});
  EXPECT_EQ(output.exit_code, 3);
  EXPECT_THAT(output.err, HasSubstr("no answer from 127.0.0.1:"));
}

TEST_F(AdministrationCli, EveryCommandHelpsWithAnExample) {
  EXPECT_THAT(Hailong({"--help"}).out, HasSubstr("Exit codes:"));
  GlobalOptions options;
  Command chosen;
  OfflineCommand offline;
  CLI::App app("", "hailong");
  AddAll(app, options, chosen, offline);
  const std::vector<std::vector<std::string>> commands = CommandsOf(app);
  EXPECT_GT(commands.size(), 40u);
  for (std::vector<std::string> line : commands) {
    const std::string command = absl::StrJoin(line, " ");
    line.push_back("--help");
    const Output output = Hailong(line);
    EXPECT_EQ(output.exit_code, 0) << command;
    EXPECT_THAT(output.out, HasSubstr("Example: hailong " + command)) << command;
  }
}

TEST_F(AdministrationCli, ACredentialIsShownOnceOrWrittenFor0600) {
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

TEST_F(AdministrationCli, FlagsGoOverTheFileOfARound) {
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

}  // namespace
}  // namespace hailong::cli
