// Responses from a file: paper forms and the data of other systems.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/csv_writer.h"
#include "analysis/cli/files.h"
#include "analysis/cli/importer.h"
#include "analysis/cli/progress.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kShownRejectsMax = 20;

struct Import {
  std::string file;
  std::string round_id;
  std::string map_file;
  std::string rejects_file;
};

// Where refused rows go: the columns of the file itself, after the line and the reason, so that it
// can be mended and imported again with the same map. Cells are written back as they were; only the
// reason is ours.
class Rejects {
 public:
  Rejects(const CsvRow& header, char delimiter, std::ostream& err)
      : err_(err), width_(header.cells.size()) {
    delimiter_ = delimiter;
    for (std::size_t i = 0; i < header.cells.size(); ++i) {
      if (header.cells[i] == kLineColumn) line_column_ = i;
      if (header.cells[i] == kReasonColumn) reason_column_ = i;
    }
    header_ = header;
  }

  // Refuses a file that is there: it may hold rows that somebody mended.
  absl::Status Open(const std::string& path) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) {
      return absl::AlreadyExistsError(
          absl::StrCat(path, ": is there already; give --rejects a new file"));
    }
    file_.open(path, std::ios::binary);
    if (!file_) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be written"));
    path_ = path;
    csv_.emplace(file_, delimiter_);
    csv_->Verbatim(std::string(kLineColumn));
    csv_->Verbatim(std::string(kReasonColumn));
    WriteCells(header_);
    return absl::OkStatus();
  }

  void Add(const CsvRow& row, const std::string& reason) {
    ++count_;
    // The line of the first file, when this one is a file of rejects.
    const bool known = line_column_ && row.cells.size() == width_;
    const std::string line = known ? row.cells[*line_column_] : std::to_string(row.line);
    if (csv_) {
      csv_->Verbatim(line);
      csv_->Text(ReplaceControls(reason));
      WriteCells(row);
      return;
    }
    if (count_ <= kShownRejectsMax) {
      err_ << "line " << row.line << ": " << ReplaceControls(reason) << '\n';
    } else if (count_ == kShownRejectsMax + 1) {
      err_ << "... more; --rejects FILE writes them all\n";
    }
  }

  // Not OK: rejects were lost. A file without rows is deleted.
  absl::Status Close() {
    if (!csv_) return absl::OkStatus();
    file_.close();
    if (!file_) return absl::DataLossError(absl::StrCat(path_, ": writing failed"));
    std::error_code error;
    if (count_ == 0) std::filesystem::remove(path_, error);
    return absl::OkStatus();
  }

 private:
  // All cells there are: a row with too few or too many must not look whole when it comes back.
  void WriteCells(const CsvRow& row) {
    const bool whole = row.cells.size() == width_;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      if (whole && (i == line_column_ || i == reason_column_)) continue;
      csv_->Verbatim(row.cells[i]);
    }
    csv_->EndRow();
  }

  std::ostream& err_;
  std::size_t width_;
  char delimiter_ = ',';
  CsvRow header_;
  std::optional<std::size_t> line_column_;
  std::optional<std::size_t> reason_column_;
  std::string path_;
  std::ofstream file_;
  std::optional<CsvWriter> csv_;
  uint64_t count_ = 0;
};

void ShowSummary(const ImportSummary& summary, Session& session) {
  const Language language = session.language();
  Grid grid({{"outcome", Pick(language, "Kết quả", "Outcome")},
             {"rows", Pick(language, "Số dòng", "Rows"), true}});
  const auto add = [&](const char* key, std::string_view vi, std::string_view en, uint64_t count) {
    grid.AddRow({Cell(Pick(language, vi, en), key), std::to_string(count)});
  };
  add("recorded", "Đã lưu, được tính", "Recorded, counts", summary.recorded());
  add("already_recorded", "Đã có từ trước", "Recorded before", summary.already_recorded());
  add("recorded_counts", "Đã lưu, thay phiếu khác", "Recorded, counts instead of another",
      summary.recorded_counts());
  add("recorded_not_counted", "Đã lưu, phiếu khác được tính", "Recorded, another counts",
      summary.recorded_not_counted());
  add("recorded_late", "Đã lưu, đến muộn", "Recorded late", summary.recorded_late());
  add("rejected_rows", "Dòng sai, không gửi", "Bad row, not sent", summary.rejected_rows());
  add("refused", "Máy chủ từ chối", "Refused by the server", summary.refused());
  add("rows", "Tổng số dòng đã đọc", "All rows read", summary.rows());
  session.Show(summary, grid);
}

absl::StatusOr<char> Delimiter(const ImportMap& map) {
  if (map.delimiter().empty()) return ',';
  const bool one = map.delimiter().size() == 1;
  const char c = map.delimiter()[0];
  if (one && c != '"' && c != '\n' && c != '\r' && c != ' ') return c;
  return absl::InvalidArgumentError("the delimiter of the map is not one character such as , or ;");
}

