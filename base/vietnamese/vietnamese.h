// Text in Vietnamese: one normal form, columns on a terminal, dictionary order.
//
// Vietnamese letters come in two spellings that look the same: composed (one code point) and
// decomposed (a letter and up to two combining marks, as some keyboards and macOS file names have
// it). All that is compared, stored or aligned goes through ToNfc first.
//
// Thread promise: the functions may be called from any thread; a Collation may be shared once made.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hailong {

// The NFC form. Ill-formed sequences become U+FFFD, so that the result is always valid UTF-8.
std::string ToNfc(std::string_view text);

// The text on one line, harmless to a terminal: control characters, line separators and marks that
// turn the direction of writing become U+FFFD; tabs and line breaks become a space. Always valid
// UTF-8.
std::string ReplaceControls(std::string_view text);

// Terminal columns: combining marks and format characters take 0, East Asian wide characters 2, all
// others 1.
std::size_t DisplayWidth(std::string_view text);

// The text with spaces after it up to `width` columns; longer text is left as it is.
std::string PadRight(std::string_view text, std::size_t width);

// The text with spaces before it up to `width` columns; longer text is left as it is.
std::string PadLeft(std::string_view text, std::size_t width);

// The text cut to at most `width` columns, the last of them "…" if something was cut. Never parts a
// letter from its marks.
std::string Truncate(std::string_view text, std::size_t width);

// The order of a Vietnamese dictionary.
class Collation {
 public:
  // INTERNAL if ICU's data is missing.
  static absl::StatusOr<Collation> Create();

  Collation(Collation&&) noexcept;
  Collation& operator=(Collation&&) noexcept;
  ~Collation();

  // Negative, 0 or positive as `a` stands before, with or after `b`.
  int Compare(std::string_view a, std::string_view b) const;

  // Bytes whose order (memcmp, std::string's <) is that of Compare.
  std::string SortKey(std::string_view text) const;

 private:
  struct Icu;
  explicit Collation(std::unique_ptr<Icu> icu);
  std::unique_ptr<Icu> icu_;
};

}  // namespace hailong
