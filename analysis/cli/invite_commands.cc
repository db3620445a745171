// Invitations to a survey: links for a list of people, who has answered, and how many.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/files.h"
#include "analysis/cli/give_credential.h"
#include "analysis/cli/invited.h"
#include "analysis/cli/link.h"
#include "analysis/cli/progress.h"
#include "analysis/cli/qr_code.h"
#include "analysis/cli/request_journal.h"
#include "analysis/cli/table_file.h"
#include "base/files.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kCreateMax = 5000;  // of the contract, of one call
constexpr char kUrlHelp[] = "Where people reach the survey: https://HOST";

struct Create {
  std::string collector_id;
  std::string list;
  std::string url;
  std::string out;
};

// What the server is told of a row; all other columns stay here.
absl::StatusOr<v1::NewInvitation> ReadNewInvitation(const Table& list, std::size_t row,
                                                    const std::string& path) {
  const auto cell = [&](const char* column) {
    const auto place = list.Find(column);
    return place ? list.rows[row][*place] : std::string();
  };
  v1::NewInvitation invitation;
  invitation.set_unit_id(cell("unit_id"));
  invitation.set_form_id(cell("form_id"));
  invitation.set_dossier_code(cell("dossier_code"));
  uint32_t group = 0;
  if (const std::string text = cell("group"); !text.empty() && !absl::SimpleAtoi(text, &group)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", list.lines[row], ": group: found '", text.substr(0, 40),
                     "', allowed is the number of an option of the group question"));
  }
  invitation.set_group(group);
  return invitation;
}

// The output as far as it was made before. INVALID_ARGUMENT: it is of another list.
absl::StatusOr<Table> ReadMade(const Create& arguments, const Table& list) {
  Table links;
  links.header = list.header;
  links.header.insert(links.header.end(), {"invitation_id", "link"});
  if (!FileExists(arguments.out)) return links;
  absl::StatusOr<Table> made = ReadTable(arguments.out);
  if (!made.ok()) return made.status();
  bool same = made->header == links.header && made->rows.size() <= list.rows.size();
  for (std::size_t i = 0; same && i < made->rows.size(); ++i) {
    same = std::equal(list.rows[i].begin(), list.rows[i].end(), made->rows[i].begin());
  }
  if (same) return made;
  return absl::InvalidArgumentError(
      absl::StrCat(arguments.out, ": holds links of another list than ", arguments.list,
                   "; name another file for the new ones"));
}

// What was asked for before. INVALID_ARGUMENT: links that were made are no longer in the output,
// and may be in people's hands.
absl::StatusOr<RequestJournal> OpenJournal(const Create& arguments, std::size_t made) {
  absl::StatusOr<RequestJournal> journal =
      RequestJournal::Open(arguments.out + ".requests", arguments.collector_id);
  if (!journal.ok()) return journal;
  if (journal->written() > made) {
    return absl::InvalidArgumentError(absl::StrCat(
        arguments.out, ": ", journal->written(), " links were written to it, found ", made,
        "; they let people in still: put the file back, or name another --out to make further "
        "links"));
  }
  if (const absl::Status noted = journal->NoteWritten(made); !noted.ok()) return noted;
  return journal;
}

// Invitations whose tokens nobody has: the answer that held them was lost.
RpcStatus RevokeLost(const std::string& collector_id, const v1::CreateInvitationsResponse& lost,
                     Session& session) {
  std::vector<std::string> ids;
  for (const v1::CreatedInvitation& one : lost.invitations()) ids.push_back(one.invitation_id());
  return RevokeAll(collector_id, ids, session);
}

// Makes the invitations of some rows, with their tokens, however often it was begun before.
absl::StatusOr<RpcStatus> MakeWithTokens(v1::CreateInvitationsRequest request, std::size_t first,
                                         RequestJournal& journal, Session& session,
                                         v1::CreateInvitationsResponse* response) {
  for (;;) {
    absl::StatusOr<std::string> request_id = journal.FindOrAdd(first);
    if (!request_id.ok()) return request_id.status();
    request.set_request_id(*request_id);
    response->Clear();
    RpcStatus status = session.Call(&InvitationStub::CreateInvitations, request, response);
    if (!status.ok()) return status;
    if (response->invitations_size() != request.invitations_size()) {
      return RpcStatus{RpcStatus::kInternal, "the server made another number of invitations", ""};
    }
    if (!response->invitations(0).token().empty()) return status;
    // Made by a run that did not live to write them down.
    status = RevokeLost(request.collector_id(), *response, session);
    if (!status.ok()) return status;
    if (const absl::Status forgot = journal.Forget(first); !forgot.ok()) return forgot;
  }
}

