// Scores and live counts.
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/csv_writer.h"
#include "analysis/cli/report.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

struct Sipas {
  v1::GetSipasRequest request;
  std::string weighting;
  std::string scoring;
  std::string composition;
  std::string interval;
  std::vector<std::string> by;
  bool items = false;
};

template <typename E>
absl::Status SetWord(const std::string& word, E* value) {
  if (word.empty()) return absl::OkStatus();
  const absl::StatusOr<E> read = EnumValue<E>(word);
  if (read.ok()) *value = *read;
  return read.status();
}

// With domains, CSV is theirs: a file holds one table.
void ShowSipas(const v1::GetSipasResponse& response, bool items, Session& session) {
  const v1::IndexResult& result = response.result();
  const Language language = session.language();
  const bool domains = !result.domains().empty();
  if (session.csv() && domains) {
    session.Show(response, DomainsGrid(result, language));
    return;
  }
  session.Show(response, IndexGrid(result, items, language));
  if (session.json() || session.csv()) return;
  if (domains) {
    session.out() << '\n';
    DomainsGrid(result, language).PrintTable(session.out());
  }
  if (result.weighting().steps().empty()) return;
  session.out() << '\n'
                << Pick(language, "Quyền số theo kế hoạch của đợt",
                        "Weights by the plan of the round")
                << '\n';
  for (const std::string& note : StepNotes(result.weighting(), language)) {
    session.out() << ReplaceControls(note) << '\n';
  }
  session.out() << '\n';
  MarginsGrid(result.weighting(), language).PrintTable(session.out());
}

ExitCode RunSipas(const Sipas& arguments, Session& session) {
  v1::GetSipasRequest request = arguments.request;
  v1::WeightingMode weighting = v1::WEIGHTING_MODE_UNSPECIFIED;
  v1::Scoring scoring = v1::SCORING_UNSPECIFIED;
  v1::Composition composition = v1::COMPOSITION_UNSPECIFIED;
  absl::Status words = SetWord(arguments.weighting, &weighting);
  words.Update(SetWord(arguments.scoring, &scoring));
  words.Update(SetWord(arguments.composition, &composition));
  v1::Interval interval = v1::INTERVAL_UNSPECIFIED;
  words.Update(SetWord(arguments.interval, &interval));
  if (!words.ok()) return session.FailUsage(words);
  request.set_interval(interval);
  for (const std::string& by : arguments.by) request.add_by(by);
  request.set_weighting_mode(weighting);
  request.set_scoring(scoring);
  request.set_composition(composition);
  v1::GetSipasResponse response;
  const RpcStatus status = session.Call(&Results::GetSipas, request, &response);
  if (!status.ok()) return session.Fail(status);
  if (!session.json() && !session.csv()) {
    session.out() << IndexHeading(response, session.language()) << '\n';
  }
  ShowSipas(response, arguments.items, session);
  PrintNotes(IndexNotes(response.result(), session.language()), session);
  return ExitCode::kOk;
}

struct Units {
  v1::ListUnitScoresRequest request;
  std::string interval;
  std::string sort = "score";
};

ExitCode RunUnits(const Units& arguments, Session& session) {
  v1::ListUnitScoresRequest request = arguments.request;
  v1::Interval interval = v1::INTERVAL_UNSPECIFIED;
  const absl::Status word = SetWord(arguments.interval, &interval);
  if (!word.ok()) return session.FailUsage(word);
  request.set_interval(interval);
  v1::ListUnitScoresResponse all;
  const RpcStatus status = session.CallPages(&Results::ListUnitScores, request, &all);
  if (!status.ok()) return session.Fail(status);
  KeepEachFactOnce(*all.mutable_unverified());

  std::vector<v1::UnitScore> units(all.units().begin(), all.units().end());
  if (arguments.sort == "name") {
    const absl::StatusOr<Collation> collation = Collation::Create();
    if (!collation.ok()) return session.FailUsage(collation.status());
    std::stable_sort(units.begin(), units.end(), [&](const auto& a, const auto& b) {
      return collation->Compare(a.name(), b.name()) < 0;
    });
  } else if (arguments.sort == "score") {
    std::stable_sort(units.begin(), units.end(), [](const auto& a, const auto& b) {
      if (a.overall().defined() != b.overall().defined()) return a.overall().defined();
      return a.overall().defined() && a.overall().value() > b.overall().value();
    });
  }
  all.clear_units();
  for (const v1::UnitScore& unit : units) *all.add_units() = unit;
  session.Show(all, UnitsGrid(units, all.synthetic(), request.confidence(), session.language()));
  std::vector<std::string> notes = {
      DisclosureNote(all.has_disclosure(), all.disclosure(), session.language())};
  for (std::string& note : TrustNotes(all.synthetic(), all.unverified(), session.language())) {
    notes.push_back(std::move(note));
  }
  PrintNotes(notes, session);
  return ExitCode::kOk;
}

