// What an administrator imports: a Questionnaire (first byte even) or an ImportUnitsRequest (odd)
// from raw bytes. What is accepted must hold together.

#include "base/check.h"
#include "server/model/questionnaire.h"
#include "server/model/unit_tree.h"

namespace {

using namespace hailong;

void TryQuestionnaire(const v1::Questionnaire& definition) {
  const auto made = model::Questionnaire::Create(definition);
  if (!made.ok()) {
    HAILONG_CHECK(made.status().code() == absl::StatusCode::kInvalidArgument);
    return;
  }
  size_t offset = 0;
  for (size_t i = 0; i < (*made)->questions().size(); ++i) {
    const model::Question& question = (*made)->questions()[i];
    HAILONG_CHECK(question.offset == offset);
    offset += question.size;
    HAILONG_CHECK((*made)->Find(question.id, 0) == static_cast<int>(i));
  }
  HAILONG_CHECK(offset == (*made)->packed_size());
  for (const v1::Form& form : definition.forms()) {
    HAILONG_CHECK((*made)->FindForm(form.form_id()) != nullptr);
  }
}

void TryUnits(const v1::ImportUnitsRequest& request) {
  const std::vector<v1::Unit> units(request.units().begin(), request.units().end());
  const auto made = model::UnitTree::Create(units);
  if (!made.ok()) {
    HAILONG_CHECK(made.status().code() == absl::StatusCode::kInvalidArgument);
    return;
  }
  for (const v1::Unit& unit : units) {
    const v1::Unit* found = (*made)->Find(unit.unit_id(), unit.valid_from());
    HAILONG_CHECK(found != nullptr && found->name() == unit.name());
    HAILONG_CHECK((*made)->IsWithin(unit.unit_id(), unit.unit_id(), unit.valid_from()));
    if (unit.parent_unit_id().empty()) continue;
    // The parent is there on every day of the child, and the child is within it.
    HAILONG_CHECK((*made)->IsWithin(unit.unit_id(), unit.parent_unit_id(), unit.valid_from()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const int rest = static_cast<int>(size - 1);
  if (data[0] % 2 == 0) {
    v1::Questionnaire definition;
    if (definition.ParseFromArray(data + 1, rest)) TryQuestionnaire(definition);
  } else {
    v1::ImportUnitsRequest request;
    if (request.ParseFromArray(data + 1, rest)) TryUnits(request);
  }
  return 0;
}
