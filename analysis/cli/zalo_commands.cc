// Zalo for those who run it: invitations out, how sending and the inbox do, going on after a stop.
#include <google/protobuf/generated_enum_reflection.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/files.h"
#include "analysis/cli/mail.h"
#include "analysis/cli/progress.h"
#include "analysis/cli/table_file.h"
#include "base/ids.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kQueueMax = 1000;  // of the contract, of one call
constexpr std::size_t kMessageBytesMax = 16 << 10;

std::string Shown(v1::ZaloSendState state, Language language) {
  switch (state) {
    case v1::ZALO_SEND_STATE_QUEUED:
      return Pick(language, "đang chờ", "queued");
    case v1::ZALO_SEND_STATE_SENDING:
      return Pick(language, "đang gửi", "sending");
    case v1::ZALO_SEND_STATE_SENT:
      return Pick(language, "đã gửi", "sent");
    case v1::ZALO_SEND_STATE_DELIVERED:
      return Pick(language, "đã đến máy", "delivered");
    case v1::ZALO_SEND_STATE_UNKNOWN:
      return Pick(language, "chưa rõ", "not known yet");
    case v1::ZALO_SEND_STATE_FAILED:
      return Pick(language, "không gửi được", "failed");
    case v1::ZALO_SEND_STATE_CANCELLED:
      return Pick(language, "đã hủy", "cancelled");
    default:
      return EnumWord(state);
  }
}

std::string Shown(v1::ZaloEventState state, Language language) {
  switch (state) {
    case v1::ZALO_EVENT_STATE_NEW:
      return Pick(language, "chưa xét", "not looked at yet");
    case v1::ZALO_EVENT_STATE_HELD:
      return Pick(language, "chờ tin nhắn của nó", "held: message not known");
    case v1::ZALO_EVENT_STATE_QUARANTINED:
      return Pick(language, "để riêng", "set aside");
    case v1::ZALO_EVENT_STATE_RECORDED:
      return Pick(language, "đã thành phiếu", "became a response");
    case v1::ZALO_EVENT_STATE_NOTED:
      return Pick(language, "không phải đánh giá", "holds no rating");
    case v1::ZALO_EVENT_STATE_UNSUPPORTED:
      return Pick(language, "loại chưa biết", "kind not known");
    case v1::ZALO_EVENT_STATE_REFUSED:
      return Pick(language, "bị từ chối", "refused");
    default:
      return EnumWord(state);
  }
}

// A server without the channel knows none of its calls.
ExitCode FailZalo(RpcStatus status, Session& session) {
  if (status.code == RpcStatus::kUnimplemented) {
    status.message = "this hailongd has no Zalo channel; start it with --zalo-settings FILE";
  }
  return session.Fail(status);
}

struct Invite {
  std::string round_id;
  std::string list;
  std::vector<std::string> data;  // NAME or NAME=COLUMN
  std::string message_file;
  std::string details_column;
};

// The columns of a list and what they are used for.
struct Columns {
  std::size_t dossier_code = 0;
  std::size_t unit_id = 0;
  std::optional<std::size_t> phone;
  std::optional<std::size_t> user_id;
  std::optional<std::size_t> template_id;
  std::optional<std::size_t> details;
  std::map<std::string, std::size_t> data;  // by the parameter's name
};

absl::StatusOr<Columns> FindColumns(const Invite& arguments, const Table& list) {
  Columns columns;
  absl::Status status;
  const auto find = [&](const std::string& column) -> std::size_t {
    const auto found = FindColumn(list, arguments.list, column);
    if (!found.ok() && status.ok()) status = found.status();
    return found.ok() ? *found : 0;
  };
  columns.dossier_code = find("dossier_code");
  columns.unit_id = find("unit_id");
  columns.phone = list.Find("phone");
  columns.user_id = list.Find("user_id");
  columns.template_id = list.Find("template_id");
  if (!columns.phone && !columns.user_id) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments.list, ": has no column \"phone\" or \"user_id\""));
  }
  if (!arguments.details_column.empty()) columns.details = find(arguments.details_column);
  for (const std::string& one : arguments.data) {
    const std::size_t equals = one.find('=');
    const std::string name = one.substr(0, equals);
    const std::string column = equals == std::string::npos ? name : one.substr(equals + 1);
    if (!columns.data.emplace(name, find(column)).second) {
      return absl::InvalidArgumentError(absl::StrCat("--data: \"", name, "\" is there twice"));
    }
  }
  if (!status.ok()) return status;
  return columns;
}