ExitCode RunCreate(const Create& arguments, Session& session) {
  const absl::StatusOr<std::string> url = CheckSurveyUrl(arguments.url);
  if (!url.ok()) return session.FailUsage(url.status());
  const absl::StatusOr<Table> list = ReadTable(arguments.list);
  if (!list.ok()) return session.FailUsage(list.status());
  for (const char* ours : {"invitation_id", "link"}) {
    if (!list->Find(ours)) continue;
    return session.FailUsage(absl::InvalidArgumentError(
        absl::StrCat(arguments.list, ": has a column \"", ours, "\": these are links already")));
  }
  std::vector<v1::NewInvitation> wanted;
  for (std::size_t i = 0; i < list->rows.size(); ++i) {
    absl::StatusOr<v1::NewInvitation> one = ReadNewInvitation(*list, i, arguments.list);
    if (!one.ok()) return session.FailUsage(one.status());
    wanted.push_back(*std::move(one));
  }
  const absl::StatusOr<base::FileLock> lock = base::FileLock::Take(arguments.out + ".lock");
  if (!lock.ok()) return session.FailUsage(lock.status());
  absl::StatusOr<Table> links = ReadMade(arguments, *list);
  if (!links.ok()) return session.FailUsage(links.status());
  absl::StatusOr<RequestJournal> journal = OpenJournal(arguments, links->rows.size());
  if (!journal.ok()) return session.FailUsage(journal.status());
  {
    Progress progress(session.err(), session.io().err_is_terminal, wanted.size());
    for (std::size_t first = links->rows.size(); first < wanted.size();
         first = links->rows.size()) {
      v1::CreateInvitationsRequest request;
      request.set_collector_id(arguments.collector_id);
      const std::size_t end = std::min(wanted.size(), first + kCreateMax);
      for (std::size_t i = first; i < end; ++i) *request.add_invitations() = wanted[i];
      v1::CreateInvitationsResponse response;
      const absl::StatusOr<RpcStatus> made =
          MakeWithTokens(std::move(request), first, *journal, session, &response);
      if (!made.ok()) return session.FailUsage(made.status());
      if (!made->ok()) return session.Fail(*made);
      for (std::size_t i = first; i < end; ++i) {
        const auto& one = response.invitations(static_cast<int>(i - first));
        std::vector<std::string> row = list->rows[i];
        row.push_back(one.invitation_id());
        row.push_back(InvitationLink(*url, one.token()));
        links->rows.push_back(std::move(row));
      }
      // On disk before the next call: a token is shown once.
      absl::Status written = WriteTable(arguments.out, *links);
      if (written.ok()) written = journal->NoteWritten(links->rows.size());
      if (!written.ok()) return session.FailUsage(written);
      progress.Update(links->rows.size());
    }
  }
  const Language language = session.language();
  Grid grid({{"collector_id", Pick(language, "Kênh thu thập", "Collector")},
             {"invitations", Pick(language, "Thư mời", "Invitations"), true},
             {"file", Pick(language, "Tệp", "File")}});
  grid.AddRow({arguments.collector_id, std::to_string(links->rows.size()), arguments.out});
  session.Show(v1::CreateInvitationsResponse(), grid);
  return ExitCode::kOk;
}

struct Remaining {
  std::string collector_id;
  std::string links;
  std::string out;
};

ExitCode RunRemaining(const Remaining& arguments, Session& session) {
  const absl::StatusOr<Table> links = ReadTable(arguments.links);
  if (!links.ok()) return session.FailUsage(links.status());
  const auto id_column = FindColumn(*links, arguments.links, "invitation_id");
  if (!id_column.ok()) return session.FailUsage(id_column.status());
  std::vector<std::string> ids;
  for (const auto& row : links->rows) ids.push_back(row[*id_column]);
  std::map<std::string, v1::Invitation> known;
  const RpcStatus status = FindInvited(arguments.collector_id, ids, session, &known);
  if (!status.ok()) return session.Fail(status);
  Table rest;
  rest.header = links->header;
  for (const auto& row : links->rows) {
    const auto found = known.find(row[*id_column]);
    if (found == known.end()) {
      return session.FailUsage(absl::InvalidArgumentError(
          absl::StrCat(arguments.links, ": the server knows no invitation '", row[*id_column],
                       "' of collector '", arguments.collector_id, "'")));
    }
    if (!found->second.answered() && !found->second.revoked()) rest.rows.push_back(row);
  }
  if (const absl::Status written = WriteTable(arguments.out, rest); !written.ok()) {
    return session.FailUsage(written);
  }
  const Language language = session.language();
  Grid grid({{"invited", Pick(language, "Đã mời", "Invited"), true},
             {"remaining", Pick(language, "Chưa trả lời", "Not answered"), true},
             {"file", Pick(language, "Tệp", "File")}});
  grid.AddRow(
      {std::to_string(links->rows.size()), std::to_string(rest.rows.size()), arguments.out});
  session.Show(v1::ListInvitationsResponse(), grid);
  return ExitCode::kOk;
}

