// The HTTP client against real servers: what it refuses, and whether it says that anything was
// sent.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "base/http/curl_client.h"
#include "base/status.h"
#include "base/temp_directory_for_test.h"
#include "server/testing/sample.h"
#include "tests/zalo/standin_server.h"

namespace hailong::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HttpRequest Get(const std::string& url) {
  return {.method = "GET", .url = url, .headers = {}, .body = {}};
}

// A port of loopback that takes connections and never says a word.
class SilentPort {
 public:
  SilentPort() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPort() { ::close(fd_); }
  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

TEST(HttpClient, SaysWhetherAnythingMayHaveBeenReceived) {
  tests::Standin standin;
  const tests::StandinServer server(standin);
  CurlClient client({.connect_time_max = absl::Seconds(1), .time_max = absl::Milliseconds(300)});
  EXPECT_EQ(client.Send(Get("http://127.0.0.1:1/x")).status().code(),
            absl::StatusCode::kUnavailable);
  const SilentPort silent;
  EXPECT_EQ(client.Send(Get(Cat("http://127.0.0.1:", silent.port(), "/"))).status().code(),
            absl::StatusCode::kUnknown);
  // It never gets so far as to send: there is no TLS.
  EXPECT_EQ(client.Send(Get(Cat("https://127.0.0.1:", silent.port(), "/"))).status().code(),
            absl::StatusCode::kUnavailable);
  standin.BreakNext("/x", /*after_taking=*/false);
  EXPECT_EQ(client.Send(Get(server.origin() + "/x")).status().code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(standin.Calls("/x"), 1);  // not tried again behind our back
}

TEST(HttpClient, FollowsNoRedirectAndReadsNoMoreThanItsLimit) {
  tests::Standin standin;
  const tests::StandinServer server(standin);
  CurlClient client({.response_bytes_max = 1000});
  standin.AnswerNext("/x", {.status = 302, .body = ""});
  EXPECT_EQ(client.Send(Get(server.origin() + "/x"))->status, 302);
  standin.AnswerNext("/x", {.status = 200, .body = std::string(1000, 'x')});
  EXPECT_EQ(client.Send(Get(server.origin() + "/x"))->body.size(), 1000u);
  standin.AnswerNext("/x", {.status = 200, .body = std::string(1001, 'x')});
  EXPECT_FALSE(client.Send(Get(server.origin() + "/x")).ok());
}

TEST(HttpClient, RefusesWhatCannotBeARequest) {
  CurlClient client({});
  for (const char* url : {"http://example.invalid/", "file:///etc/passwd", "ftp://127.0.0.1/",
                          "https://a\r\nb/", ""}) {
    EXPECT_TRUE(absl::IsInvalidArgument(client.Send(Get(url)).status())) << url;
  }
  HttpRequest request = Get("http://127.0.0.1:1/");
  request.headers = {{"access_token", "secret\r\nHost: x"}};
  const auto refused = client.Send(request);
  EXPECT_TRUE(absl::IsInvalidArgument(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()), Not(HasSubstr("secret")));
}

// openssl's own server with a certificate for `name`.
class TlsServer {
 public:
  TlsServer(const base::TempDirectory& directory, const std::string& name) {
    certificate_ = directory.File(name + ".pem");
    const std::string make =
        Cat("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=", name,
            " -addext subjectAltName=DNS:", name, " -keyout ", directory.File("key.pem"), " -out ",
            certificate_, " 2>/dev/null");
    EXPECT_EQ(std::system(make.c_str()), 0);
    {
      const SilentPort free;
      port_ = free.port();
    }
    pid_ = ::fork();
    if (pid_ == 0) {
      const std::string port = Cat(port_);
      ::execlp("openssl", "openssl", "s_server", "-quiet", "-www", "-accept", port.c_str(), "-cert",
               certificate_.c_str(), "-key", directory.File("key.pem").c_str(),
               static_cast<char*>(nullptr));
      ::_exit(127);
    }
  }
  ~TlsServer() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  std::string url() const { return Cat("https://localhost:", port_, "/"); }
  const std::string& certificate() const { return certificate_; }

 private:
  std::string certificate_;
  int port_ = 0;
  pid_t pid_ = 0;
};

// Asks until the server takes connections.
absl::StatusOr<HttpResponse> Ask(CurlClient& client, const std::string& url) {
  constexpr char kNobodyListens[] = "(curl 7)";
  auto answer = client.Send(Get(url));
  for (int i = 0; i < 200; ++i) {
    if (!absl::StrContains(answer.status().message(), kNobodyListens)) break;
    absl::SleepFor(absl::Milliseconds(50));
    answer = client.Send(Get(url));
  }
  return answer;
}

TEST(HttpClient, TrustsOnlyACertificateOfAKnownAuthorityForThatHost) {
  constexpr char kCertificateRefused[] = "(curl 60)";
  const base::TempDirectory directory;
  const TlsServer server(directory, "localhost");
  CurlClient trusting({.ca_path = server.certificate()});
  const auto answer = Ask(trusting, server.url());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  CurlClient usual({});
  const auto refused = Ask(usual, server.url());
  EXPECT_TRUE(absl::IsUnavailable(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr(kCertificateRefused));
  const TlsServer other(directory, "other.invalid");
  CurlClient trusting_other({.ca_path = other.certificate()});
  const auto misnamed = Ask(trusting_other, other.url());
  EXPECT_TRUE(absl::IsUnavailable(misnamed.status()));
  EXPECT_THAT(std::string(misnamed.status().message()), HasSubstr(kCertificateRefused));
}

}  // namespace
}  // namespace hailong::base
