// Anything typed as a dossier code: what is accepted is in normal form, and normalising is done
// once and for all, however the same code is typed.

#include <string>

#include "base/check.h"
#include "base/dossier_code.h"
#include "base/ids.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using hailong::base::NormalizeDossierCode;
  const std::string typed(reinterpret_cast<const char*>(data), size);
  const auto code = NormalizeDossierCode(typed);
  if (!code.ok()) {
    HAILONG_CHECK(code.status().code() == absl::StatusCode::kInvalidArgument);
    const std::string message(code.status().message());
    HAILONG_CHECK(hailong::base::IsUtf8(message));
    return 0;
  }
  std::string lower;
  for (const char c : *code) {
    HAILONG_CHECK((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-');
    lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  const std::string spellings[] = {*code, lower, " " + *code + "\t", "\xC2\xA0" + lower};
  for (const std::string& spelling : spellings) {
    const auto again = NormalizeDossierCode(spelling);
    HAILONG_CHECK(again.ok() && *again == *code);
  }
  return 0;
}
