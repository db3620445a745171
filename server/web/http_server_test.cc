#include "server/web/http_server.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "server/web/http_server_for_test.h"
#include "server/web/raw_client_for_test.h"

namespace hailong::web {
namespace {

using base::Cat;
using std::chrono::milliseconds;

class HttpServerTest : public HttpServerFixture {};

TEST_F(HttpServerTest, KeepsAConnectionForManyRequests) {
  Start();
  RawClient client(port());
  for (int i = 0; i < 100; ++i) {
    const std::string body = Cat("body ", i);
    const RawAnswer answer = client.Ask(Post("/echo", body));
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, body);
  }
  EXPECT_EQ(server_->counts().accepted, 1u);
}

TEST_F(HttpServerTest, EveryAnswerHasTheSecurityHeaders) {
  Start();
  for (const std::string& request :
       {Post("/echo", "a"), Get("/nothing"), Get("/echo"), std::string("garbage\r\n\r\n")}) {
    const RawAnswer answer = RawClient(port()).Ask(request);
    ASSERT_GT(answer.status, 0);
    const auto& headers = answer.headers;
    EXPECT_TRUE(headers.at("content-security-policy").starts_with("default-src 'none'; "));
    EXPECT_EQ(headers.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(headers.at("referrer-policy"), "no-referrer");
    EXPECT_EQ(headers.at("cross-origin-resource-policy"), "same-origin");
    EXPECT_EQ(headers.at("cross-origin-opener-policy"), "same-origin");
    EXPECT_EQ(headers.at("cross-origin-embedder-policy"), "require-corp");
    EXPECT_EQ(headers.at("cache-control"), "no-store");
    EXPECT_EQ(headers.at("date"), "Mon, 21 Sep 2026 14:13:20 GMT");
    EXPECT_TRUE(headers.contains("permissions-policy"));
    EXPECT_TRUE(headers.contains("x-request-id"));
    EXPECT_FALSE(headers.contains("access-control-allow-origin"));
    EXPECT_FALSE(headers.contains("strict-transport-security"));
    EXPECT_FALSE(headers.contains("server"));
  }
}

TEST_F(HttpServerTest, UnknownPathsAndMethodsAreToldApart) {
  Start();
  EXPECT_EQ(RawClient(port()).Ask(Get("/nothing")).status, 404);
  EXPECT_EQ(RawClient(port()).Ask(Get("/echo/more")).status, 404);
  const RawAnswer post = RawClient(port()).Ask(Post("/who/a", ""));
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.headers.at("allow"), "GET, HEAD");
  const RawAnswer options =
      RawClient(port()).Ask("OPTIONS /echo HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\n\r\n");
  EXPECT_EQ(options.status, 405);
  EXPECT_EQ(options.headers.at("allow"), "POST");
}

TEST_F(HttpServerTest, HeadIsGetWithoutItsBody) {
  Start();
  RawClient client(port());
  client.Send("HEAD /who/a HTTP/1.1\r\nHost: a\r\n\r\n");
  const RawAnswer head = client.Read(RawClient::kPatience, true);
  const RawAnswer get = client.Ask(Get("/who/a"));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), Cat(get.body.size()));
}

TEST_F(HttpServerTest, RequestsSentAheadAreAnsweredInOrder) {
  Start();
  RawClient client(port());
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += Post("/echo", Cat(i)) + Get(Cat("/who/", i));
  client.Send(requests + Get("/later"));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.Read().body, Cat(i));
    EXPECT_TRUE(client.Read().body.starts_with(Cat("/who/", i, " ")));
  }
  EXPECT_EQ(client.Read().body, "later\n");
}

