// Command lines about Zalo against a small server in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/cli/cli_for_test.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace hailong::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// As hailongd: a dossier is invited once, a phone "bad" is refused with its place.
class FakeZalo : public v1::ZaloService::Service {
 public:
  grpc::Status QueueInvitations(grpc::ServerContext*, const v1::QueueInvitationsRequest* request,
                                v1::QueueInvitationsResponse* response) override {
    calls.push_back(*request);
    for (int i = 0; i < request->invitations_size(); ++i) {
      if (request->invitations(i).phone() != "bad") continue;
      google::rpc::BadRequest bad;
      auto& violation = *bad.add_field_violations();
      violation.set_field(absl::StrCat("invitations[", i, "].phone"));
      violation.set_description("found 3 bytes that are no Vietnamese number");
      google::rpc::Status full;
      full.add_details()->PackFrom(bad);
      return {grpc::StatusCode::INVALID_ARGUMENT, "bad request", full.SerializeAsString()};
    }
    for (const auto& one : request->invitations()) {
      const bool added = invited.insert(one.dossier_code()).second;
      response->set_queued(response->queued() + (added ? 1 : 0));
      response->set_already_there(response->already_there() + (added ? 0 : 1));
    }
    return grpc::Status::OK;
  }
  grpc::Status ListSends(grpc::ServerContext*, const v1::ListSendsRequest* request,
                         v1::ListSendsResponse* response) override {
    if (request->round_id() != "march") return {grpc::StatusCode::NOT_FOUND, "round: no 'x'"};
    *response = Parse<v1::ListSendsResponse>(
        "counts { unit_id: '74.SNV' state: ZALO_SEND_STATE_DELIVERED count: 12 }"
        "counts { unit_id: '74.SNV' state: ZALO_SEND_STATE_FAILED error: -118 count: 2 }");
    return grpc::Status::OK;
  }
  grpc::Status GetZaloState(grpc::ServerContext*, const v1::GetZaloStateRequest*,
                            v1::GetZaloStateResponse* response) override {
    *response = state;
    return grpc::Status::OK;
  }
  grpc::Status ResumeSending(grpc::ServerContext*, const v1::ResumeSendingRequest*,
                             v1::ResumeSendingResponse*) override {
    state.clear_stopped();
    return grpc::Status::OK;
  }
  grpc::Status ReconcileRatings(grpc::ServerContext*, const v1::ReconcileRatingsRequest*,
                                v1::ReconcileRatingsResponse*) override {
    ++looks;
    return grpc::Status::OK;
  }

  std::vector<v1::QueueInvitationsRequest> calls;
  std::set<std::string> invited;
  v1::GetZaloStateResponse state;
  int looks = 0;
};

class FakeUnits : public v1::RegistryService::Service {
 public:
  grpc::Status ListUnits(grpc::ServerContext*, const v1::ListUnitsRequest*,
                         v1::ListUnitsResponse* response) override {
    *response = Parse<v1::ListUnitsResponse>("units { unit_id: '74.SNV' name: 'Sở Nội vụ' }");
    return grpc::Status::OK;
  }
};

class ZaloCli : public CliTest {
 protected:
  ZaloCli() { Serve({&zalo_, &units_}); }

  FakeZalo zalo_;
  FakeUnits units_;
};

constexpr char kList[] =
    "dossier_code,unit_id,phone,name,note,link\n"
    "H1-250301-1,74.SNV,0900000001,\"Nguyễn, An\",private,https://a.vn/s/#i=1\n"
    "H1-250301-2,74.STC,84900000002,Bình,private,https://a.vn/s/#i=2\n";

TEST_F(ZaloCli, OnlyTheColumnsThatAreNamedAreSent) {
  const Output output = Hailong({"zalo", "invite", "march", Write("list.csv", kList), "--data",
                                 "ten_cong_dan=name,link", "--lang", "en"});
  ASSERT_EQ(output.exit_code, 0) << output.err;
  ASSERT_EQ(zalo_.calls.size(), 1u);
  EXPECT_EQ(zalo_.calls[0].round_id(), "march");
  const v1::ZaloInvitation& first = zalo_.calls[0].invitations(0);
  EXPECT_EQ(first.dossier_code(), "H1-250301-1");
  EXPECT_EQ(first.unit_id(), "74.SNV");
  EXPECT_EQ(first.phone(), "0900000001");
  EXPECT_EQ(first.template_data().at("ten_cong_dan"), "Nguyễn, An");
  EXPECT_EQ(first.template_data().at("link"), "https://a.vn/s/#i=1");
  EXPECT_EQ(first.details_link(), "");
  EXPECT_THAT(zalo_.calls[0].SerializeAsString(), Not(HasSubstr("private")));
  EXPECT_THAT(output.out, HasSubstr("march"));
  EXPECT_THAT(output.out, Not(HasSubstr("0900000001")));
  // Once for each dossier, as the server says.
  const Output again = Hailong(
      {"zalo", "invite", "march", Write("list.csv", kList), "--data", "link", "--format", "csv"});
  EXPECT_EQ(again.out, "round_id,queued,already_there\nmarch,0,2\n");
}

