// Estimates of a sample in a file; no server.
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/estimate_output.h"
#include "analysis/cli/progress.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

absl::StatusOr<Estimation> Read(const EstimateOptions& arguments, Io& io) {
  std::error_code error;
  const auto size = std::filesystem::file_size(arguments.file, error);
  Progress bar(io.err, io.err_is_terminal, error ? 0 : size);
  return ReadEstimation(arguments, [&](uint64_t bytes) { bar.Update(bytes); });
}

absl::StatusOr<tabulate::Table> Compute(Estimation& estimation, Io& io) {
  constexpr uint64_t kSteps = 1000;
  Progress bar(io.err, io.err_is_terminal, kSteps);
  return tabulate::Tabulate(
      std::move(estimation.plan), estimation.questions,
      [&](uint64_t done, uint64_t total) { bar.Update(done * kSteps / total); });
}

ExitCode RunEstimate(const EstimateOptions& arguments, const GlobalOptions& options, Io& io) {
  const auto fail = [&](const std::string& message) {
    io.err << "hailong: " << ReplaceControls(message) << '\n';
    return ExitCode::kUsage;
  };
  absl::StatusOr<Estimation> estimation = Read(arguments, io);
  if (!estimation.ok()) return fail(std::string(estimation.status().message()));
  const absl::StatusOr<tabulate::Table> table = Compute(*estimation, io);
  if (!table.ok()) return fail(absl::StrCat(arguments.file, ": ", table.status().message()));
  if (options.format == Format::kJson) {
    WriteEstimatesJson(arguments, *estimation, *table, io.out);
    return ExitCode::kOk;
  }
  const Grid grid = EstimatesGrid(arguments, *estimation, *table, options.language);
  if (options.format == Format::kCsv) {
    grid.PrintCsv(io.out, options.byte_order_mark);
  } else {
    grid.PrintTable(io.out);
  }
  io.out.flush();
  for (const std::string& line :
       EstimatesReport(arguments, *estimation, *table, options.language)) {
    io.err << ReplaceControls(line) << '\n';
  }
  return ExitCode::kOk;
}

template <typename T>
void AddChoice(CLI::App* command, const std::string& name, T& value, const std::string& help,
               const std::map<std::string, T>& words) {
  command->add_option(name, value, help)->transform(CLI::CheckedTransformer(words).description(""));
}

void AddDesignOptions(CLI::App* command, EstimateOptions& arguments) {
  command->add_option("--weight", arguments.weight,
                      "Column with the design weight; else it follows from --fpc, else 1");
  command->add_option("--strata", arguments.strata,
                      "Columns with the stratum, stage by stage; a stage may be left empty");
  command->add_option("--cluster", arguments.cluster,
                      "Columns with the sampling unit, stage by stage; else each row is one");
  command->add_option("--fpc", arguments.fpc,
                      "Columns with the number of units in the population, stage by stage");
  command->add_flag("--nest", arguments.nest,
                    "Units of one name in two strata are two units; else that is refused");
  AddChoice(command, "--lonely", arguments.lonely,
            "A stratum with one unit: fail (default), remove, certainty, adjust, average",
            {{"fail", design::LonelyPsu::kFail},
             {"remove", design::LonelyPsu::kRemove},
             {"certainty", design::LonelyPsu::kCertainty},
             {"adjust", design::LonelyPsu::kAdjust},
             {"average", design::LonelyPsu::kAverage}});
}

void AddQuestionOptions(CLI::App* command, EstimateOptions& arguments) {
  const auto add_list = [&](const std::string& name, std::vector<std::string>& lists,
                            const std::string& help) {
    command->add_option(name, lists, help)->allow_extra_args(false);
  };
  add_list("--mean", arguments.mean, "Columns, of numbers: COL,..");
  add_list("--total", arguments.total, "Columns, of numbers: COL,..");
  add_list("--proportion", arguments.proportion,
           "Columns: COL gives the share of each value, COL=4+5 that of the values 4 and 5");
  add_list("--ratio", arguments.ratio, "Ratios of totals: A/B,..");
  add_list("--quantile", arguments.quantile, "Quantiles: COL:0.5,..; their interval is Woodruff's");
  command->add_option("--by", arguments.by,
                      "Columns: an estimate for each combination of their values");
  command->add_option("--against", arguments.against,
                      "A value of each column of --by: differences from that group, too");
}

