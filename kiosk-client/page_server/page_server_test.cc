// A whole server, asked over real sockets as a browser would, and as nobody should.

#include "kiosk-client/page_server/page_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/ids.h"
#include "base/status.h"
#include "kiosk-client/session/settings_for_test.h"

namespace hailong::page_server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Remembers, refuses, or holds until told.
class TestKeeper final : public session::AnswerKeeper {
 public:
  absl::StatusOr<uint64_t> Keep(v1::Response response) override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !holds_; });
    if (!verdict_.ok()) return verdict_;
    kept_.push_back(std::move(response));
    return kept_.size();
  }
  void Refuse(absl::Status verdict) {
    const std::lock_guard lock(mutex_);
    verdict_ = std::move(verdict);
  }
  void Hold(bool holds) {
    const std::lock_guard lock(mutex_);
    holds_ = holds;
    changed_.notify_all();
  }
  std::vector<v1::Response> kept() {
    const std::lock_guard lock(mutex_);
    return kept_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool holds_ = false;
  absl::Status verdict_;
  std::vector<v1::Response> kept_;
};

// A socket to the server; closes itself.
class Client {
 public:
  explicit Client(const std::string& address) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;

  bool Send(const std::string& text) {
    return send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Until the server closes, or nothing comes for long.
  std::string ReadAll() {
    std::string all;
    char part[4096];
    for (ssize_t got; (got = recv(fd_, part, sizeof part, 0)) > 0;) {
      all.append(part, static_cast<size_t>(got));
    }
    return all;
  }

 private:
  int fd_ = -1;
};

class PageServerTest : public testing::Test {
 protected:
  PageServerTest() {
    directory_ = std::filesystem::path(testing::TempDir()) /
                 base::Cat("page-", getpid(), "-",
                           testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ / "index.html") << "<!doctype html>page";
    std::ofstream(directory_ / "page.js") << "let page;";
    options_ = {
        .listen = "127.0.0.1:0", .page_directory = directory_, .version = "1.2.3", .counter = ""};
    Start();
  }
  ~PageServerTest() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Start() {
    auto started = PageServer::Start(options_, keeper_, clock_, [] {
      session::StaffFacts facts;
      facts.waiting = 7;
      facts.alarm = "the disk is nearly full";
      return facts;
    });
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    ASSERT_TRUE(server_->SetSettings(session::SettingsForTest()).ok());
    ASSERT_TRUE(Until("\"state\":\"START\""));
  }

