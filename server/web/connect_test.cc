#include "server/web/connect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>

#include "base/gzip/gzip.h"
#include "base/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/registry_service.pb.h"
#include "hailong/v1/results_service.pb.h"
#include "server/model/refusal.h"
#include "server/web/connect_error.h"
#include "server/web/limits.h"

namespace hailong::web {
namespace {

using base::Cat;
using testing::HasSubstr;

// Remembers what it was asked and answers what it was told to.
class FakeBackend final : public RpcBackend {
 public:
  void Unary(const RpcCall& call, const std::string& request, Done done) override {
    calls.push_back(call);
    requests.push_back(request);
    done(status, response);
  }
  std::unique_ptr<RpcStream> ServerStream(const RpcCall& call,
                                          const std::string& request) override {
    calls.push_back(call);
    requests.push_back(request);
    return std::make_unique<Stream>(*this);
  }

  RpcStatus status;
  std::string response;
  std::deque<std::string> messages;  // of a stream
  std::vector<RpcCall> calls;
  std::vector<std::string> requests;

 private:
  struct Stream final : RpcStream {
    explicit Stream(FakeBackend& backend_of) : backend(backend_of) {}
    void Read(Next next) override {
      if (backend.messages.empty()) return next(std::nullopt, backend.status);
      std::string message = std::move(backend.messages.front());
      backend.messages.pop_front();
      next(std::move(message), {});
    }
    FakeBackend& backend;
  };
};

class ConnectTest : public testing::Test {
 protected:
  Answer Ask(const std::string& method, const std::string& type, std::string body,
             std::vector<Header> headers = {}) {
    Request request;
    request.method = "POST";
    request.path = "/" + method;
    request.headers = std::move(headers);
    request.headers.push_back({"content-type", type});
    request.body = std::move(body);
    std::promise<Answer> answered;
    gateway_.Serve(std::move(request),
                   [&](Answer answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  }
  static std::string HeaderOf(const Answer& answer, const std::string& name) {
    for (const Header& header : answer.headers) {
      if (header.name == name) return header.value;
    }
    return "";
  }
  static std::string ReadAll(AnswerStream& stream) {
    std::string all;
    for (bool more = true; more;) {
      std::promise<std::optional<std::string>> read;
      stream.Read([&](std::optional<std::string> piece) { read.set_value(std::move(piece)); });
      const auto piece = read.get_future().get();
      more = piece.has_value();
      all += piece.value_or("");
    }
    return all;
  }

  FakeBackend backend_;
  base::Executor executor_{2, 16};
  ConnectGateway gateway_{backend_, executor_};
};

constexpr char kGetRound[] = "hailong.v1.RegistryService/GetRound";
constexpr char kExport[] = "hailong.v1.ResultsService/ExportResponses";

TEST_F(ConnectTest, TranslatesJsonBothWays) {
  v1::GetRoundResponse response;
  response.mutable_round()->set_round_id("vòng-1");
  backend_.response = response.SerializeAsString();
  const Answer answer = Ask(kGetRound, "application/json; charset=utf-8",
                            R"({"roundId":"a\u1ea3"})", {{"authorization", "Bearer x"}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(HeaderOf(answer, "Content-Type"), "application/json");
  EXPECT_EQ(answer.body, R"({"round":{"roundId":"vòng-1"}})");
  EXPECT_EQ(answer.label, kGetRound);
  v1::GetRoundRequest asked;
  ASSERT_TRUE(asked.ParseFromString(backend_.requests.at(0)));
  EXPECT_EQ(asked.round_id(), "aả");
  EXPECT_EQ(backend_.calls.at(0).method, kGetRound);
  EXPECT_EQ(backend_.calls.at(0).authorization, "Bearer x");
  EXPECT_EQ(backend_.calls.at(0).timeout, limits::kWebCallTimeDefault);
}

TEST_F(ConnectTest, PassesBinaryAsItIs) {
  backend_.response = std::string("\x0a\x03\x0a\x01z", 5);
  const Answer answer = Ask(kGetRound, "application/proto", "not even a message",
                            {{"connect-protocol-version", "1"}, {"connect-timeout-ms", "1500"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(HeaderOf(answer, "Content-Type"), "application/proto");
  EXPECT_EQ(answer.body, backend_.response);
  EXPECT_EQ(backend_.requests.at(0), "not even a message");
  EXPECT_EQ(backend_.calls.at(0).timeout, absl::Milliseconds(1500));
  EXPECT_EQ(backend_.calls.at(0).authorization, "");
}

TEST_F(ConnectTest, LargeBodiesAreTranslatedToo) {
  v1::GetRoundResponse response;
  response.mutable_round()->set_round_id(std::string(100'000, 'r'));
  backend_.response = response.SerializeAsString();
  const Answer answer =
      Ask(kGetRound, "application/json", Cat("{\"roundId\":\"", std::string(100'000, 'q'), "\"}"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_GT(answer.body.size(), 100'000u);
  EXPECT_GT(backend_.requests.at(0).size(), 100'000u);
}

TEST_F(ConnectTest, AnAnswerIsCompressedForThoseWhoTakeItWhereItPays) {
  v1::GetRoundResponse response;
  response.mutable_round()->set_round_id(std::string(100'000, 'r'));
  backend_.response = response.SerializeAsString();
  for (const std::string type : {"application/json", "application/proto"}) {
    const std::string ask = type == "application/json" ? "{}" : "";
    const Answer plain = Ask(kGetRound, type, ask, {{"accept-encoding", "br"}});
    EXPECT_EQ(HeaderOf(plain, "Content-Encoding"), "");
    EXPECT_EQ(HeaderOf(plain, "Vary"), "Accept-Encoding");
    const Answer gzip = Ask(kGetRound, type, ask, {{"accept-encoding", "gzip, br"}});
    EXPECT_EQ(HeaderOf(gzip, "Content-Encoding"), "gzip");
    EXPECT_EQ(HeaderOf(gzip, "Vary"), "Accept-Encoding");
    EXPECT_LT(gzip.body.size(), 1000u);
    EXPECT_EQ(*base::Gunzip(gzip.body, 1'000'000), plain.body);
  }
  backend_.response = "";
  EXPECT_EQ(HeaderOf(Ask(kGetRound, "application/json", "{}", {{"accept-encoding", "gzip"}}),
                     "Content-Encoding"),
            "");
}

TEST_F(ConnectTest, ACredentialThatCannotBeMetadataIsNone) {
  for (const std::string& value :
       {std::string("Bearer \xc3\xa9"), std::string("Bearer ") + std::string(300, 'a'),
        std::string("Bearer\ta")}) {
    Ask(kGetRound, "application/json", "{}", {{"authorization", value}});
    EXPECT_EQ(backend_.calls.back().authorization, "") << value;
  }
}

TEST_F(ConnectTest, EveryStatusHasItsCodeAndHttpStatus) {
  const std::vector<std::tuple<absl::StatusCode, std::string, int>> all = {
      {absl::StatusCode::kCancelled, "canceled", 499},
      {absl::StatusCode::kUnknown, "unknown", 500},
      {absl::StatusCode::kInvalidArgument, "invalid_argument", 400},
      {absl::StatusCode::kDeadlineExceeded, "deadline_exceeded", 504},
      {absl::StatusCode::kNotFound, "not_found", 404},
      {absl::StatusCode::kAlreadyExists, "already_exists", 409},
      {absl::StatusCode::kPermissionDenied, "permission_denied", 403},
      {absl::StatusCode::kResourceExhausted, "resource_exhausted", 429},
      {absl::StatusCode::kFailedPrecondition, "failed_precondition", 400},
      {absl::StatusCode::kAborted, "aborted", 409},
      {absl::StatusCode::kOutOfRange, "out_of_range", 400},
      {absl::StatusCode::kUnimplemented, "unimplemented", 501},
      {absl::StatusCode::kInternal, "internal", 500},
      {absl::StatusCode::kUnavailable, "unavailable", 503},
      {absl::StatusCode::kDataLoss, "data_loss", 500},
      {absl::StatusCode::kUnauthenticated, "unauthenticated", 401}};
  for (const auto& [code, name, http] : all) {
    backend_.status = {.code = code, .message = "no \"round\"\n", .details = ""};
    const Answer answer = Ask(kGetRound, "application/proto", "");
    EXPECT_EQ(answer.status, http) << name;
    EXPECT_EQ(HeaderOf(answer, "Content-Type"), "application/json");
    EXPECT_EQ(answer.body,
              Cat("{\"code\":\"", name, "\",\"message\":\"no \\\"round\\\"\\u000a\"}"));
  }
}

TEST_F(ConnectTest, AMessageThatIsNoTextIsStillJson) {
  backend_.status = {.code = absl::StatusCode::kUnknown, .message = "\xff\"", .details = ""};
  EXPECT_EQ(Ask(kGetRound, "application/proto", "").body,
            "{\"code\":\"unknown\",\"message\":\"(a text that is not UTF-8)\"}");
}

TEST_F(ConnectTest, DetailsTravelAsTypeAndValue) {
  backend_.status = ToRpc(refusal::Field("response.answers", "found 0, allowed are 1..5"));
  const Answer bad = Ask(kGetRound, "application/json", "{}");
  EXPECT_EQ(bad.status, 400);
  // In the order of the names, however the status keeps them.
  EXPECT_THAT(bad.body, HasSubstr(R"("details":[{"type":"google.rpc.BadRequest","value":")"));
  EXPECT_THAT(bad.body, HasSubstr(R"(},{"type":"google.rpc.ErrorInfo","value":")"));
  EXPECT_THAT(bad.body, HasSubstr(R"("debug":{"fieldViolations":[{"field":"response.answers")"));
  EXPECT_EQ(bad.body.find("=\""), std::string::npos) << "padding of base64";
  backend_.status = ToRpc(refusal::QueueFull());
  const Answer full = Ask(kGetRound, "application/json", "{}");
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(HeaderOf(full, "Retry-After"), "1");
  backend_.status.details = "garbage";
  EXPECT_EQ(Ask(kGetRound, "application/json", "{}").body.find("details"), std::string::npos);
}

TEST_F(ConnectTest, WhatIsNotTheProtocolIsRefusedBeforeTheBackend) {
  struct Case {
    std::string method, type, body;
    std::vector<Header> headers;
    int status;
    std::string code;
  };
  const std::string json = "application/json";
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  for (const Case& one : std::vector<Case>{
           {kGetRound, "", "{}", {}, 415, ""},
           {kGetRound, "text/plain", "{}", {}, 415, ""},
           {kGetRound, "application/grpc-web-text", "", {}, 415, ""},
           {"hailong.v1.RegistryService/Nothing", json, "{}", {}, 404, "unimplemented"},
           {"hailong.v1.Nothing/GetRound", json, "{}", {}, 404, "unimplemented"},
           {"hailong.v1.", json, "{}", {}, 404, "unimplemented"},
           {"hailong.v1.RegistryService", json, "{}", {}, 404, "unimplemented"},
           {"hailong.v1.RegistryService/GetRound/", json, "{}", {}, 404, "unimplemented"},
           {Cat("hailong.v1.", std::string(3000, 'a'), "/b"), json, "{}", {}, 404, "unimplemented"},
           {kGetRound, json, "", {}, 400, "invalid_argument"},
           {kGetRound, json, "{", {}, 400, "invalid_argument"},
           {kGetRound, json, "[]", {}, 400, "invalid_argument"},
           {kGetRound, json, "null", {}, 400, "invalid_argument"},
           {kGetRound, json, "{} {}", {}, 400, "invalid_argument"},
           {kGetRound, json, "{\"roundId\":\"\xff\"}", {}, 400, "invalid_argument"},
           {kGetRound, json, "{\"unknown\":1}", {}, 400, "invalid_argument"},
           {kGetRound, json, "{\"roundId\":[1]}", {}, 400, "invalid_argument"},
           {kGetRound, json, Cat("{\"roundId\":", deep, "}"), {}, 400, "invalid_argument"},
           {kGetRound, json, "{}", {{"connect-protocol-version", "2"}}, 400, "invalid_argument"},
           {kGetRound, json, "{}", {{"connect-timeout-ms", "-1"}}, 400, "invalid_argument"},
           {kGetRound, json, "{}", {{"connect-timeout-ms", "1.5"}}, 400, "invalid_argument"},
           {kGetRound,
            json,
            "{}",
            {{"connect-timeout-ms", "99999999999"}},
            400,
            "invalid_argument"},
           {kGetRound, json, "{}", {{"content-encoding", "gzip"}}, 501, "unimplemented"},
           {kExport, json, "{}", {}, 501, "unimplemented"},
           {kGetRound, "application/connect+json", "", {}, 200, "unimplemented"},
           {kExport, "application/connect+json", "", {}, 200, "invalid_argument"},
           {kExport,
            "application/connect+json",
            std::string("\0\0\0\0\3{}", 7),
            {},
            200,
            "invalid_argument"},
           {kExport,
            "application/connect+json",
            std::string("\0\0\0\0\1{}", 7),
            {},
            200,
            "invalid_argument"},
           {kExport,
            "application/connect+json",
            std::string("\1\0\0\0\2{}", 7),
            {},
            200,
            "unimplemented"},
           {kExport,
            "application/connect+json",
            std::string("\2\0\0\0\2{}", 7),
            {},
            200,
            "invalid_argument"},
           {kExport,
            "application/connect+json",
            std::string("\0\xff\xff\xff\xff{}", 7),
            {},
            200,
            "invalid_argument"}}) {
    const Answer answer = Ask(one.method, one.type, one.body, one.headers);
    EXPECT_EQ(answer.status, one.status) << one.method << " " << one.body.substr(0, 80);
    EXPECT_THAT(answer.body,
                HasSubstr(one.code.empty() ? "content-type" : Cat("\"code\":\"", one.code, "\"")))
        << one.method << " " << one.body.substr(0, 80);
    EXPECT_LT(answer.body.size(), 1000u);
  }
  EXPECT_TRUE(backend_.calls.empty());
}

TEST_F(ConnectTest, AStreamIsEnvelopesAndAnEnd) {
  v1::ExportResponsesResponse message;
  message.set_cursor("c1");
  backend_.messages = {message.SerializeAsString(), ""};
  const std::string request("\0\0\0\0\x0f{\"roundId\":\"r\"}", 20);
  const Answer answer = Ask(kExport, "application/connect+json", request);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(HeaderOf(answer, "Content-Type"), "application/connect+json");
  ASSERT_NE(answer.stream, nullptr);
  EXPECT_EQ(ReadAll(*answer.stream), std::string("\0\0\0\0\x0f{\"cursor\":\"c1\"}", 20) +
                                         std::string("\0\0\0\0\2{}", 7) +
                                         std::string("\2\0\0\0\2{}", 7));
  v1::ExportResponsesRequest asked;
  ASSERT_TRUE(asked.ParseFromString(backend_.requests.at(0)));
  EXPECT_EQ(asked.round_id(), "r");
  EXPECT_EQ(backend_.calls.at(0).timeout, std::nullopt);
}

TEST_F(ConnectTest, AStreamsErrorStandsInItsEnd) {
  backend_.messages = {"as it is"};
  backend_.status = ToRpc(absl::NotFoundError("round 'r'"));
  const Answer answer = Ask(kExport, "application/connect+proto", std::string("\0\0\0\0\0", 5));
  ASSERT_NE(answer.stream, nullptr);
  EXPECT_EQ(ReadAll(*answer.stream), std::string("\0\0\0\0\x08", 5) + "as it is" +
                                         std::string("\2\0\0\0\x34", 5) +
                                         R"({"error":{"code":"not_found","message":"round 'r'"}})");
}

TEST_F(ConnectTest, GrpcWebHasItsStatusInTheLastEnvelope) {
  backend_.response = "as it is";
  const std::string request("\0\0\0\0\2ab", 7);
  const Answer answer =
      Ask(kGetRound, "application/grpc-web+proto", request, {{"grpc-timeout", "1500m"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(HeaderOf(answer, "Content-Type"), "application/grpc-web+proto");
  EXPECT_EQ(answer.body, std::string("\0\0\0\0\x08", 5) + "as it is" +
                             std::string("\x80\0\0\0\x10", 5) + "grpc-status: 0\r\n");
  EXPECT_EQ(backend_.requests.at(0), "ab");
  EXPECT_EQ(backend_.calls.at(0).timeout, absl::Milliseconds(1500));

  backend_.messages = {"one"};
  backend_.status = {absl::StatusCode::kNotFound, "vòng 5%", "\xff\xfe"};
  const std::string end =
      std::string("\x80\0\0\0\x4d", 5) +
      "grpc-status: 5\r\ngrpc-message: v%C3%B2ng 5%25\r\ngrpc-status-details-bin: //4=\r\n";
  const Answer stream = Ask(kExport, "application/grpc-web", request);
  ASSERT_NE(stream.stream, nullptr);
  EXPECT_EQ(ReadAll(*stream.stream), std::string("\0\0\0\0\x03one", 8) + end);
  const Answer refused = Ask(kGetRound, "application/grpc-web", request);
  EXPECT_EQ(refused.status, 200);
  EXPECT_EQ(refused.body, end);
  Ask(kGetRound, "application/grpc-web", request, {{"grpc-timeout", "99999999H"}});
  EXPECT_EQ(backend_.calls.back().timeout, absl::Milliseconds(9'999'999'999));
}

TEST_F(ConnectTest, WhatIsNotGrpcWebIsRefusedBeforeTheBackend) {
  const std::string one("\0\0\0\0\0", 5);
  for (const auto& [body, header, code] : std::vector<std::tuple<std::string, Header, int>>{
           {"", {"te", "trailers"}, 3},
           {one + one, {"te", "trailers"}, 3},
           {std::string("\1\0\0\0\0", 5), {"te", "trailers"}, 12},
           {one, {"grpc-encoding", "gzip"}, 12},
           {one, {"grpc-timeout", "5"}, 3},
           {one, {"grpc-timeout", "S"}, 3},
           {one, {"grpc-timeout", "123456789S"}, 3},
           {one, {"grpc-timeout", "-1S"}, 3},
           {one, {"grpc-timeout", "5s"}, 3}}) {
    const Answer answer = Ask(kGetRound, "application/grpc-web+proto", body, {header});
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr(Cat("grpc-status: ", code, "\r\ngrpc-message: ")))
        << header.name << " " << header.value;
  }
  EXPECT_TRUE(backend_.calls.empty());
}

}  // namespace
}  // namespace hailong::web
