#include "server/store/key_ring.h"

#include "base/check.h"
#include "base/crypto/crypto.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/limits.h"

namespace hailong::store {
namespace {

constexpr size_t kKeyBytes = 32;

}  // namespace

absl::StatusOr<std::unique_ptr<KeyRing>> KeyRing::Open(const std::string& directory) {
  RETURN_IF_ERROR(base::MakePrivateDirectory(directory));
  return std::unique_ptr<KeyRing>(new KeyRing(directory));
}

std::string KeyRing::PathOf(const std::string& round_id) const {
  // A round_id becomes a file name: only checked ids come here.
  HAILONG_CHECK(base::IsSlug(round_id, limits::kIdBytesMax, "-"));
  return base::Cat(directory_, "/", round_id, ".key");
}

absl::Status KeyRing::Create(const std::string& round_id) {
  ASSIGN_OR_RETURN(const std::optional<std::string> there, Find(round_id));
  if (there.has_value()) return absl::OkStatus();
  return base::WritePrivateFile(PathOf(round_id), base::RandomBytes(kKeyBytes));
}

absl::StatusOr<std::optional<std::string>> KeyRing::Find(const std::string& round_id) {
  base::MutexLock lock(mutex_);
  if (const auto cached = keys_.find(round_id); cached != keys_.end()) return cached->second;
  auto content = base::ReadPrivateFile(PathOf(round_id));
  if (absl::IsNotFound(content.status())) return std::nullopt;
  RETURN_IF_ERROR(content.status());
  if (content->size() != kKeyBytes) {
    return absl::DataLossError(base::Cat("the key file of round '", round_id, "' has ",
                                         content->size(), " bytes, allowed are ", kKeyBytes));
  }
  keys_[round_id] = *content;
  return std::optional<std::string>(*std::move(content));
}

absl::Status KeyRing::Destroy(const std::string& round_id) {
  base::MutexLock lock(mutex_);
  keys_.erase(round_id);
  return base::DestroyFile(PathOf(round_id));
}

}  // namespace hailong::store
