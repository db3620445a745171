// One exported response as a row of CSV: fixed columns, then one for each question.
//
// Thread promise: one thread.
#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "analysis/cli/csv_writer.h"
#include "analysis/cli/format.h"
#include "hailong/v1/questionnaire.pb.h"
#include "hailong/v1/results_service.pb.h"

namespace hailong::cli {

// What stands for "not applicable"; no answer is an empty cell.
inline constexpr char kNotApplicable[] = "NA";

struct ExportStyle {
  // The texts of options instead of their numbers.
  bool labels = false;
  // A column "<question>.text" after each question that may have free text.
  bool with_comments = false;
  Language language = Language::kVietnamese;
};

class ExportRowWriter {
 public:
  ExportRowWriter(const v1::Questionnaire& questionnaire, ExportStyle style);

  void WriteHeader(CsvWriter& csv) const;
  // Answers to questions that the questionnaire does not have are left out.
  void WriteRow(const v1::ExportedResponse& response, CsvWriter& csv) const;

 private:
  std::string Value(const v1::Question& question, const v1::Answer& answer) const;
  std::string Choice(const v1::Question& question, uint32_t choice) const;
  bool HasText(const v1::Question& question) const;

  v1::Questionnaire questionnaire_;
  ExportStyle style_;
};

}  // namespace hailong::cli
