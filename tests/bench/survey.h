#pragma once

// What is measured: the shipped SIPAS questionnaire of 84 questions and the 119 rated units of Binh
// Duong, answered by made-up people. Pure but for reading the files; any thread.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hailong/v1/collection_service.pb.h"
#include "hailong/v1/registry_service.pb.h"
#include "server/model/catalog.h"
#include "server/model/response.h"

namespace hailong::bench {

struct Survey {
  v1::Questionnaire questionnaire;
  v1::Round round;
  std::vector<v1::Unit> units;
  std::vector<v1::Population> populations;  // of the rated units
};

// From deploy/data; the round is the demo's, and says that it is synthetic.
Survey LoadSurvey();

// A number that looks random and depends on `seed` alone.
uint64_t Mix(uint64_t seed);

// The number-th response as it is sent: the part on the person and the 39 items answered, one in
// fifty with a comment, each with a dossier code of its own.
v1::Response MakeResponse(const Survey& survey, uint64_t number);

// The registry without a server, and responses as the store takes them.
class Rows {
 public:
  explicit Rows(const Survey& survey);

  const std::vector<model::Record>& records() const { return records_; }
  const std::shared_ptr<const model::Catalog>& catalog() const { return catalog_; }
  const std::shared_ptr<const model::Round>& round() const { return round_; }
  // The number-th response: id, key, unit and the 39 answers are its own.
  model::NewResponse Make(uint64_t number) const;

 private:
  std::vector<model::Record> records_;
  std::shared_ptr<const model::Catalog> catalog_;
  std::shared_ptr<const model::Round> round_;
  model::NewResponse pattern_;
  std::vector<std::string> unit_ids_;
  std::vector<size_t> items_;  // their places in the packed answers
};

}  // namespace hailong::bench
