// What the links of a web collector ask: what is given changes, all else stays as it is.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "analysis/cli/commands.h"

namespace hailong::cli {
namespace {

// Absent: stays as it is. Empty: back to the default.
struct Configure {
  std::string collector_id;
  std::optional<std::string> round_id;
  std::optional<std::string> form_id;
  std::optional<std::string> languages;
  std::optional<bool> open;
  std::optional<bool> slips;
  std::optional<std::string> group_question_id;
  std::optional<std::vector<std::string>> quotas;
};

absl::StatusOr<v1::Quota> ReadQuota(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  v1::Quota quota;
  uint32_t group = 0;
  uint32_t size_max = 0;
  if (parts.size() != 3 || (!parts[1].empty() && !absl::SimpleAtoi(parts[1], &group)) ||
      !absl::SimpleAtoi(parts[2], &size_max) || size_max == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--quota: found '", text.substr(0, 80),
                     "', allowed is UNIT:GROUP:N, such as 74.SNV:2:40, 74.SNV::100 or ::5000"));
  }
  quota.set_unit_id(parts[0]);
  quota.set_group(group);
  quota.set_size_max(size_max);
  return quota;
}

absl::Status Change(const Configure& given, v1::WebConfiguration* web) {
  web->clear_link_code();
  if (given.round_id) web->set_round_id(*given.round_id);
  if (given.form_id) web->set_form_id(*given.form_id);
  if (given.languages) {
    web->clear_languages();
    for (const absl::string_view tag :
         absl::StrSplit(*given.languages, ',', absl::SkipWhitespace())) {
      web->add_languages(std::string(tag));
    }
  }
  if (given.open) web->set_open(*given.open);
  if (given.slips) web->set_slips(*given.slips);
  if (given.group_question_id) web->set_group_question_id(*given.group_question_id);
  if (!given.quotas) return absl::OkStatus();
  web->clear_quotas();
  for (const std::string& text : *given.quotas) {
    if (text.empty()) continue;
    const absl::StatusOr<v1::Quota> quota = ReadQuota(text);
    if (!quota.ok()) return quota.status();
    *web->add_quotas() = *quota;
  }
  return absl::OkStatus();
}

Grid ConfigurationGrid(const v1::Collector& collector, Language language) {
  Grid grid({{"collector_id", Pick(language, "Mã", "Id")},
             {"round_id", Pick(language, "Đợt", "Round")},
             {"form_id", Pick(language, "Phiếu", "Form")},
             {"languages", Pick(language, "Ngôn ngữ", "Languages")},
             {"open", Pick(language, "Mở cho mọi người", "Open")},
             {"slips", Pick(language, "Phiếu hẹn", "Slips")},
             {"group_question_id", Pick(language, "Câu hỏi nhóm", "Group question")},
             {"quotas", Pick(language, "Hạn mức", "Quotas"), false, 60},
             {"link_code", Pick(language, "Mã liên kết", "Link code")}});
  const v1::WebConfiguration& web = collector.web();
  const auto flag = [&](bool set) {
    return Cell(set ? Pick(language, "có", "yes") : "", set ? "true" : "false");
  };
  const std::string quotas =
      absl::StrJoin(web.quotas(), " ", [](std::string* out, const v1::Quota& quota) {
        absl::StrAppend(out, quota.unit_id(), ":");
        if (quota.group() != 0) absl::StrAppend(out, quota.group());
        absl::StrAppend(out, ":", quota.size_max());
      });
  grid.AddRow({collector.collector_id(), web.round_id(), web.form_id(),
               absl::StrJoin(web.languages(), ","), flag(web.open()), flag(web.slips()),
               web.group_question_id(), quotas, web.link_code()});
  return grid;
}

ExitCode RunConfigure(const Configure& given, Session& session) {
  v1::ListCollectorsResponse all;
  const RpcStatus listed =
      session.CallPages(&Registry::ListCollectors, v1::ListCollectorsRequest(), &all);
  if (!listed.ok()) return session.Fail(listed);
  v1::ConfigureWebRequest request;
  request.set_collector_id(given.collector_id);
  for (const v1::Collector& collector : all.collectors()) {
    if (collector.collector_id() == given.collector_id) *request.mutable_web() = collector.web();
  }
  const absl::Status changed = Change(given, request.mutable_web());
  if (!changed.ok()) return session.FailUsage(changed);
  v1::ConfigureWebResponse response;
  const RpcStatus status = session.Call(&Registry::ConfigureWeb, request, &response);
  if (!status.ok()) return session.Fail(status);
  session.Show(response, ConfigurationGrid(response.collector(), session.language()));
  return ExitCode::kOk;
}

}  // namespace

void AddConfigureWebCommand(CLI::App* collector, Command& chosen) {
  CLI::App* command = collector->add_subcommand(
      "configure-web", "Set up what the links of a web collector ask, from now on");
  auto given = Bind<Configure>(command, chosen, RunConfigure);
  command->add_option("ID", given->collector_id, "The collector")->required();
  command->add_option("--round", given->round_id, "The round it collects for");
  command->add_option("--form", given->form_id, "The form asked; '' for all questions");
  command->add_option("--languages", given->languages,
                      "BCP 47 tags in the order offered: vi,en,km");
  // Callbacks: CLI11 writes false into the variable of a flag that was not given.
  const auto set = [](std::optional<bool>& flag) {
    return [&flag](std::int64_t count) { flag = count > 0; };
  };
  command->add_flag_function("--open,!--no-open", set(given->open),
                             "Who has the collector's link may answer for its unit");
  command->add_flag_function("--slips,!--no-slips", set(given->slips),
                             "Who has the code on a receipt slip may answer for that dossier");
  command->add_option("--group-question", given->group_question_id,
                      "The question that invitations answer beforehand; '' for none");
  command->add_option("--quota", given->quotas,
                      "UNIT:GROUP:N, any number; the narrowest that fits a person holds; '' for "
                      "none");
  command->footer(
      "What is not given stays as it is; '' sets it back. --quota replaces all quotas.\n"
      "Example: hailong collector configure-web officials --round bd-2024-officials \\\n"
      "           --group-question group --quota 74.SNV:2:40 --quota 74.SNV::100");
}

}  // namespace hailong::cli
