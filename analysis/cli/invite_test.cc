// Command lines about invitations against a small server in this process; a sheet of QR codes read
// again by other programs; mails to a real SMTP server in another process.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "analysis/cli/cli.h"
#include "analysis/cli/link.h"
#include "analysis/cli/mail.h"
#include "analysis/cli/session.h"
#include "analysis/cli/table_file.h"
#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUrl[] = "https://khaosat.example.vn";

std::string TokenOf(int n) {
  std::string token = std::to_string(n);
  return std::string(26 - token.size(), 'T') + token;
}

// As hailongd, but with tokens that a test can foretell.
class FakeInvitations : public v1::InvitationService::Service {
 public:
  grpc::Status CreateInvitations(grpc::ServerContext*, const v1::CreateInvitationsRequest* request,
                                 v1::CreateInvitationsResponse* response) override {
    if (refuse_next) {
      refuse_next = false;
      return {grpc::StatusCode::UNAVAILABLE, "try again"};
    }
    calls.push_back(*request);
    const auto known = made.find(request->request_id());
    if (known != made.end()) {
      for (const std::string& id : known->second)
        response->add_invitations()->set_invitation_id(id);
      return grpc::Status::OK;
    }
    for (int i = 0; i < request->invitations_size(); ++i) {
      auto& one = *response->add_invitations();
      one.set_invitation_id(absl::StrCat("id-", ++count));
      one.set_token(TokenOf(count));
      made[request->request_id()].push_back(one.invitation_id());
    }
    if (lose_next) {
      lose_next = false;
      response->Clear();
      return {grpc::StatusCode::UNAVAILABLE, "the connection broke"};
    }
    return grpc::Status::OK;
  }
  grpc::Status ListInvitations(grpc::ServerContext*, const v1::ListInvitationsRequest* request,
                               v1::ListInvitationsResponse* response) override {
    for (const std::string& id : request->invitation_ids()) {
      auto& one = *response->add_invitations();
      one.set_invitation_id(id);
      one.set_answered(answered.contains(id));
      one.set_revoked(revoked.contains(id));
    }
    return grpc::Status::OK;
  }
  grpc::Status RevokeInvitations(grpc::ServerContext*, const v1::RevokeInvitationsRequest* request,
                                 v1::RevokeInvitationsResponse*) override {
    revoked.insert(request->invitation_ids().begin(), request->invitation_ids().end());
    return grpc::Status::OK;
  }
  grpc::Status GetResponseRates(grpc::ServerContext*, const v1::GetResponseRatesRequest* request,
                                v1::GetResponseRatesResponse* response) override {
    if (request->round_id() != "march" || --looks < 0) {
      return {grpc::StatusCode::NOT_FOUND, "no round"};
    }
    auto& rate = *response->add_rates();
    rate.set_unit_id("74.SNV");
    rate.set_group(2);
    rate.set_invited(8);
    rate.set_opened(4);
    rate.set_answered(3);
    *response->add_rates() = rate;
    response->mutable_rates(1)->set_unit_id("74.STC");
    response->mutable_rates(1)->set_answered(static_cast<uint32_t>(looks));
    return grpc::Status::OK;
  }
  grpc::Status GetSlipKey(grpc::ServerContext*, const v1::GetSlipKeyRequest*,
                          v1::GetSlipKeyResponse* response) override {
    response->set_key(std::string(32, 'k'));
    response->set_link_code("7K3QX0M9TB");
    return grpc::Status::OK;
  }

  std::vector<v1::CreateInvitationsRequest> calls;
  std::map<std::string, std::vector<std::string>> made;
  std::set<std::string> answered;
  std::set<std::string> revoked;
  int count = 0;
  int looks = 1;
  bool lose_next = false;
  bool refuse_next = false;
};