// The text of --message, held against the list; nothing: the template of Zalo is used.
absl::StatusOr<std::optional<MailTemplate>> ReadMessage(const Invite& arguments,
                                                        const Table& list) {
  if (arguments.message_file.empty()) return std::optional<MailTemplate>();
  absl::StatusOr<std::string> text = ReadFile(arguments.message_file, kMessageBytesMax);
  if (!text.ok()) return text.status();
  text->erase(text->find_last_not_of("\r\n") + 1);
  if (text->empty() || !base::IsUtf8(*text)) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments.message_file, ": has ", text->size(),
                     " bytes that are no message, allowed is text in UTF-8"));
  }
  MailTemplate message{.subject = "", .body = *std::move(text)};
  if (const auto missing = MissingColumns(message, list.header); !missing.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(arguments.message_file, ": names {", missing[0],
                                                   "}, and ", arguments.list,
                                                   " has no such column"));
  }
  return std::optional<MailTemplate>(std::move(message));
}

absl::StatusOr<v1::ZaloInvitation> ReadInvitation(const Table& list, std::size_t row,
                                                  const Columns& columns,
                                                  const std::optional<MailTemplate>& message,
                                                  const std::string& path) {
  const std::vector<std::string>& cells = list.rows[row];
  const auto cell = [&](const std::optional<std::size_t>& place) {
    return place ? cells[*place] : std::string();
  };
  v1::ZaloInvitation invitation;
  invitation.set_dossier_code(cells[columns.dossier_code]);
  invitation.set_unit_id(cells[columns.unit_id]);
  const std::string phone = cell(columns.phone);
  const std::string user_id = cell(columns.user_id);
  if (phone.empty() == user_id.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", list.lines[row], ": found ",
                     phone.empty() ? "neither phone nor user_id" : "both phone and user_id",
                     ", allowed is one of them"));
  }
  if (!phone.empty()) {
    invitation.set_phone(phone);
  } else {
    invitation.set_user_id(user_id);
  }
  invitation.set_template_id(cell(columns.template_id));
  for (const auto& [name, place] : columns.data) {
    (*invitation.mutable_template_data())[name] = cells[place];
  }
  if (message) invitation.set_message_text(FillIn(*message, list.header, cells).body);
  invitation.set_details_link(cell(columns.details));
  return invitation;
}

// "invitations[3].phone" of a call whose first row is `first` as "list.csv:5: phone".
std::string NameRow(std::string_view field, std::size_t first, const Table& list,
                    const std::string& path) {
  constexpr std::string_view kPrefix = "invitations[";
  std::size_t number = 0;
  const std::size_t end = field.find(']');
  if (!field.starts_with(kPrefix) || end == std::string_view::npos) return std::string(field);
  const std::string digits(field.substr(kPrefix.size(), end - kPrefix.size()));
  if (!absl::SimpleAtoi(digits, &number) || first + number >= list.lines.size()) {
    return std::string(field);
  }
  std::string name = absl::StrCat(path, ":", list.lines[first + number]);
  if (field.size() > end + 2) absl::StrAppend(&name, ": ", std::string(field.substr(end + 2)));
  return name;
}

ExitCode RunInvite(const Invite& arguments, Session& session) {
  const absl::StatusOr<Table> list = ReadTable(arguments.list);
  if (!list.ok()) return session.FailUsage(list.status());
  const absl::StatusOr<Columns> columns = FindColumns(arguments, *list);
  if (!columns.ok()) return session.FailUsage(columns.status());
  const auto message = ReadMessage(arguments, *list);
  if (!message.ok()) return session.FailUsage(message.status());
  std::vector<v1::ZaloInvitation> wanted;
  for (std::size_t row = 0; row < list->rows.size(); ++row) {
    auto one = ReadInvitation(*list, row, *columns, *message, arguments.list);
    if (!one.ok()) return session.FailUsage(one.status());
    wanted.push_back(*std::move(one));
  }
  v1::QueueInvitationsResponse all;
  {
    Progress progress(session.err(), session.io().err_is_terminal, wanted.size());
    for (std::size_t first = 0; first < wanted.size(); first += kQueueMax) {
      v1::QueueInvitationsRequest request;
      request.set_round_id(arguments.round_id);
      const std::size_t end = std::min(wanted.size(), first + kQueueMax);
      for (std::size_t i = first; i < end; ++i) *request.add_invitations() = wanted[i];
      v1::QueueInvitationsResponse response;
      RpcStatus status = session.Call(&ZaloStub::QueueInvitations, request, &response);
      if (!status.ok()) {
        if (first > 0) {
          session.err() << "hailong: " << first
                        << " rows are queued; run it again when the rest is "
                        << "mended, nothing is queued twice\n";
        }
        RenameFields(status, [&](std::string_view field) {
          return NameRow(field, first, *list, arguments.list);
        });
        return FailZalo(std::move(status), session);
      }
      all.set_queued(all.queued() + response.queued());
      all.set_already_there(all.already_there() + response.already_there());
      progress.Update(end);
    }
  }
  const Language language = session.language();
  Grid grid({{"round_id", Pick(language, "Đợt", "Round")},
             {"queued", Pick(language, "Xếp hàng gửi", "Queued"), true},
             {"already_there", Pick(language, "Đã mời từ trước", "Invited before"), true}});
  grid.AddRow(
      {arguments.round_id, std::to_string(all.queued()), std::to_string(all.already_there())});
  session.Show(all, grid);
  return ExitCode::kOk;
}