  std::string Ask(const std::string& request) {
    Client client(server_->address());
    EXPECT_TRUE(client.Send(request));
    return client.ReadAll();
  }
  std::string Headers(const std::string& more = "") {
    return "Host: " + server_->address() + "\r\nConnection: close\r\n" + more + "\r\n";
  }
  std::string Get(const std::string& target, const std::string& more = "") {
    return Ask("GET " + target + " HTTP/1.1\r\n" + Headers(more));
  }
  std::string Post(const std::string& body) {
    return Ask("POST /api/event HTTP/1.1\r\n" +
               Headers(base::Cat(
                   "Origin: http://", server_->address(),
                   "\r\nContent-Type: application/json\r\nContent-Length: ", body.size(), "\r\n")) +
               body);
  }
  // Whether the screen comes to say so.
  bool Until(const std::string& what) {
    for (int i = 0; i < 500; ++i) {
      if (Get("/api/screen").find(what) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  void Answer() {
    EXPECT_THAT(Post(R"({"answer":{"questionId":"a","choice":4}})"), HasSubstr("QUESTION"));
    EXPECT_THAT(Post(R"({"answer":{"questionId":"b","choice":1}})"), HasSubstr("FINISH"));
    EXPECT_THAT(Post(R"({"send":{}})"), StartsWith("HTTP/1.1 200"));
  }

  std::filesystem::path directory_;
  Options options_;
  TestKeeper keeper_;
  base::FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<PageServer> server_;
};

TEST_F(PageServerTest, ServesThePageWithStrictHeaders) {
  for (const char* target : {"/", "/index.html"}) {
    const std::string page = Get(target);
    EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(page, HasSubstr("Content-Type: text/html; charset=utf-8"));
    EXPECT_THAT(page, HasSubstr("<!doctype html>page"));
  }
  const std::string script = Get("/page.js");
  EXPECT_THAT(script, HasSubstr("Content-Type: text/javascript"));
  for (const std::string& answer : {script, Get("/api/screen"), Get("/missing")}) {
    EXPECT_THAT(answer,
                HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'"));
    EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store"));
    EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff"));
    EXPECT_THAT(answer, Not(HasSubstr("Access-Control")));
  }
}

TEST_F(PageServerTest, ADocumentCarriesTheScreenAndNoWordOfItCanEndTheElement) {
  server_.reset();
  std::ofstream(directory_ / "index.html") << "<body><!--screen--></body>";
  Start();
  session::Settings settings = session::SettingsForTest();
  settings.unit_name = "</script><script>alert(1)";
  ASSERT_TRUE(server_->SetSettings(settings).ok());
  ASSERT_TRUE(Until("alert(1)"));
  const std::string document = Get("/");
  EXPECT_THAT(document, HasSubstr("<body><script id=\"screen\" type=\"application/json\">{"));
  EXPECT_THAT(document, HasSubstr("\"state\":\"START\""));
  EXPECT_THAT(document, HasSubstr("}</script></body>"));
  EXPECT_THAT(document, Not(HasSubstr("<script>alert")));
}

TEST_F(PageServerTest, AnAnswerIsOnTheDiskBeforeThanks) {
  keeper_.Hold(true);
  Answer();
  EXPECT_TRUE(Until("\"state\":\"SENDING\""));
  EXPECT_TRUE(keeper_.kept().empty());
  keeper_.Hold(false);
  EXPECT_TRUE(Until("\"state\":\"THANKS\""));
  ASSERT_EQ(keeper_.kept().size(), 1u);
  EXPECT_EQ(keeper_.kept()[0].answers_size(), 2);
  EXPECT_EQ(base::Uuid::Parse(keeper_.kept()[0].response_id())->bytes[6] >> 4, 7);
}

TEST_F(PageServerTest, AnAnswerThatIsNotOnTheDiskGetsNone) {
  keeper_.Refuse(absl::ResourceExhaustedError("outbox: found 5000 answers"));
  Answer();
  EXPECT_TRUE(Until("\"state\":\"FAILURE\""));
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Until("\"reason\":\"STORAGE\""));
  EXPECT_EQ(server_->screen(), v1::SCREEN_STATE_OUT_OF_SERVICE);
}

TEST_F(PageServerTest, WhoWaitsForAnotherScreenGetsItWhenItComes) {
  const std::string screen = Get("/api/screen");
  const size_t at = screen.find("\"revision\":\"") + 12;
  const std::string revision = screen.substr(at, screen.find('"', at) - at);
  std::string second;
  std::thread waiting([&] { second = Get("/api/screen?after=" + revision); });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  Post(R"({"begin":{}})");
  waiting.join();
  EXPECT_THAT(second, HasSubstr("\"state\":\"QUESTION\""));
}

TEST_F(PageServerTest, WhoWaitsInVainIsAnsweredAllTheSame) {
  const std::string screen = Get("/api/screen");
  const size_t at = screen.find("\"revision\":\"") + 12;
  const std::string revision = screen.substr(at, screen.find('"', at) - at);
  std::string second;
  std::atomic<bool> answered = false;
  std::thread waiting([&] {
    second = Get("/api/screen?after=" + revision);
    answered = true;
  });
  while (!answered) {  // it may reach the server only after the first time
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    clock_.Advance(absl::Seconds(26));
  }
  waiting.join();
  EXPECT_THAT(second, HasSubstr("\"revision\":\"" + revision + "\""));
}

TEST_F(PageServerTest, TimePassesWithoutABrowser) {
  Post(R"({"answer":{"questionId":"a","choice":4}})");
  clock_.Advance(absl::Seconds(30));
  EXPECT_TRUE(Until("\"warning\":true"));
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Until("\"state\":\"START\""));
  for (int i = 0; i < 500 && keeper_.kept().empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(keeper_.kept().size(), 1u);
  EXPECT_TRUE(keeper_.kept()[0].partial());
}

TEST_F(PageServerTest, AMinuteWithoutAPageIsNotKnown) {
  EXPECT_EQ(server_->screen(), v1::SCREEN_STATE_READY);
  clock_.Advance(absl::Seconds(61));
  EXPECT_EQ(server_->screen(), v1::SCREEN_STATE_UNSPECIFIED);
  Get("/api/screen");
  EXPECT_EQ(server_->screen(), v1::SCREEN_STATE_READY);
}

TEST_F(PageServerTest, TheStaffCardShowsTheMachineAndSetsTheCounter) {
  EXPECT_THAT(Get("/api/screen"), Not(HasSubstr("nearly full")));
  Post(R"({"openStaff":{}})");
  EXPECT_THAT(Post(R"({"enterPin":{"text":"0000"}})"), Not(HasSubstr("nearly full")));
  clock_.Advance(absl::Seconds(2));
  Post(R"({"enterPin":{"text":"2580"}})");
  EXPECT_TRUE(Until("the disk is nearly full"));
  EXPECT_THAT(Get("/api/screen"), HasSubstr("\"version\":\"1.2.3\""));
  EXPECT_THAT(Post(R"({"setCounter":{"text":"qu\u1ea7y"}})"), HasSubstr("HTTP/1.1 400"));
  Post(R"({"setCounter":{"text":"12"}})");
  EXPECT_EQ(server_->counter(), "12");
}

TEST_F(PageServerTest, SettingsThatDoNotFitAreRefusedAndTheOldOnesStay) {
  session::Settings settings = session::SettingsForTest();
  settings.configuration.set_form_id("none");
  EXPECT_EQ(server_->SetSettings(settings).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Get("/api/screen"), HasSubstr("\"state\":\"START\""));
  EXPECT_TRUE(server_->SetSettings(std::nullopt).ok());
  EXPECT_TRUE(Until("\"reason\":\"NO_SETTINGS\""));
}

TEST_F(PageServerTest, BadEventsAreNamedAndChangeNothing) {
  const struct {
    std::string body;
    std::string why;
  } cases[] = {
      {"", "event: "},
      {"{", "event: "},
      {"null", "event: "},
      {"[]", "event: "},
      {"{}", "event: found none"},
      {R"({"steal":{}})", "Cannot find field"},
      {R"({"answer":{"questionId":"a","choice":4,"score":9}})", "Cannot find field"},
      {R"({"begin":{},"send":{}})", "event: "},
      {R"({"answer":{"questionId":"a","choice":-1}})", "event: "},
      {R"({"answer":{"questionId":"a","choice":"viel"}})", "event: "},
      {R"({"answer":{"questionId":"a","choice":9}})", "choice 9 is not in 1..5"},
      {R"({"setLanguage":{"tag":"xx"}})", "language: found 'xx', allowed are vi en"},
      {"{\"scan\":{\"text\":\"\xFF\"}}", "event: "},
      {std::string(16000, '['), "event: "},
  };
  for (const auto& one : cases) {
    const std::string answer = Post(one.body);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << one.body.substr(0, 80);
    EXPECT_THAT(answer, HasSubstr(one.why)) << one.body.substr(0, 80);
    EXPECT_THAT(Get("/api/screen"), HasSubstr("\"state\":\"START\"")) << one.body.substr(0, 80);
  }
}

TEST_F(PageServerTest, PathsOfTheDiskLeadNowhere) {
  std::ofstream(directory_.parent_path() / "secret.txt") << "secret";
  std::ofstream(directory_ / "later.js") << "added after the start";
  for (const char* target :
       {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/./index.html", "//index.html",
        "/index.html/", "/index.html%00.js", "/later.js", "/etc/passwd", "/%2fetc/passwd",
        "/..\\secret.txt", "/INDEX.HTML"}) {
    const std::string answer = Get(target);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 404")) << target;
    EXPECT_THAT(answer, Not(HasSubstr("secret"))) << target;
  }
  EXPECT_THAT(Get("http://127.0.0.1/index.html"), StartsWith("HTTP/1.1 404"));
  std::filesystem::remove(directory_.parent_path() / "secret.txt");
}

TEST_F(PageServerTest, AnotherHostIsRefusedSoThatNoNameCanBePointedHere) {
  const std::string port = server_->address().substr(server_->address().find(':'));
  for (const std::string& host : {std::string("attacker.example"), "attacker.example" + port,
                                  std::string("127.0.0.1"), "127.0.0.1.attacker.example" + port,
                                  "localhost" + port + ".attacker.example", std::string()}) {
    const std::string answer =
        Ask("GET /api/screen HTTP/1.1\r\nConnection: close\r\nHost: " + host + "\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 421")) << host;
    EXPECT_THAT(answer, Not(HasSubstr("revision"))) << host;
  }
  EXPECT_THAT(Ask("GET /api/screen HTTP/1.1\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 421"));
  EXPECT_THAT(Ask("GET /api/screen HTTP/1.1\r\nConnection: close\r\nHost: " + server_->address() +
                  "\r\nHost: attacker.example\r\n\r\n"),
              StartsWith("HTTP/1.1 421"));
  EXPECT_THAT(
      Ask("GET /api/screen HTTP/1.1\r\nConnection: close\r\nHost: localhost" + port + "\r\n\r\n"),
      StartsWith("HTTP/1.1 200"));
}

TEST_F(PageServerTest, AnotherOriginIsRefused) {
  const auto post = [&](const std::string& headers) {
    return Ask("POST /api/event HTTP/1.1\r\n" + Headers(headers + "Content-Length: 12\r\n") +
               "{\"begin\":{}}");
  };
  const std::string ours = "Origin: http://" + server_->address() + "\r\n";
  const std::string json = "Content-Type: application/json\r\n";
  EXPECT_THAT(post(json), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post(json + "Origin: http://attacker.example\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post(json + "Origin: null\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post(json + ours + "Sec-Fetch-Site: cross-site\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post(ours + "Content-Type: text/plain\r\n"), StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(Get("/api/screen", "Origin: http://attacker.example\r\n"),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Get("/page.js", "Sec-Fetch-Site: cross-site\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Get("/api/screen"), HasSubstr("\"state\":\"START\"")) << "one of them got through";
  EXPECT_THAT(post(json + ours + "Sec-Fetch-Site: same-origin\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(PageServerTest, OtherMethodsAreRefusedByName) {
  const std::string origin = "Origin: http://" + server_->address() + "\r\n";
  for (const char* method : {"PUT", "DELETE", "OPTIONS", "TRACE"}) {
    const std::string answer = Ask(std::string(method) + " / HTTP/1.1\r\n" + Headers(origin));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET")) << method;
  }
  EXPECT_THAT(Get("/api/event"), HasSubstr("Allow: POST"));
  EXPECT_THAT(Get("/api/screen?before=1"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Get("/api/screen?after=" + std::string(100, '1')), StartsWith("HTTP/1.1 400"));
}

TEST_F(PageServerTest, AHugeBodyOrHeaderIsCutOff) {
  EXPECT_THAT(Post(std::string(100'000, 'x')), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Ask("POST /api/event HTTP/1.1\r\n" + Headers("Content-Length: 99999999999\r\n")),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Get("/", "X-Padding: " + std::string(9'000, 'x') + "\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Get("/" + std::string(9'000, 'x')), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Ask("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 200"));
}

TEST_F(PageServerTest, MoreConnectionsThanABrowserNeedsAreClosed) {
  std::vector<std::unique_ptr<Client>> idle;
  for (size_t i = 0; i < HttpServer::kConnectionsMax; ++i) {
    idle.push_back(std::make_unique<Client>(server_->address()));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  Client late(server_->address());
  late.Send("GET / HTTP/1.1\r\n" + Headers());
  EXPECT_EQ(late.ReadAll(), "");
  idle.clear();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 200"));
}

TEST_F(PageServerTest, ARestartHasRevisionsOfItsOwn) {
  const std::string before = Get("/api/screen");
  const std::string address = server_->address();
  server_.reset();
  clock_.Advance(absl::Seconds(1));
  options_.listen = address;
  Start();
  const size_t at = before.find("\"revision\":\"") + 12;
  const std::string revision = before.substr(at, before.find('"', at) - at);
  EXPECT_THAT(Get("/api/screen?after=" + revision), HasSubstr("\"state\":\"START\""));
}

TEST_F(PageServerTest, StoppingWaitsForAnAnswerOnItsWay) {
  keeper_.Hold(true);
  Answer();
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    keeper_.Hold(false);
  });
  server_.reset();
  EXPECT_EQ(keeper_.kept().size(), 1u);
  release.join();
}

TEST_F(PageServerTest, WhatCannotStartSaysWhy) {
  const auto refusal = [&](auto change) {
    Options options = options_;
    change(options);
    return PageServer::Start(options, keeper_, clock_, [] { return session::StaffFacts(); })
        .status();
  };
  for (const char* listen : {"0.0.0.0:0", "192.168.1.1:7480", "[::]:0", "localhost:7480", "7480",
                             "127.0.0.1:70000", "127.0.0.1:x", ""}) {
    const absl::Status status = refusal([&](Options& options) { options.listen = listen; });
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << listen;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(base::Cat("listen address: found '", std::string(listen), "'")));
  }
  EXPECT_EQ(refusal([&](Options& options) { options.listen = server_->address(); }).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(refusal([&](Options& options) { options.page_directory = "/nowhere"; }).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(refusal([&](Options& options) { options.counter = "a b"; }).code(),
            absl::StatusCode::kInvalidArgument);
  std::ofstream(directory_ / "notes.txt") << "x";
  EXPECT_THAT(std::string(refusal([](Options&) {}).message()), HasSubstr("found notes.txt"));
  std::filesystem::remove(directory_ / "notes.txt");
  std::filesystem::remove(directory_ / "index.html");
  EXPECT_THAT(std::string(refusal([](Options&) {}).message()), HasSubstr("found no index.html"));
}

TEST(HttpServer, AClientThatDribblesItsHeadersIsCutOff) {
  auto server = HttpServer::Listen(
      "127.0.0.1:0", [](HttpRequest, HttpServer::Respond respond) { respond({}); },
      absl::Milliseconds(300));
  ASSERT_TRUE(server.ok());
  std::atomic<bool> stop = false;
  std::thread loop([&] {
    while (!stop) (*server)->RunOnce(absl::Milliseconds(10));
  });
  Client slow((*server)->address());
  const auto began = std::chrono::steady_clock::now();
  std::thread dribble([&] {
    for (const char c : std::string("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")) {
      if (!slow.Send(std::string(1, c))) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  EXPECT_EQ(slow.ReadAll(), "");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  dribble.join();
  stop = true;
  loop.join();
}

}  // namespace
}  // namespace hailong::page_server
