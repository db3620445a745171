#include "kiosk-client/outbox/sequence_mark.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "base/files.h"
#include "base/status.h"

namespace hailong::outbox {
namespace {

constexpr size_t kFileBytesMax = 64;

}  // namespace

absl::StatusOr<SequenceMark> SequenceMark::Read(const std::string& path) {
  const auto text = base::ReadFile(path, kFileBytesMax);
  if (absl::IsNotFound(text.status())) return SequenceMark(path, 0);
  if (!text.ok()) return text.status();
  uint64_t mark = 0;
  if (!absl::SimpleAtoi(absl::StripAsciiWhitespace(*text), &mark)) {
    return absl::DataLossError(
        base::Cat(path, ": ", text->size(), " bytes that are no number; allowed is one number"));
  }
  return SequenceMark(path, mark);
}

absl::Status SequenceMark::Reach(uint64_t sequence) {
  if (sequence <= mark_) return absl::OkStatus();
  const uint64_t mark = sequence + kMarkStride - 1;
  RETURN_IF_ERROR(base::WritePrivateFile(path_, base::Cat(mark, "\n")));
  mark_ = mark;
  return absl::OkStatus();
}

}  // namespace hailong::outbox
