#pragma once

// The codes on receipt slips: whoever has the key of a collector and its round can sign a dossier
// code. Nothing of it is stored. Thread-safe.

#include <string>
#include <string_view>

namespace hailong::survey {

// 32 bytes: HMAC-SHA-256(key of the round, "slip" || 0 || collector_id).
std::string SlipKey(std::string_view round_key, std::string_view collector_id);

// Ten characters for a dossier code in its normal form.
std::string SlipCheck(std::string_view slip_key, std::string_view dossier_code);

}  // namespace hailong::survey