TEST_F(HttpServerTest, WhoSendsFarAheadGetsOneAnswerAndTheEnd) {
  Start();
  for (const size_t bytes : {limits::kWebHeaderBytesMax / 2, 2 * limits::kWebHeaderBytesMax}) {
    RawClient client(port());
    client.Send(Get("/later"));
    std::this_thread::sleep_for(milliseconds(20));
    // While that is answered, what follows gathers, to be read at once.
    client.Send(Get("/who/a") + Post("/echo", std::string(bytes, 'x')));
    EXPECT_EQ(client.Read().body, "later\n");
    const RawAnswer answer = client.Read();
    EXPECT_EQ(answer.status, 200);
    if (bytes < limits::kWebHeaderBytesMax) {
      EXPECT_EQ(client.Read().body.size(), bytes);
    } else {
      EXPECT_EQ(answer.headers.at("connection"), "close");
      EXPECT_TRUE(client.EndsWithin(milliseconds(3000)));
    }
  }
}

TEST_F(HttpServerTest, ChunkedAndExpectedBodiesArrive) {
  Start();
  RawClient client(port());
  EXPECT_EQ(client
                .Ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
                .body,
            "hello");
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Read().status, 100);
  EXPECT_EQ(client.Ask("hello").body, "hello");
  // No invitation to send what will be refused.
  EXPECT_EQ(RawClient(port())
                .Ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\nExpect: "
                     "100-continue\r\n\r\n")
                .status,
            413);
}

TEST_F(HttpServerTest, OnlyATrustedProxySaysWhoAsks) {
  const std::string told = "X-Forwarded-For: 203.0.113.77\r\nX-Forwarded-Proto: https\r\n";
  Start();
  EXPECT_EQ(RawClient(port()).Ask(Get("/who/a?b", told)).body, "/who/a b 1 plain\n");
  server_.reset();
  Start({}, {"127.0.0.0/8"});
  const RawAnswer answer = RawClient(port()).Ask(Get("/who/a?b", told));
  EXPECT_EQ(answer.body, "/who/a b 77 secure\n");
  EXPECT_TRUE(answer.headers.contains("strict-transport-security"));
  EXPECT_EQ(RawClient(port())
                .Ask(Get("/who/a",
                         "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-For: "
                         "203.0.113.8, 127.0.0.9\r\n"))
                .body,
            "/who/a  8 plain\n");
}

TEST_F(HttpServerTest, AnswersThatAreLostOrGivenTwiceHarmNobody) {
  Start();
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/lost")).status, 500);
  EXPECT_EQ(client.Ask(Get("/later")).body, "later\n");
  EXPECT_EQ(client.Ask(Get("/who/a")).status, 200);
}

TEST_F(HttpServerTest, StreamsArriveAndEndWhenTheClientGoes) {
  Start();
  {
    RawClient client(port());
    EXPECT_EQ(client.Ask(Get("/stream")).body.size(), 20'000u);
    EXPECT_EQ(client.Ask(Get("/who/a")).status, 200);
    client.Send(Get("/endless"));
    ASSERT_TRUE(Soon([&] { return streams_.load() == 1; }));
  }
  EXPECT_TRUE(Soon([&] { return streams_.load() == 0; }));
}

TEST_F(HttpServerTest, AStreamIsMadeNoFasterThanItsClientReads) {
  Start();
  RawClient still(port(), 4096);
  still.Send(Get("/endless"));
  // Once the kernel has its fill, no further piece is asked for.
  EXPECT_TRUE(Soon([&] {
    const int made = reads_;
    std::this_thread::sleep_for(milliseconds(300));
    return made > 0 && reads_ == made;
  }));
  EXPECT_EQ(streams_, 1);
  EXPECT_EQ(RawClient(port()).Ask(Get("/who/a")).status, 200);
}

TEST_F(HttpServerTest, StoppingSendsWhatIsUnderWay) {
  Start();
  RawClient idle(port());
  RawClient busy(port());
  idle.Ask(Get("/who/a"));
  busy.Send(Get("/later"));
  std::this_thread::sleep_for(milliseconds(20));
  server_->Stop(absl::Seconds(5));
  EXPECT_EQ(busy.Read().body, "later\n");
  EXPECT_TRUE(idle.EndsWithin(milliseconds(1000)));
  EXPECT_FALSE(RawClient(port()).connected());
}

}  // namespace
}  // namespace hailong::web
