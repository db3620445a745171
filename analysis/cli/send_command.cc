// Sends the links of a list by mail, each once.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/files.h"
#include "analysis/cli/invited.h"
#include "analysis/cli/mail.h"
#include "analysis/cli/mailer.h"
#include "analysis/cli/progress.h"
#include "analysis/cli/table_file.h"
#include "base/crypto/base32.h"
#include "base/files.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kTemplateBytesMax = 256 << 10;
constexpr std::size_t kPasswordBytesMax = 1024;
constexpr std::size_t kJournalBytesMax = 256 << 20;
constexpr int kFailuresInARowMax = 10;

struct Send {
  std::string links;
  std::string smtp;
  std::string from;
  std::string from_name;
  std::string template_file;
  std::string address_column;
  std::string user;
  std::string password_file;
  std::string ca_file;
  std::string mark;
  std::string only_unanswered;  // the collector to ask; empty: all are sent
};

// Which links were mailed: a line each beside the list, on disk before the next mail, so that a run
// that is cut off sends nothing twice, but a mail whose id was cut off itself; put into the list's
// column at the end. A line begins with its line break, so that one that was cut off (a full disk)
// spoils no other.
class MailedJournal {
 public:
  static absl::StatusOr<MailedJournal> Open(const std::string& path) {
    MailedJournal journal(path);
    if (FileExists(path)) {
      const absl::StatusOr<std::string> text = ReadFile(path, kJournalBytesMax);
      if (!text.ok()) return text.status();
      std::istringstream lines(*text);
      for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string id;
        std::string at = "?";  // it was cut off; mailed it was
        if (words >> id) words >> at;
        if (!id.empty()) journal.mailed_[id] = at;
      }
    }
    return journal;
  }

  absl::Status Add(const std::string& id, const std::string& at) {
    mailed_[id] = at;
    const int file = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return absl::ErrnoToStatus(errno, path_);
    const std::string line = absl::StrCat("\n", id, " ", at);
    const bool written =
        write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
        fsync(file) == 0;
    const absl::Status status =
        written ? absl::OkStatus() : absl::ErrnoToStatus(errno == 0 ? EIO : errno, path_);
    close(file);
    return status;
  }
  const std::map<std::string, std::string>& mailed() const { return mailed_; }
  void Remove() const { unlink(path_.c_str()); }

 private:
  explicit MailedJournal(std::string path) : path_(std::move(path)) {}
  std::string path_;
  std::map<std::string, std::string> mailed_;
};

// The list with the columns that sending needs.
struct Mailing {
  Table table;
  std::size_t id = 0;
  std::size_t address = 0;
  std::size_t mark = 0;
};

absl::StatusOr<Mailing> ReadMailing(const Send& arguments) {
  absl::StatusOr<Table> table = ReadTable(arguments.links);
  if (!table.ok()) return table.status();
  Mailing mailing;
  for (const auto& [column, place] :
       {std::pair<std::string, std::size_t*>{"invitation_id", &mailing.id},
        {arguments.address_column, &mailing.address}}) {
    const auto found = FindColumn(*table, arguments.links, column);
    if (!found.ok()) return found.status();
    *place = *found;
  }
  mailing.mark = table->FindOrAdd(arguments.mark);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < table->rows.size(); ++i) {
    const auto bad = [&](const std::string& what) {
      return absl::InvalidArgumentError(
          absl::StrCat(arguments.links, ":", table->lines[i], ": ", what));
    };
    const std::string& address = table->rows[i][mailing.address];
    // Without an address there is a sheet.
    if (!address.empty()) {
      if (const absl::Status checked = CheckAddress(address); !checked.ok()) {
        return bad(absl::StrCat(arguments.address_column, ": ", checked.message()));
      }
    }
    const std::string& id = table->rows[i][mailing.id];
    if (id.empty() || id.find_first_of(" \t\n") != std::string::npos || !ids.insert(id).second) {
      return bad("invitation_id: is empty, has a space or is there twice");
    }
  }
  mailing.table = *std::move(table);
  return mailing;
}

