#include "server/web/head.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "server/web/body_reader.h"
#include "server/web/limits.h"

namespace hailong::web {
namespace {

using base::Cat;

struct Case {
  std::string name;
  std::string bytes;
  int status;  // 0: taken
};

std::string WithHost(const std::string& line, const std::string& headers = "") {
  return line + "\r\nHost: a.example:80\r\n" + headers + "\r\n";
}

// What a proxy and a server could read differently, or a file system could be led astray by: each
// with what it must get.
std::vector<Case> Cases() {
  const std::string get = "GET /a HTTP/1.1";
  return {
      {"plain", WithHost(get), 0},
      {"query with anything visible", WithHost("GET /a?b=%2e%2e/%00&c=\\ HTTP/1.1"), 0},
      {"post with a length", WithHost("POST /a HTTP/1.1", "Content-Length: 5\r\n"), 0},
      {"post with chunks", WithHost("POST /a HTTP/1.1", "Transfer-Encoding: Chunked\r\n"), 0},
      {"both lengths",
       WithHost("POST /a HTTP/1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"two equal lengths",
       WithHost("POST /a HTTP/1.1", "Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {"two lengths", WithHost("POST /a HTTP/1.1", "Content-Length: 5\r\ncontent-length: 6\r\n"),
       400},
      {"list of lengths", WithHost("POST /a HTTP/1.1", "Content-Length: 5, 5\r\n"), 400},
      {"negative length", WithHost("POST /a HTTP/1.1", "Content-Length: -1\r\n"), 400},
      {"signed length", WithHost("POST /a HTTP/1.1", "Content-Length: +5\r\n"), 400},
      {"hexadecimal length", WithHost("POST /a HTTP/1.1", "Content-Length: 0x5\r\n"), 400},
      {"empty length", WithHost("POST /a HTTP/1.1", "Content-Length:\r\n"), 400},
      {"length of 2^64", WithHost("POST /a HTTP/1.1", "Content-Length: 18446744073709551616\r\n"),
       400},
      {"gzip then chunked", WithHost("POST /a HTTP/1.1", "Transfer-Encoding: gzip, chunked\r\n"),
       501},
      {"chunked twice",
       WithHost("POST /a HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       400},
      {"chunked with a tab and x", WithHost("POST /a HTTP/1.1", "Transfer-Encoding: \tx\r\n"), 501},
      {"bare LF after the request line", "GET /a HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare LF after a header", "GET /a HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", 400},
      {"bare LF at the end", "GET /a HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"CR inside a line", WithHost(get, "A: b\rC: d\r\n"), 400},
      {"folded header", WithHost(get, "A: b\r\n c\r\n"), 400},
      {"folded first header", "GET /a HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"space before the colon", WithHost("POST /a HTTP/1.1", "Content-Length : 5\r\n"), 400},
      {"tab before the colon", WithHost("POST /a HTTP/1.1", "Content-Length\t: 5\r\n"), 400},
      {"header without a colon", WithHost(get, "Nothing\r\n"), 400},
      {"header without a name", WithHost(get, ": b\r\n"), 400},
      {"zero byte in a value", WithHost(get, std::string("A: b\0c\r\n", 8)), 400},
      {"zero byte in a name", WithHost(get, std::string("A\0: b\r\n", 7)), 400},
      {"DEL in a value", WithHost(get, "A: \x7f\r\n"), 400},
      {"two hosts", WithHost(get, "Host: b\r\n"), 400},
      {"no host", "GET /a HTTP/1.1\r\n\r\n", 400},
      {"empty host", "GET /a HTTP/1.1\r\nHost: \r\n\r\n", 400},
      {"host with a path", "GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"host with a user", "GET /a HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
      {"absolute form", WithHost("GET http://a.example/a HTTP/1.1"), 400},
      {"asterisk form", WithHost("OPTIONS * HTTP/1.1"), 400},
      {"authority form", WithHost("CONNECT a.example:443 HTTP/1.1"), 400},
      {"network path", WithHost("GET //b.example/a HTTP/1.1"), 400},
      {"two slashes", WithHost("GET /a//b HTTP/1.1"), 400},
      {"dot dot", WithHost("GET /a/../b HTTP/1.1"), 400},
      {"dot dot at the end", WithHost("GET /a/.. HTTP/1.1"), 400},
      {"dot", WithHost("GET /./a HTTP/1.1"), 400},
      {"escaped dot dot", WithHost("GET /a/%2e%2e/b HTTP/1.1"), 400},
      {"half escaped dot dot", WithHost("GET /a/.%2e/b HTTP/1.1"), 400},
      {"doubly escaped dot dot", WithHost("GET /a/%252e%252e/b HTTP/1.1"), 400},
      {"escaped slash", WithHost("GET /a%2fb HTTP/1.1"), 400},
      {"escaped zero byte", WithHost("GET /a%00.html HTTP/1.1"), 400},
      {"overlong dot", WithHost("GET /a/%c0%ae%c0%ae/b HTTP/1.1"), 400},
      {"raw overlong dot", WithHost("GET /a/\xc0\xae\xc0\xae/b HTTP/1.1"), 400},
      {"backslash", WithHost("GET /a\\..\\b HTTP/1.1"), 400},
      {"semicolon", WithHost("GET /a;b HTTP/1.1"), 400},
      {"fragment in the path", WithHost("GET /a#b HTTP/1.1"), 400},
      {"fragment in the query", WithHost("GET /a?b#c HTTP/1.1"), 400},
      {"UTF-8 in the target", WithHost("GET /h\xe1\xba\xa3i HTTP/1.1"), 400},
      {"zero byte in the target", WithHost(std::string("GET /a\0b HTTP/1.1", 17)), 400},
      {"two spaces", WithHost("GET  /a HTTP/1.1"), 400},
      {"space in the target", WithHost("GET /a b HTTP/1.1"), 400},
      {"tab for a space", WithHost("GET\t/a\tHTTP/1.1"), 400},
      {"space before the method", WithHost(" GET /a HTTP/1.1"), 400},
      {"empty line before", "\r\n" + WithHost(get), 400},
      {"method of punctuation", WithHost("G(T /a HTTP/1.1"), 400},
      {"HTTP/0.9", "GET /a\r\n\r\n", 400},
      {"HTTP/1.0", WithHost("GET /a HTTP/1.0"), 505},
      {"HTTP/2.0", WithHost("GET /a HTTP/2.0"), 505},
      {"HTTP/1.10", WithHost("GET /a HTTP/1.10"), 505},
      {"no HTTP", WithHost("GET /a RTSP/1.1"), 400},
      {"preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\n", 505},
      {"expects something", WithHost("POST /a HTTP/1.1", "Expect: more\r\n"), 417},
      {"two credentials", WithHost(get, "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
       400},
      {"target of 4097 bytes", WithHost("GET /" + std::string(4096, 'a') + " HTTP/1.1"), 414},
      {"65 headers",
       [&] {
         std::string headers;
         for (int i = 0; i < 64; ++i) headers += Cat("A", i, ": b\r\n");
         return WithHost(get, headers);
       }(),
       431},
      {"nothing but line ends", "\r\n\r\n", 400},
  };
}

TEST(ParseHead, EachHostileFormGetsItsStatus) {
  for (const Case& one : Cases()) {
    ASSERT_GT(HeadSize(one.bytes), 0u) << one.name;
    const HeadResult result = ParseHead(one.bytes);
    EXPECT_NE(result.head.has_value(), result.refusal.has_value()) << one.name;
    EXPECT_EQ(result.refusal.has_value() ? result.refusal->status : 0, one.status) << one.name;
  }
}

TEST(ParseHead, GivesWhatWasSent) {
  const HeadResult result =
      ParseHead(WithHost("POST /a/b?c=d HTTP/1.1",
                         "CONTENT-Type: \t text/plain \r\nX: \r\nContent-Length: 007\r\nExpect: "
                         "100-Continue\r\nConnection: Close\r\n"));
  ASSERT_TRUE(result.head.has_value()) << result.refusal->text;
  EXPECT_EQ(result.head->method, "POST");
  EXPECT_EQ(result.head->path, "/a/b");
  EXPECT_EQ(result.head->query, "c=d");
  ASSERT_EQ(result.head->headers.size(), 6u);
  EXPECT_EQ(result.head->headers[1].name, "content-type");
  EXPECT_EQ(result.head->headers[1].value, "text/plain");
  EXPECT_EQ(result.head->headers[2].value, "");
  EXPECT_EQ(result.head->content_length, 7u);
  EXPECT_TRUE(result.head->expects_continue);
  EXPECT_FALSE(result.head->keep_alive);
  EXPECT_FALSE(result.head->chunked);
}

TEST(HeadSize, FindsTheEndWhereverItIsCut) {
  const std::string head = WithHost("GET /a HTTP/1.1");
  for (size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(HeadSize(std::string_view(head).substr(0, size)), 0u) << size;
  }
  EXPECT_EQ(HeadSize(head + "more\r\n\r\n"), head.size());
}

Head Chunked() {
  Head head;
  head.chunked = true;
  return head;
}

// Fed whole, and byte by byte: the same must come out.
BodyReader::State Feed(const Head& head, size_t bytes_max, const std::string& bytes,
                       std::string* body, size_t* taken) {
  BodyReader whole(head, bytes_max);
  *taken = whole.Put(bytes);
  BodyReader slow(head, bytes_max);
  size_t slow_taken = 0;
  for (const char c : bytes) slow_taken += slow.Put({&c, 1});
  EXPECT_EQ(whole.state(), slow.state());
  EXPECT_EQ(whole.body(), slow.body());
  EXPECT_EQ(*taken, slow_taken);
  *body = whole.TakeBody();
  return whole.state();
}

TEST(BodyReader, TakesItsLengthAndNoMore) {
  Head head;
  head.content_length = 5;
  std::string body;
  size_t taken = 0;
  EXPECT_EQ(Feed(head, 5, "helloGET /", &body, &taken), BodyReader::State::kDone);
  EXPECT_EQ(body, "hello");
  EXPECT_EQ(taken, 5u);
  EXPECT_EQ(Feed(head, 5, "hell", &body, &taken), BodyReader::State::kMore);
  EXPECT_EQ(Feed(head, 4, "hello", &body, &taken), BodyReader::State::kTooLarge);
  EXPECT_EQ(taken, 0u);
  EXPECT_EQ(Feed(Head(), 0, "GET /", &body, &taken), BodyReader::State::kDone);
  EXPECT_EQ(taken, 0u);
}

TEST(BodyReader, TakesChunks) {
  std::string body;
  size_t taken = 0;
  const std::string chunks = "5\r\nhello\r\n00A\r\n, hai long\r\n0\r\n\r\n";
  EXPECT_EQ(Feed(Chunked(), 15, chunks + "GET /", &body, &taken), BodyReader::State::kDone);
  EXPECT_EQ(body, "hello, hai long");
  EXPECT_EQ(taken, chunks.size());
  EXPECT_EQ(Feed(Chunked(), 14, chunks, &body, &taken), BodyReader::State::kTooLarge);
  for (size_t size = 0; size < chunks.size(); ++size) {
    EXPECT_EQ(Feed(Chunked(), 15, chunks.substr(0, size), &body, &taken), BodyReader::State::kMore)
        << size;
  }
}

TEST(BodyReader, RefusesEveryOtherFormOfChunks) {
  for (const std::string& bytes : std::vector<std::string>{
           "5;name=value\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n", " 5\r\nhello\r\n", "5\nhello\n",
           "5\r\nhelloX\r\n", "5\r\nhello\n", "-5\r\n", "+5\r\n", "0x5\r\nhello\r\n", "\r\nhello",
           "0\r\nTrailer: a\r\n\r\n", "0\r\n\n", "5\r\rhello\r\n", "FFFFFFFFFFFFFFFF1\r\n",
           "00000000000000000005\r\nhello\r\n", "g\r\n"}) {
    std::string body;
    size_t taken = 0;
    EXPECT_EQ(Feed(Chunked(), 1000, bytes, &body, &taken), BodyReader::State::kBroken) << bytes;
  }
  std::string body;
  size_t taken = 0;
  EXPECT_EQ(Feed(Chunked(), 1000, "FFFFFFFFFFFFFFF\r\n", &body, &taken),
            BodyReader::State::kTooLarge);
}

}  // namespace
}  // namespace hailong::web