ExitCode RunSends(const v1::ListSendsRequest& request, Session& session) {
  v1::ListSendsResponse response;
  const RpcStatus status = session.Call(&ZaloStub::ListSends, request, &response);
  if (!status.ok()) return FailZalo(status, session);
  std::map<std::string, std::string> names;
  if (const RpcStatus read = ReadUnitNames(session, &names); !read.ok()) return session.Fail(read);
  const Language language = session.language();
  Grid grid({{"unit_id", Pick(language, "Đơn vị", "Unit")},
             {"name", Pick(language, "Tên", "Name"), false, 40},
             {"state", Pick(language, "Trạng thái", "State")},
             {"error", Pick(language, "Mã lỗi Zalo", "Zalo's error"), true},
             {"count", Pick(language, "Số tin", "Messages"), true}});
  for (const v1::SendCount& one : response.counts()) {
    grid.AddRow({one.unit_id(), names[one.unit_id()],
                 Cell(Shown(one.state(), language), EnumWord(one.state())),
                 one.error() == 0 ? Cell("") : Cell(std::to_string(one.error())),
                 std::to_string(one.count())});
  }
  session.Show(response, grid);
  return ExitCode::kOk;
}

// Everything that is nothing is said in words, so that nobody takes an empty cell for a fault.
Grid StateGrid(const v1::GetZaloStateResponse& state, Language language) {
  Grid grid({{"item", ""},
             {"", Pick(language, "Mục", "Item")},
             {"value", Pick(language, "Hiện tại", "Now")}});
  const auto add = [&](std::string key, std::string title, Cell value, std::string_view otherwise) {
    if (value.shown.empty()) value.shown = otherwise;
    grid.AddRow({std::move(key), std::move(title), std::move(value)});
  };
  const std::string none = Pick(language, "không có", "none");
  add("token_expires_at", Pick(language, "Mã truy cập hết hạn", "Access token ends"),
      TimeCell(state.token_expires_at()), none);
  add("token_trouble", Pick(language, "Trở ngại khi lấy mã", "Trouble with tokens"),
      state.token_trouble(), none);
  add("stopped", Pick(language, "Ngừng gửi, cần người xem", "Sending stopped for a person"),
      state.stopped(), Pick(language, "không", "no"));
  add("paused_until", Pick(language, "Tạm dừng gửi đến", "Sending paused until"),
      TimeCell(state.paused_until()), Pick(language, "không", "no"));
  add("quota_left", Pick(language, "Hạn mức còn lại hôm nay", "Quota left today"),
      state.quota_left() < 0 ? Cell("") : Cell(std::to_string(state.quota_left())),
      Pick(language, "chưa rõ", "not known"));
  add("reconciled_to", Pick(language, "Đã đối chiếu đến", "Looked for lost ratings up to"),
      TimeCell(state.reconciled_to()), Pick(language, "chưa lần nào", "never"));
  add("reconcile_trouble", Pick(language, "Trở ngại khi đối chiếu", "Trouble with that look"),
      state.reconcile_trouble(), none);
  for (const v1::AnswerCount& one : state.webhooks()) {
    add(absl::StrCat("webhooks_", one.status()),
        absl::StrCat(Pick(language, "Webhook trả lời ", "Webhooks answered "), one.status()),
        std::to_string(one.count()), "");
  }
  std::map<int, uint64_t> events;
  for (const v1::EventCount& one : state.events()) events[one.state()] += one.count();
  const auto* states = google::protobuf::GetEnumDescriptor<v1::ZaloEventState>();
  for (int i = 0; i < states->value_count(); ++i) {
    const auto one = static_cast<v1::ZaloEventState>(states->value(i)->number());
    if (one == v1::ZALO_EVENT_STATE_UNSPECIFIED) continue;
    add(absl::StrCat("events_", EnumWord(one)),
        absl::StrCat(Pick(language, "Sự kiện ", "Events "), Shown(one, language)),
        std::to_string(events[one]), "");
  }
  return grid;
}

