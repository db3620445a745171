#include "analysis/cli/cli.h"

#include <algorithm>
#include <map>

#include "analysis/cli/commands.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

constexpr char kVersion[] = "hailong " HAILONG_VERSION;

constexpr char kFooter[] =
    "The credential is read from a file, never from the command line: --token-file, or\n"
    "HAILONG_TOKEN_FILE, or $XDG_CONFIG_HOME/hailong/token. Plain text connections are made to "
    "this\n"
    "machine only; to any other, give --tls-ca.\n"
    "\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  refused by the server, or failed there\n"
    "  2  wrong options, or a file that is missing or malformed\n"
    "  3  no answer from the server\n"
    "  4  partly done: an import left rejects\n"
    "\n"
    "Examples:\n"
    "  hailong unit import units.csv\n"
    "  hailong round open citizens.textproto\n"
    "  hailong sipas bd-2024-citizens --items\n"
    "  hailong estimate sample.csv --weight w --strata district --mean rating\n"
    "  hailong sipas --help";

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("--server", options.server,
                 "HOST:PORT of hailongd; else HAILONG_SERVER, else localhost:7400");
  app.add_option("--token-file", options.token_file, "File with the credential");
  app.add_option("--tls-ca", options.tls_ca,
                 "Certificates (PEM) that vouch for the server; else HAILONG_TLS_CA");
  const std::map<std::string, Format> formats = {
      {"table", Format::kTable}, {"json", Format::kJson}, {"csv", Format::kCsv}};
  app.add_option("--format", options.format, "table (default), json or csv")
      ->transform(CLI::CheckedTransformer(formats).description(""));
  const std::map<std::string, Language> languages = {{"vi", Language::kVietnamese},
                                                     {"en", Language::kEnglish}};
  app.add_option("--lang", options.language, "Language of tables: vi (default) or en")
      ->transform(CLI::CheckedTransformer(languages).description(""));
  app.add_flag("--bom", options.byte_order_mark, "CSV: begin with a byte order mark, for Excel");
  app.add_option("--timeout", options.timeout_s,
                 "Seconds for each call; watch and export have no limit")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
}

// With a connection, once there is one to be had.
ExitCode RunOnline(const Command& chosen, const GlobalOptions& options, Io& io) {
  absl::StatusOr<Settings> settings = Resolve(options, io);
  if (!settings.ok()) {
    io.err << "hailong: " << ReplaceControls(std::string(settings.status().message())) << '\n';
    return ExitCode::kUsage;
  }
  Session session(*settings, options, io);
  return chosen(session);
}

}  // namespace

void AddAll(CLI::App& app, GlobalOptions& options, Command& chosen, OfflineCommand& offline) {
  app.set_version_flag("--version", kVersion);
  app.require_subcommand(1);
  // Global options may stand after the command too; those below inherit it.
  app.fallthrough();
  app.footer(kFooter);
  AddGlobalOptions(app, options);
  AddUnitCommands(app, chosen);
  AddPopulationCommands(app, chosen);
  AddQuestionnaireCommands(app, chosen);
  AddRoundCommands(app, chosen);
  AddCollectorCommands(app, chosen);
  AddAccountCommands(app, chosen);
  AddImportCommand(app, chosen);
  AddResultsCommands(app, chosen);
  AddImproveCommand(app, chosen);
  AddExportCommand(app, chosen);
  AddEstimateCommand(app, offline);
  AddInviteCommands(app, chosen, offline);
  AddZaloCommands(app, chosen, offline);
}

ExitCode RunCli(std::vector<std::string> arguments, Io& io) {
  GlobalOptions options;
  Command chosen;
  OfflineCommand offline;
  CLI::App app("Satisfaction with public services: registry, rounds, responses, scores.",
               "hailong");
  AddAll(app, options, chosen, offline);
  // CLI11 takes the arguments last first.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, io.out, io.err) == 0 ? ExitCode::kOk : ExitCode::kUsage;
  }

  const ExitCode code = offline ? offline(options, io) : RunOnline(chosen, options, io);
  io.out.flush();
  if (io.out || code != ExitCode::kOk) return code;
  io.err << "hailong: the output cannot be written\n";
  return ExitCode::kUsage;
}

}  // namespace hailong::cli
