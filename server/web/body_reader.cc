#include "server/web/body_reader.h"

#include <algorithm>

#include "base/ids.h"
#include "server/web/limits.h"

namespace hailong::web {

BodyReader::BodyReader(const Head& head, size_t bytes_max) : bytes_max_(bytes_max) {
  if (head.chunked) {
    step_ = Step::kChunkLine;
    return;
  }
  left_ = head.content_length.value_or(0);
  if (left_ == 0) state_ = State::kDone;
  if (left_ > bytes_max_) state_ = State::kTooLarge;
}

size_t BodyReader::Put(std::string_view bytes) {
  size_t taken = 0;
  while (state_ == State::kMore && taken < bytes.size()) {
    if (step_ == Step::kLength || step_ == Step::kChunk) {
      taken += PutData(bytes.substr(taken));
      continue;
    }
    const char c = bytes[taken++];
    if (c == '\n') {
      EndLine();
    } else if (line_.size() >= limits::kWebChunkLineBytesMax) {
      Refuse(State::kBroken);
    } else {
      line_.push_back(c);
    }
  }
  return taken;
}

size_t BodyReader::PutData(std::string_view bytes) {
  const size_t size = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  body_.append(bytes.substr(0, size));
  left_ -= size;
  if (left_ == 0) {
    if (step_ == Step::kLength) state_ = State::kDone;
    step_ = Step::kChunkEnd;
  }
  return size;
}

void BodyReader::EndLine() {
  if (!line_.ends_with('\r')) return Refuse(State::kBroken);
  line_.pop_back();
  if (step_ == Step::kChunkLine) {
    if (line_.empty()) return Refuse(State::kBroken);
    uint64_t size = 0;
    // A line has 15 digits at most, so this cannot overflow.
    for (const char c : line_) {
      const int digit = base::HexDigit(c);
      if (digit < 0) return Refuse(State::kBroken);
      size = size * 16 + static_cast<uint64_t>(digit);
    }
    if (size > bytes_max_ - body_.size()) return Refuse(State::kTooLarge);
    left_ = size;
    step_ = size == 0 ? Step::kLastLine : Step::kChunk;
  } else {
    // After a chunk, and after the last one: an empty line.
    if (!line_.empty()) return Refuse(State::kBroken);
    if (step_ == Step::kLastLine) state_ = State::kDone;
    step_ = Step::kChunkLine;
  }
  line_.clear();
}

}  // namespace hailong::web