struct Revoke {
  std::string collector_id;
  std::vector<std::string> ids;
  std::string links;
};

ExitCode RunRevoke(const Revoke& arguments, Session& session) {
  std::vector<std::string> ids = arguments.ids;
  if (!arguments.links.empty()) {
    const auto records = ReadRecords(arguments.links, {"invitation_id"});
    if (!records.ok()) return session.FailUsage(records.status());
    for (const Record& record : *records) ids.push_back(record.cells[0]);
  }
  if (ids.empty()) {
    return session.FailUsage(absl::InvalidArgumentError(
        "no invitation is named; allowed are ids, and --list with a file of links"));
  }
  const RpcStatus status = RevokeAll(arguments.collector_id, ids, session);
  if (!status.ok()) return session.Fail(status);
  Grid grid({{"collector_id", Pick(session.language(), "Kênh thu thập", "Collector")},
             {"revoked", Pick(session.language(), "Đã thu hồi", "Revoked"), true}});
  grid.AddRow({arguments.collector_id, std::to_string(ids.size())});
  session.Show(v1::RevokeInvitationsResponse(), grid);
  return ExitCode::kOk;
}

struct Rates {
  std::string round_id;
  bool watch = false;
  uint32_t every_s = 10;
};

void AddRate(const v1::ResponseRate& rate, const std::string& name, Language language, Grid& grid) {
  const auto number = [](uint32_t value) { return Cell(std::to_string(value)); };
  const double percent =
      rate.invited() == 0 ? 0 : 100.0 * static_cast<double>(rate.answered()) / rate.invited();
  grid.AddRow({rate.unit_id(), name, rate.group() == 0 ? Cell("") : number(rate.group()),
               number(rate.invited()), number(rate.opened()), number(rate.answered()),
               NumberCell(percent, 1, language)});
}

Grid RateGrid(const v1::GetResponseRatesResponse& response,
              const std::map<std::string, std::string>& names, Session& session) {
  const Language language = session.language();
  Grid grid({{"unit_id", Pick(language, "Đơn vị", "Unit")},
             {"name", Pick(language, "Tên", "Name"), false, 40},
             {"group", Pick(language, "Nhóm", "Group"), true},
             {"invited", Pick(language, "Đã mời", "Invited"), true},
             {"opened", Pick(language, "Đã mở", "Opened"), true},
             {"answered", Pick(language, "Đã trả lời", "Answered"), true},
             {"response_rate", Pick(language, "Tỷ lệ trả lời (%)", "Response rate (%)"), true}});
  v1::ResponseRate all;
  for (const v1::ResponseRate& rate : response.rates()) {
    const auto name = names.find(rate.unit_id());
    AddRate(rate, name == names.end() ? "" : name->second, language, grid);
    all.set_invited(all.invited() + rate.invited());
    all.set_opened(all.opened() + rate.opened());
    all.set_answered(all.answered() + rate.answered());
  }
  // Not in CSV, where it would be added up with the rest.
  if (!session.csv()) AddRate(all, Pick(language, "Tất cả", "All"), language, grid);
  return grid;
}

ExitCode RunRates(const Rates& arguments, Session& session) {
  std::map<std::string, std::string> names;
  if (const RpcStatus status = ReadUnitNames(session, &names); !status.ok()) {
    return session.Fail(status);
  }
  v1::GetResponseRatesRequest request;
  request.set_round_id(arguments.round_id);
  std::string shown;
  for (;;) {
    v1::GetResponseRatesResponse response;
    const RpcStatus status = session.Call(&InvitationStub::GetResponseRates, request, &response);
    if (!status.ok()) return session.Fail(status);
    if (std::string bytes = response.SerializeAsString() + "."; bytes != shown) {
      shown = std::move(bytes);
      session.Show(response, RateGrid(response, names, session));
      session.out().flush();
      if (!session.out()) return ExitCode::kUsage;
    }
    if (!arguments.watch) return ExitCode::kOk;
    absl::SleepFor(absl::Seconds(arguments.every_s));
  }
}

