#pragma once

// The settings file of the channel, checked, with the secrets it points to. The secrets live in
// memory and in their own files only.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hailong/v1/zalo.pb.h"

namespace hailong::zalo {

struct Settings {
  v1::ZaloSettings file;                // with every default filled in
  std::vector<std::string> oa_secrets;  // the current one, then the one before
  std::string app_secret;
  std::string consent_token;  // empty: none is given
  absl::Duration reconcile_interval;
  absl::Duration unknown_wait;
};

// Reads a textproto and the files it names. Errors: NOT_FOUND, INVALID_ARGUMENT naming the field,
// FAILED_PRECONDITION (others may read a secret). None repeats a secret.
absl::StatusOr<Settings> ReadSettings(const std::string& path);

// Fills in defaults and checks what needs no file. Errors: INVALID_ARGUMENT.
absl::StatusOr<Settings> CheckSettings(const v1::ZaloSettings& file);

}  // namespace hailong::zalo
