#include "server/web/request_reader.h"

#include <gtest/gtest.h>

#include "base/status.h"
#include "server/web/limits.h"

namespace hailong::web {
namespace {

using base::Cat;
using State = RequestReader::State;

constexpr size_t kBodyMax = 100;

class RequestReaderTest : public testing::Test {
 protected:
  RequestReaderTest() {
    site_.Add({.name = "post",
               .path = "/post",
               .methods = {"POST"},
               .body_bytes_max = kBodyMax,
               .serve = [](const Request&, const Done&) {}});
    site_.Add({.name = "get",
               .path = "/get",
               .methods = {"GET"},
               .serve = [](const Request&, const Done&) {}});
  }
  ReadFor For(bool busy = false) const {
    return {site_, proxies_, *Address::Parse("127.0.0.1"), busy};
  }
  int Refused(std::string_view bytes, bool busy = false) const {
    RequestReader reader(For(busy));
    reader.Put(bytes);
    return reader.state() == State::kRefused ? reader.TakeRefusal().status : 0;
  }

  Site site_;
  TrustedProxies proxies_ = *TrustedProxies::Parse({"127.0.0.1"});
};

TEST_F(RequestReaderTest, TakesOneRequestWhereverItIsCutAndLeavesTheNext) {
  const std::string first =
      "POST /post?a=b HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.7\r\n"
      "X-Forwarded-Proto: https\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n4\r\n you\r\n0\r\n\r\n";
  const std::string both = Cat(first, "GET /get HTTP/1.1\r\n");
  for (size_t cut = 0; cut <= first.size(); ++cut) {
    RequestReader reader(For());
    size_t taken = reader.Put(std::string_view(both).substr(0, cut));
    ASSERT_EQ(taken, cut);
    taken += reader.Put(std::string_view(both).substr(cut));
    ASSERT_EQ(taken, first.size()) << cut;
    ASSERT_EQ(reader.state(), State::kDone) << cut;
    EXPECT_EQ(reader.route()->name, "post");
    EXPECT_TRUE(reader.secure());
    EXPECT_EQ(reader.body_bytes(), 9u);
    const Request request = reader.TakeRequest();
    EXPECT_EQ(request.body, "hello you");
    EXPECT_EQ(request.query, "a=b");
    EXPECT_EQ(request.client, *Address::Parse("203.0.113.7"));
  }
}

TEST_F(RequestReaderTest, HeadIsServedAsGetAndRememberedAsHead) {
  RequestReader reader(For());
  reader.Put("HEAD /get HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(reader.state(), State::kDone);
  EXPECT_EQ(reader.method(), "HEAD");
  EXPECT_EQ(reader.TakeRequest().method, "GET");
}

TEST_F(RequestReaderTest, RefusesAsSoonAsItIsClear) {
  const std::string host = " HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(Refused("garbage\r\n\r\n"), 400);
  EXPECT_EQ(Refused(std::string(limits::kWebHeaderBytesMax, 'a')), 0);
  EXPECT_EQ(Refused(std::string(limits::kWebHeaderBytesMax + 1, 'a')), 431);
  RequestReader in_two(For());
  EXPECT_EQ(in_two.Put(std::string(limits::kWebHeaderBytesMax, 'a')), limits::kWebHeaderBytesMax);
  EXPECT_EQ(in_two.Put("aa"), 1u);
  EXPECT_EQ(in_two.state(), State::kRefused);
  EXPECT_EQ(Refused(Cat("GET /nothing", host, "\r\n")), 404);
  EXPECT_EQ(Refused(Cat("GET /post", host, "\r\n")), 405);
  EXPECT_EQ(Refused(Cat("GET /get", host, "Content-Length: 1\r\n\r\n")), 413);
  EXPECT_EQ(Refused(Cat("POST /post", host, "Content-Length: ", kBodyMax + 1, "\r\n\r\n")), 413);
  EXPECT_EQ(Refused(Cat("POST /post", host, "Content-Length: ", kBodyMax, "\r\n\r\n")), 0);
  EXPECT_EQ(Refused(Cat("POST /post", host, "Transfer-Encoding: chunked\r\n\r\nz\r\n")), 400);
  // Busy for whoever can be understood, wherever it goes.
  EXPECT_EQ(Refused(Cat("GET /nothing", host, "\r\n"), true), 503);
  EXPECT_EQ(Refused("garbage\r\n\r\n", true), 400);
}

TEST_F(RequestReaderTest, WhatIsRefusedIsLetGoAndTakesNothingMore) {
  RequestReader reader(For());
  reader.Put("POST /post HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  EXPECT_TRUE(reader.expects_continue());
  EXPECT_EQ(reader.Put("12345"), 5u);
  EXPECT_EQ(reader.body_bytes(), 5u);
  reader.Refuse(Busy());
  EXPECT_EQ(reader.body_bytes(), 0u);
  EXPECT_FALSE(reader.keep_alive());
  EXPECT_FALSE(reader.expects_continue());
  EXPECT_EQ(reader.Put("6789"), 0u);
  EXPECT_EQ(reader.route()->name, "post");
  EXPECT_EQ(reader.TakeRefusal().status, 503);
}

}  // namespace
}  // namespace hailong::web