void AddWeightingOptions(CLI::App* command, EstimateOptions& arguments) {
  command->add_option("--nonresponse", arguments.nonresponse,
                      "COL or COL:CELL,..: where COL is 0 the weight goes to those of the same "
                      "cell where it is 1");
  command->add_option("--poststratify", arguments.poststratify, "File with a margin");
  command->add_option("--rake", arguments.rake, "Files with a margin each: FILE,..");
  command->add_option("--calibrate", arguments.calibrate, "File with totals");
  AddChoice(command, "--calibrate-distance", arguments.distance,
            "linear (default), raking or logit",
            {{"linear", weighting::Distance::kLinear},
             {"raking", weighting::Distance::kRaking},
             {"logit", weighting::Distance::kLogit}});
  command->add_option("--bounds", arguments.bounds,
                      "LOWER,UPPER of calibrated weight / weight before; logit needs both");
  command->add_option("--trim", arguments.trim, "LOWER,UPPER of the weights; one may be empty");
}

void AddErrorOptions(CLI::App* command, EstimateOptions& arguments) {
  command->add_option("--replicates", arguments.replicates,
                      "Errors from replicates: jk1, jkn, brr, fay:0.3, bootstrap:500, "
                      "bootstrap-fpc:500; else Taylor");
  constexpr uint64_t kSeedMax = uint64_t{1} << 53;
  command->add_option("--seed", arguments.seed, "Of the bootstrap: 0 to 2^53")
      ->check(CLI::Range(uint64_t{0}, kSeedMax))
      ->capture_default_str();
  AddChoice(command, "--interval", arguments.interval,
            "normal, t (default); for proportions also logit, beta: others then have t",
            {{"normal", estimate::IntervalKind::kNormal},
             {"t", estimate::IntervalKind::kT},
             {"logit", estimate::IntervalKind::kLogit},
             {"beta", estimate::IntervalKind::kBeta}});
  command->add_option("--confidence", arguments.confidence, "Of the intervals")
      ->capture_default_str();
  command->add_flag("--deff", arguments.deff,
                    "Design effects in tables and CSV too, over sampling with replacement");
  command
      ->add_option("--threads", arguments.threads,
                   "Results do not depend on it; 0: as many as the machine has")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

}  // namespace

void AddEstimateCommand(CLI::App& app, OfflineCommand& chosen) {
  CLI::App* command =
      app.add_subcommand("estimate", "Estimates of a sample in a CSV file; needs no server");
  auto arguments = std::make_shared<EstimateOptions>();
  command->add_option("DATA", arguments->file, "CSV with a header; empty cells and NA are missing")
      ->required();
  AddChoice(command, "--delimiter", arguments->delimiter,
            "Between the columns of all files: , (default), ; or tab",
            {{",", ','}, {";", ';'}, {"tab", '\t'}});
  AddDesignOptions(command, *arguments);
  AddQuestionOptions(command, *arguments);
  AddWeightingOptions(command, *arguments);
  AddErrorOptions(command, *arguments);
  command->callback([arguments, &chosen] {
    chosen = [arguments](const GlobalOptions& options, Io& io) {
      return RunEstimate(*arguments, options, io);
    };
  });
  command->footer(
      "Weights go through --nonresponse, --poststratify, --rake, --calibrate, --trim, in this "
      "order.\n"
      "A margin is a CSV of columns of the sample and `population` (or `N`), a row for each cell.\n"
      "Totals are a CSV `variable,total`; a variable is a column of numbers, `column:value` or\n"
      "`(Intercept)`. Numbers have a decimal point. A backslash makes , : / = + part of a name.\n"
      "--format table (default), csv or json, --lang vi (default) or en, as everywhere: see\n"
      "hailong --help. What happened to the weights is told on the error stream, or in JSON.\n"
      "Example: hailong estimate sample.csv --weight w --strata district --mean rating --by sex\n"
      "         hailong estimate sample.csv --cluster ward --fpc wards --proportion rating=4+5 \\\n"
      "             --rake sex.csv,age.csv --replicates bootstrap:500 --interval logit");
}

}  // namespace hailong::cli
