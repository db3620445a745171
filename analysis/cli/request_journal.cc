#include "analysis/cli/request_journal.h"

#include <sstream>

#include "absl/strings/numbers.h"
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
  const auto bad = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat(journal.path_, ": is not what `invite create` writes"));
  };
  std::istringstream in(*text);
  std::string word;
  std::string collector;
  if (!(in >> word >> collector) || word != "collector") return bad();
  if (collector != journal.collector_id_) {
    return absl::InvalidArgumentError(absl::StrCat(journal.path_, ": is of collector '", collector,
                                                   "'; found '", journal.collector_id_,
                                                   "', allowed is the same, or another --out"));
  }
  for (std::string value; in >> word >> value;) {
    std::size_t first = 0;
    const bool is_count = word == "written";
    if (!absl::SimpleAtoi(is_count ? value : word, &first)) return bad();
    if (is_count) {
      journal.written_ = first;
    } else {
      journal.ids_[first] = value;
    }
  }
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

absl::Status RequestJournal::NoteWritten(std::size_t rows) {
  const auto done = ids_.lower_bound(rows);
  if (rows == written_ && done == ids_.begin()) return absl::OkStatus();
  ids_.erase(ids_.begin(), done);
  written_ = rows;
  return Write();
}

absl::Status RequestJournal::Write() const {
  std::string text = absl::StrCat("collector ", collector_id_, "\nwritten ", written_, "\n");
  for (const auto& [first, id] : ids_) absl::StrAppend(&text, first, " ", id, "\n");
  return base::WritePrivateFile(path_, text);
}

}  // namespace hailong::cli
