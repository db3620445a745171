// Links to a survey. What lets a person in stands behind the '#', so that it is in no log of a
// server or proxy.
//
// Thread promise: functions of their arguments; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hailong::cli {

// Where the survey is served, without a '/' at the end. INVALID_ARGUMENT: not https://HOST, or
// http:// of another machine than this one.
absl::StatusOr<std::string> CheckSurveyUrl(std::string_view url);

// `url` is one that CheckSurveyUrl gave.
std::string InvitationLink(std::string_view url, std::string_view token);
std::string OpenLink(std::string_view url, std::string_view link_code);
// The link on the receipt slip of a dossier, signed with the collector's slip key.
// INVALID_ARGUMENT: it is no dossier code; never repeats it.
absl::StatusOr<std::string> SlipLink(std::string_view url, std::string_view link_code,
                                     std::string_view slip_key, std::string_view dossier_code);

}  // namespace hailong::cli
