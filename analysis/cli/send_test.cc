// Mails of invitations: as text, and to a real SMTP server in another process.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "analysis/cli/invite_for_test.h"
#include "analysis/cli/mail.h"
#include "analysis/cli/table_file.h"

namespace hailong::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

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
  Write("links.csv.sent", "\nid-1 2026-01-01T00:00:00Z");
  EXPECT_EQ(Send().out, "sent,failed,left_out\n1,0,1\n");
  EXPECT_THAT(Read("mails/1.mail"), HasSubstr("b@b.vn"));
  EXPECT_EQ(Column("sent")[0], "2026-01-01T00:00:00Z");
}

TEST_F(SendCli, ALineThatWasCutOffSpoilsNoOther) {
  ASSERT_EQ(Create(Write("list.csv", "name,email\nAn,a@b.vn\nBình,b@b.vn\nChi,c@b.vn\nEm,e@b.vn\n"))
                .exit_code,
            0);
  for (const char* torn : {"\nid-2", "\nid-2 ", "\nid-2 2026-01"}) {
    Write("links.csv.sent", absl::StrCat("\nid-1 2026-01-01T00:00:00Z", torn));
    // The list cannot be written, so that the run ends with its journal.
    std::filesystem::create_directory(Path("links.csv.new"));
    const std::size_t before = Mails();
    EXPECT_EQ(Send().exit_code, 2);
    EXPECT_EQ(Mails(), before + 2);
    EXPECT_THAT(Read(absl::StrCat("mails/", before + 1, ".mail")), HasSubstr("c@b.vn"));
    const std::string links = Read("links.csv");
    std::filesystem::remove(Path("links.csv.new"));
    EXPECT_EQ(Send().out, "sent,failed,left_out\n0,0,4\n");
    EXPECT_EQ(Mails(), before + 2);
    for (const std::string& at : Column("sent")) EXPECT_NE(at, "");
    Write("links.csv", links);
  }
}

TEST_F(SendCli, APasswordAndLinksGoInPlainTextToThisMachineAlone) {
  ASSERT_EQ(Create(Write("list.csv", "name,email\nAn,a@b.vn\n")).exit_code, 0);
  // Names that lead to the server here, as those of any other machine might.
  const std::string port = smtp_.substr(smtp_.rfind(':'));
  for (const char* host : {"localhost.localhost", "127.0.0.1.localhost"}) {
    smtp_ = absl::StrCat("smtp://", host, port);
    const Output output = Send();
    EXPECT_EQ(output.exit_code, 3) << output.err;
    EXPECT_EQ(output.out, "sent,failed,left_out\n0,0,0\n");
    EXPECT_EQ(Mails(), 0u) << host;
  }
  smtp_ = "smtp://localhost" + port;
  EXPECT_EQ(Send().exit_code, 0);
  EXPECT_EQ(Mails(), 1u);
}

TEST_F(SendCli, WhatCannotBeSentIsSaidBeforeAnythingIs) {
  ASSERT_EQ(Create(Write("list.csv", "name,email\nAn,a@b.vn\nBình,not an address\n")).exit_code, 0);
  const Output address = Send();
  EXPECT_EQ(address.exit_code, 2);
  EXPECT_THAT(address.err, HasSubstr("links.csv:3: email: found 14 bytes"));
  Write("links.csv", absl::StrReplaceAll(Read("links.csv"), {{"not an address", "b@b.vn"}}));
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
