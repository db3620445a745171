#pragma once

// Dossier codes (mã hồ sơ): <agency>-<YYMMDD>-<sequence>, in the old style of agency
// (000.00.19.H26) and the new one (G12.18). Decree 61/2018 prescribes the three parts but no
// length. A kiosk checks them as they are typed and the server hashes them, so there is one rule.
// Thread-safe.

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hailong::base {

// As typed, with all that stands between the parts.
inline constexpr size_t kDossierCodeBytesMax = 128;

// The one way to write a code that people type with other case, spaces and dashes:
// " g12.18 – 260421 0043 0053" -> "G12.18-260421-00430053". The error (INVALID_ARGUMENT) says what
// is wrong without repeating the code: it identifies a person, and errors are logged.
absl::StatusOr<std::string> NormalizeDossierCode(std::string_view typed);

}  // namespace hailong::base
