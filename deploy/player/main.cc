// hailong-player: the second process of the demo. Plays made-up responses of citizens and officials
// to a real server through gRPC and checks that each outcome is the one planned.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "deploy/player/inputs.h"
#include "deploy/player/progress.h"
#include "deploy/player/responses.h"
#include "deploy/player/schedule.h"
#include "deploy/player/sender.h"
#include "deploy/player/tally.h"

namespace hailong::player {
namespace {

// Exit codes: 0 all as planned, 1 something was not, 2 it could not begin.
constexpr int kAsPlanned = 0;
constexpr int kNotAsPlanned = 1;
constexpr int kCannotBegin = 2;

struct Arguments {
  std::string server;
  std::string tls_ca;
  std::string citizens_round;
  std::string officials_round;
  std::string credentials;
  std::string registry;
  std::string populations;
  std::string from;
  std::string to;
  int streams = 4;
  bool late_only = false;
  ScheduleSettings settings;
};

absl::Status ParseWindow(Arguments& arguments) {
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, arguments.from, &arguments.settings.from, &error)) {
    return absl::InvalidArgumentError("--from: " + error);
  }
  if (!absl::ParseTime(absl::RFC3339_full, arguments.to, &arguments.settings.to, &error)) {
    return absl::InvalidArgumentError("--to: " + error);
  }
  if (arguments.settings.to > absl::Now()) {
    return absl::InvalidArgumentError("--to lies in the future: nobody has answered yet");
  }
  return absl::OkStatus();
}

void PrintPlan(const Schedule& schedule, const std::vector<RatedUnit>& units,
               const std::vector<CollectorAccess>& collectors) {
  uint64_t duplicates = 0;
  uint64_t flagged[3] = {};  // straight-liners, speeders, taps
  for (const Entry& entry : schedule.again) {
    duplicates += entry.expectation == Expectation::kDuplicate ? 1 : 0;
  }
  for (const Entry& entry : schedule.citizens) {
    if (entry.behaviour == Behaviour::kStraightLiner) ++flagged[0];
    if (entry.behaviour == Behaviour::kSpeeder) ++flagged[1];
    if (entry.behaviour == Behaviour::kTap) ++flagged[2];
  }
  absl::PrintF("%d citizens of %d units, %d officials, %d collectors\n", schedule.citizens.size(),
               units.size(), schedule.officials.size(), collectors.size());
  absl::PrintF("among them %d straight-liners, %d speeders, %d anonymous taps\n", flagged[0],
               flagged[1], flagged[2]);
  absl::PrintF("then %d retries and %d second responses for a dossier\n",
               schedule.again.size() - duplicates, duplicates);
  if (schedule.gap.first != 0) {
    absl::PrintF("collector %s leaves out numbers %d to %d on purpose\n",
                 collectors[schedule.gap.collector].collector_id, schedule.gap.first,
                 schedule.gap.last);
  }
  std::fflush(stdout);
}

