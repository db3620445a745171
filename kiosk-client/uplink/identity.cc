#include "kiosk-client/uplink/identity.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "base/crypto/crypto.h"
#include "base/files.h"
#include "base/status.h"

namespace hailong::uplink {
namespace {

constexpr size_t kCredentialBytes = 32;
constexpr size_t kCredentialTextSizeMin = 20;
constexpr size_t kCredentialTextSizeMax = 200;

// Nothing if there is no file.
absl::StatusOr<std::vector<std::string>> ReadWords(const std::string& path, size_t count) {
  const auto text = base::ReadPrivateFile(path);
  if (absl::IsNotFound(text.status())) return std::vector<std::string>();
  if (!text.ok()) return text.status();
  std::vector<std::string> words =
      absl::StrSplit(*text, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  const auto bad = [&](const std::string& found) {
    return absl::DataLossError(
        base::Cat(path, ": ", found, "; allowed is ",
                  count == 2 ? "the kiosk's id, a space and its credential" : "a credential",
                  ". Move the file away and put a new enrolment code in place"));
  };
  if (words.size() != count) return bad(base::Cat("found ", words.size(), " words"));
  const std::string& credential = words.back();
  if (credential.size() < kCredentialTextSizeMin || credential.size() > kCredentialTextSizeMax) {
    return bad(base::Cat("found a credential of ", credential.size(), " characters"));
  }
  for (const std::string& word : words) {
    for (const char c : word) {
      if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) return bad("found other bytes");
    }
  }
  return words;
}

}  // namespace

absl::StatusOr<Identity> Identity::Load(const std::string& directory,
                                        std::function<std::string(size_t)> draw) {
  Identity identity(directory, std::move(draw));
  ASSIGN_OR_RETURN(std::vector<std::string> current, ReadWords(identity.CurrentPath(), 2));
  if (!current.empty()) {
    identity.collector_id_ = std::move(current[0]);
    identity.credential_ = std::move(current[1]);
  }
  ASSIGN_OR_RETURN(std::vector<std::string> next, ReadWords(identity.NextPath(), 1));
  if (!next.empty() && next[0] == identity.credential_) {
    // The power went between the two steps of TakeNext.
    RETURN_IF_ERROR(base::DestroyFile(identity.NextPath()));
  } else if (!next.empty()) {
    identity.next_ = std::move(next[0]);
  }
  return identity;
}

absl::Status Identity::PrepareNext() {
  if (!next_.empty()) return absl::OkStatus();
  const std::string next = base::Base64Url(draw_(kCredentialBytes));
  RETURN_IF_ERROR(base::WritePrivateFile(NextPath(), next + "\n"));
  next_ = next;
  return absl::OkStatus();
}

absl::Status Identity::TakeNext(const std::string& collector_id) {
  RETURN_IF_ERROR(base::WritePrivateFile(CurrentPath(), base::Cat(collector_id, " ", next_, "\n")));
  collector_id_ = collector_id;
  credential_ = std::exchange(next_, "");
  // If it stays, Load sees that it is the same.
  base::DestroyFile(NextPath()).IgnoreError();
  return absl::OkStatus();
}

}  // namespace hailong::uplink