TEST_F(ZaloCli, AMessageOfOurOwnIsFilledInAndCarriesTheLinkToTheWholeForm) {
  const std::string list = Write(
      "list.csv",
      "dossier_code,unit_id,user_id,name,link\nH1-250301-1,74.SNV,345,An,https://a.vn/s/#i=1\n");
  const Output output =
      Hailong({"zalo", "invite", "march", list, "--message",
               Write("text.txt", "Kính mời {name} đánh giá.\n"), "--details", "link"});
  ASSERT_EQ(output.exit_code, 0) << output.err;
  const v1::ZaloInvitation& one = zalo_.calls.at(0).invitations(0);
  EXPECT_EQ(one.user_id(), "345");
  EXPECT_EQ(one.message_text(), "Kính mời An đánh giá.");
  EXPECT_EQ(one.details_link(), "https://a.vn/s/#i=1");
}

TEST_F(ZaloCli, ALongListGoesInPartsAndARefusalNamesTheLineOfTheFile) {
  std::string list = "dossier_code,unit_id,phone\n";
  for (int i = 0; i < 1002; ++i) absl::StrAppend(&list, "H1-250301-", i, ",74.SNV,090000", i, "\n");
  const Output good =
      Hailong({"zalo", "invite", "march", Write("good.csv", list), "--format", "csv"});
  ASSERT_EQ(good.exit_code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("march,1002,0"));
  ASSERT_EQ(zalo_.calls.size(), 2u);
  EXPECT_EQ(zalo_.calls[1].invitations_size(), 2);
  const std::string path = Write("bad.csv", list + "H1-250301-9999,74.SNV,bad\n");
  const Output bad = Hailong({"zalo", "invite", "march", path});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.err, HasSubstr("1000 rows are queued"));
  EXPECT_THAT(bad.err, HasSubstr(path + ":1004: phone: found 3 bytes"));
}

TEST_F(ZaloCli, WhatIsWrongWithAListIsSaidBeforeAnythingIsQueued) {
  const std::string good = Write("good.csv", kList);
  const std::vector<std::pair<std::vector<std::string>, std::string>> lines = {
      {{Write("d.csv", "unit_id,phone\n74,1\n")}, "d.csv: no column \"dossier_code\""},
      {{Write("u.csv", "dossier_code,phone\n74,1\n")}, "u.csv: no column \"unit_id\""},
      {{Write("p.csv", "dossier_code,unit_id\n74,1\n")}, "no column \"phone\" or \"user_id\""},
      {{Write("n.csv", "dossier_code,unit_id,phone\na,74,1\nb,74,\n")},
       "n.csv:3: found neither phone nor user_id"},
      {{Write("b.csv", "dossier_code,unit_id,phone,user_id\na,74,secret,2\n")},
       "b.csv:2: found both phone and user_id"},
      {{good, "--data", "x=nowhere"}, "good.csv: no column \"nowhere\""},
      {{good, "--data", "x=name,x=note"}, "--data: \"x\" is there twice"},
      {{good, "--details", "nowhere"}, "good.csv: no column \"nowhere\""},
      {{good, "--message", Write("m.txt", "Kính mời {ten}")}, "m.txt: names {ten}"},
      {{good, "--message", Write("e.txt", "\n\n")}, "e.txt: has 0 bytes that are no message"},
      {{good, "--message", Write("x.txt", "\xFF\xFE")}, "x.txt: has 2 bytes that are no message"},
      {{good, "--message", Path("none.txt")}, "none.txt"},
      {{Path("none.csv")}, "none.csv"}};
  for (const auto& [line, what] : lines) {
    std::vector<std::string> arguments = {"zalo", "invite", "march"};
    arguments.insert(arguments.end(), line.begin(), line.end());
    const Output output = Hailong(arguments);
    EXPECT_EQ(output.exit_code, 2) << what;
    EXPECT_THAT(output.err, HasSubstr(what));
    EXPECT_THAT(output.err, Not(HasSubstr("secret")));
  }
  EXPECT_TRUE(zalo_.calls.empty());
}

