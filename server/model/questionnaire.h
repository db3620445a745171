#pragma once

// A published questionnaire, checked once and made quick to look things up in. Immutable, so any
// thread may read it.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "hailong/v1/questionnaire.pb.h"

namespace hailong::model {

// Packed answers, by question position: one byte for a rating or single choice, four (little
// endian, bit k-1 = choice k) for a multiple choice, none for a text.
inline constexpr uint8_t kNoAnswer = 0;
inline constexpr uint8_t kNotApplicable = 255;
inline constexpr uint32_t kMultipleNoAnswer = 0;
inline constexpr uint32_t kMultipleNoneChosen = 0x80000000;
inline constexpr uint32_t kMultipleNotApplicable = 0xFFFFFFFF;

struct Question {
  std::string id;
  v1::QuestionKind kind;
  uint32_t options = 0;       // choices are 1..options
  uint32_t text_options = 0;  // of the first 31 options: bit k-1 set: option k takes a text
  uint32_t offset = 0;        // into the packed answers
  uint32_t size = 0;          // bytes in the packed answers
  bool required = false;
  bool allows_not_applicable = false;
};

class Questionnaire {
 public:
  // Errors: INVALID_ARGUMENT with every bad field.
  static absl::StatusOr<std::shared_ptr<const Questionnaire>> Create(
      const v1::Questionnaire& definition);

  const v1::Questionnaire& definition() const { return definition_; }
  // SHA-256 of the deterministic serialization, hex.
  const std::string& digest() const { return digest_; }
  std::span<const Question> questions() const { return questions_; }
  size_t packed_size() const { return packed_size_; }

  // The position of a question; -1: none. `hint` is tried first: answers mostly come in order.
  int Find(std::string_view question_id, size_t hint) const;
  // Which questions a form asks, by position; null: no such form. "" asks all.
  const std::vector<bool>* FindForm(std::string_view form_id) const;

 private:
  Questionnaire() = default;
  v1::Questionnaire definition_;
  std::string digest_;
  std::vector<Question> questions_;
  absl::flat_hash_map<std::string, uint32_t> positions_;
  absl::flat_hash_map<std::string, std::vector<bool>> forms_;
  size_t packed_size_ = 0;
};

// The bytes of a message that do not depend on the run or the map order; what digests are made of.
std::string DeterministicBytes(const google::protobuf::MessageLite& message);

}  // namespace hailong::model