struct Link {
  std::string collector_id;
  std::string url;
};

ExitCode RunOpen(const Link& arguments, Session& session) {
  const absl::StatusOr<std::string> url = CheckSurveyUrl(arguments.url);
  if (!url.ok()) return session.FailUsage(url.status());
  v1::ListCollectorsResponse all;
  const RpcStatus listed =
      session.CallPages(&Registry::ListCollectors, v1::ListCollectorsRequest(), &all);
  if (!listed.ok()) return session.Fail(listed);
  const auto found = std::find_if(
      all.collectors().begin(), all.collectors().end(),
      [&](const v1::Collector& one) { return one.collector_id() == arguments.collector_id; });
  if (found == all.collectors().end() || !found->web().open()) {
    return session.FailUsage(absl::InvalidArgumentError(absl::StrCat(
        "collector '", arguments.collector_id, "' ",
        found == all.collectors().end() ? "is not there"
                                        : "is not open to all; see `collector configure-web`")));
  }
  const std::string link = OpenLink(*url, found->web().link_code());
  Grid grid({{"collector_id", Pick(session.language(), "Kênh thu thập", "Collector")},
             {"link", Pick(session.language(), "Đường liên kết", "Link")}});
  grid.AddRow({arguments.collector_id, link});
  session.Show(*found, grid);
  if (session.json() || session.csv()) return ExitCode::kOk;
  if (const absl::StatusOr<std::string> qr = QrCode(link); qr.ok()) session.out() << '\n' << *qr;
  return ExitCode::kOk;
}

struct SlipKeyArguments {
  std::string collector_id;
  std::string key_file;
};

ExitCode RunSlipKey(const SlipKeyArguments& arguments, Session& session) {
  v1::GetSlipKeyRequest request;
  request.set_collector_id(arguments.collector_id);
  v1::GetSlipKeyResponse response;
  const RpcStatus status = session.Call(&InvitationStub::GetSlipKey, request, &response);
  if (!status.ok()) return session.Fail(status);
  const std::string hex = absl::BytesToHexString(response.key());
  if (!arguments.key_file.empty()) {
    absl::StatusOr<SecretFile> file = SecretFile::Create(arguments.key_file);
    if (!file.ok()) return session.FailUsage(file.status());
    if (const absl::Status written = file->Write(hex); !written.ok()) {
      return session.FailUsage(written);
    }
    response.clear_key();
  }
  Grid grid({{"collector_id", Pick(session.language(), "Kênh thu thập", "Collector")},
             {"link_code", Pick(session.language(), "Mã liên kết", "Link code")},
             {"key", Pick(session.language(), "Khóa ký phiếu (hex)", "Slip key (hex)")}});
  grid.AddRow({arguments.collector_id, response.link_code(),
               arguments.key_file.empty() ? hex : std::string()});
  session.Show(response, grid);
  return ExitCode::kOk;
}

struct Slips {
  std::string collector_id;
  std::string codes;
  std::string url;
  std::string out;
};

ExitCode RunSlips(const Slips& arguments, Session& session) {
  const absl::StatusOr<std::string> url = CheckSurveyUrl(arguments.url);
  if (!url.ok()) return session.FailUsage(url.status());
  absl::StatusOr<Table> table = ReadTable(arguments.codes);
  if (!table.ok()) return session.FailUsage(table.status());
  const auto code = FindColumn(*table, arguments.codes, "dossier_code");
  if (!code.ok()) return session.FailUsage(code.status());
  v1::GetSlipKeyRequest request;
  request.set_collector_id(arguments.collector_id);
  v1::GetSlipKeyResponse response;
  const RpcStatus status = session.Call(&InvitationStub::GetSlipKey, request, &response);
  if (!status.ok()) return session.Fail(status);
  const std::size_t link = table->FindOrAdd("link");
  for (std::size_t i = 0; i < table->rows.size(); ++i) {
    absl::StatusOr<std::string> made =
        SlipLink(*url, response.link_code(), response.key(), table->rows[i][*code]);
    if (!made.ok()) {
      return session.FailUsage(absl::InvalidArgumentError(absl::StrCat(
          arguments.codes, ":", table->lines[i], ": dossier_code: ", made.status().message())));
    }
    table->rows[i][link] = *std::move(made);
  }
  if (const absl::Status written = WriteTable(arguments.out, *table); !written.ok()) {
    return session.FailUsage(written);
  }
  Grid grid({{"slips", Pick(session.language(), "Phiếu", "Slips"), true},
             {"file", Pick(session.language(), "Tệp", "File")}});
  grid.AddRow({std::to_string(table->rows.size()), arguments.out});
  session.Show(v1::GetSlipKeyResponse(), grid);
  return ExitCode::kOk;
}

