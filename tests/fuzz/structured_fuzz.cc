// Responses that are nearly right, so that the fuzzer gets behind the first checks: each byte
// chooses among the good and the odd values of a field.

#include <iterator>
#include <string>

#include "tests/fuzz/judge.h"

namespace {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  bool empty() const { return size_ == 0; }
  uint8_t Next() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  uint32_t Next32() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | Next();
    return value;
  }
  std::string Text(size_t size) {
    std::string text;
    while (text.size() < size && !empty()) text.push_back(static_cast<char>(Next()));
    return text;
  }
  template <typename T, size_t kSize>
  T OneOf(const T (&values)[kSize]) {
    return values[Next() % kSize];
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

constexpr const char* kQuestions[] = {"a", "b", "c", "d", "e", "f", "g", "", "zz"};

void AddAnswer(Bytes& bytes, hailong::v1::Response& response) {
  hailong::v1::Answer& answer = *response.add_answers();
  answer.set_question_id(bytes.OneOf(kQuestions));
  switch (bytes.Next() % 6) {
    case 0:
    case 1:
      answer.set_choice(bytes.Next());
      break;
    case 2:
      answer.set_choice(bytes.Next32());
      break;
    case 3:
      answer.mutable_choices();
      for (int i = bytes.Next() % 40; i > 0; --i) {
        answer.mutable_choices()->add_choices(bytes.Next() % 40);
      }
      break;
    case 4:
      answer.set_not_applicable(bytes.Next() % 4 != 0);
      break;
    default:
      break;
  }
  const uint8_t text = bytes.Next();
  if (text % 4 == 0) answer.set_text(bytes.Text(text % 16));
  if (text == 255) answer.set_text(std::string(4001, 'x'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace hailong;
  Bytes bytes(data, size);
  constexpr const char* kUnits[] = {"1", "2", "2", "74", "79", "", "none"};
  constexpr const char* kForms[] = {"", "", "short", "long"};
  constexpr int64_t kOffsetsMs[] = {0,         0,        1, -3'600'000, 3'600'000, -315'360'000'001,
                                    INT64_MAX, INT64_MIN};
  v1::Response response;
  response.set_response_id("0190f3c2-7a5e-7c3b-9d2f-000000000001");
  response.set_round_id(bytes.Next() % 8 == 0 ? "old" : "r");
  response.set_questionnaire_version(bytes.Next() % 8 == 0 ? bytes.Next() : 1);
  response.set_unit_id(bytes.OneOf(kUnits));
  response.set_receiving_unit_id(bytes.OneOf(kUnits));
  response.set_form_id(bytes.OneOf(kForms));
  const int64_t now_s = absl::ToUnixSeconds(tests::FuzzNow());
  const uint8_t time = bytes.Next();
  response.mutable_submitted_at()->set_seconds(
      time % 8 == 0 ? static_cast<int64_t>(uint64_t{bytes.Next32()} << (time / 8))
                    : now_s - bytes.Next() * 3600);
  response.mutable_submitted_at()->set_nanos(time % 16 == 1 ? static_cast<int32_t>(bytes.Next32())
                                                            : 0);
  response.set_clock_offset_ms(bytes.OneOf(kOffsetsMs));
  response.set_duration_ms(bytes.Next() % 2 == 0 ? 0 : bytes.Next32());
  response.set_device_sequence(bytes.Next() % 8 == 0 ? ~uint64_t{0} >> (bytes.Next() % 64) : 7);
  switch (bytes.Next() % 6) {
    case 0:
      response.mutable_evidence()->set_dossier_code(bytes.Text(bytes.Next() % 64));
      break;
    case 1:
      response.mutable_evidence()->set_dossier_code("G12.18-260421-00430053");
      break;
    case 2:
      response.mutable_evidence()->set_invitation_token(bytes.Text(bytes.Next() % 160));
      break;
    case 3:
      response.mutable_evidence()->set_paper_serial(bytes.Text(bytes.Next() % 16));
      break;
    case 4:
      response.mutable_evidence()->set_zalo_message_id(bytes.Text(bytes.Next() % 16));
      break;
    default:
      response.set_counter(bytes.Text(bytes.Next() % 20));
      break;
  }
  const uint8_t finished = bytes.Next();
  response.set_partial(finished % 4 == 0);
  if (finished % 8 != 0) {
    v1::Answer& required = *response.add_answers();
    required.set_question_id("a");
    required.set_choice(1 + bytes.Next() % 5);
  }
  while (!bytes.empty() && response.answers_size() < 12) AddAnswer(bytes, response);
  tests::JudgeOne(response);
  return 0;
}
