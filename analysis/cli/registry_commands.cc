// Units, populations, questionnaires.
#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "analysis/cli/commands.h"
#include "analysis/cli/files.h"
#include "analysis/cli/population_file.h"
#include "analysis/cli/unit_order.h"

namespace hailong::cli {
namespace {

// The contract's limit on both imports.
constexpr std::size_t kImportRowsMax = 5000;

struct UnitImport {
  std::string file;
};

ExitCode RunUnitImport(const UnitImport& arguments, Session& session) {
  const auto records = ReadRecords(
      arguments.file, {"unit_id", "name", "level", "parent_unit_id", "valid_from", "valid_to"});
  if (!records.ok()) return session.FailUsage(records.status());
  std::vector<v1::Unit> units;
  for (const Record& record : *records) {
    v1::Unit unit;
    unit.set_unit_id(record.cells[0]);
    unit.set_name(record.cells[1]);
    unit.set_level(record.cells[2]);
    unit.set_parent_unit_id(record.cells[3]);
    unit.set_valid_from(record.cells[4]);
    unit.set_valid_to(record.cells[5]);
    units.push_back(std::move(unit));
  }
  SortParentsFirst(units);
  v1::ImportUnitsResponse all;
  for (std::size_t begin = 0; begin < units.size(); begin += kImportRowsMax) {
    v1::ImportUnitsRequest request;
    for (std::size_t i = begin; i < std::min(units.size(), begin + kImportRowsMax); ++i) {
      *request.add_units() = units[i];
    }
    v1::ImportUnitsResponse response;
    const RpcStatus status = session.Call(&Registry::ImportUnits, request, &response);
    if (!status.ok()) {
      if (begin > 0) session.err() << "hailong: the first " << begin << " units are imported\n";
      return session.Fail(status);
    }
    all.set_added(all.added() + response.added());
    all.set_unchanged(all.unchanged() + response.unchanged());
    all.set_ended(all.ended() + response.ended());
  }
  Grid grid({{"added", Pick(session.language(), "Thêm mới", "Added"), true},
             {"unchanged", Pick(session.language(), "Không đổi", "Unchanged"), true},
             {"ended", Pick(session.language(), "Kết thúc", "Ended"), true}});
  grid.AddRow(
      {std::to_string(all.added()), std::to_string(all.unchanged()), std::to_string(all.ended())});
  session.Show(all, grid);
  return ExitCode::kOk;
}

ExitCode RunUnitList(const v1::ListUnitsRequest& arguments, Session& session) {
  v1::ListUnitsResponse all;
  const RpcStatus status = session.CallPages(&Registry::ListUnits, arguments, &all);
  if (!status.ok()) return session.Fail(status);
  const Language language = session.language();
  Grid grid({{"unit_id", Pick(language, "Mã", "Code")},
             {"name", Pick(language, "Tên đơn vị", "Name")},
             {"level", Pick(language, "Cấp", "Level")},
             {"parent_unit_id", Pick(language, "Trực thuộc", "Under")},
             {"valid_from", Pick(language, "Từ ngày", "From")},
             {"valid_to", Pick(language, "Đến ngày", "To")}});
  for (const v1::Unit& unit : all.units()) {
    grid.AddRow({unit.unit_id(), unit.name(), unit.level(), unit.parent_unit_id(),
                 unit.valid_from(), unit.valid_to()});
  }
  session.Show(all, grid);
  return ExitCode::kOk;
}

struct PopulationImport {
  std::string round_id;
  std::string file;
};

ExitCode RunPopulationImport(const PopulationImport& arguments, Session& session) {
  // Every row is read before the first is sent.
  const auto read = ReadPopulations(arguments.file);
  if (!read.ok()) return session.FailUsage(read.status());
  const std::vector<v1::Population>& populations = *read;
  v1::ImportPopulationsResponse all;
  v1::ImportPopulationsRequest request;
  for (std::size_t begin = 0; begin < populations.size(); begin += kImportRowsMax) {
    request.Clear();
    request.set_round_id(arguments.round_id);
    for (std::size_t i = begin; i < std::min(populations.size(), begin + kImportRowsMax); ++i) {
      *request.add_populations() = populations[i];
    }
    v1::ImportPopulationsResponse response;
    const RpcStatus status = session.Call(&Registry::ImportPopulations, request, &response);
    if (!status.ok()) return session.Fail(status);
    all.set_set(all.set() + response.set());
  }
  Grid grid({{"set", Pick(session.language(), "Số đơn vị đã ghi", "Units set"), true}});
  grid.AddRow({std::to_string(all.set())});
  session.Show(all, grid);
  return ExitCode::kOk;
}

ExitCode RunPopulationList(const v1::ListPopulationsRequest& arguments, Session& session) {
  v1::ListPopulationsResponse all;
  const RpcStatus status = session.CallPages(&Registry::ListPopulations, arguments, &all);
  if (!status.ok()) return session.Fail(status);
  const Language language = session.language();
  const std::vector<v1::Population> populations(all.populations().begin(), all.populations().end());
  const std::vector<std::string> margins = MarginColumns(populations);
  // As the file that can be imported.
  std::vector<Column> columns = {{"unit_id", Pick(language, "Mã đơn vị", "Unit")},
                                 {"size", Pick(language, "Số hồ sơ", "Size"), true},
                                 {"source", Pick(language, "Nguồn", "Source")}};
  for (const std::string& margin : margins) columns.push_back({margin, margin, true});
  Grid grid(columns);
  for (const v1::Population& population : populations) {
    std::vector<Cell> row = {population.unit_id(), std::to_string(population.size()),
                             population.source()};
    for (const std::string& margin : margins) row.push_back(MarginCell(population, margin));
    grid.AddRow(std::move(row));
  }
  session.Show(all, grid);
  return ExitCode::kOk;
}

struct QuestionnairePublish {
  std::string file;
};

ExitCode RunQuestionnairePublish(const QuestionnairePublish& arguments, Session& session) {
  v1::PublishQuestionnaireRequest request;
  const absl::Status read = ReadTextProto(arguments.file, request.mutable_questionnaire());
  if (!read.ok()) return session.FailUsage(read);
  v1::PublishQuestionnaireResponse response;
  const RpcStatus status = session.Call(&Registry::PublishQuestionnaire, request, &response);
  if (!status.ok()) return session.Fail(status);
  const Language language = session.language();
  Grid grid({{"questionnaire_id", Pick(language, "Bộ câu hỏi", "Questionnaire")},
             {"version", Pick(language, "Phiên bản", "Version"), true},
             {"already_published", Pick(language, "Đã có trước", "Already published")},
             {"digest", "SHA-256"}});
  const bool before = response.already_published();
  grid.AddRow({request.questionnaire().questionnaire_id(),
               std::to_string(request.questionnaire().version()),
               Cell(before ? Pick(language, "có", "yes") : Pick(language, "không", "no"),
                    before ? "true" : "false"),
               response.digest()});
  session.Show(response, grid);
  return ExitCode::kOk;
}

ExitCode RunQuestionnaireList(const v1::ListQuestionnairesRequest& arguments, Session& session) {
  v1::ListQuestionnairesResponse all;
  const RpcStatus status = session.CallPages(&Registry::ListQuestionnaires, arguments, &all);
  if (!status.ok()) return session.Fail(status);
  const Language language = session.language();
  Grid grid({{"questionnaire_id", Pick(language, "Mã", "Id")},
             {"version", Pick(language, "Phiên bản", "Version"), true},
             {"audience", Pick(language, "Đối tượng", "Audience")},
             {"title", Pick(language, "Tên", "Title"), false, 70},
             {"legal_basis", Pick(language, "Căn cứ", "Legal basis"), false, 50},
             {"grade", Pick(language, "Độ tin cậy", "Grade")}});
  for (const v1::Questionnaire& questionnaire : all.questionnaires()) {
    grid.AddRow({questionnaire.questionnaire_id(), std::to_string(questionnaire.version()),
                 EnumWord(questionnaire.audience()), Pick(language, questionnaire.title()),
                 questionnaire.legal_basis().source(),
                 EnumWord(questionnaire.legal_basis().grade())});
  }
  session.Show(all, grid);
  return ExitCode::kOk;
}

struct QuestionnaireShow {
  std::string questionnaire_id;
  uint32_t version = 0;
};

ExitCode RunQuestionnaireShow(const QuestionnaireShow& arguments, Session& session) {
  v1::GetQuestionnaireRequest request;
  request.set_questionnaire_id(arguments.questionnaire_id);
  request.set_version(arguments.version);
  v1::GetQuestionnaireResponse response;
  const RpcStatus status = session.Call(&Collection::GetQuestionnaire, request, &response);
  if (!status.ok()) return session.Fail(status);
  const Language language = session.language();
  const v1::Questionnaire& questionnaire = response.questionnaire();
  Grid grid({{"question_id", Pick(language, "Mã", "Id")},
             {"kind", Pick(language, "Loại", "Kind")},
             {"section", Pick(language, "Mục", "Section")},
             {"required", Pick(language, "Bắt buộc", "Required")},
             {"choice", Pick(language, "Lựa chọn", "Choice"), true},
             {"text", Pick(language, "Nội dung", "Text"), false, 100}});
  for (const v1::Question& question : questionnaire.questions()) {
    const bool required = question.required();
    grid.AddRow({question.question_id(), EnumWord(question.kind()), question.section(),
                 Cell(required ? Pick(language, "có", "yes") : "", required ? "true" : "false"), "",
                 Pick(language, question.text())});
    for (int i = 0; i < question.options_size(); ++i) {
      grid.AddRow({Cell("", question.question_id()), "", "", "", std::to_string(i + 1),
                   Pick(language, question.options(i).text())});
    }
  }
  if (!session.json() && !session.csv()) {
    session.out() << Pick(language, questionnaire.title()) << " ("
                  << questionnaire.questionnaire_id() << ", " << questionnaire.version() << ")\n"
                  << questionnaire.legal_basis().source() << " ["
                  << EnumWord(questionnaire.legal_basis().grade()) << "]\nSHA-256 "
                  << response.digest() << "\n\n";
  }
  session.Show(response, grid);
  return ExitCode::kOk;
}

}  // namespace

RpcStatus ReadUnitNames(Session& session, std::map<std::string, std::string>* names) {
  v1::ListUnitsResponse units;
  RpcStatus status = session.CallPages(&Registry::ListUnits, v1::ListUnitsRequest(), &units);
  for (const v1::Unit& unit : units.units()) (*names)[unit.unit_id()] = unit.name();
  return status;
}

void AddUnitCommands(CLI::App& app, Command& chosen) {
  CLI::App* unit = app.add_subcommand("unit", "Units of the administration");
  unit->require_subcommand(1);

  CLI::App* import = unit->add_subcommand("import", "Add units, or new periods of units");
  auto file = Bind<UnitImport>(import, chosen, RunUnitImport);
  import
      ->add_option("FILE", file->file,
                   "CSV with unit_id,name,level,parent_unit_id,valid_from,valid_to")
      ->required();
  import->footer(
      "Units already there with the same content are left alone, so the command may be repeated;\n"
      "it is all or nothing for each 5000 units. Other columns are ignored. Dates are YYYY-MM-DD.\n"
      "Example: hailong unit import units.csv");

  CLI::App* list = unit->add_subcommand("list", "List units");
  auto request = Bind<v1::ListUnitsRequest>(list, chosen, RunUnitList);
  list->add_option_function<std::string>(
      "--valid-on", [request](const std::string& day) { request->set_valid_on(day); },
      "Only units valid on this day, YYYY-MM-DD");
  list->add_option_function<std::string>(
      "--under", [request](const std::string& id) { request->set_root_unit_id(id); },
      "Only this unit and those below it");
  list->add_option_function<std::string>(
      "--level", [request](const std::string& level) { request->set_level(level); },
      "Only this level");
  list->footer("Example: hailong unit list --level commune --valid-on 2025-03-01 --format csv");
}

void AddPopulationCommands(CLI::App& app, Command& chosen) {
  CLI::App* population =
      app.add_subcommand("population", "How many dossiers the responses of a unit stand for");
  population->require_subcommand(1);

  CLI::App* import = population->add_subcommand("import", "Set the populations of a round");
  auto arguments = Bind<PopulationImport>(import, chosen, RunPopulationImport);
  import->add_option("ROUND", arguments->round_id, "The round")->required();
  import->add_option("FILE", arguments->file, "CSV with unit_id,size,source")->required();
  import->footer(
      "A CSV file with the columns unit_id, size and source. For weighting plans with steps, also "
      "a\n"
      "column QUESTION:OPTION for every option of a question (gender:1, gender:2), with how many "
      "of\n"
      "the unit's population are in it; they add up to size.\n"
      "Example: hailong population import bd-2024-citizens populations.csv");

  CLI::App* list = population->add_subcommand("list", "List the populations of a round");
  auto request = Bind<v1::ListPopulationsRequest>(list, chosen, RunPopulationList);
  list->add_option_function<std::string>(
          "ROUND", [request](const std::string& id) { request->set_round_id(id); }, "The round")
      ->required();
  list->footer("Example: hailong population list bd-2024-citizens --format csv");
}

void AddQuestionnaireCommands(CLI::App& app, Command& chosen) {
  CLI::App* questionnaire =
      app.add_subcommand("questionnaire", "Questionnaires; a published version never changes");
  questionnaire->require_subcommand(1);

  CLI::App* publish = questionnaire->add_subcommand("publish", "Publish a version, for good");
  auto file = Bind<QuestionnairePublish>(publish, chosen, RunQuestionnairePublish);
  publish->add_option("FILE", file->file, "hailong.v1.Questionnaire in protobuf text format")
      ->required();
  publish->footer("Example: hailong questionnaire publish sipas-2026.textproto");

  CLI::App* list = questionnaire->add_subcommand("list", "List the published versions");
  Bind<v1::ListQuestionnairesRequest>(list, chosen, RunQuestionnaireList);
  list->footer("Example: hailong questionnaire list");

  CLI::App* show = questionnaire->add_subcommand("show", "Show a questionnaire with its options");
  auto which = Bind<QuestionnaireShow>(show, chosen, RunQuestionnaireShow);
  show->add_option("ID", which->questionnaire_id, "The questionnaire")->required();
  show->add_option("--version", which->version, "The version; without it the newest");
  show->footer("Example: hailong questionnaire show sipas-2026 --lang en");
}

}  // namespace hailong::cli
