// What to improve.
#include <string>

#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/improve_report.h"
#include "analysis/cli/report.h"

namespace hailong::cli {
namespace {

struct Improve {
  v1::ListImprovementsRequest request;
  std::string adjustment;
  std::string part;
  uint32_t top = 3;
};

void ShowTable(const std::string& heading, const Grid& grid, Session& session) {
  session.out() << heading << '\n';
  grid.PrintTable(session.out());
  session.out() << '\n';
}

// Without a part the table is a page of all three, and CSV is of the items: a file holds one table.
void Show(const Improve& arguments, const v1::ListImprovementsResponse& response,
          Session& session) {
  const Language language = session.language();
  const v1::Adjustment adjustment = arguments.request.adjustment();
  const bool table = !session.csv() && !session.json();
  if (arguments.part == "expectations") {
    session.Show(response, ExpectationsGrid(response, true, language));
  } else if (arguments.part == "changes") {
    session.Show(response, ChangesGrid(response, adjustment, true, language));
  } else if (!table || arguments.part == "items") {
    session.Show(response, ContributionsGrid(response, table ? arguments.top : 0, language));
  } else {
    ShowTable(absl::StrCat(Pick(language, "Tiêu chí kéo chỉ số xa đích ",
                                "Items that keep the index from the target of "),
                           Decimal(response.target(), 1, language), "%"),
              ContributionsGrid(response, arguments.top, language), session);
    const Grid expectations = ExpectationsGrid(response, false, language);
    if (expectations.rows() > 0) {
      ShowTable(Pick(language, "Người dân mong muốn gì", "What people ask for"), expectations,
                session);
    }
    if (!arguments.request.previous_round_id().empty()) {
      ShowTable(absl::StrCat(Pick(language, "Thay đổi so với đợt ", "Changes since round "),
                             arguments.request.previous_round_id(),
                             Pick(language, " (đơn vị: chỉ những thay đổi có ý nghĩa)",
                                  " (units: only what is significant)")),
                ChangesGrid(response, adjustment, false, language), session);
    }
  }
}

ExitCode RunImprove(const Improve& given, Session& session) {
  Improve arguments = given;
  if (!arguments.adjustment.empty()) {
    const absl::StatusOr<v1::Adjustment> word = EnumValue<v1::Adjustment>(arguments.adjustment);
    if (!word.ok()) return session.FailUsage(word.status());
    arguments.request.set_adjustment(*word);
  }
  v1::ListImprovementsResponse all;
  const RpcStatus status = session.CallPages(&Results::ListImprovements, arguments.request, &all);
  if (!status.ok()) return session.Fail(status);
  KeepEachFactOnce(*all.mutable_unverified());
  Show(arguments, all, session);
  std::vector<std::string> notes =
      ImprovementNotes(all, arguments.request.adjustment(), session.language());
  notes.push_back(DisclosureNote(all.has_disclosure(), all.disclosure(), session.language()));
  for (std::string& note : TrustNotes(all.synthetic(), all.unverified(), session.language())) {
    notes.push_back(std::move(note));
  }
  PrintNotes(notes, session);
  return ExitCode::kOk;
}

}  // namespace

void AddImproveCommand(CLI::App& app, Command& chosen) {
  CLI::App* improve = app.add_subcommand(
      "improve",
      "What to improve: what keeps each unit from a target, what people ask for, what "
      "changed since another round");
  auto arguments = Bind<Improve>(improve, chosen, RunImprove);
  v1::ListImprovementsRequest& request = arguments->request;
  improve->add_option("ROUND", *request.mutable_round_id(), "The round")->required();
  improve->add_option("--against", *request.mutable_previous_round_id(),
                      "Also the changes since this round");
  improve->add_option("--unit", *request.mutable_unit_id(),
                      "This unit and those below; without it the round's");
  improve->add_option("--level", *request.mutable_level(), "Only units of this level");
  improve
      ->add_option_function<double>(
          "--target", [arguments](double target) { arguments->request.set_target(target); },
          "What the index should reach, in percent; without it 95")
      ->check(CLI::Range(0.1, 100.0));
  improve->add_option("--top", arguments->top, "Items of each unit in the table; 0: all")
      ->capture_default_str();
  improve
      ->add_option("--part", arguments->part,
                   "Only this table; in CSV, without it the items (JSON holds everything)")
      ->check(CLI::IsMember({"items", "expectations", "changes"}));
  improve
      ->add_option("--adjustment", arguments->adjustment,
                   "How p-values are adjusted for all changes tested at once; without it holm")
      ->check(CLI::IsMember({"holm", "benjamini-hochberg"}));
  improve->add_flag_callback(
      "--without-flagged", [arguments] { arguments->request.set_without_flagged(true); },
      "Leave flagged responses out");
  AddLift(improve, &request);
  improve->footer(
      "The items of a unit add up to its distance from the target. A change is called significant\n"
      "by its adjusted p-value only; where items differ between rounds nothing is compared.\n"
      "Example: hailong improve bd-2024-citizens --unit 718\n"
      "         hailong improve bd-2025-citizens --against bd-2024-citizens --level commune\n"
      "         hailong improve bd-2024-citizens --part expectations --format csv");
}

}  // namespace hailong::cli
