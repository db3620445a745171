// hailongd's HTTP side as a whole, in the test's own process.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "base/status.h"
#include "base/temp_directory_for_test.h"
#include "server/app/server.h"
#include "server/model/limits.h"
#include "server/web/challenge.h"
#include "server/web/raw_client_for_test.h"

namespace hailong {
namespace {

namespace fs = std::filesystem;
using base::Cat;
using testing::HasSubstr;
using testing::Not;
using web::Get;
using web::Post;
using web::RawAnswer;
using web::RawClient;

constexpr char kEnroll[] = "/hailong.v1.KioskService/Enroll";
constexpr char kJson[] = "Content-Type: application/json\r\n";

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() {
    settings_.data_directory = directory_ / "data";
    settings_.listen = "127.0.0.1:0";
    settings_.web.listen = "127.0.0.1:0";
    settings_.web.operations_listen = "127.0.0.1:0";
    settings_.clock = &clock_;
    fs::create_directories(directory_ / "pages");
    std::ofstream(directory_ / "pages/index.html") << "<!doctype html><title>Hài lòng</title>";
  }
  void Start() {
    auto server = app::Server::Start(settings_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  uint16_t port() const { return static_cast<uint16_t>(server_->web_port()); }
  RawAnswer Operations(const std::string& path) const {
    return RawClient(static_cast<uint16_t>(server_->operations_port())).Ask(Get(path));
  }
  std::string Admin() const {
    std::ifstream file(directory_ / "data/admin.token");
    std::string token;
    file >> token;
    return Cat(kJson, "Authorization: Bearer ", token, "\r\n");
  }
  // By an administrator; the body of the answer.
  std::string Call(const std::string& method, const std::string& json) const {
    const RawAnswer answer =
        RawClient(port()).Ask(Post(Cat("/hailong.v1.", method), json, Admin()));
    EXPECT_EQ(answer.status, 200) << method << " " << answer.body;
    return answer.body;
  }
  // Changes that the writer has made.
  int Changes() const {
    const std::string name = "hailong_writer_commits_total{of=\"change\"} ";
    const std::string text = Operations("/metrics").body;
    const size_t at = text.find(name);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + name.size()));
  }
  // Round "r" over unit "1".
  void OpenRound() const {
    const auto call = [this](const std::string& method, const std::string& json) {
      Call("RegistryService/" + method, json);
    };
    call("ImportUnits", R"({"units":[{"unitId":"1","name":"Xã","level":"commune",
        "validFrom":"2020-01-01"}]})");
    call("PublishQuestionnaire", R"({"questionnaire":{"questionnaireId":"q","version":1,
        "legalBasis":{"source":"made up for a test","grade":"GRADE_UNVERIFIED"},
        "title":{"vi":"Quầy"},"audience":"AUDIENCE_CITIZENS","questions":[{"questionId":"rating",
        "kind":"QUESTION_KIND_RATING","text":{"vi":"Hài lòng?"},"required":true,
        "options":[{"text":{"vi":"1"}},{"text":{"vi":"2"}},{"text":{"vi":"3"}},{"text":{"vi":"4"}},
        {"text":{"vi":"5"}}]}]}})");
    call("OpenRound", R"({"round":{"roundId":"r","questionnaireId":"q","questionnaireVersion":1,
        "rootUnitId":"1","frameworkId":"lecture-rating","synthetic":true,"title":{"vi":"Thu"},
        "opensAt":"2026-09-01T00:00:00Z","closesAt":"2026-10-01T00:00:00Z"}})");
  }

  base::FakeClock clock_{absl::FromUnixSeconds(1'790'000'000)};
  const base::TempDirectory temp_;
  const fs::path directory_ = temp_.path();
  app::Settings settings_;
  std::unique_ptr<app::Server> server_;
};

TEST_F(GatewayTest, SettingsThatAreNotSafeAreRefusedBeforeAnythingIsMade) {
  struct Case {
    app::WebSettings web;
    std::string says;
  };
  const auto with = [](auto change) {
    app::WebSettings web;
    change(web);
    return web;
  };
  for (const Case& one : std::vector<Case>{
           {with([](auto& web) { web.listen = "0.0.0.0:80"; }), "--web-trusted-proxy"},
           {with([](auto& web) { web.listen = "[::]:80"; }), "--web-trusted-proxy"},
           {with([](auto& web) { web.listen = "192.168.1.5:80"; }), "--web-trusted-proxy"},
           {with([](auto& web) { web.listen = "nowhere"; }), "--web-listen: found 'nowhere'"},
           {with([](auto& web) {
              web.listen = "127.0.0.1:0";
              web.trusted_proxies = {"10.0.0.0/99"};
            }),
            "trusted proxy: found '10.0.0.0/99'"},
           {with([](auto& web) { web.pages_directory = "pages"; }), "need --web-listen"},
           {with([](auto& web) { web.operations_listen = "0.0.0.0:1"; }), "private network"},
           {with([](auto& web) { web.operations_listen = "203.0.113.1:1"; }), "private network"},
       }) {
    settings_.web = one.web;
    const auto server = app::Server::Start(settings_);
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << one.says;
    EXPECT_THAT(std::string(server.status().message()), HasSubstr(one.says));
    EXPECT_FALSE(fs::exists(settings_.data_directory));
  }
  settings_.web = {};
  settings_.web.listen = "127.0.0.1:0";
  settings_.web.pages_directory = directory_ / "nothing";
  EXPECT_EQ(app::Server::Start(settings_).status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(fs::exists(settings_.data_directory));
}

TEST_F(GatewayTest, WhereOthersCanReachItOnlyTheTrustedProxyIsServed) {
  settings_.web.listen = "0.0.0.0:0";
  settings_.web.trusted_proxies = {"203.0.113.7"};
  Start();
  EXPECT_TRUE(RawClient(port()).EndsWithin(std::chrono::seconds(3)));
  server_.reset();
  settings_.web.trusted_proxies = {"203.0.113.7", "127.0.0.1"};
  Start();
  EXPECT_EQ(RawClient(port()).Ask(Get("/nothing")).status, 404);
}

TEST_F(GatewayTest, PagesCallsAndTheRestStandBesideEachOther) {
  settings_.web.pages_directory = directory_ / "pages";
  Start();
  RawClient client(port());
  EXPECT_THAT(client.Ask(Get("/")).body, HasSubstr("Hài lòng"));
  EXPECT_EQ(client.Ask(Get("/nothing")).status, 404);
  EXPECT_EQ(client.Ask(Post("/hailong.v1.RegistryService/ListRounds", "{}", Admin())).body, "{}");
  const RawAnswer nobody = client.Ask(Post("/hailong.v1.RegistryService/ListRounds", "{}", kJson));
  EXPECT_EQ(nobody.status, 401);
  EXPECT_THAT(nobody.body, HasSubstr("\"code\":\"unauthenticated\""));
  EXPECT_EQ(client.Ask(Get("/hailong.v1.RegistryService/ListRounds")).status, 405);
  // Neither the health service nor reflection nor the private port are on the web.
  for (const std::string path : {"/grpc.health.v1.Health/Check", "/metrics", "/healthz"}) {
    EXPECT_NE(client.Ask(Post(path, "{}", kJson)).status, 200) << path;
  }
}

TEST_F(GatewayTest, NoHeaderOfAClientBecomesMetadataButItsCredential) {
  Start();
  const std::string method = "/hailong.v1.RegistryService/ListRounds";
  std::string admin = Admin();
  const std::string smuggled =
      "Grpc-Timeout: 1n\r\nTe: trailers\r\nGrpc-Encoding: gzip\r\n"
      "X-Authorization: Bearer x\r\nGrpc-Metadata-Authorization: y\r\n";
  EXPECT_EQ(RawClient(port()).Ask(Post(method, "{}", admin + smuggled)).status, 200);
  EXPECT_EQ(RawClient(port()).Ask(Post(method, "{}", Cat(kJson, smuggled))).status, 401);
}

TEST_F(GatewayTest, BodiesWithoutACredentialAreSmall) {
  Start();
  const std::string large(300'000, ' ');
  EXPECT_EQ(RawClient(port()).Ask(Post(kEnroll, large, kJson)).status, 413);
  EXPECT_EQ(RawClient(port())
                .Ask(Post("/hailong.v1.RegistryService/ListRounds", Cat("{", large, "}"), Admin()))
                .status,
            200);
}

TEST_F(GatewayTest, AFloodWithoutACredentialIsAskedForWorkAndPassesByIt) {
  settings_.web.rates.per_address = {.per_second = 1, .burst = 3};
  settings_.web.rates.bits_min = 8;
  Start();
  const std::string body =
      R"({"enrolmentCode":"AAAAA-AAAAA","credential":")" + std::string(43, 'x') + "\"}";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(RawClient(port()).Ask(Post(kEnroll, body, kJson)).status, 401);
  }
  const RawAnswer challenged = RawClient(port()).Ask(Post(kEnroll, body, kJson));
  EXPECT_EQ(challenged.status, 429);
  EXPECT_THAT(challenged.body, HasSubstr("\"code\":\"resource_exhausted\""));
  EXPECT_EQ(challenged.headers.at("retry-after"), "1");
  const std::string challenge = challenged.headers.at("x-challenge");
  std::string solution;
  for (int counter = 0; web::LeadingZeroBits(solution = Cat(challenge, ".", counter)) < 8;) {
    ++counter;
  }
  const std::string with = Cat(kJson, "X-Challenge-Solution: ", solution, "\r\n");
  EXPECT_EQ(RawClient(port()).Ask(Post(kEnroll, body, with)).status, 401) << "the code is wrong";
  EXPECT_EQ(RawClient(port()).Ask(Post(kEnroll, body, with)).status, 429) << "good once";
  EXPECT_THAT(Operations("/metrics").body,
              HasSubstr("hailong_web_calls_limited_total{how=\"solved\"} 1\n"));
}

TEST_F(GatewayTest, OperationsTellWhatGoesOn) {
  Start();
  EXPECT_EQ(Operations("/healthz").status, 200);
  EXPECT_EQ(Operations("/readyz").status, 200);
  RawClient(port()).Ask(Post("/hailong.v1.RegistryService/ListRounds", "{}", Admin()));
  RawClient(port()).Ask(Get("/made-up-by-a-client"));
  // A request is counted when its answer was sent, which is a moment after it was heard.
  const std::string last = "{route=\"none\",status=\"404\"} 1\n";
  std::string metrics;
  for (int i = 0; i < 500 && metrics.find(last) == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    metrics = Operations("/metrics").body;
  }
  EXPECT_THAT(metrics, HasSubstr("hailong_web_requests_total{route=\"hailong.v1.RegistryService/"
                                 "ListRounds\",status=\"200\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr(last));
  EXPECT_EQ(metrics.find("made-up"), std::string::npos);
  // No pages, no calls there.
  EXPECT_EQ(Operations("/").status, 404);
}

// The first word behind `before` in each line that begins with it.
std::vector<std::string> Names(std::istream& text, const std::string& before) {
  std::vector<std::string> names;
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with(before)) continue;
    line.erase(0, before.size());
    names.push_back(line.substr(0, line.find_first_of(" `")));
  }
  return names;
}

TEST_F(GatewayTest, EveryFigureStandsInItsTable) {
  Start();
  std::istringstream metrics(Operations("/metrics").body);
  std::ifstream table(HAILONG_SOURCE_DIR "/deploy/hailongd/metrics.md");
  const std::vector<std::string> told = Names(metrics, "# HELP ");
  EXPECT_GT(told.size(), 10u);
  EXPECT_THAT(Names(table, "| `"), testing::UnorderedElementsAreArray(told));
}

TEST_F(GatewayTest, AChangeIsCountedBeforeItIsAnswered) {
  Start();
  const int before = Changes();
  ASSERT_GE(before, 0);
  const std::string units =
      R"({"units":[{"unitId":"1","name":"T","level":"province","validFrom":"2020-01-01"}]})";
  ASSERT_EQ(
      RawClient(port()).Ask(Post("/hailong.v1.RegistryService/ImportUnits", units, Admin())).status,
      200);
  EXPECT_EQ(Changes(), before + 1);
  EXPECT_THAT(Operations("/metrics").body,
              HasSubstr(Cat("hailong_writer_waiting_max ", limits::kWriterJobsMax, "\n")));
}

TEST_F(GatewayTest, ThatAnInvitationWasOpenedIsSavedWhileTheServerRuns) {
  Start();
  OpenRound();
  Call("RegistryService/CreateCollector",
       R"({"collector":{"collectorId":"web","name":"Web","channel":"CHANNEL_WEB","unitId":"1"}})");
  Call("RegistryService/ConfigureWeb", R"({"collectorId":"web","web":{"roundId":"r"}})");
  const std::string made = Call("InvitationService/CreateInvitations",
                                R"({"collectorId":"web","requestId":
      "019a0000-0000-7000-8000-000000000001","invitations":[{}]})");
  const std::string name = "\"token\":\"";
  const std::string token = made.substr(made.find(name) + name.size(), 26);
  Call("SurveyService/OpenSurvey", R"({"entry":{"invitationToken":")" + token + "\"}}");
  const int before = Changes();
  server_->Step();
  int waited = 0;
  for (; waited < 1000 && Changes() == before; ++waited) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(Changes(), before + 1);
}

TEST_F(GatewayTest, StoppingEndsStreamsAndIdleConnectionsSoon) {
  Start();
  OpenRound();
  RawClient idle(port());
  EXPECT_EQ(idle.Ask(Get("/")).status, 404);
  RawClient watching(port());
  const std::string request("\0\0\0\0\x0f{\"roundId\":\"r\"}", 20);
  watching.Send(Post(
      "/hailong.v1.ResultsService/WatchRound", request,
      Admin().replace(0, std::string(kJson).size(), "Content-Type: application/connect+json\r\n")));
  while (watching.unread().find("\"observedAt\"") == std::string::npos) {
    ASSERT_TRUE(watching.ReadPortion());
  }
  EXPECT_THAT(watching.unread(), Not(HasSubstr("\"error\"")));
  const auto began = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(8));
  // It was told that this is the end, and why.
  EXPECT_THAT(watching.Read().body, HasSubstr("{\"error\":{\"code\":\"unavailable\""));
  EXPECT_TRUE(idle.EndsWithin(std::chrono::milliseconds(1000)));
}

}  // namespace
}  // namespace hailong