absl::StatusOr<MailTemplate> ReadTemplate(const Send& arguments, const Table& table) {
  const absl::StatusOr<std::string> text = ReadFile(arguments.template_file, kTemplateBytesMax);
  if (!text.ok()) return text.status();
  absl::StatusOr<MailTemplate> mail = ReadMailTemplate(*text);
  if (!mail.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments.template_file, ": ", mail.status().message()));
  }
  for (const std::string& column : MissingColumns(*mail, table.header)) {
    return absl::InvalidArgumentError(absl::StrCat(arguments.template_file, ": names {", column,
                                                   "}, but ", arguments.links,
                                                   " has no such column"));
  }
  return mail;
}

absl::StatusOr<std::unique_ptr<Mailer>> MakeMailer(const Send& arguments, uint32_t timeout_s) {
  Mailer::Options options{.url = arguments.smtp,
                          .user = arguments.user,
                          .password = "",
                          .ca_file = arguments.ca_file,
                          .timeout_s = static_cast<long>(timeout_s)};
  if (arguments.user.empty() != arguments.password_file.empty()) {
    return absl::InvalidArgumentError("--user and --password-file go together");
  }
  if (!arguments.password_file.empty()) {
    absl::StatusOr<std::string> password = ReadFile(arguments.password_file, kPasswordBytesMax);
    if (!password.ok()) return password.status();
    while (!password->empty() && (password->back() == '\n' || password->back() == '\r')) {
      password->pop_back();
    }
    options.password = *std::move(password);
  }
  return Mailer::Create(std::move(options));
}

struct Counts {
  uint64_t sent = 0;
  uint64_t failed = 0;
  uint64_t left_out = 0;  // sent before, answered, or without an address
};

// Sends what is due; the reason why it had to stop, or OK.
absl::Status SendAll(const Send& arguments, const MailTemplate& mail, Mailing& mailing,
                     const std::set<std::string>& not_due, MailedJournal& journal, Mailer& mailer,
                     Session& session, Counts& counts) {
  Progress progress(session.err(), session.io().err_is_terminal, mailing.table.rows.size());
  int failures_in_a_row = 0;
  for (std::size_t i = 0; i < mailing.table.rows.size(); ++i) {
    const std::vector<std::string>& row = mailing.table.rows[i];
    progress.Update(i);
    const std::string& id = row[mailing.id];
    if (!row[mailing.mark].empty() || journal.mailed().contains(id) || not_due.contains(id) ||
        row[mailing.address].empty()) {
      ++counts.left_out;
      continue;
    }
    const std::string message =
        MakeMessage({.address = arguments.from, .name = arguments.from_name}, row[mailing.address],
                    FillIn(mail, mailing.table.header, row), absl::Now(), base::RandomBase32(26));
    const absl::Status sent = mailer.Send(arguments.from, row[mailing.address], message);
    if (absl::IsFailedPrecondition(sent)) {
      ++counts.failed;
      session.FailUsage(absl::UnknownError(absl::StrCat(
          arguments.links, ":", mailing.table.lines[i], ": not sent: ", sent.message())));
      if (++failures_in_a_row == kFailuresInARowMax) {
        return absl::UnavailableError(absl::StrCat("stopped after ", kFailuresInARowMax,
                                                   " mails in a row that were refused"));
      }
      continue;
    }
    if (!sent.ok()) return sent;
    failures_in_a_row = 0;
    ++counts.sent;
    const std::string now =
        absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone());
    if (const absl::Status noted = journal.Add(id, now); !noted.ok()) return noted;
  }
  progress.Update(mailing.table.rows.size());
  return absl::OkStatus();
}