ExitCode RunState(const v1::GetZaloStateRequest& request, Session& session) {
  v1::GetZaloStateResponse state;
  const RpcStatus status = session.Call(&ZaloStub::GetZaloState, request, &state);
  if (!status.ok()) return FailZalo(status, session);
  const Language language = session.language();
  session.Show(state, StateGrid(state, language));
  std::vector<std::string> notes;
  if (!state.stopped().empty()) {
    notes.push_back(Pick(language, "Khi đã xử lý nguyên nhân: hailong zalo resume",
                         "When the cause is mended: hailong zalo resume"));
  }
  PrintNotes(notes, session);
  return ExitCode::kOk;
}

ExitCode RunResume(const v1::ResumeSendingRequest& request, Session& session) {
  v1::ResumeSendingResponse response;
  const RpcStatus status = session.Call(&ZaloStub::ResumeSending, request, &response);
  return status.ok() ? RunState({}, session) : FailZalo(status, session);
}

ExitCode RunReconcile(const v1::ReconcileRatingsRequest& request, Session& session) {
  v1::ReconcileRatingsResponse response;
  const RpcStatus status = session.Call(&ZaloStub::ReconcileRatings, request, &response);
  if (!status.ok()) return FailZalo(status, session);
  session.err() << Pick(session.language(),
                        "hailongd đang đối chiếu với danh sách của Zalo; xem: hailong zalo state",
                        "hailongd looks in Zalo's list now; see: hailong zalo state")
                << '\n';
  return ExitCode::kOk;
}

void AddInvite(CLI::App* zalo, Command& chosen) {
  CLI::App* invite = zalo->add_subcommand("invite", "Queue a message for each dossier of a list");
  auto arguments = Bind<Invite>(invite, chosen, RunInvite);
  invite->add_option("ROUND", arguments->round_id, "The round; it says what stars mean")
      ->required();
  invite->add_option("LIST", arguments->list, "CSV, one row for each dossier")->required();
  invite
      ->add_option("--data", arguments->data,
                   "NAME or NAME=COLUMN: a parameter of the template, from this column; repeat it")
      ->delimiter(',');
  invite->add_option("--message", arguments->message_file,
                     "A text with {column} instead of the template, with buttons; for rows with "
                     "user_id");
  invite->add_option("--details", arguments->details_column,
                     "With --message: the column with the link to the whole form");
  invite->footer(
      "Columns: dossier_code, unit_id, and phone or user_id; template_id if it is not the first "
      "of\n"
      "the server's settings. Only these, what --data and --details name and the text are sent to\n"
      "the server; the dossier code becomes a keyed hash there, the rest is kept encrypted until\n"
      "the message is out. A dossier is invited once in a round, so running it again is safe.\n"
      "What leads from the message to the whole form is a link of `invite create` for the same\n"
      "dossiers: in --data for a button of the template, in --details for --message. One dossier\n"
      "counts once, whichever it answers.\n"
      "Example: hailong zalo invite hcm-2026-counter dossiers.csv --data ten_cong_dan=name\n"
      "         hailong zalo invite hcm-2026-counter links.csv --message text.txt --details link");
}

}  // namespace

void AddZaloCommands(CLI::App& app, Command& chosen, OfflineCommand& offline) {
  CLI::App* zalo = app.add_subcommand("zalo", "Ratings by Zalo: an account, invitations, state");
  zalo->require_subcommand(1);

  AddZaloConnectCommand(zalo, offline);
  AddInvite(zalo, chosen);

  CLI::App* sends =
      zalo->add_subcommand("sends", "How many messages of a round are in which state");
  auto sent = Bind<v1::ListSendsRequest>(sends, chosen, RunSends);
  sends->add_option("ROUND", *sent->mutable_round_id(), "The round")->required();
  sends->footer("Example: hailong zalo sends hcm-2026-counter --format csv");

  CLI::App* state = zalo->add_subcommand("state", "How the channel does: token, quota, inbox");
  Bind<v1::GetZaloStateRequest>(state, chosen, RunState);
  state->footer(
      "Tokens are never shown. Webhooks are counted since hailongd started.\n"
      "Example: hailong zalo state --lang en");

  CLI::App* resume = zalo->add_subcommand("resume", "Go on sending after a stop");
  Bind<v1::ResumeSendingRequest>(resume, chosen, RunResume);
  resume->footer(
      "hailongd stops when Zalo refuses for a reason that waiting does not mend; `zalo state` "
      "says\n"
      "which.\n"
      "Example: hailong zalo resume");

  CLI::App* reconcile =
      zalo->add_subcommand("reconcile", "Look for ratings whose webhook was lost, now");
  Bind<v1::ReconcileRatingsRequest>(reconcile, chosen, RunReconcile);
  reconcile->footer(
      "hailongd does so by itself, every hour unless its settings say otherwise.\n"
      "Example: hailong zalo reconcile");
}

}  // namespace hailong::cli