// `in` ends before the mapper and rejects are done with it.
ExitCode Run(const Import& arguments, const ImportMap& map, const v1::Questionnaire& questionnaire,
             std::istream& in, uint64_t file_bytes, char delimiter, Session& session) {
  const auto in_file = [&](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(arguments.file, ": ", status.message()));
  };
  CsvReader reader(in, delimiter);
  CsvRow header;
  const absl::StatusOr<bool> first = reader.Next(header);
  if (!first.ok()) return session.FailUsage(in_file(first.status()));
  if (!*first) return session.FailUsage(in_file(absl::InvalidArgumentError("is empty")));
  absl::StatusOr<RowMapper> mapper =
      RowMapper::Create(map, questionnaire, arguments.round_id, header.cells);
  if (!mapper.ok()) return session.FailUsage(in_file(mapper.status()));

  Rejects rejects(header, delimiter, session.err());
  if (!arguments.rejects_file.empty()) {
    if (absl::Status status = rejects.Open(arguments.rejects_file); !status.ok()) {
      return session.FailUsage(status);
    }
  }
  ImportEnd end;
  {
    Progress progress(session.err(), session.io().err_is_terminal, file_bytes);
    ImportPorts ports;
    ports.submit = [&](const v1::SubmitResponsesRequest& request,
                       v1::SubmitResponsesResponse* response) {
      return session.Call(&Collection::SubmitResponses, request, response);
    };
    ports.reject = [&](const CsvRow& row, const std::string& why) { rejects.Add(row, why); };
    ports.progress = [&](uint64_t bytes) { progress.Update(bytes); };
    ports.sleep = [](std::chrono::milliseconds pause) { std::this_thread::sleep_for(pause); };
    end = Importer(*mapper, std::move(ports)).Run(reader);
  }
  const absl::Status closed = rejects.Close();
  ShowSummary(end.summary, session);
  if (!end.rpc.ok()) {
    const ExitCode code = session.Fail(end.rpc);
    session.err() << "hailong: stopped before the end of the file; import it again, nothing is "
                     "counted twice\n";
    return code;
  }
  if (!end.file.ok()) return session.FailUsage(in_file(end.file));
  if (!closed.ok()) return session.FailUsage(closed);
  return end.summary.rejected_rows() + end.summary.refused() > 0 ? ExitCode::kPartly
                                                                 : ExitCode::kOk;
}

ExitCode RunImport(const Import& arguments, Session& session) {
  ImportMap map;
  if (absl::Status status = ReadTextProto(arguments.map_file, &map); !status.ok()) {
    return session.FailUsage(status);
  }
  const absl::StatusOr<char> delimiter = Delimiter(map);
  if (!delimiter.ok()) return session.FailUsage(delimiter.status());
  std::error_code error;
  const auto size = std::filesystem::file_size(arguments.file, error);
  const uint64_t file_bytes = error ? 0 : static_cast<uint64_t>(size);
  errno = 0;
  std::ifstream in(arguments.file, std::ios::binary);
  if (!in) {
    return session.FailUsage(absl::ErrnoToStatus(errno == 0 ? EIO : errno, arguments.file));
  }
  v1::GetQuestionnaireRequest request;
  request.set_round_id(arguments.round_id);
  v1::GetQuestionnaireResponse response;
  const RpcStatus status = session.Call(&Collection::GetQuestionnaire, request, &response);
  if (!status.ok()) return session.Fail(status);
  return Run(arguments, map, response.questionnaire(), in, file_bytes, *delimiter, session);
}

}  // namespace

void AddImportCommand(CLI::App& app, Command& chosen) {
  CLI::App* responses = app.add_subcommand("responses", "Responses from files");
  responses->require_subcommand(1);
  CLI::App* command =
      responses->add_subcommand("import", "Paper forms, or the data of another system, from CSV");
  auto arguments = Bind<Import>(command, chosen, RunImport);
  command->add_option("FILE", arguments->file, "CSV in UTF-8 with a header")->required();
  command->add_option("--round", arguments->round_id, "The round")->required();
  command
      ->add_option("--map", arguments->map_file,
                   "What the columns mean: hailong.cli.ImportMap in protobuf text format")
      ->required();
  command->add_option("--rejects", arguments->rejects_file,
                      "A new file for refused rows, with the line and the reason of each");
  command->footer(
      "Needs the credential of a collector (channel paper or import). The same file may be "
      "imported\n"
      "again, reordered or mended: a row that was stored before is not stored twice. The file of "
      "rejects\n"
      "can be mended and imported with the same map. Exit code 4 says that rows were refused.\n"
      "Example: hailong responses import forms.csv --round bd-2024-citizens --map forms.textproto "
      "\\\n"
      "           --rejects rejects.csv --token-file import.token");
}

}  // namespace hailong::cli