TEST_F(ZaloCli, SendsAreShownByUnitAndState) {
  const Output table = Hailong({"zalo", "sends", "march"});
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("Sở Nội vụ"));
  EXPECT_THAT(table.out, HasSubstr("không gửi được"));
  const Output csv = Hailong({"zalo", "sends", "march", "--format", "csv"});
  EXPECT_EQ(csv.out,
            "unit_id,name,state,error,count\n74.SNV,Sở Nội vụ,delivered,,12\n"
            "74.SNV,Sở Nội vụ,failed,-118,2\n");
  const Output none = Hailong({"zalo", "sends", "x"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("NOT_FOUND"));
}

TEST_F(ZaloCli, TheStateSaysWhatIsWellAndWhatNeedsAPerson) {
  zalo_.state.set_quota_left(-1);
  const Output well = Hailong({"zalo", "state", "--lang", "en"});
  ASSERT_EQ(well.exit_code, 0) << well.err;
  EXPECT_THAT(well.out, HasSubstr("Sending stopped for a person    no"));
  EXPECT_THAT(well.out, HasSubstr("not known"));
  EXPECT_THAT(well.out, HasSubstr("never"));
  EXPECT_THAT(well.out, Not(HasSubstr("zalo resume")));

  zalo_.state = Parse<v1::GetZaloStateResponse>(
      "token_expires_at { seconds: 1790000000 } token_trouble: 'no\\033[0m consent' "
      "stopped: 'Zalo answers error -1241' quota_left: 7 "
      "webhooks { status: 200 count: 5 } webhooks { status: 401 count: 3 } "
      "events { state: ZALO_EVENT_STATE_HELD count: 2 } "
      "events { state: ZALO_EVENT_STATE_RECORDED count: 9 } reconcile_trouble: 'error -101'");
  const Output ill = Hailong({"zalo", "state", "--lang", "en"});
  EXPECT_THAT(ill.out, HasSubstr("Zalo answers error -1241"));
  EXPECT_THAT(ill.out, HasSubstr("2026-09-21 21:13"));
  EXPECT_THAT(ill.out, HasSubstr("When the cause is mended: hailong zalo resume"));
  EXPECT_THAT(ill.out, Not(HasSubstr("\033")));
  const Output csv = Hailong({"zalo", "state", "--format", "csv"});
  for (const char* line :
       {"item,value\n", "\ntoken_expires_at,2026-09-21T14:13:20Z\n", "\nquota_left,7\n",
        "\nwebhooks_401,3\n", "\nevents_held,2\n", "\nevents_recorded,9\n", "\nevents_refused,0\n",
        "\nreconcile_trouble,error -101\n"}) {
    EXPECT_THAT(csv.out, HasSubstr(line));
  }
}

TEST_F(ZaloCli, ResumeGoesOnAndShowsTheStateReconcileAsks) {
  zalo_.state.set_stopped("Zalo answers error -1241");
  const Output resumed = Hailong({"zalo", "resume", "--format", "json"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(zalo_.state.stopped(), "");
  EXPECT_THAT(resumed.out, Not(HasSubstr("1241")));
  const Output asked = Hailong({"zalo", "reconcile"});
  EXPECT_EQ(asked.exit_code, 0);
  EXPECT_EQ(zalo_.looks, 1);
  EXPECT_THAT(asked.err, HasSubstr("hailong zalo state"));
}

// Answers one request of HTTP and remembers it.
class OneAnswer {
 public:
  explicit OneAnswer(const std::string& json) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this, json] {
      const int peer = accept(listener_, nullptr, nullptr);
      char bytes[4096];
      // What curl sends of a small form comes at once or in two pieces.
      while (request_.find("grant_type") == std::string::npos) {
        const ssize_t count = recv(peer, bytes, sizeof bytes, 0);
        if (count <= 0) break;
        request_.append(bytes, static_cast<std::size_t>(count));
      }
      const std::string answer = absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", json.size(),
                                              "\r\nConnection: close\r\n\r\n", json);
      send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      close(peer);
    });
  }
  ~OneAnswer() {
    shutdown(listener_, SHUT_RDWR);  // nobody came
    if (thread_.joinable()) thread_.join();
    close(listener_);
  }
  std::string origin() const { return absl::StrCat("http://127.0.0.1:", port_); }
  std::string request() {
    thread_.join();
    return request_;
  }

 private:
  const int listener_;
  int port_ = 0;
  std::string request_;
  std::thread thread_;
};

class ZaloConnect : public CliTest {
 protected:
  Output Connect(const std::string& origin, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"zalo",
                                          "connect",
                                          "--app-id",
                                          "123",
                                          "--app-secret-file",
                                          Write("secret", "app-secret\n"),
                                          "--redirect-url",
                                          "https://a.vn/zalo",
                                          "--out",
                                          Path("token"),
                                          "--oauth",
                                          origin};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Hailong(arguments);
  }
};

