#include "base/vietnamese/vietnamese.h"

#include <unicode/coll.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <cstdint>
#include <utility>

#include "absl/status/status.h"

namespace hailong {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Takes the code point at `offset` and moves on; negative if the bytes there are ill-formed. `text`
// is walked in 32-bit offsets, as ICU's macros want it, so callers pass less than 2 GiB.
UChar32 Next(std::string_view text, int32_t& offset) {
  UChar32 c = 0;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  U8_NEXT(bytes, offset, static_cast<int32_t>(text.size()), c);
  return c;
}

int WidthOf(UChar32 c) {
  if (c == 0) return 0;
  switch (u_charType(c)) {
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_CONTROL_CHAR:
      return 0;
    case U_FORMAT_CHAR:
      return c == 0x00AD ? 1 : 0;  // A soft hyphen is drawn by terminals.
    default:
      break;
  }
  const int syllable = u_getIntPropertyValue(c, UCHAR_HANGUL_SYLLABLE_TYPE);
  if (syllable == U_HST_VOWEL_JAMO || syllable == U_HST_TRAILING_JAMO) return 0;
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

bool TurnsDirection(UChar32 c) {
  return c == 0x061C || (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool IsSeparator(UChar32 c) { return c == 0x2028 || c == 0x2029; }

}  // namespace

std::string ToNfc(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  // fromUTF8 turns ill-formed sequences into U+FFFD.
  const icu::UnicodeString raw = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  std::string result;
  if (U_FAILURE(error)) return raw.toUTF8String(result);
  return nfc->normalize(raw, error).toUTF8String(result);
}

std::string ReplaceControls(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  const int32_t size = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < size;) {
    const int32_t begin = i;
    const UChar32 c = Next(text, i);
    if (c == '\t' || c == '\n' || c == '\r') {
      result += ' ';
    } else if (c < 0 || u_charType(c) == U_CONTROL_CHAR || TurnsDirection(c) || IsSeparator(c)) {
      result += kReplacement;
    } else {
      result.append(text.data() + begin, static_cast<std::size_t>(i - begin));
    }
  }
  return result;
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  const int32_t size = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < size;) {
    const UChar32 c = Next(text, i);
    width += static_cast<std::size_t>(c < 0 ? 1 : WidthOf(c));
  }
  return width;
}

std::string PadRight(std::string_view text, std::size_t width) {
  const std::size_t have = DisplayWidth(text);
  std::string result(text);
  if (have < width) result.append(width - have, ' ');
  return result;
}

std::string PadLeft(std::string_view text, std::size_t width) {
  const std::size_t have = DisplayWidth(text);
  std::string result(have < width ? width - have : 0, ' ');
  result.append(text);
  return result;
}

std::string Truncate(std::string_view text, std::size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::size_t used = 0;
  const int32_t size = static_cast<int32_t>(text.size());
  int32_t end = 0;
  for (int32_t i = 0; i < size;) {
    const UChar32 c = Next(text, i);
    used += static_cast<std::size_t>(c < 0 ? 1 : WidthOf(c));
    if (used > width - 1) break;
    end = i;
  }
  return std::string(text.substr(0, static_cast<std::size_t>(end))) + "…";
}

struct Collation::Icu {
  std::unique_ptr<icu::Collator> collator;
};

Collation::Collation(std::unique_ptr<Icu> icu) : icu_(std::move(icu)) {}
Collation::Collation(Collation&&) noexcept = default;
Collation& Collation::operator=(Collation&&) noexcept = default;
Collation::~Collation() = default;

absl::StatusOr<Collation> Collation::Create() {
  UErrorCode error = U_ZERO_ERROR;
  auto icu = std::make_unique<Icu>();
  icu->collator.reset(icu::Collator::createInstance(icu::Locale("vi", "VN"), error));
  if (U_SUCCESS(error)) {
    // Both spellings of a letter are equal whatever order its marks were typed in.
    icu->collator->setAttribute(UCOL_NORMALIZATION_MODE, UCOL_ON, error);
  }
  if (U_FAILURE(error)) {
    return absl::InternalError(std::string("ICU has no Vietnamese collation: ") +
                               u_errorName(error));
  }
  return Collation(std::move(icu));
}

int Collation::Compare(std::string_view a, std::string_view b) const {
  UErrorCode error = U_ZERO_ERROR;
  return icu_->collator->compareUTF8(icu::StringPiece(a.data(), static_cast<int32_t>(a.size())),
                                     icu::StringPiece(b.data(), static_cast<int32_t>(b.size())),
                                     error);
}

std::string Collation::SortKey(std::string_view text) const {
  const icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  std::string key(static_cast<std::size_t>(icu_->collator->getSortKey(unicode, nullptr, 0)), '\0');
  icu_->collator->getSortKey(unicode, reinterpret_cast<uint8_t*>(key.data()),
                             static_cast<int32_t>(key.size()));
  return key;
}

}  // namespace hailong
