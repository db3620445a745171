// How a credential that is shown once reaches the one who asked for it.
//
// Thread promise: one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "analysis/cli/files.h"
#include "analysis/cli/session.h"

namespace hailong::cli {

inline constexpr char kCredentialFileHelp[] =
    "Write the credential to this new file (mode 0600) instead of the screen";

// Makes a credential by `call` and hands it over: to a new file of mode 0600, or to the screen. The
// file is made first, so that no credential is created that cannot be kept. `response` has the
// field `credential`.
template <typename Response>
ExitCode GiveCredential(const std::string& file, Session& session, Response* response,
                        const std::function<RpcStatus()>& call, const std::function<Grid()>& grid) {
  std::optional<SecretFile> secret;
  if (!file.empty()) {
    absl::StatusOr<SecretFile> created = SecretFile::Create(file);
    if (!created.ok()) return session.FailUsage(created.status());
    secret.emplace(*std::move(created));
  }
  if (const RpcStatus status = call(); !status.ok()) return session.Fail(status);
  if (secret) {
    if (absl::Status status = secret->Write(response->credential()); !status.ok()) {
      // It exists and is shown once: better on the screen than lost.
      session.FailUsage(status);
      session.Show(*response, grid());
      return ExitCode::kUsage;
    }
    response->clear_credential();
  }
  session.Show(*response, grid());
  if (secret) {
    session.err() << Pick(session.language(), "Mã truy cập đã ghi vào ", "The credential is in ")
                  << file << '\n';
  } else if (!session.json() && !session.csv()) {
    session.err() << Pick(session.language(), "Mã truy cập chỉ hiện một lần này.",
                          "The credential is shown this once only.")
                  << '\n';
  }
  return ExitCode::kOk;
}

}  // namespace hailong::cli