ExitCode RunParPoints(const v1::GetParSurveyPointsRequest& request, Session& session) {
  v1::GetParSurveyPointsResponse response;
  const RpcStatus status = session.Call(&Results::GetParSurveyPoints, request, &response);
  if (!status.ok()) return session.Fail(status);
  session.Show(response, PointsGrid(response, session.language()));
  PrintNotes(PointsNotes(response, session.language()), session);
  return ExitCode::kOk;
}

struct Watch {
  v1::WatchRoundRequest request;
  double interval_s = 1;
  uint64_t messages_max = 0;
};

ExitCode RunWatch(const Watch& arguments, Session& session) {
  v1::WatchRoundRequest request = arguments.request;
  *request.mutable_interval() = google::protobuf::util::TimeUtil::MillisecondsToDuration(
      static_cast<int64_t>(arguments.interval_s * 1000));
  const Language language = session.language();
  CsvWriter csv(session.out());
  if (session.csv()) {
    if (session.options().byte_order_mark) csv.ByteOrderMark();
    for (const char* name : {"observed_at", "stored", "counted", "superseded", "late", "flagged"}) {
      csv.Text(name);
    }
    csv.EndRow();
  }
  uint64_t seen = 0;
  const auto show = [&](const v1::WatchRoundResponse& response) {
    const v1::RoundCounts& counts = response.counts();
    const Cell time = TimeCell(response.observed_at());
    if (session.json()) {
      WriteJson(response, /*one_line=*/true, session.out());
    } else if (session.csv()) {
      csv.Text(time.exact);
      for (const uint64_t count : {counts.stored(), counts.counted(), counts.superseded(),
                                   counts.late(), counts.flagged()}) {
        csv.Verbatim(std::to_string(count));
      }
      csv.EndRow();
    } else {
      session.out() << time.shown << Pick(language, "  đã lưu ", "  stored ") << counts.stored()
                    << Pick(language, "  được tính ", "  counted ") << counts.counted()
                    << Pick(language, "  bị thay ", "  superseded ") << counts.superseded()
                    << Pick(language, "  muộn ", "  late ") << counts.late()
                    << Pick(language, "  có cờ ", "  flagged ") << counts.flagged()
                    << Pick(language, "  đơn vị ", "  units ") << response.units_size() << '\n';
    }
    session.out().flush();
    ++seen;
    return session.out().good() && (arguments.messages_max == 0 || seen < arguments.messages_max);
  };
  const RpcStatus status = session.Stream<Results, v1::WatchRoundRequest, v1::WatchRoundResponse>(
      &Results::WatchRound, request, show);
  return status.ok() ? ExitCode::kOk : session.Fail(status);
}

// How intervals are made.
void AddInterval(CLI::App* command, std::string& interval, const std::function<void(double)>& set) {
  command->add_option("--interval", interval, "How intervals are made; without it normal")
      ->check(CLI::IsMember({"normal", "t", "logit", "beta"}));
  command->add_option_function<double>("--confidence", set, "Their level; without it 0.95")
      ->check(CLI::Range(0.5, 1.0));
}