class FakeRegistry : public v1::RegistryService::Service {
 public:
  grpc::Status ListCollectors(grpc::ServerContext*, const v1::ListCollectorsRequest*,
                              v1::ListCollectorsResponse* response) override {
    auto& web = *response->add_collectors();
    web.set_collector_id("web");
    *web.mutable_web() = configured;
    return grpc::Status::OK;
  }
  grpc::Status ConfigureWeb(grpc::ServerContext*, const v1::ConfigureWebRequest* request,
                            v1::ConfigureWebResponse* response) override {
    asked = request->web();
    response->mutable_collector()->set_collector_id(request->collector_id());
    *response->mutable_collector()->mutable_web() = request->web();
    response->mutable_collector()->mutable_web()->set_link_code("7K3QX0M9TB");
    return grpc::Status::OK;
  }
  grpc::Status ListUnits(grpc::ServerContext*, const v1::ListUnitsRequest*,
                         v1::ListUnitsResponse* response) override {
    auto& unit = *response->add_units();
    unit.set_unit_id("74.SNV");
    unit.set_name("Sở Nội vụ");
    return grpc::Status::OK;
  }

  v1::WebConfiguration configured;
  v1::WebConfiguration asked;
};

struct Output {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// What a program prints; a failure of the test if it fails.
std::string RunProgram(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  std::string out;
  char buffer[4096];
  for (std::size_t size; pipe != nullptr && (size = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    out.append(buffer, size);
  }
  EXPECT_EQ(pclose(pipe), 0) << command;
  return out;
}

class InviteCli : public testing::Test {
 protected:
  InviteCli() : folder_(absl::StrCat(testing::TempDir(), "hailong-invite-", getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&invitations_);
    builder.RegisterService(&registry_);
    server_ = builder.BuildAndStart();
    environment_["HAILONG_SERVER"] = absl::StrCat("127.0.0.1:", port);
    environment_["HAILONG_TOKEN_FILE"] = Write("token", "admin-token\n");
    std::filesystem::permissions(folder_ + "/token", std::filesystem::perms::owner_read);
  }
  ~InviteCli() override {
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
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  std::string Read(const std::string& name) {
    std::ifstream in(Path(name), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  Output Create(const std::string& list) {
    return Hailong({"invite", "create", "web", list, "--url", std::string(kUrl) + "/", "--out",
                    Path("links.csv")});
  }

  std::string folder_;
  std::map<std::string, std::string> environment_;
  FakeInvitations invitations_;
  FakeRegistry registry_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(InviteCli, NamesAndAddressesStayHereAndAreCopied) {
  const Output output =
      Create(Write("list.csv",
                   "name,email,unit_id,group,dossier_code\n\"Nguyễn, An\",an@example.vn,74.SNV,2,\n"
                   "Bình,binh@example.vn,74.STC,,G12.18-250301-00430053\n"));
  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(Read("links.csv"),
            absl::StrCat("name,email,unit_id,group,dossier_code,invitation_id,link\n"
                         "\"Nguyễn, An\",an@example.vn,74.SNV,2,,id-1,",
                         kUrl, "/s/#i=", TokenOf(1),
                         "\nBình,binh@example.vn,74.STC,,G12.18-250301-00430053,id-2,", kUrl,
                         "/s/#i=", TokenOf(2), "\n"));
  ASSERT_EQ(invitations_.calls.size(), 1u);
  const std::string sent = invitations_.calls[0].SerializeAsString();
  EXPECT_THAT(sent, Not(HasSubstr("example.vn")));
  EXPECT_THAT(sent, Not(HasSubstr("An")));
  EXPECT_EQ(invitations_.calls[0].invitations(0).group(), 2u);
  EXPECT_EQ(invitations_.calls[0].invitations(1).unit_id(), "74.STC");
  EXPECT_EQ(invitations_.calls[0].invitations(1).dossier_code(), "G12.18-250301-00430053");
  struct stat mode;
  ASSERT_EQ(stat(Path("links.csv").c_str(), &mode), 0);
  EXPECT_EQ(mode.st_mode & 0777u, 0600u);
}

TEST_F(InviteCli, RunAgainItMakesNothingAndALostAnswerIsMadeAnew) {
  const std::string list = Write("list.csv", "name\nAn\nBình\n");
  invitations_.lose_next = true;
  EXPECT_EQ(Create(list).exit_code, 3);
  EXPECT_EQ(invitations_.count, 2);
  EXPECT_EQ(Create(list).exit_code, 0);
  // The same request was asked for first; what nobody has the tokens of is worth nothing.
  ASSERT_EQ(invitations_.calls.size(), 3u);
  EXPECT_EQ(invitations_.calls[0].request_id(), invitations_.calls[1].request_id());
  EXPECT_NE(invitations_.calls[1].request_id(), invitations_.calls[2].request_id());
  EXPECT_THAT(invitations_.revoked, ElementsAre("id-1", "id-2"));
  const std::string links = Read("links.csv");
  EXPECT_THAT(links, HasSubstr(TokenOf(3)));
  EXPECT_EQ(Create(list).exit_code, 0);
  EXPECT_EQ(invitations_.calls.size(), 3u);
  EXPECT_EQ(Read("links.csv"), links);
  // Another list does not overwrite links that may be on their way.
  const Output other = Create(Write("other.csv", "name\nCường\n"));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("another list"));
  EXPECT_EQ(Read("links.csv"), links);
}

TEST_F(InviteCli, ALongListGoesInPartsAndGoesOnWhereItStopped) {
  std::string list = "name\n";
  for (int i = 1; i <= 5003; ++i) absl::StrAppend(&list, "person ", i, "\n");
  const std::string path = Write("list.csv", list);
  ASSERT_EQ(Create(path).exit_code, 0);
  ASSERT_EQ(invitations_.calls.size(), 2u);
  EXPECT_EQ(invitations_.calls[0].invitations_size(), 5000);
  EXPECT_EQ(invitations_.calls[1].invitations_size(), 3);
  // As if it had been cut off between the two.
  auto table = ReadTable(Path("links.csv"));
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->rows.size(), 5003u);
  EXPECT_THAT(table->rows[5002],
              ElementsAre("person 5003", "id-5003", InvitationLink(kUrl, TokenOf(5003))));
  table->rows.resize(5000);
  ASSERT_TRUE(WriteTable(Path("links.csv"), *table).ok());
  invitations_.refuse_next = true;
  EXPECT_EQ(Create(path).exit_code, 3);
  EXPECT_EQ(Create(path).exit_code, 0);
  EXPECT_EQ(ReadTable(Path("links.csv"))->rows.size(), 5003u);
  EXPECT_THAT(invitations_.revoked, ElementsAre("id-5001", "id-5002", "id-5003"));
}

TEST_F(InviteCli, WhatIsWrongWithAListOrAnAddressIsSaidBeforeAnythingIsMade) {
  const std::string good = Write("good.csv", "name\nAn\n");
  const std::vector<std::pair<std::vector<std::string>, std::string>> lines = {
      {{"create", "web", Write("g.csv", "name,group\nAn,x\n"), "--url", kUrl, "--out", Path("o")},
       "g.csv:2: group: found 'x'"},
      {{"create", "web", Write("t.csv", "name,name\nAn,x\n"), "--url", kUrl, "--out", Path("o")},
       "two columns are named"},
      {{"create", "web", Write("l.csv", "name,link\nAn,x\n"), "--url", kUrl, "--out", Path("o")},
       "these are links already"},
      {{"create", "web", good, "--url", "http://khaosat.example.vn", "--out", Path("o")}, "--url"},
      {{"create", "web", good, "--url", "https://", "--out", Path("o")}, "--url"},
      {{"create", "web", good, "--url", "https://a@b", "--out", Path("o")}, "--url"},
      {{"create", "web", Path("none.csv"), "--url", kUrl, "--out", Path("o")}, "none.csv"},
      {{"revoke", "web"}, "no invitation is named"}};
  for (const auto& [line, what] : lines) {
    std::vector<std::string> arguments = {"invite"};
    arguments.insert(arguments.end(), line.begin(), line.end());
    const Output output = Hailong(arguments);
    EXPECT_EQ(output.exit_code, 2) << what;
    EXPECT_THAT(output.err, HasSubstr(what));
  }
  EXPECT_EQ(invitations_.count, 0);
  EXPECT_EQ(invitations_.revoked.size(), 0u);
}

TEST_F(InviteCli, RemainingAreThoseWhoHaveNotAnsweredAndAreNotRevoked) {
  ASSERT_EQ(Create(Write("list.csv", "name\nAn\nBình\nChi\n")).exit_code, 0);
  invitations_.answered = {"id-1"};
  EXPECT_EQ(Hailong({"invite", "revoke", "web", "id-3"}).exit_code, 0);
  const Output output = Hailong({"invite", "remaining", "web", Path("links.csv"), "--out",
                                 Path("rest.csv"), "--format", "csv"});
  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("3,1,"));
  const auto rest = ReadTable(Path("rest.csv"));
  ASSERT_TRUE(rest.ok()) << rest.status();
  ASSERT_EQ(rest->rows.size(), 1u);
  EXPECT_EQ(rest->rows[0][0], "Bình");
  EXPECT_EQ(Hailong({"invite", "revoke", "web", "--list", Path("rest.csv")}).exit_code, 0);
  EXPECT_THAT(invitations_.revoked, ElementsAre("id-2", "id-3"));
}

TEST_F(InviteCli, RatesAreATableWithPercentAndWatchingShowsWhatChanges) {
  const Output csv = Hailong({"invite", "rates", "march", "--format", "csv"});
  EXPECT_EQ(csv.out,
            "unit_id,name,group,invited,opened,answered,response_rate\n"
            "74.SNV,Sở Nội vụ,2,8,4,3,37.5\n74.STC,,2,8,4,0,0\n");
  invitations_.looks = 2;
  const Output watched =
      Hailong({"invite", "rates", "march", "--watch", "--every", "1", "--lang", "en"});
  EXPECT_EQ(watched.exit_code, 1);  // the round went away
  EXPECT_THAT(watched.out, HasSubstr("Response rate (%)"));
  EXPECT_THAT(watched.out, HasSubstr("25.0"));  // 4 of 16, then 3
  EXPECT_THAT(watched.out, HasSubstr("18.8"));
}

TEST_F(InviteCli, TheOpenLinkIsShownAsTextAndQrButOnlyOfAnOpenCollector) {
  EXPECT_EQ(Hailong({"invite", "open", "web", "--url", kUrl}).exit_code, 2);
  registry_.configured.set_open(true);
  registry_.configured.set_link_code("7K3QX0M9TB");
  const Output output = Hailong({"invite", "open", "web", "--url", kUrl});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr(absl::StrCat(kUrl, "/s/#l=7K3QX0M9TB")));
  EXPECT_THAT(output.out, HasSubstr("▀"));
  EXPECT_THAT(Hailong({"invite", "open", "nobody", "--url", kUrl}).err, HasSubstr("is not there"));
}

TEST_F(InviteCli, SlipsAreSignedAsTheContractSays) {
  const std::string codes = Write("codes.csv", "name,dossier_code\nAn, g12.18-250301 00430053\n");
  const Output output =
      Hailong({"invite", "slips", "web", codes, "--url", kUrl, "--out", Path("slips.csv")});
  ASSERT_EQ(output.exit_code, 0) << output.err;
  const base::Digest256 digest = base::HmacSha256(std::string(32, 'k'), "G12.18-250301-00430053");
  const std::string check =
      base::Base32({reinterpret_cast<const char*>(digest.data()), digest.size()}, 10);
  EXPECT_EQ(ReadTable(Path("slips.csv"))->rows[0][2],
            absl::StrCat(kUrl, "/s/#l=7K3QX0M9TB&d=G12.18-250301-00430053&c=", check));
  const Output bad = Hailong({"invite", "slips", "web", Write("bad.csv", "dossier_code\nSECRET\n"),
                              "--url", kUrl, "--out", Path("x.csv")});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("bad.csv:2: dossier_code"));
  EXPECT_THAT(bad.err, Not(HasSubstr("SECRET")));
  EXPECT_THAT(Hailong({"invite", "slip-key", "web"}).out, HasSubstr("6b6b6b6b"));
  const Output kept = Hailong({"invite", "slip-key", "web", "--key-file", Path("key")});
  EXPECT_THAT(kept.out, Not(HasSubstr("6b6b")));
  EXPECT_THAT(Read("key"), HasSubstr("6b6b6b6b"));
}

TEST_F(InviteCli, AWebCollectorIsSetUpAndWhatIsNotGivenStays) {
  registry_.configured.set_round_id("march");
  registry_.configured.set_slips(true);
  registry_.configured.set_link_code("7K3QX0M9TB");
  registry_.configured.add_quotas()->set_size_max(9);
  ASSERT_EQ(Hailong({"collector", "configure-web", "web", "--open", "--group-question", "group",
                     "--languages", "vi,km", "--format", "csv"})
                .exit_code,
            0);
  EXPECT_EQ(registry_.asked.round_id(), "march");
  EXPECT_TRUE(registry_.asked.open());
  EXPECT_TRUE(registry_.asked.slips());
  EXPECT_EQ(registry_.asked.link_code(), "");
  EXPECT_EQ(registry_.asked.quotas_size(), 1);
  EXPECT_THAT(registry_.asked.languages(), ElementsAre("vi", "km"));
  const Output quotas = Hailong({"collector", "configure-web", "web", "--no-slips", "--quota",
                                 "74.SNV:2:40", "--quota", "::500", "--format", "csv"});
  ASSERT_EQ(quotas.exit_code, 0) << quotas.err;
  EXPECT_FALSE(registry_.asked.slips());
  EXPECT_THAT(quotas.out, HasSubstr("74.SNV:2:40 ::500"));
  for (const char* bad : {"74:2", "74:x:1", "74:1:0", "1:2:3:4"}) {
    EXPECT_EQ(Hailong({"collector", "configure-web", "web", "--quota", bad}).exit_code, 2) << bad;
  }
}

TEST_F(InviteCli, ASheetIsReadAgainByAScannerAndItsVietnameseByAReader) {
  std::string list = "name\n";
  const char* const names[] = {"Nguyễn Thị Ấn", "Đặng Thuỳ Hưởng", "Trần Bảo"};
  for (int i = 0; i < 11; ++i) absl::StrAppend(&list, names[i % 3], "\n");
  ASSERT_EQ(Create(Write("list.csv", list)).exit_code, 0);
  const Output output = Hailong({"invite", "sheet", Path("links.csv"), "--out", Path("sheet.pdf"),
                                 "--heading", "Sở Nội vụ mời Ông/Bà trả lời", "--label", "name"});
  ASSERT_EQ(output.exit_code, 0) << output.err;
  RunProgram(absl::StrCat("pdftoppm -r 200 -png ", Path("sheet.pdf"), " ", Path("page"), " 2>&1"));
  std::set<std::string> read;
  for (const char* page : {"page-1.png", "page-2.png"}) {
    const std::string found =
        RunProgram(absl::StrCat("zbarimg --raw -q ", Path(page), " 2>/dev/null"));
    for (const absl::string_view line : absl::StrSplit(found, '\n', absl::SkipEmpty())) {
      read.insert(std::string(line));
    }
  }
  std::set<std::string> made;
  for (int n = 1; n <= 11; ++n) made.insert(InvitationLink(kUrl, TokenOf(n)));
  EXPECT_EQ(read, made);
  const std::string text = RunProgram(absl::StrCat("pdftotext ", Path("sheet.pdf"), " - 2>&1"));
  for (const char* shown : {"Sở Nội vụ mời", "Nguyễn Thị Ấn", "Đặng Thuỳ Hưởng"}) {
    EXPECT_THAT(text, HasSubstr(shown));
  }
  EXPECT_THAT(RunProgram(absl::StrCat("pdfinfo ", Path("sheet.pdf"))), HasSubstr("A4"));
  EXPECT_EQ(Hailong({"invite", "sheet", Path("list.csv"), "--out", Path("x.pdf")}).exit_code, 2);
}

// --- mail ---

TEST(Mail, ATemplateSaysWhatItLacks) {
  EXPECT_TRUE(ReadMailTemplate("Subject: Mời\n\nChào {name}: {link}\n").ok());
  EXPECT_TRUE(ReadMailTemplate("\xEF\xBB\xBFSubject: Mời\r\n\r\n{link}\r\n").ok());
  for (const auto& [text, what] : std::vector<std::pair<std::string, std::string>>{
           {"", "has no subject"},
           {"Chào {link}\n", "has no subject"},
           {"Subject: \n\n{link}", "has no subject"},
           {"Subject: a\n{link}", "no empty line"},
           {"Subject: a\n\nChào", "has no {link}"},
           {"Subject: \xC3\n\n{link}", "is not UTF-8"}}) {
    EXPECT_THAT(std::string(ReadMailTemplate(text).status().message()), HasSubstr(what)) << text;
  }
  const MailTemplate mail = *ReadMailTemplate("Subject: {a}\n\n{link} {b} {b");
  EXPECT_THAT(MissingColumns(mail, {"link", "a"}), ElementsAre("b"));
  EXPECT_EQ(FillIn(mail, {"link", "a", "b"}, {"L", "A", "{a}"}).body, "L {a} {b");
}

TEST(Mail, NothingOfARowBecomesAHeader) {
  const MailTemplate mail{.subject = "Mời\r\nBcc: x@y.z " + std::string(80, 'a'), .body = "ấ\n"};
  const std::string message = MakeMessage({.address = "a@b.vn", .name = "Sở\r\nNội vụ"}, "c@d.vn",
                                          mail, absl::FromUnixSeconds(1741140060), "ABC");
  const std::string head = message.substr(0, message.find("\r\n\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("\nBcc")));
  EXPECT_THAT(head, HasSubstr("To: <c@d.vn>\r\n"));
  EXPECT_THAT(head, HasSubstr("Date: Wed, 05 Mar 2025 09:01:00 +0700\r\n"));
  EXPECT_THAT(head, HasSubstr("Message-ID: <ABC@b.vn>\r\n"));
  for (const absl::string_view line : absl::StrSplit(message, "\r\n")) EXPECT_LE(line.size(), 78u);
  for (const char* bad :
       {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\nBcc: x", "<a@b>", "ấ@b", "a@b,c@d"}) {
    EXPECT_FALSE(CheckAddress(bad).ok()) << bad;
  }
  EXPECT_TRUE(CheckAddress("an.nguyen+1@sonoivu.example.gov.vn").ok());
}

// A whole SMTP server, in Python: refuses "refused@...", and hangs up on "cut@..." the first time.
// Writes what it takes into a folder, one file for each mail: the recipient, then the message.
constexpr char kSmtpServer[] = R"python(
import os, socket, sys
folder = sys.argv[1]
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
count = 0
cut = False
while True:
    connection, _ = listener.accept()
    file = connection.makefile('rwb')
    def say(line):
        file.write(line + b'\r\n'); file.flush()
    say(b'220 here')
    to = b''
    while True:
        line = file.readline()
        if not line: break
        word = line[:4].upper()
        if word in (b'EHLO', b'HELO'): say(b'250 here')
        elif word == b'MAIL': say(b'250 ok')
        elif word == b'RCPT':
            to = line
            if b'cut@' in line and not cut:
                cut = True
                connection.shutdown(socket.SHUT_RDWR)
                break
            say(b'550 no such person' if b'refused@' in line else b'250 ok')
        elif word == b'DATA':
            say(b'354 go on')
            message = b''
            while (line := file.readline()) not in (b'.\r\n', b''): message += line
            count += 1
            with open(os.path.join(folder, '%d.mail' % count), 'wb') as out: out.write(to + message)
            say(b'250 taken')
        elif word == b'RSET': say(b'250 ok')
        elif word == b'QUIT':
            say(b'221 bye'); break
        else: say(b'500 what')
    connection.close()
)python";

class SendCli : public InviteCli {
 protected:
  SendCli() {
    Write("smtp.py", kSmtpServer);
    std::filesystem::create_directories(Path("mails"));
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    child_ = fork();
    if (child_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      const std::string script = Path("smtp.py");
      const std::string folder = Path("mails");
      execl("/usr/bin/python3", "python3", script.c_str(), folder.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    FILE* const said = fdopen(ends[0], "r");
    int port = 0;
    EXPECT_EQ(fscanf(said, "%d", &port), 1);
    fclose(said);
    smtp_ = absl::StrCat("smtp://127.0.0.1:", port);
    Write("mail.txt",
          "Subject: Mời {name} trả lời phiếu khảo sát về sự hài lòng của người dân\n\n"
          "Kính gửi {name},\n.\nMời trả lời: {link}\n");
  }
  ~SendCli() override {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Output Send(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"invite",
                                          "send",
                                          Path("links.csv"),
                                          "--smtp",
                                          smtp_,
                                          "--from",
                                          "khaosat@example.vn",
                                          "--from-name",
                                          "Sở Nội vụ",
                                          "--template",
                                          Path("mail.txt"),
                                          "--address-column",
                                          "email",
                                          "--format",
                                          "csv"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Hailong(arguments);
  }
  std::size_t Mails() {
    std::size_t count = 0;
    while (std::filesystem::exists(Path(absl::StrCat("mails/", count + 1, ".mail")))) ++count;
    return count;
  }
  std::vector<std::string> Column(const std::string& name) {
    const auto table = ReadTable(Path("links.csv"));
    EXPECT_TRUE(table.ok()) << table.status();
    std::vector<std::string> cells;
    const auto column = table->Find(name);
    for (const auto& row : table->rows) cells.push_back(column ? row[*column] : "-");
    return cells;
  }

  pid_t child_ = 0;
  std::string smtp_;
};

TEST_F(SendCli, EachIsSentOnceInVietnameseAndTheFileSaysSo) {
  ASSERT_EQ(Create(Write("list.csv",
                         "name,email\nNguyễn Thị Ấn,an@example.vn\nBình,\nChi,chi@example.vn\n"))
                .exit_code,
            0);
  const Output first = Send();
  ASSERT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out, "sent,failed,left_out\n2,0,1\n");
  ASSERT_EQ(Mails(), 2u);
  const std::string mail = Read("mails/1.mail");
  EXPECT_THAT(mail, HasSubstr("RCPT TO:<an@example.vn>"));
  EXPECT_THAT(mail, HasSubstr("From: =?UTF-8?B?"));
  std::string body;
  ASSERT_TRUE(absl::Base64Unescape(mail.substr(mail.find("\r\n\r\n") + 4), &body));
  EXPECT_EQ(body, absl::StrCat("Kính gửi Nguyễn Thị Ấn,\r\n.\r\nMời trả lời: ", kUrl,
                               "/s/#i=", TokenOf(1), "\r\n"));
  std::string subject;
  std::istringstream lines(mail.substr(mail.find("Subject: ")));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t begin = line.find("=?UTF-8?B?");
    if (begin == std::string::npos || (!subject.empty() && line[0] != ' ')) break;
    std::string piece;
    ASSERT_TRUE(absl::Base64Unescape(
        line.substr(begin + 10, line.find("?=", begin + 10) - begin - 10), &piece));
    subject += piece;
  }
  EXPECT_EQ(subject, "Mời Nguyễn Thị Ấn trả lời phiếu khảo sát về sự hài lòng của người dân");
  const auto sent = Column("sent");
  EXPECT_EQ(sent[0].size(), 20u);
  EXPECT_EQ(sent[1], "");
  EXPECT_EQ(Send().out, "sent,failed,left_out\n0,0,3\n");
  EXPECT_EQ(Mails(), 2u);
}

TEST_F(SendCli, AReminderGoesToThoseWhoHaveNotAnswered) {
  ASSERT_EQ(Create(Write("list.csv", "name,email\nAn,a@b.vn\nBình,b@b.vn\nChi,c@b.vn\n")).exit_code,
            0);
  ASSERT_EQ(Send().exit_code, 0);
  invitations_.answered = {"id-1"};
  invitations_.revoked = {"id-3"};
  const Output reminded = Send({"--only-unanswered", "web"});
  EXPECT_EQ(reminded.out, "sent,failed,left_out\n1,0,2\n") << reminded.err;
  EXPECT_THAT(Read("mails/4.mail"), HasSubstr("b@b.vn"));
  EXPECT_EQ(Column("reminded")[0], "");
  EXPECT_NE(Column("reminded")[1], "");
  EXPECT_EQ(Send({"--only-unanswered", "web"}).out, "sent,failed,left_out\n0,0,3\n");
}

TEST_F(SendCli, ARefusedMailStopsNobodyAndABrokenConnectionLosesNothing) {
  ASSERT_EQ(Create(Write("list.csv",
                         "name,email\nAn,a@b.vn\nBình,refused@b.vn\nChi,c@b.vn\n"
                         "Dũng,cut@b.vn\nEm,e@b.vn\n"))
                .exit_code,
            0);
  const Output first = Send();
  EXPECT_EQ(first.exit_code, 3) << first.err;
  EXPECT_THAT(first.err, HasSubstr("links.csv:3: not sent: "));
  EXPECT_EQ(first.out, "sent,failed,left_out\n2,1,0\n");
  EXPECT_FALSE(std::filesystem::exists(Path("links.csv.sent")));
  const Output second = Send();
  EXPECT_EQ(second.exit_code, 4) << second.err;
  EXPECT_EQ(second.out, "sent,failed,left_out\n2,1,2\n");
  EXPECT_EQ(Mails(), 4u);
}

TEST_F(SendCli, WhatWasNotedByARunThatWasCutOffIsNotSentAgain) {
  ASSERT_EQ(Create(Write("list.csv", "name,email\nAn,a@b.vn\nBình,b@b.vn\n")).exit_code, 0);
  Write("links.csv.sent", "id-1 2026-01-01T00:00:00Z\n");
  EXPECT_EQ(Send().out, "sent,failed,left_out\n1,0,1\n");
  EXPECT_THAT(Read("mails/1.mail"), HasSubstr("b@b.vn"));
  EXPECT_EQ(Column("sent")[0], "2026-01-01T00:00:00Z");
}

TEST_F(SendCli, WhatCannotBeSentIsSaidBeforeAnythingIs) {
  ASSERT_EQ(Create(Write("list.csv", "name,email\nAn,a@b.vn\nBình,not an address\n")).exit_code, 0);
  const Output address = Send();
  EXPECT_EQ(address.exit_code, 2);
  EXPECT_THAT(address.err, HasSubstr("links.csv:3: email: found 14 bytes"));
  std::filesystem::remove(Path("links.csv"));
  std::filesystem::remove(Path("links.csv.requests"));
  ASSERT_EQ(Create(Write("list.csv", "name,email\nAn,a@b.vn\n")).exit_code, 0);
  Write("mail.txt", "Subject: a\n\n{link} {title}\n");
  EXPECT_THAT(Send().err, HasSubstr("names {title}"));
  Write("mail.txt", "Subject: a\n\n{link}\n");
  for (const auto& [option, value, what] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"--smtp", "https://x", "--smtp"},
           {"--smtp", "smtp://user@x", "--smtp"},
           {"--from", "x", "--from"},
           {"--address-column", "mail", "no column \"mail\""},
           {"--user", "x", "go together"}}) {
    std::vector<std::string> arguments = {"invite", "send", Path("links.csv"), "--template",
                                          Path("mail.txt")};
    std::map<std::string, std::string> options = {
        {"--smtp", smtp_}, {"--from", "a@b.vn"}, {"--address-column", "email"}};
    options[option] = value;
    for (const auto& [name, given] : options) {
      arguments.push_back(name);
      arguments.push_back(given);
    }
    const Output output = Hailong(arguments);
    EXPECT_EQ(output.exit_code, 2) << option << output.err;
    EXPECT_THAT(output.err, HasSubstr(what));
  }
  EXPECT_EQ(Mails(), 0u);
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  child_ = fork();
  if (child_ == 0) _exit(0);
  EXPECT_EQ(Send().exit_code, 3);
}

}  // namespace
}  // namespace hailong::cli
