// All responses of a round, streamed to a file.
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/export_row.h"

namespace hailong::cli {
namespace {

struct Export {
  v1::ExportResponsesRequest request;
  std::string file = "-";
  bool labels = false;
};

ExitCode RunExport(const Export& arguments, Session& session) {
  const bool go_on = !arguments.request.cursor().empty();
  const bool json = session.json();
  if (json && arguments.labels) {
    return session.FailUsage(absl::InvalidArgumentError("--labels is for CSV; JSON has codes"));
  }
  v1::GetQuestionnaireRequest which;
  which.set_round_id(arguments.request.round_id());
  v1::GetQuestionnaireResponse questionnaire;
  if (!json) {
    const RpcStatus status = session.Call(&Collection::GetQuestionnaire, which, &questionnaire);
    if (!status.ok()) return session.Fail(status);
  }

  std::ofstream file;
  if (arguments.file != "-") {
    file.open(arguments.file, std::ios::binary | (go_on ? std::ios::app : std::ios::trunc));
    if (!file) {
      return session.FailUsage(
          absl::InvalidArgumentError(absl::StrCat(arguments.file, ": cannot be written")));
    }
  }
  std::ostream& out = file.is_open() ? file : session.out();
  CsvWriter csv(out);
  const ExportRowWriter rows(
      questionnaire.questionnaire(),
      {arguments.labels, arguments.request.with_comments(), session.language()});
  if (!json && !go_on) {
    if (session.options().byte_order_mark) csv.ByteOrderMark();
    rows.WriteHeader(csv);
  }
  uint64_t count = 0;
  std::string cursor = arguments.request.cursor();
  const auto write = [&](const v1::ExportResponsesResponse& response) {
    for (const v1::ExportedResponse& exported : response.responses()) {
      json ? WriteJson(exported, /*one_line=*/true, out) : rows.WriteRow(exported, csv);
    }
    out.flush();
    if (!out) return false;
    count += static_cast<uint64_t>(response.responses_size());
    cursor = response.cursor();
    return true;
  };
  const RpcStatus status =
      session.Stream<Results, v1::ExportResponsesRequest, v1::ExportResponsesResponse>(
          &Results::ExportResponses, arguments.request, write);
  ExitCode code = ExitCode::kOk;
  if (!status.ok()) {
    code = session.Fail(status);
  } else if (!out) {
    code = session.FailUsage(
        absl::DataLossError("the output cannot be written; its last lines may be incomplete"));
  }
  session.err() << count
                << Pick(session.language(), " phiếu; tiếp tục với ", " responses; to go on: ")
                << "--cursor '" << cursor << "'\n";
  return code;
}

}  // namespace

void AddExportCommand(CLI::App& app, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("export", "All responses of a round, as CSV or JSON lines");
  auto arguments = Bind<Export>(command, chosen, RunExport);
  command->add_option("ROUND", *arguments->request.mutable_round_id(), "The round")->required();
  command->add_option("-o,--output", arguments->file, "The file; - is the standard output")
      ->capture_default_str();
  command->add_option("--unit", *arguments->request.mutable_unit_id(),
                      "Only this unit and those below");
  command->add_option("--cursor", *arguments->request.mutable_cursor(),
                      "Go on after this: adds to the file, without a header");
  command->add_flag_callback(
      "--counted-only", [arguments] { arguments->request.set_counted_only(true); },
      "Only responses that count");
  command->add_flag_callback(
      "--comments", [arguments] { arguments->request.set_with_comments(true); },
      "Also free text, which may name people; for an unbound admin only");
  command->add_flag("--labels", arguments->labels, "CSV: the texts of options, not their numbers");
  command->footer(
      "CSV unless --format json is given: one column for each question, several choices joined by\n"
      "';', NA for not applicable, empty for no answer. The cursor to go on with, after a break or "
      "when\n"
      "more has come in, is the last thing on the error stream.\n"
      "Example: hailong export bd-2024-citizens -o citizens.csv --bom --labels\n"
      "         hailong export bd-2024-citizens -o citizens.csv --cursor 'CURSOR'");
}

}  // namespace hailong::cli