ExitCode RunSend(const Send& given, Session& session) {
  Send arguments = given;
  if (arguments.mark.empty())
    arguments.mark = arguments.only_unanswered.empty() ? "sent" : "reminded";
  if (const absl::Status from = CheckAddress(arguments.from); !from.ok()) {
    return session.FailUsage(absl::InvalidArgumentError(absl::StrCat("--from: ", from.message())));
  }
  absl::StatusOr<base::FileLock> lock = base::FileLock::Take(arguments.links + ".lock");
  if (!lock.ok()) return session.FailUsage(lock.status());
  absl::StatusOr<Mailing> mailing = ReadMailing(arguments);
  if (!mailing.ok()) return session.FailUsage(mailing.status());
  const absl::StatusOr<MailTemplate> mail = ReadTemplate(arguments, mailing->table);
  if (!mail.ok()) return session.FailUsage(mail.status());
  absl::StatusOr<std::unique_ptr<Mailer>> mailer =
      MakeMailer(arguments, session.options().timeout_s);
  if (!mailer.ok()) return session.FailUsage(mailer.status());
  absl::StatusOr<MailedJournal> journal =
      MailedJournal::Open(absl::StrCat(arguments.links, ".", arguments.mark));
  if (!journal.ok()) return session.FailUsage(journal.status());

  std::set<std::string> not_due;
  if (!arguments.only_unanswered.empty()) {
    std::vector<std::string> ids;
    for (const auto& row : mailing->table.rows) ids.push_back(row[mailing->id]);
    std::map<std::string, v1::Invitation> known;
    const RpcStatus status = FindInvited(arguments.only_unanswered, ids, session, &known);
    if (!status.ok()) return session.Fail(status);
    for (const std::string& id : ids) {
      const auto found = known.find(id);
      if (found == known.end() || found->second.answered() || found->second.revoked()) {
        not_due.insert(id);
      }
    }
  }
  Counts counts;
  const absl::Status stopped =
      SendAll(arguments, *mail, *mailing, not_due, *journal, **mailer, session, counts);
  for (auto& row : mailing->table.rows) {
    const auto found = journal->mailed().find(row[mailing->id]);
    if (found != journal->mailed().end()) row[mailing->mark] = found->second;
  }
  if (const absl::Status written = WriteTable(arguments.links, mailing->table); !written.ok()) {
    return session.FailUsage(written);
  }
  journal->Remove();
  const Language language = session.language();
  Grid grid({{"sent", Pick(language, "Đã gửi", "Sent"), true},
             {"failed", Pick(language, "Không gửi được", "Failed"), true},
             {"left_out", Pick(language, "Bỏ qua", "Left out"), true}});
  grid.AddRow({std::to_string(counts.sent), std::to_string(counts.failed),
               std::to_string(counts.left_out)});
  session.Show(v1::ListInvitationsResponse(), grid);
  if (!stopped.ok()) {
    session.FailUsage(stopped);
    return ExitCode::kUnreachable;
  }
  return counts.failed == 0 ? ExitCode::kOk : ExitCode::kPartly;
}

}  // namespace

void AddSendCommand(CLI::App* invite, Command& chosen) {
  CLI::App* send = invite->add_subcommand("send", "Mail the links of a list, each once");
  auto given = Bind<Send>(send, chosen, RunSend);
  send->add_option("LINKS", given->links, "What `invite create` wrote")->required();
  send->add_option("--smtp", given->smtp, "smtps://HOST[:PORT], or smtp:// (with STARTTLS)")
      ->required();
  send->add_option("--from", given->from, "Address of the sender")->required();
  send->add_option("--from-name", given->from_name, "Name of the sender");
  send->add_option("--template", given->template_file,
                   "UTF-8: 'Subject: ...', an empty line, the text; {link} and other {column}s")
      ->required();
  send->add_option("--address-column", given->address_column, "The column with the address")
      ->required();
  send->add_option("--user", given->user, "Name at the SMTP server");
  send->add_option("--password-file", given->password_file, "File with its password");
  send->add_option("--smtp-ca", given->ca_file,
                   "Certificates (PEM) that vouch for the SMTP server; else the system's");
  send->add_option("--only-unanswered", given->only_unanswered,
                   "A reminder: only to those whom this COLLECTOR has no answer of");
  send->add_option("--mark", given->mark,
                   "The column that says when it was sent; else 'sent', of a reminder 'reminded'");
  send->footer(
      "Who has a time in the column is left out, so running it again sends nothing twice.\n"
      "Example: hailong invite send links.csv --smtp smtps://mail.example.vn \\\n"
      "           --from khaosat@example.vn --template mail.txt --address-column email \\\n"
      "           --user khaosat --password-file mail.password");
}

}  // namespace hailong::cli
