// One row of a file into one response, by an ImportMap and the questionnaire of the round.
//
// All that can be wrong with the map, the header or their fit to the questionnaire is found by
// Create, before a row is read; what is wrong with a row is found by Map and concerns that row
// alone.
//
// Thread promise: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "analysis/cli/csv_reader.h"
#include "analysis/cli/import_map.pb.h"
#include "base/ids.h"
#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/questionnaire.pb.h"

namespace hailong::cli {

// The columns that a file of rejects has besides those of the file it came from.
inline constexpr std::string_view kLineColumn = "hailong_line";
inline constexpr std::string_view kReasonColumn = "hailong_reason";

class RowMapper {
 public:
  // `header`: the cells of the first row. INVALID_ARGUMENT: a column that is missing or there
  // twice, a question that the questionnaire does not have, a choice it does not have, a part of
  // the map left out.
  static absl::StatusOr<RowMapper> Create(const ImportMap& map,
                                          const v1::Questionnaire& questionnaire,
                                          std::string_view round_id,
                                          const std::vector<std::string>& header);

  // The response of a row; equal rows must come in one after the other for their count (see
  // key_columns). INVALID_ARGUMENT: what, found, allowed, in one sentence.
  absl::StatusOr<v1::Response> Map(const CsvRow& row);

 private:
  // Answers of one question, looked up once.
  struct AnswerPlan {
    AnswerSource source;
    v1::Question question;
    std::optional<std::size_t> column;
    std::optional<std::size_t> text_column;
    absl::flat_hash_map<std::string, uint32_t> choices;
    absl::flat_hash_set<std::string> not_applicable;
    std::string separator;
  };
  // A text, looked up once.
  struct TextPlan {
    std::string name;
    std::optional<std::size_t> column;
    std::string constant;
    std::string prefix;
    absl::flat_hash_map<std::string, std::string> values;
  };
  using Cells = std::vector<std::string>;

  RowMapper() = default;

  absl::StatusOr<std::size_t> Column(const std::string& name);
  absl::StatusOr<TextPlan> PlanText(const Source& source, std::string_view name);
  absl::StatusOr<AnswerPlan> PlanAnswer(const AnswerSource& source);
  absl::Status PlanEvidence();
  absl::Status PlanTime();
  absl::Status PlanIdentity();

  absl::StatusOr<Cells> Normalise(const CsvRow& row) const;
  absl::StatusOr<std::string> Text(const TextPlan& plan, const Cells& cells) const;
  absl::Status MapTime(const Cells& cells, v1::Response& response) const;
  absl::Status MapDuration(const Cells& cells, v1::Response& response) const;
  absl::Status MapAnswer(const AnswerPlan& plan, const Cells& cells, v1::Response& response) const;
  absl::StatusOr<uint32_t> Choice(const AnswerPlan& plan, const std::string& cell) const;
  void MapEvidence(const Cells& cells, v1::Response& response) const;
  absl::StatusOr<std::string> MapIdentity(const Cells& cells);

  ImportMap map_;
  v1::Questionnaire questionnaire_;
  std::string round_id_;
  std::vector<std::string> header_;
  absl::flat_hash_set<std::string> empty_values_;

  TextPlan unit_;
  std::optional<TextPlan> receiving_unit_;
  std::optional<std::size_t> time_column_;
  std::optional<std::size_t> duration_column_;
  std::optional<std::size_t> dossier_column_;
  std::vector<std::size_t> serial_columns_;
  std::vector<AnswerPlan> answers_;
  std::vector<std::size_t> key_columns_;
  // Every column that the map names, in the order in which it names them.
  std::vector<std::size_t> mapped_columns_;
  std::optional<std::size_t> line_column_;
  // How often an unkeyed row came; by the id of its first occurrence.
  absl::flat_hash_map<base::Uuid, uint64_t> occurrences_;
};

}  // namespace hailong::cli
