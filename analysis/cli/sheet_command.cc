// QR sheets for those without mail.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/sheet.h"
#include "analysis/cli/table_file.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

struct Sheet {
  std::string links;
  std::string out;
  std::string heading;
  std::vector<std::string> label_columns;
};

absl::StatusOr<std::vector<Label>> ReadLabels(const Sheet& arguments) {
  const absl::StatusOr<Table> table = ReadTable(arguments.links);
  if (!table.ok()) return table.status();
  const auto link = FindColumn(*table, arguments.links, "link");
  if (!link.ok()) return link.status();
  std::vector<std::size_t> columns;
  for (const std::string& column : arguments.label_columns) {
    const auto found = FindColumn(*table, arguments.links, column);
    if (!found.ok()) return found.status();
    columns.push_back(*found);
  }
  if (table->rows.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(arguments.links, ": has no links"));
  }
  std::vector<Label> labels;
  for (const auto& row : table->rows) {
    Label& label = labels.emplace_back();
    label.link = row[*link];
    for (const std::size_t column : columns) label.lines.push_back(ReplaceControls(row[column]));
  }
  return labels;
}

ExitCode RunSheet(const Sheet& arguments, const GlobalOptions& options, Io& io) {
  const auto fail = [&](const absl::Status& status) {
    io.err << "hailong: " << ReplaceControls(std::string(status.message())) << '\n';
    return ExitCode::kUsage;
  };
  const absl::StatusOr<std::vector<Label>> labels = ReadLabels(arguments);
  if (!labels.ok()) return fail(labels.status());
  const std::string heading =
      arguments.heading.empty()
          ? Pick(options.language, "Mời Ông/Bà trả lời phiếu khảo sát", "Please answer our survey")
          : arguments.heading;
  if (!base::IsUtf8(heading)) return fail(absl::InvalidArgumentError("--heading: is not UTF-8"));
  const absl::StatusOr<std::string> pdf = MakeSheet(heading, *labels);
  if (!pdf.ok()) return fail(pdf.status());
  if (const absl::Status written = base::WritePrivateFile(arguments.out, *pdf); !written.ok()) {
    return fail(written);
  }
  io.err << labels->size() << Pick(options.language, " thư mời trong ", " invitations in ")
         << arguments.out << '\n';
  return ExitCode::kOk;
}

}  // namespace

void AddSheetCommand(CLI::App* invite, OfflineCommand& chosen) {
  CLI::App* sheet = invite->add_subcommand("sheet", "Print links as QR codes on A4, to cut apart");
  auto arguments = std::make_shared<Sheet>();
  sheet->callback([&chosen, arguments] {
    chosen = [arguments](const GlobalOptions& options, Io& io) {
      return RunSheet(*arguments, options, io);
    };
  });
  sheet->add_option("LINKS", arguments->links, "CSV with a column link")->required();
  sheet->add_option("--out", arguments->out, "PDF to write")->required();
  sheet->add_option("--heading", arguments->heading, "What stands on every label");
  sheet->add_option("--label", arguments->label_columns, "Columns that say whose it is: name unit");
  sheet->footer(
      "Example: hailong invite sheet links.csv --out sheet.pdf --label name --label unit_id");
}

}  // namespace hailong::cli
