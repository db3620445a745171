#include "deploy/player/inputs.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hailong::player {
namespace {

using Row = std::map<std::string, std::string>;

// One line of CSV; a field may be quoted, "" is a quote in it. No line breaks within fields.
std::vector<std::string> SplitCsvLine(absl::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

std::vector<absl::string_view> Lines(absl::string_view text) {
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  for (absl::string_view& line : lines) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  }
  return lines;
}

absl::StatusOr<std::vector<Row>> ParseCsv(absl::string_view name, absl::string_view text,
                                          const std::vector<std::string>& wanted) {
  const std::vector<absl::string_view> lines = Lines(text);
  const std::vector<std::string> header = SplitCsvLine(lines.front());
  for (const std::string& column : wanted) {
    if (std::find(header.begin(), header.end(), column) == header.end()) {
      return absl::InvalidArgumentError(absl::StrCat(name, ": no column ", column));
    }
  }
  std::vector<Row> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const std::vector<std::string> fields = SplitCsvLine(lines[i]);
    if (fields.size() != header.size()) {
      return absl::InvalidArgumentError(absl::StrCat(name, " line ", i + 1, ": ", fields.size(),
                                                     " fields, the header has ", header.size()));
    }
    Row row;
    for (std::size_t k = 0; k < header.size(); ++k) row[header[k]] = fields[k];
    rows.push_back(std::move(row));
  }
  return rows;
}

v1::Channel ChannelOf(absl::string_view word) {
  if (word == "kiosk") return v1::CHANNEL_KIOSK;
  if (word == "zalo") return v1::CHANNEL_ZALO;
  if (word == "web") return v1::CHANNEL_WEB;
  if (word == "paper") return v1::CHANNEL_PAPER;
  if (word == "import") return v1::CHANNEL_IMPORT;
  return v1::CHANNEL_UNSPECIFIED;
}

}  // namespace

absl::StatusOr<std::vector<RatedUnit>> ParseUnits(absl::string_view registry_csv,
                                                  absl::string_view populations_csv) {
  absl::StatusOr<std::vector<Row>> registry =
      ParseCsv("registry", registry_csv, {"unit_id", "level", "parent_unit_id"});
  if (!registry.ok()) return registry.status();
  absl::StatusOr<std::vector<Row>> populations =
      ParseCsv("populations", populations_csv, {"unit_id", "size"});
  if (!populations.ok()) return populations.status();

  std::map<std::string, Row> by_id;
  for (const Row& row : *registry) by_id[row.at("unit_id")] = row;

  std::vector<RatedUnit> units;
  for (const Row& row : *populations) {
    RatedUnit unit;
    unit.unit_id = row.at("unit_id");
    const auto found = by_id.find(unit.unit_id);
    if (found == by_id.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("populations: unit ", unit.unit_id, " is not in the registry"));
    }
    unit.level = found->second.at("level");
    if (!absl::SimpleAtoi(row.at("size"), &unit.size) || unit.size == 0) {
      return absl::InvalidArgumentError(absl::StrCat("populations: unit ", unit.unit_id, ": size ",
                                                     row.at("size"), " is not a count from 1"));
    }
    // A loop in the file would go round more often than there are units.
    std::string parent = found->second.at("parent_unit_id");
    while (!parent.empty() && unit.ancestor_ids.size() < by_id.size()) {
      unit.ancestor_ids.push_back(parent);
      const auto above = by_id.find(parent);
      parent = above == by_id.end() ? "" : above->second.at("parent_unit_id");
    }
    units.push_back(std::move(unit));
  }
  if (units.empty()) return absl::InvalidArgumentError("populations: no unit");
  return units;
}

absl::StatusOr<std::vector<CollectorAccess>> ParseCredentials(absl::string_view text) {
  std::vector<CollectorAccess> collectors;
  const std::vector<absl::string_view> lines = Lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty() || lines[i].front() == '#') continue;
    const std::vector<std::string> words =
        absl::StrSplit(lines[i], absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.size() != 3 && words.size() != 4) {
      return absl::InvalidArgumentError(absl::StrCat("credentials line ", i + 1, ": ", words.size(),
                                                     " words, allowed are 3 or 4"));
    }
    CollectorAccess collector;
    collector.collector_id = words[0];
    collector.credential = words[1];
    collector.channel = ChannelOf(words[2]);
    if (words.size() == 4) collector.unit_id = words[3];
    if (collector.channel == v1::CHANNEL_UNSPECIFIED) {
      return absl::InvalidArgumentError(absl::StrCat(
          "credentials line ", i + 1, ": the third word is not kiosk, zalo, web, paper or import"));
    }
    collectors.push_back(std::move(collector));
  }
  if (collectors.empty()) return absl::InvalidArgumentError("credentials: no collector");
  return collectors;
}

bool Serves(const CollectorAccess& collector, const RatedUnit& unit) {
  return collector.unit_id.empty() || collector.unit_id == unit.unit_id ||
         std::find(unit.ancestor_ids.begin(), unit.ancestor_ids.end(), collector.unit_id) !=
             unit.ancestor_ids.end();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrCat("cannot open ", path));
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) return absl::DataLossError(absl::StrCat("cannot read ", path));
  return text.str();
}

}  // namespace hailong::player
