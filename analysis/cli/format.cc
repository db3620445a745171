#include "analysis/cli/format.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace hailong::cli {
namespace {

constexpr std::string_view kNone = "–";

absl::TimeZone Vietnam() { return absl::FixedTimeZone(7 * 60 * 60); }

}  // namespace

std::string Pick(Language language, std::string_view vi, std::string_view en) {
  return std::string(language == Language::kVietnamese ? vi : en);
}

std::string Pick(Language language, const v1::LocalizedText& text) {
  return language == Language::kEnglish && !text.en().empty() ? text.en() : text.vi();
}

std::string Decimal(double value, int digits, Language language) {
  std::array<char, 64> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), "%.*f", digits, value);
  std::string text(buffer.data(), static_cast<std::size_t>(std::clamp(size, 0, 63)));
  if (language == Language::kVietnamese) std::replace(text.begin(), text.end(), '.', ',');
  return text;
}

std::string Exact(double value) {
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), end.ptr);
}

Cell NumberCell(double value, int digits, Language language) {
  return Cell(Decimal(value, digits, language), Exact(value));
}

std::string Hidden(Language language) { return Pick(language, "ẩn", "hidden"); }

std::string ValueWithError(const v1::Estimate& estimate, Language language) {
  if (estimate.suppressed()) return Hidden(language);
  if (!estimate.defined()) return std::string(kNone);
  std::string text = Decimal(estimate.value(), 2, language);
  if (estimate.has_standard_error()) {
    absl::StrAppend(&text, " ± ", Decimal(estimate.standard_error(), 2, language));
  }
  return text;
}

std::string Interval(const v1::Estimate& estimate, Language language) {
  if (!estimate.defined() || !estimate.has_ci_low() || !estimate.has_ci_high()) {
    return std::string(kNone);
  }
  return absl::StrCat("[", Decimal(estimate.ci_low(), 2, language), "; ",
                      Decimal(estimate.ci_high(), 2, language), "]");
}

std::string EnumWord(const google::protobuf::EnumDescriptor& type, int value) {
  const auto* found = type.FindValueByNumber(value);
  if (value == 0) return "";
  if (found == nullptr) return absl::StrCat(value);
  // The zero value is "PREFIX_UNSPECIFIED".
  const std::string& zero = type.FindValueByNumber(0)->name();
  const std::size_t prefix = zero.size() - std::string_view("UNSPECIFIED").size();
  std::string word = absl::AsciiStrToLower(found->name().substr(prefix));
  std::replace(word.begin(), word.end(), '_', '-');
  return word;
}

absl::StatusOr<int> EnumValue(const google::protobuf::EnumDescriptor& type, std::string_view word) {
  std::vector<std::string> words;
  for (int i = 0; i < type.value_count(); ++i) {
    const int value = type.value(i)->number();
    if (value == 0) continue;
    words.push_back(EnumWord(type, value));
    if (words.back() == word) return value;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(word), "\" is not one of ", absl::StrJoin(words, ", ")));
}

std::string Shown(v1::Channel channel, Language language) {
  switch (channel) {
    case v1::CHANNEL_PAPER:
      return Pick(language, "giấy", "paper");
    case v1::CHANNEL_IMPORT:
      return Pick(language, "nhập tệp", "import");
    default:
      return EnumWord(channel);
  }
}

std::string Shown(v1::ScreenState state, Language language) {
  switch (state) {
    case v1::SCREEN_STATE_UNSPECIFIED:
      return Pick(language, "không rõ", "not known");
    case v1::SCREEN_STATE_READY:
      return Pick(language, "sẵn sàng", "ready");
    case v1::SCREEN_STATE_ANSWERING:
      return Pick(language, "đang trả lời", "answering");
    case v1::SCREEN_STATE_PAUSED:
      return Pick(language, "tạm dừng", "paused");
    case v1::SCREEN_STATE_OUT_OF_SERVICE:
      return Pick(language, "ngừng phục vụ", "out of service");
    default:
      return EnumWord(state);
  }
}

std::string Shown(v1::RoundState state, Language language) {
  switch (state) {
    case v1::ROUND_STATE_OPEN:
      return Pick(language, "đang mở", "open");
    case v1::ROUND_STATE_CLOSED:
      return Pick(language, "đã đóng", "closed");
    case v1::ROUND_STATE_SEALED:
      return Pick(language, "đã niêm phong", "sealed");
    default:
      return EnumWord(state);
  }
}

std::string Shown(v1::UnitIssue issue, Language language) {
  switch (issue) {
    case v1::UNIT_ISSUE_NO_RESPONSE:
      return Pick(language, "không có phiếu", "no response");
    case v1::UNIT_ISSUE_NO_POPULATION:
      return Pick(language, "không có số hồ sơ", "no population");
    case v1::UNIT_ISSUE_POPULATION_BELOW_SAMPLE:
      return Pick(language, "số hồ sơ ít hơn số phiếu", "population below sample");
    case v1::UNIT_ISSUE_SINGLE_RESPONSE:
      return Pick(language, "chỉ một phiếu", "single response");
    default:
      return EnumWord(issue);
  }
}

Cell TimeCell(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return Cell("");
  const absl::Time t = absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return Cell(absl::FormatTime("%Y-%m-%d %H:%M", t, Vietnam()),
              google::protobuf::util::TimeUtil::ToString(time));
}

absl::StatusOr<absl::Time> ReadTimeOption(std::string_view text) {
  absl::Time time;
  std::string error;
  const absl::string_view input(text.data(), text.size());
  if (!absl::ParseTime(absl::RFC3339_full, input, &time, &error) &&
      !absl::ParseTime("%Y-%m-%d", input, Vietnam(), &time, &error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", input,
                     "\" is neither a day (2024-10-01) nor a time with its offset "
                     "(2024-10-01T08:30:00+07:00)"));
  }
  if (time < absl::UnixEpoch() || time > absl::FromUnixSeconds(253402300799)) {
    return absl::InvalidArgumentError(absl::StrCat("\"", input, "\" is not from 1970 to 9999"));
  }
  return time;
}

absl::Status ReadDurationOption(std::string_view text, google::protobuf::Duration* duration) {
  if (text.empty()) return absl::OkStatus();
  const absl::string_view number_text(text.data(), text.size() - 1);
  int64_t number = 0;
  int64_t unit_s = 0;
  if (text.back() == 'd') unit_s = 86400;
  if (text.back() == 'h') unit_s = 3600;
  if (text.back() == 'm') unit_s = 60;
  if (unit_s == 0 || !absl::SimpleAtoi(number_text, &number) || number < 0 || number > 100000) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::string_view(text.data(), text.size()),
                     "\" is not a length of time such as 14d, 36h or 90m"));
  }
  duration->set_seconds(number * unit_s);
  duration->set_nanos(0);
  return absl::OkStatus();
}

}  // namespace hailong::cli