absl::StatusOr<bool> Play(Arguments& arguments) {
  absl::Status status = ParseWindow(arguments);
  if (!status.ok()) return status;

  std::string tls_ca;
  if (!arguments.tls_ca.empty()) {
    absl::StatusOr<std::string> pem = ReadFile(arguments.tls_ca);
    if (!pem.ok()) return pem.status();
    tls_ca = *pem;
  }
  const absl::StatusOr<std::string> registry = ReadFile(arguments.registry);
  if (!registry.ok()) return registry.status();
  const absl::StatusOr<std::string> populations = ReadFile(arguments.populations);
  if (!populations.ok()) return populations.status();
  const absl::StatusOr<std::string> credentials = ReadFile(arguments.credentials);
  if (!credentials.ok()) return credentials.status();

  const absl::StatusOr<std::vector<RatedUnit>> units = ParseUnits(*registry, *populations);
  if (!units.ok()) return units.status();
  const absl::StatusOr<std::vector<CollectorAccess>> collectors = ParseCredentials(*credentials);
  if (!collectors.ok()) return collectors.status();
  const absl::StatusOr<Schedule> schedule = MakeSchedule(arguments.settings, *units, *collectors);
  if (!schedule.ok()) return schedule.status();

  absl::StatusOr<std::unique_ptr<Sender>> sender =
      Sender::Create(arguments.server, tls_ca, arguments.streams, *collectors);
  if (!sender.ok()) return sender.status();
  absl::StatusOr<v1::Questionnaire> citizens_form =
      (*sender)->GetQuestionnaire(arguments.citizens_round);
  if (!citizens_form.ok()) return citizens_form.status();
  const ResponseBuilder citizens(arguments.settings.seed, arguments.citizens_round,
                                 *std::move(citizens_form), *units);

  const bool is_terminal = isatty(STDOUT_FILENO) != 0;
  Tally tally;
  if (arguments.late_only) {
    (*sender)->Send(schedule->late, citizens,
                    Progress("late responses", schedule->late.size(), is_terminal), tally);
  } else {
    absl::StatusOr<v1::Questionnaire> officials_form =
        (*sender)->GetQuestionnaire(arguments.officials_round);
    if (!officials_form.ok()) return officials_form.status();
    const ResponseBuilder officials(arguments.settings.seed, arguments.officials_round,
                                    *std::move(officials_form), *units);
    PrintPlan(*schedule, *units, *collectors);
    (*sender)->Send(schedule->citizens, citizens,
                    Progress("citizens", schedule->citizens.size(), is_terminal), tally);
    if (tally.AsPlanned()) {
      (*sender)->Send(schedule->again, citizens,
                      Progress("retries, duplicates", schedule->again.size(), is_terminal), tally);
      (*sender)->Send(schedule->officials, officials,
                      Progress("officials", schedule->officials.size(), is_terminal), tally);
    }
  }
  absl::PrintF("%d synthetic responses answered by %s:\n%s", tally.answered(), arguments.server,
               tally.Summary());
  return tally.AsPlanned();
}

int Main(int argc, char** argv) {
  Arguments arguments;
  ScheduleSettings& settings = arguments.settings;
  CLI::App app("Plays SYNTHETIC survey responses to a hailongd server over gRPC.");
  app.footer(
      "The same arguments give the same responses: a second run is answered ALREADY_RECORDED.\n"
      "Credentials file: one collector a line, \"collector_id credential channel [unit_id]\".\n"
      "Example:\n  hailong-player --server 127.0.0.1:8443 --tls-ca ca.pem --credentials "
      "collectors.txt \\\n"
      "    --registry binh-duong-2025-03.csv --populations populations-demo.csv \\\n"
      "    --citizens-round bd-2024-citizens --officials-round bd-2024-officials \\\n"
      "    --from 2024-10-01T00:00:00+07:00 --to 2024-12-01T00:00:00+07:00");
  app.add_option("--server", arguments.server, "host:port")->required();
  app.add_option("--tls-ca", arguments.tls_ca, "PEM file; without it plain text, loopback only");
  app.add_option("--citizens-round", arguments.citizens_round)->required();
  app.add_option("--officials-round", arguments.officials_round)->required();
  app.add_option("--credentials", arguments.credentials, "file of collectors")->required();
  app.add_option("--registry", arguments.registry, "CSV with unit_id, level, parent_unit_id")
      ->required();
  app.add_option("--populations", arguments.populations, "CSV with unit_id, size")->required();
  app.add_option("--from", arguments.from, "first moment of a response, RFC 3339")->required();
  app.add_option("--to", arguments.to, "end of the window, not in the future, RFC 3339")
      ->required();
  app.add_option("--seed", settings.seed)->capture_default_str();
  app.add_option("--citizens", settings.citizens)
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--officials", settings.officials)
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_option("--streams", arguments.streams, "threads that send")
      ->check(CLI::Range(1, kStreamsMax))
      ->capture_default_str();
  CLI::App* late = app.add_subcommand("late", "send only what arrives after the round is sealed");
  late->fallthrough();
  late->add_option("--late", settings.late, "how many")->check(CLI::Range(1, 100000))->required();
  CLI11_PARSE(app, argc, argv);
  arguments.late_only = late->parsed();

  absl::PrintF("SYNTHETIC: every response is made up from seed %d; no real person answered.\n",
               settings.seed);
  std::fflush(stdout);
  const absl::StatusOr<bool> as_planned = Play(arguments);
  if (!as_planned.ok()) {
    absl::FPrintF(stderr, "hailong-player: %s\n", as_planned.status().ToString());
    return kCannotBegin;
  }
  return *as_planned ? kAsPlanned : kNotAsPlanned;
}

}  // namespace
}  // namespace hailong::player

int main(int argc, char** argv) { return hailong::player::Main(argc, argv); }