TEST_F(ZaloConnect, WhatTheAdminConsentsToBecomesATokenInAFileThatNobodySees) {
  OneAnswer zalo(R"({"access_token":"access-1","refresh_token":"refresh-1","expires_in":"90000"})");
  typed_ = "https://a.vn/zalo?oa_id=77&code=the%2Bcode&state=";
  // The vector of RFC 7636, appendix B.
  const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const Output output = Connect(
      zalo.origin(), {"--oa-id", "77", "--verifier-file", Write("verifier", verifier + "\n")});
  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.out,
              HasSubstr(absl::StrCat(zalo.origin(),
                                     "/v4/oa/permission?app_id=123&redirect_uri=https%3A%2F%2Fa.vn"
                                     "%2Fzalo&code_challenge="
                                     "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")));
  for (const char* secret : {"refresh-1", "access-1", "app-secret", "the%2Bcode", "dBjft"}) {
    EXPECT_THAT(output.out + output.err, Not(HasSubstr(secret)));
  }
  const std::string request = zalo.request();
  EXPECT_THAT(request, HasSubstr("POST /v4/oa/access_token HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("secret_key: app-secret\r\n"));
  EXPECT_THAT(request, HasSubstr(absl::StrCat("code=the%2Bcode&app_id=123&grant_type="
                                              "authorization_code&code_verifier=",
                                              verifier)));
  EXPECT_EQ(Read("token"), "refresh-1\n");
  struct stat mode;
  ASSERT_EQ(stat(Path("token").c_str(), &mode), 0);
  EXPECT_EQ(mode.st_mode & 0777u, 0600u);
  // A token that may still be needed is not overwritten.
  EXPECT_EQ(Connect(zalo.origin()).exit_code, 2);
}

TEST_F(ZaloConnect, ARefusalLeavesNoFileAndRepeatsNoSecret) {
  {
    OneAnswer zalo(R"({"error":-14014,"error_name":"Invalid code"})");
    typed_ = "the-code";
    const Output output = Connect(zalo.origin());
    EXPECT_EQ(output.exit_code, 1);
    EXPECT_THAT(output.err, HasSubstr("HTTP status 200, error -14014"));
    EXPECT_THAT(output.err, Not(HasSubstr("the-code")));
  }
  EXPECT_FALSE(std::filesystem::exists(Path("token")));
  const std::string nowhere = "http://127.0.0.1:1";
  typed_ = "https://a.vn/zalo?code=the-code&oa_id=78";
  const std::vector<std::tuple<std::string, std::vector<std::string>, int, std::string>> cases = {
      {nowhere, {}, 3, "no answer from http://127.0.0.1:1"},
      {nowhere, {"--oa-id", "77"}, 2, "the admin of another account consented"},
      {nowhere, {"--oa-id", "x"}, 2, "--oa-id: found 'x', allowed are digits"},
      {nowhere, {"--verifier-file", Write("short", "abc")}, 2, "has 3 characters, allowed are 43"},
      {"http://zalo.me", {}, 2, "--oauth: found 'http://zalo.me'"}};
  for (const auto& [origin, more, code, what] : cases) {
    const Output output = Connect(origin, more);
    EXPECT_EQ(output.exit_code, code) << what;
    EXPECT_THAT(output.err, HasSubstr(what));
    EXPECT_THAT(output.err, Not(HasSubstr("the-code")));
    EXPECT_FALSE(std::filesystem::exists(Path("token"))) << what;
  }
  typed_ = "the-code";
  EXPECT_THAT(Connect(nowhere, {"--oa-id", "77"}).err,
              HasSubstr("names no account: found no oa_id, allowed is the whole address"));
  typed_ = "https://a.vn/zalo?error=denied";
  EXPECT_THAT(Connect(nowhere).err, HasSubstr("bytes without a code"));
}

TEST_F(CliTest, AServerWithoutZaloSaysHowToHaveIt) {
  FakeUnits units;
  Serve({&units});
  for (const std::vector<std::string>& line :
       {std::vector<std::string>{"zalo", "state"},
        {"zalo", "sends", "march"},
        {"zalo", "resume"},
        {"zalo", "reconcile"},
        {"zalo", "invite", "march", Write("list.csv", kList)}}) {
    const Output output = Hailong(line);
    EXPECT_EQ(output.exit_code, 1);
    EXPECT_THAT(output.err, HasSubstr("start it with --zalo-settings FILE"));
  }
  server_->Shutdown();
}

}  // namespace
}  // namespace hailong::cli
