#include "analysis/cli/request_journal.h"

#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "analysis/cli/files.h"
#include "base/crypto/crypto.h"
#include "base/files.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kBytesMax = 1 << 20;

}  // namespace

absl::StatusOr<RequestJournal> RequestJournal::Open(std::string path, std::string collector_id) {
  RequestJournal journal(std::move(path), std::move(collector_id));
  if (!FileExists(journal.path_)) return journal;
  const absl::StatusOr<std::string> text = ReadFile(journal.path_, kBytesMax);
  if (!text.ok()) return text.status();
  std::istringstream in(*text);
  std::string word;
  std::string collector;
  if (!(in >> word >> collector) || word != "collector") {
    return absl::InvalidArgumentError(
        absl::StrCat(journal.path_, ": is not what `invite create` writes"));
  }
  if (collector != journal.collector_id_) {
    return absl::InvalidArgumentError(absl::StrCat(journal.path_, ": is of collector '", collector,
                                                   "'; found '", journal.collector_id_,
                                                   "', allowed is the same, or another --out"));
  }
  std::size_t first = 0;
  std::string id;
  while (in >> first >> id) journal.ids_[first] = id;
  return journal;
}

absl::StatusOr<std::string> RequestJournal::FindOrAdd(std::size_t first) {
  const auto [found, is_new] = ids_.try_emplace(first, "");
  if (is_new) {
    found->second = base::NewUuid(absl::Now()).ToString();
    if (const absl::Status written = Write(); !written.ok()) return written;
  }
  return found->second;
}

absl::Status RequestJournal::Forget(std::size_t first) {
  ids_.erase(first);
  return Write();
}

absl::Status RequestJournal::Write() const {
  std::string text = absl::StrCat("collector ", collector_id_, "\n");
  for (const auto& [first, id] : ids_) absl::StrAppend(&text, first, " ", id, "\n");
  return base::WritePrivateFile(path_, text);
}

}  // namespace hailong::cli