void AddSipas(CLI::App& app, Command& chosen) {
  CLI::App* sipas = app.add_subcommand("sipas", "The satisfaction index (SIPAS) of a round");
  auto arguments = Bind<Sipas>(sipas, chosen, RunSipas);
  sipas->add_option("ROUND", *arguments->request.mutable_round_id(), "The round")->required();
  sipas->add_option("--unit", *arguments->request.mutable_unit_id(),
                    "This unit and those below; without it the round's");
  sipas->add_flag_callback(
      "--without-flagged", [arguments] { arguments->request.set_without_flagged(true); },
      "Leave flagged responses out");
  sipas->add_option("--weighting", arguments->weighting, "Unit weights instead of the round's plan")
      ->check(CLI::IsMember({"population", "equal-units", "none"}));
  sipas->add_option("--scoring", arguments->scoring, "Other than the framework's")
      ->check(CLI::IsMember({"top2", "mean-of-maximum", "mean-of-range", "option-weights"}));
  sipas->add_option("--composition", arguments->composition, "Other than the framework's")
      ->check(CLI::IsMember({"mean-of-items", "pooled-answers", "mean-of-children", "points"}));
  sipas
      ->add_option("--by", arguments->by,
                   "Also each domain: unit, level or questions, crossed (gender,unit)")
      ->delimiter(',');
  sipas->add_flag_callback(
      "--domain-components", [arguments] { arguments->request.set_domain_components(true); },
      "Also the components of each domain");
  AddLift(sipas, &arguments->request);
  AddInterval(sipas, arguments->interval,
              [arguments](double level) { arguments->request.set_confidence(level); });
  sipas->add_flag("--items", arguments->items, "Also each item with the share of each step");
  sipas->footer(
      "Example: hailong sipas bd-2024-citizens --items --without-flagged\n"
      "         hailong sipas bd-2024-citizens --unit 718 --weighting none --format json\n"
      "         hailong sipas bd-2024-citizens --by gender,unit --interval logit --format csv");
}

}  // namespace

void PrintNotes(const std::vector<std::string>& notes, Session& session) {
  if (session.json()) return;
  std::ostream& to = session.csv() ? session.err() : session.out();
  if (!session.csv() && !notes.empty()) to << '\n';
  for (const std::string& note : notes) to << ReplaceControls(note) << '\n';
}

void AddResultsCommands(CLI::App& app, Command& chosen) {
  AddSipas(app, chosen);

  CLI::App* units = app.add_subcommand("units", "The score and rank of each unit");
  auto listed = Bind<Units>(units, chosen, RunUnits);
  units->add_option("ROUND", *listed->request.mutable_round_id(), "The round")->required();
  units->add_option("--unit", *listed->request.mutable_unit_id(), "Only this unit and those below");
  units->add_option("--level", *listed->request.mutable_level(), "Only this level");
  units->add_flag_callback(
      "--without-flagged", [listed] { listed->request.set_without_flagged(true); },
      "Leave flagged responses out");
  units->add_flag_callback(
      "--components", [listed] { listed->request.set_with_components(true); },
      "Also the value of each component (JSON only)");
  AddLift(units, &listed->request);
  AddInterval(units, listed->interval,
              [listed](double level) { listed->request.set_confidence(level); });
  units->add_option("--sort", listed->sort, "score (best first), name (Vietnamese order) or id")
      ->check(CLI::IsMember({"score", "name", "id"}))
      ->capture_default_str();
  units->footer(
      "Equal scores share a rank; small differences are within the interval and mean nothing.\n"
      "Example: hailong units bd-2024-citizens --level commune --sort name\n"
      "         hailong units bd-2024-citizens --interval beta --confidence 0.9");

  CLI::App* points =
      app.add_subcommand("par-points", "The 32 survey points of the PAR Index from two rounds");
  auto request = Bind<v1::GetParSurveyPointsRequest>(points, chosen, RunParPoints);
  points->add_option("--officials", *request->mutable_officials_round_id(), "Round of officials")
      ->required();
  points->add_option("--citizens", *request->mutable_citizens_round_id(), "Round of citizens")
      ->required();
  points->add_option("--framework", *request->mutable_framework_id(),
                     "Framework of the points; without it that of the officials' round");
  points->add_flag_callback(
      "--without-flagged", [request] { request->set_without_flagged(true); },
      "Leave flagged responses out");
  AddLift(points, request.get());
  points->footer(
      "Example: hailong par-points --officials bd-2024-officials --citizens bd-2024-citizens");

  CLI::App* watch = app.add_subcommand("watch", "Live counts of a round, until Ctrl-C");
  auto watched = Bind<Watch>(watch, chosen, RunWatch);
  watch->add_option("ROUND", *watched->request.mutable_round_id(), "The round")->required();
  watch->add_option("--unit", *watched->request.mutable_unit_id(),
                    "Only this unit and those below");
  watch->add_option("--interval", watched->interval_s, "Least seconds between two lines")
      ->check(CLI::Range(0.2, 3600.0))
      ->capture_default_str();
  watch->add_option("--count", watched->messages_max, "End after so many lines; 0: never")
      ->capture_default_str();
  watch->footer(
      "Example: hailong watch bd-2024-citizens\n"
      "         hailong watch bd-2024-citizens --count 1 --format json");
}

}  // namespace hailong::cli