void AddLinks(CLI::App* invite, Command& chosen) {
  CLI::App* open = invite->add_subcommand("open", "The link of an open survey, also as QR");
  auto opened = Bind<Link>(open, chosen, RunOpen);
  open->add_option("COLLECTOR", opened->collector_id, "The web collector")->required();
  open->add_option("--url", opened->url, kUrlHelp)->required();
  open->footer("Example: hailong invite open officials --url https://khaosat.example.vn");

  CLI::App* key = invite->add_subcommand(
      "slip-key", "The key with which the one-stop shop's software signs receipt slips");
  auto keyed = Bind<SlipKeyArguments>(key, chosen, RunSlipKey);
  key->add_option("COLLECTOR", keyed->collector_id, "The web collector")->required();
  key->add_option("--key-file", keyed->key_file,
                  "Write the key to this new file (mode 0600) instead of the screen");
  key->footer("Example: hailong invite slip-key one-stop-718 --key-file slip.key");

  CLI::App* slips = invite->add_subcommand("slips", "Links for the receipt slips of dossiers");
  auto slipped = Bind<Slips>(slips, chosen, RunSlips);
  slips->add_option("COLLECTOR", slipped->collector_id, "The web collector")->required();
  slips->add_option("CODES", slipped->codes, "CSV with a column dossier_code")->required();
  slips->add_option("--url", slipped->url, kUrlHelp)->required();
  slips->add_option("--out", slipped->out, "CSV to write: the same with a column link")->required();
  slips->footer(
      "Example: hailong invite slips one-stop-718 codes.csv --url https://khaosat.example.vn \\\n"
      "           --out slips.csv");
}

}  // namespace

void AddInviteCommands(CLI::App& app, Command& chosen, OfflineCommand& offline) {
  CLI::App* invite = app.add_subcommand("invite", "Invitations to a survey on the web");
  invite->require_subcommand(1);

  CLI::App* create = invite->add_subcommand("create", "Make a link for everybody on a list");
  auto created = Bind<Create>(create, chosen, RunCreate);
  create->add_option("COLLECTOR", created->collector_id, "A collector of the channel web or zalo")
      ->required();
  create->add_option("LIST", created->list, "CSV, one row for each person")->required();
  create->add_option("--url", created->url, kUrlHelp)->required();
  create->add_option("--out", created->out, "CSV to write: the list with invitation_id and link")
      ->required();
  create->footer(
      "Of the list's columns unit_id, group, form_id and dossier_code are sent to the server; all\n"
      "others, such as names and addresses, stay here and are copied. Running it again goes on\n"
      "where it stopped: what was asked for stands beside the output, in OUT.requests.\n"
      "Example: hailong invite create officials officials.csv --url https://khaosat.example.vn \\\n"
      "           --out links.csv");

  CLI::App* remaining =
      invite->add_subcommand("remaining", "Those of a list of links who have not answered");
  auto left = Bind<Remaining>(remaining, chosen, RunRemaining);
  remaining->add_option("COLLECTOR", left->collector_id, "The collector")->required();
  remaining->add_option("LINKS", left->links, "What `invite create` wrote")->required();
  remaining->add_option("--out", left->out, "CSV to write, with the same columns")->required();
  remaining->footer("Example: hailong invite remaining officials links.csv --out remaining.csv");

  CLI::App* rates = invite->add_subcommand("rates", "Who answers: by unit and group");
  auto rated = Bind<Rates>(rates, chosen, RunRates);
  rates->add_option("ROUND", rated->round_id, "The round")->required();
  rates->add_flag("--watch", rated->watch, "Go on and show it again when it has changed");
  rates->add_option("--every", rated->every_s, "Seconds between two looks")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  rates->footer("Example: hailong invite rates bd-2024-officials --watch");

  CLI::App* revoke = invite->add_subcommand("revoke", "Links that let nobody in any more");
  auto revoked = Bind<Revoke>(revoke, chosen, RunRevoke);
  revoke->add_option("COLLECTOR", revoked->collector_id, "The collector")->required();
  revoke->add_option("ID", revoked->ids, "invitation_id, any number");
  revoke->add_option("--list", revoked->links, "CSV with a column invitation_id: all of these");
  revoke->footer("Example: hailong invite revoke officials --list links.csv");

  AddLinks(invite, chosen);
  AddSheetCommand(invite, offline);
  AddSendCommand(invite, chosen);
}

}  // namespace hailong::cli
