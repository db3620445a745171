// Rounds: opened, closed, sealed, their keys destroyed.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/files.h"

namespace hailong::cli {
namespace {

Grid RoundGrid(Language language) {
  return Grid({{"round_id", Pick(language, "Mã", "Id")},
               {"title", Pick(language, "Tên đợt", "Title"), false, 50},
               {"state", Pick(language, "Trạng thái", "State")},
               {"questionnaire_id", Pick(language, "Bộ câu hỏi", "Questionnaire")},
               {"questionnaire_version", Pick(language, "Bản", "Version"), true},
               {"framework_id", Pick(language, "Khung điểm", "Framework")},
               {"root_unit_id", Pick(language, "Đơn vị", "Unit")},
               {"opens_at", Pick(language, "Mở", "Opens")},
               {"closes_at", Pick(language, "Đóng", "Closes")},
               {"synthetic", Pick(language, "Dữ liệu giả lập", "Synthetic")},
               {"seal_digest", ""}});
}

void AddRound(const v1::Round& round, Language language, Grid& grid) {
  grid.AddRow({round.round_id(), Pick(language, round.title()),
               Cell(Shown(round.state(), language), EnumWord(round.state())),
               round.questionnaire_id(), std::to_string(round.questionnaire_version()),
               round.framework_id(), round.root_unit_id(), TimeCell(round.opens_at()),
               TimeCell(round.closes_at()),
               Cell(round.synthetic() ? Pick(language, "có", "yes") : "",
                    round.synthetic() ? "true" : "false"),
               round.seal().digest()});
}

void ShowRound(const google::protobuf::Message& message, const v1::Round& round, Session& session) {
  const Language language = session.language();
  Grid grid = RoundGrid(language);
  AddRound(round, language, grid);
  session.Show(message, grid);
  if (session.json() || session.csv() || !round.has_seal()) return;
  const v1::Seal& seal = round.seal();
  session.out() << '\n'
                << Pick(language, "Niêm phong ", "Sealed ") << TimeCell(seal.sealed_at()).shown
                << Pick(language, ", đã lưu ", ", stored ") << seal.stored()
                << Pick(language, ", được tính ", ", counted ") << seal.counted() << '\n'
                << "SHA-256  " << seal.digest() << '\n'
                << Pick(language, "  phiếu       ", "  responses     ") << seal.responses_digest()
                << '\n'
                << Pick(language, "  khung điểm  ", "  framework     ") << seal.framework_digest()
                << '\n'
                << Pick(language, "  bộ câu hỏi  ", "  questionnaire ")
                << seal.questionnaire_digest() << '\n'
                << Pick(language, "  khung mẫu   ", "  frame         ") << seal.frame_digest()
                << '\n'
                << Pick(language, "  kết quả     ", "  result        ") << seal.result_digest()
                << '\n';
}

// What is given here goes over the file.
struct RoundOpen {
  std::string file;
  std::string round_id;
  std::string title;
  std::string questionnaire_id;
  uint32_t questionnaire_version = 0;
  std::string root_unit_id;
  std::string framework_id;
  std::string opens;
  std::string closes;
  std::string grace;
  std::string appeal_time;
  std::string weighting;
  bool synthetic = false;
};

absl::Status SetTime(const std::string& text, google::protobuf::Timestamp* timestamp) {
  if (text.empty()) return absl::OkStatus();
  const absl::StatusOr<absl::Time> time = ReadTimeOption(text);
  if (!time.ok()) return time.status();
  timestamp->set_seconds(absl::ToUnixSeconds(*time));
  timestamp->set_nanos(0);
  return absl::OkStatus();
}

absl::Status Override(const RoundOpen& arguments, v1::Round* round) {
  if (!arguments.round_id.empty()) round->set_round_id(arguments.round_id);
  if (!arguments.title.empty()) round->mutable_title()->set_vi(arguments.title);
  if (!arguments.questionnaire_id.empty()) {
    round->set_questionnaire_id(arguments.questionnaire_id);
  }
  if (arguments.questionnaire_version > 0) {
    round->set_questionnaire_version(arguments.questionnaire_version);
  }
  if (!arguments.root_unit_id.empty()) round->set_root_unit_id(arguments.root_unit_id);
  if (!arguments.framework_id.empty()) round->set_framework_id(arguments.framework_id);
  if (arguments.synthetic) round->set_synthetic(true);
  if (!arguments.weighting.empty()) {
    const auto mode = EnumValue<v1::WeightingMode>(arguments.weighting);
    if (!mode.ok()) return mode.status();
    round->mutable_weighting_plan()->set_mode(*mode);
  }
  absl::Status status;
  if (!arguments.opens.empty()) status.Update(SetTime(arguments.opens, round->mutable_opens_at()));
  if (!arguments.closes.empty()) {
    status.Update(SetTime(arguments.closes, round->mutable_closes_at()));
  }
  if (!arguments.grace.empty()) {
    status.Update(ReadDurationOption(arguments.grace, round->mutable_grace()));
  }
  if (!arguments.appeal_time.empty()) {
    status.Update(ReadDurationOption(arguments.appeal_time, round->mutable_appeal_time()));
  }
  return status;
}

ExitCode RunRoundOpen(const RoundOpen& arguments, Session& session) {
  v1::OpenRoundRequest request;
  absl::Status ready = ReadTextProto(arguments.file, request.mutable_round());
  if (ready.ok()) ready = Override(arguments, request.mutable_round());
  if (!ready.ok()) return session.FailUsage(ready);
  v1::OpenRoundResponse response;
  const RpcStatus status = session.Call(&Registry::OpenRound, request, &response);
  if (!status.ok()) return session.Fail(status);
  ShowRound(response, response.round(), session);
  return ExitCode::kOk;
}

ExitCode RunRoundClose(const v1::CloseRoundRequest& request, Session& session) {
  v1::CloseRoundResponse response;
  const RpcStatus status = session.Call(&Registry::CloseRound, request, &response);
  if (!status.ok()) return session.Fail(status);
  ShowRound(response, response.round(), session);
  return ExitCode::kOk;
}

ExitCode RunRoundSeal(const v1::SealRoundRequest& request, Session& session) {
  v1::SealRoundResponse response;
  const RpcStatus status = session.Call(&Registry::SealRound, request, &response);
  if (!status.ok()) return session.Fail(status);
  ShowRound(response, response.round(), session);
  return ExitCode::kOk;
}

ExitCode RunRoundShow(const v1::GetRoundRequest& request, Session& session) {
  v1::GetRoundResponse response;
  const RpcStatus status = session.Call(&Registry::GetRound, request, &response);
  if (!status.ok()) return session.Fail(status);
  ShowRound(response, response.round(), session);
  return ExitCode::kOk;
}

ExitCode RunRoundList(const v1::ListRoundsRequest& request, Session& session) {
  v1::ListRoundsResponse all;
  const RpcStatus status = session.CallPages(&Registry::ListRounds, request, &all);
  if (!status.ok()) return session.Fail(status);
  Grid grid = RoundGrid(session.language());
  for (const v1::Round& round : all.rounds()) AddRound(round, session.language(), grid);
  session.Show(all, grid);
  return ExitCode::kOk;
}

ExitCode RunDestroyKey(const v1::DestroyRoundKeyRequest& request, Session& session) {
  v1::DestroyRoundKeyResponse response;
  const RpcStatus status = session.Call(&Registry::DestroyRoundKey, request, &response);
  if (!status.ok()) return session.Fail(status);
  Grid grid({{"round_id", Pick(session.language(), "Đã hủy khóa của đợt", "Key destroyed of")}});
  grid.AddRow({request.round_id()});
  session.Show(response, grid);
  return ExitCode::kOk;
}

// Binds the one argument that most of these commands have.
template <typename Request>
std::shared_ptr<Request> BindRound(CLI::App* command, Command& chosen,
                                   ExitCode (*run)(const Request&, Session&)) {
  auto request = Bind<Request>(command, chosen, run);
  command
      ->add_option_function<std::string>(
          "ROUND", [request](const std::string& id) { request->set_round_id(id); }, "The round")
      ->required();
  return request;
}

void AddRoundOpen(CLI::App* round, Command& chosen) {
  CLI::App* open = round->add_subcommand("open", "Open a round: from now its responses are taken");
  auto arguments = Bind<RoundOpen>(open, chosen, RunRoundOpen);
  open->add_option("FILE", arguments->file, "hailong.v1.Round in protobuf text format")->required();
  open->add_option("--id", arguments->round_id, "Instead of the file's round_id");
  open->add_option("--title", arguments->title, "Instead of its Vietnamese title");
  open->add_option("--questionnaire", arguments->questionnaire_id, "Instead of its questionnaire");
  open->add_option("--questionnaire-version", arguments->questionnaire_version,
                   "Instead of its questionnaire_version");
  open->add_option("--root", arguments->root_unit_id, "Instead of its root_unit_id");
  open->add_option("--framework", arguments->framework_id, "Instead of its framework_id");
  open->add_option("--opens", arguments->opens,
                   "Instead of its opens_at: 2024-10-01 (00:00 in Vietnam) "
                   "or 2024-10-01T08:00:00+07:00");
  open->add_option("--closes", arguments->closes,
                   "Instead of its closes_at: the first day or time that is too late");
  open->add_option("--grace", arguments->grace, "Instead of its grace: 14d, 36h, 90m");
  open->add_option("--appeal-time", arguments->appeal_time, "Instead of its appeal_time: 365d");
  open->add_option("--weighting", arguments->weighting, "population, equal-units or none");
  open->add_flag("--synthetic", arguments->synthetic, "The responses are made up");
  open->footer(
      "Opening again with the same content is not an error.\n"
      "Example: hailong round open citizens.textproto --opens 2024-10-01 --closes 2025-01-01");
}

}  // namespace

void AddRoundCommands(CLI::App& app, Command& chosen) {
  CLI::App* round = app.add_subcommand("round", "Rounds of collection");
  round->require_subcommand(1);
  AddRoundOpen(round, chosen);

  CLI::App* close = round->add_subcommand("close", "End the collection now");
  BindRound<v1::CloseRoundRequest>(close, chosen, RunRoundClose);
  close->footer(
      "Responses given before the end still count until the grace is over.\n"
      "Example: hailong round close bd-2024-citizens");

  CLI::App* seal = round->add_subcommand("seal", "Fix inputs, rules and result under a digest");
  auto request = BindRound<v1::SealRoundRequest>(seal, chosen, RunRoundSeal);
  seal->add_flag_callback(
      "--now", [request] { request->set_now(true); }, "Do not wait for the end of the grace");
  seal->footer("Example: hailong round seal bd-2024-citizens");

  CLI::App* show = round->add_subcommand("show", "Show a round and its seal");
  BindRound<v1::GetRoundRequest>(show, chosen, RunRoundShow);
  show->footer("Example: hailong round show bd-2024-citizens --format json");

  CLI::App* list = round->add_subcommand("list", "List the rounds");
  Bind<v1::ListRoundsRequest>(list, chosen, RunRoundList);
  list->footer("Example: hailong round list");

  CLI::App* destroy = round->add_subcommand(
      "destroy-key", "Destroy the key that links dossiers to responses, for good");
  BindRound<v1::DestroyRoundKeyRequest>(destroy, chosen, RunDestroyKey);
  destroy->footer(
      "Only for a sealed round whose appeal time is over. Cannot be undone.\n"
      "Example: hailong round destroy-key bd-2024-citizens");
}

}  // namespace hailong::cli
