#include "base/dossier_code.h"

#include <array>

#include "absl/time/civil_time.h"
#include "base/status.h"

namespace hailong::base {
namespace {

constexpr size_t kAgencyBytesMax = 35;
constexpr size_t kDateDigits = 6;
constexpr size_t kSequenceDigitsMin = 4;
constexpr size_t kSequenceDigitsMax = 12;

// Everything that people put between the parts; none is the beginning of another.
constexpr std::array<std::string_view, 23> kSeparators = {
    "-",
    " ",
    "\t",
    "\r",  // scanners end with a line
    "\n",
    "\xC2\xA0",  // no-break space
    "\xC2\xAD",  // soft hyphen
    "\xE2\x80\x90",
    "\xE2\x80\x91",
    "\xE2\x80\x92",
    "\xE2\x80\x93",  // hyphens, figure and en dash
    "\xE2\x80\x94",
    "\xE2\x80\x95",  // em dash, bar
    "\xE2\x88\x92",  // minus
    "\xEF\xBC\x8D",  // full-width hyphen
    "\xEF\xB9\x98",
    "\xEF\xB9\xA3",  // small dash, small hyphen
    "\xE2\x80\x89",
    "\xE2\x80\xAF",  // thin space, narrow no-break space
    "\xE3\x80\x80",  // ideographic space
    "\xE2\x80\x8B",
    "\xEF\xBB\xBF",  // zero-width spaces
    "_"};

// The bytes of the separator that `typed` begins with; 0 if it begins with none.
size_t SeparatorSize(std::string_view typed) {
  // Most characters of a code are these; every response with a code comes through here.
  const char first = typed.front();
  if (first == '.' || (first >= '0' && first <= '9') || (first >= 'A' && first <= 'Z')) return 0;
  for (const std::string_view separator : kSeparators) {
    if (typed.starts_with(separator)) return separator.size();
  }
  return 0;
}

// Text with every run of separators made one '-', none at the ends or beside a dot, letters upper
// case.
std::string Unify(std::string_view typed) {
  std::string text;
  text.reserve(typed.size());
  bool gap = false;
  while (!typed.empty()) {
    if (const size_t separator = SeparatorSize(typed); separator > 0) {
      gap = true;
      typed.remove_prefix(separator);
      continue;
    }
    char c = typed.front();
    typed.remove_prefix(1);
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (gap && !text.empty() && text.back() != '.' && c != '.') text.push_back('-');
    gap = false;
    text.push_back(c);
  }
  return text;
}

bool IsAgency(std::string_view agency) {
  if (agency.empty() || agency.size() > kAgencyBytesMax) return false;
  bool part_empty = true;
  for (const char c : agency) {
    if (c == '.') {
      if (part_empty) return false;
      part_empty = true;
      continue;
    }
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))) return false;
    part_empty = false;
  }
  return !part_empty;
}

bool IsDate(std::string_view digits) {
  const auto two = [&](size_t at) { return (digits[at] - '0') * 10 + (digits[at + 1] - '0'); };
  const absl::CivilDay day(2000 + two(0), two(2), two(4));
  // CivilDay moves the 31st of February on; a real date stays where it was put.
  return day.year() == 2000 + two(0) && day.month() == two(2) && day.day() == two(4);
}

}  // namespace

absl::StatusOr<std::string> NormalizeDossierCode(std::string_view typed) {
  const auto refuse = [](std::string_view why) {
    return absl::InvalidArgumentError(
        Cat(why,
            "; allowed is <agency>-<YYMMDD>-<sequence>, such as G12.18-260421-00430053 or "
            "000.00.19.H26-220704-0012"));
  };
  if (typed.empty() || typed.size() > kDossierCodeBytesMax) {
    return refuse(Cat("found ", typed.size(), " bytes, allowed are 1..", kDossierCodeBytesMax));
  }
  const std::string text = Unify(typed);
  const size_t dash = text.find('-');
  if (dash == std::string::npos) return refuse("found one part without separators");
  const std::string agency = text.substr(0, dash);
  std::string digits;
  for (const char c : std::string_view(text).substr(dash)) {
    if (c == '-') continue;
    if (c < '0' || c > '9') return refuse("found a character that is no digit after the agency");
    digits.push_back(c);
  }
  if (!IsAgency(agency)) return refuse("found an agency part that is not letters, digits and dots");
  if (digits.size() < kDateDigits + kSequenceDigitsMin ||
      digits.size() > kDateDigits + kSequenceDigitsMax) {
    return refuse(Cat("found ", digits.size(), " digits after the agency, allowed are ",
                      kDateDigits + kSequenceDigitsMin, "..", kDateDigits + kSequenceDigitsMax));
  }
  if (!IsDate(digits)) return refuse("found a date part that is no date");
  return Cat(agency, "-", digits.substr(0, kDateDigits), "-", digits.substr(kDateDigits));
}

}  // namespace hailong::base
