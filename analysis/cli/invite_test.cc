// Command lines about invitations against a small server in this process; a sheet of QR codes read
// again by other programs.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "analysis/cli/invite_for_test.h"
#include "analysis/cli/link.h"
#include "analysis/cli/table_file.h"
#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "base/files.h"

namespace hailong::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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
  invitations_.lose_in = 1;
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
  invitations_.lose_in = 2;
  ASSERT_EQ(Create(path).exit_code, 3);
  ASSERT_EQ(invitations_.calls.size(), 2u);
  EXPECT_EQ(invitations_.calls[0].invitations_size(), 5000);
  EXPECT_EQ(invitations_.calls[1].invitations_size(), 3);
  EXPECT_EQ(ReadTable(Path("links.csv"))->rows.size(), 5000u);
  invitations_.refuse_next = true;
  EXPECT_EQ(Create(path).exit_code, 3);
  EXPECT_EQ(Create(path).exit_code, 0);
  EXPECT_THAT(invitations_.revoked, ElementsAre("id-5001", "id-5002", "id-5003"));
  const auto table = ReadTable(Path("links.csv"));
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->rows.size(), 5003u);
  EXPECT_THAT(table->rows[4999],
              ElementsAre("person 5000", "id-5000", InvitationLink(kUrl, TokenOf(5000))));
  EXPECT_THAT(table->rows[5002],
              ElementsAre("person 5003", "id-5006", InvitationLink(kUrl, TokenOf(5006))));
}

TEST_F(InviteCli, LinksThatWereHandedOutStayGoodWhenTheirFileIsGone) {
  const std::string list = Write("list.csv", "name\nAn\nBình\n");
  ASSERT_EQ(Create(list).exit_code, 0);
  std::filesystem::rename(Path("links.csv"), Path("handed-out.csv"));
  const Output again = Create(list);
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("links.csv: 2 links were written to it, found 0"));
  EXPECT_FALSE(std::filesystem::exists(Path("links.csv")));
  EXPECT_EQ(invitations_.calls.size(), 1u);
  EXPECT_THAT(invitations_.revoked, IsEmpty());
  std::filesystem::rename(Path("handed-out.csv"), Path("links.csv"));
  EXPECT_EQ(Create(list).exit_code, 0);
  EXPECT_EQ(invitations_.calls.size(), 1u);
  Write("links.csv.requests", "collector web\nwritten many\n");
  EXPECT_THAT(Create(list).err, HasSubstr("is not what `invite create` writes"));
}

TEST_F(InviteCli, AFileOfLinksThatIsBeingSentIsNotWritten) {
  const std::string list = Write("list.csv", "name\nAn\n");
  {
    // As `invite send` does.
    const auto lock = base::FileLock::Take(Path("links.csv.lock"));
    ASSERT_TRUE(lock.ok()) << lock.status();
    const Output output = Create(list);
    EXPECT_EQ(output.exit_code, 2);
    EXPECT_THAT(output.err, HasSubstr("links.csv.lock is held by another process"));
    EXPECT_EQ(invitations_.count, 0);
  }
  EXPECT_EQ(Create(list).exit_code, 0);
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

}  // namespace
}  // namespace hailong::cli
