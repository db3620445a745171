#include "tests/bench/survey.h"

#include <google/protobuf/text_format.h>

#include <cstring>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/files.h"
#include "base/status.h"
#include "server/intake/validate.h"
#include "tests/bench/figures.h"

namespace hailong::bench {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;
constexpr int64_t kSubmittedAt = 1731628800;  // 2024-11-15 in Asia/Ho_Chi_Minh

std::string Read(const std::string& path) {
  auto text = base::ReadFile(base::Cat(HAILONG_SOURCE_DIR, "/deploy/data/", path), kFileBytesMax);
  Require(text.status(), path);
  return *std::move(text);
}

// Cells may be quoted; no cell of the shipped files holds a quote or a line end.
std::vector<std::string> SplitCells(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back().push_back(c);
    }
  }
  return cells;
}

// Lines by column name.
std::vector<std::map<std::string, std::string>> ReadCsv(const std::string& path) {
  const std::string text = Read(path);
  const std::vector<std::string> lines = absl::StrSplit(text, '\n', absl::SkipEmpty());
  const std::vector<std::string> names = SplitCells(lines[0]);
  std::vector<std::map<std::string, std::string>> rows;
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = SplitCells(lines[i]);
    HAILONG_CHECK(cells.size() >= names.size());
    for (size_t c = 0; c < names.size(); ++c) {
      if (c == 0) rows.emplace_back();
      rows.back()[names[c]] = cells[c];
    }
  }
  return rows;
}

// A UUIDv7 (RFC 9562), as senders make them: milliseconds first, here twenty responses in each.
base::Uuid UuidOf(uint64_t number) {
  base::Uuid id;
  for (size_t half = 0; half < 2; ++half) {
    const uint64_t bits = Mix(2 * number + half);
    std::memcpy(id.bytes.data() + 8 * half, &bits, sizeof bits);
  }
  const uint64_t milliseconds = uint64_t{kSubmittedAt} * 1000 + number / 20;
  for (size_t i = 0; i < 6; ++i) {
    id.bytes[i] = static_cast<uint8_t>(milliseconds >> (8 * (5 - i)));
  }
  id.bytes[6] = static_cast<uint8_t>(0x70 | (id.bytes[6] & 0x0F));
  id.bytes[8] = static_cast<uint8_t>(0x80 | (id.bytes[8] & 0x3F));
  return id;
}

// A step of 1..5, mostly 4 or 5.
uint32_t StepOf(uint64_t bits) {
  constexpr uint32_t kSteps[16] = {5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 2, 1};
  return kSteps[bits % 16];
}

bool IsItem(const std::string& question_id) { return absl::StartsWith(question_id, "q9."); }

}  // namespace

uint64_t Mix(uint64_t seed) {
  // SplitMix64 (Steele, Lea, Flood 2014).
  uint64_t z = (seed + 1) * 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

Survey LoadSurvey() {
  using google::protobuf::TextFormat;
  Survey survey;
  HAILONG_CHECK(TextFormat::ParseFromString(Read("questionnaires/sipas-2026.textproto"),
                                            &survey.questionnaire));
  HAILONG_CHECK(
      TextFormat::ParseFromString(Read("rounds/bd-2024-citizens.textproto"), &survey.round));
  for (auto& row : ReadCsv("registry/binh-duong-2025-03.csv")) {
    v1::Unit& unit = survey.units.emplace_back();
    unit.set_unit_id(row["unit_id"]);
    unit.set_name(row["name"]);
    unit.set_level(row["level"]);
    unit.set_parent_unit_id(row["parent_unit_id"]);
    unit.set_valid_from(row["valid_from"]);
    unit.set_valid_to(row["valid_to"]);
  }
  for (auto& row : ReadCsv("registry/populations-demo.csv")) {
    v1::Population& population = survey.populations.emplace_back();
    population.set_unit_id(row["unit_id"]);
    // Large enough for any number of responses measured here.
    population.set_size(1'000'000);
    population.set_source("SYNTHETIC, for measuring");
  }
  return survey;
}

v1::Response MakeResponse(const Survey& survey, uint64_t number) {
  const uint64_t bits = Mix(number);
  v1::Response response;
  response.set_response_id(UuidOf(number).ToString());
  response.set_round_id(survey.round.round_id());
  response.set_questionnaire_version(survey.questionnaire.version());
  response.set_form_id("full");
  response.set_unit_id(survey.populations[bits % survey.populations.size()].unit_id());
  response.mutable_submitted_at()->set_seconds(kSubmittedAt + static_cast<int64_t>(number % 86400));
  response.set_duration_ms(240'000);
  response.mutable_evidence()->set_dossier_code(
      absl::StrFormat("H09.%02d-241105-%08d", bits % 99 + 1, number % 100'000'000));
  for (const v1::Question& question : survey.questionnaire.questions()) {
    const bool item = IsItem(question.question_id());
    const uint64_t draw = Mix(bits + static_cast<uint64_t>(response.answers_size()));
    if (item || question.section() == "A") {
      v1::Answer* answer = response.add_answers();
      answer->set_question_id(question.question_id());
      answer->set_choice(item ? StepOf(draw) : 1);
    } else if (question.kind() == v1::QUESTION_KIND_TEXT && bits % 50 == 0) {
      v1::Answer* answer = response.add_answers();
      answer->set_question_id(question.question_id());
      answer->set_text("Thủ tục nhanh, cán bộ nhiệt tình (dữ liệu mô phỏng)");
    }
  }
  return response;
}

Rows::Rows(const Survey& survey) {
  for (const v1::Unit& unit : survey.units) records_.emplace_back(unit);
  records_.emplace_back(survey.questionnaire);
  v1::Round round = survey.round;
  round.set_state(v1::ROUND_STATE_OPEN);
  records_.emplace_back(model::RoundRecord{.number = model::RoundNumber{1}, .round = round});
  for (const v1::Population& population : survey.populations) {
    records_.emplace_back(
        model::PopulationRecord{.round_id = round.round_id(), .population = population});
    unit_ids_.push_back(population.unit_id());
  }
  auto catalog = model::Catalog::Empty()->With(records_);
  Require(catalog.status(), "catalog");
  catalog_ = *std::move(catalog);
  round_ = catalog_->FindRound(round.round_id());

  const model::Principal sender{.role = v1::ROLE_COLLECTOR,
                                .id = "bench",
                                .unit_id = "",
                                .collector = model::CollectorNumber{1},
                                .channel = v1::CHANNEL_WEB};
  auto pattern = intake::Validate(MakeResponse(survey, 1), sender, *catalog_,
                                  absl::FromUnixSeconds(kSubmittedAt + 90'000));
  Require(pattern.status(), "response");
  pattern_ = *std::move(pattern);
  for (const model::Question& question : round_->questionnaire().questions()) {
    if (IsItem(question.id)) items_.push_back(question.offset);
  }
}

model::NewResponse Rows::Make(uint64_t number) const {
  model::NewResponse made = pattern_;
  const uint64_t bits = Mix(number);
  made.content.response_id = UuidOf(number);
  made.content.unit_id = unit_ids_[bits % unit_ids_.size()];
  made.respondent_key = UuidOf(number ^ (uint64_t{1} << 40)).bytes;
  for (size_t i = 0; i < items_.size(); ++i) {
    made.content.answers[items_[i]] = static_cast<char>(StepOf(Mix(bits + i)));
  }
  return made;
}

}  // namespace hailong::bench
