#pragma once

// Takes the body of a request out of the bytes that follow its head: so many bytes, or chunks of
// RFC 9112 without extensions and trailers, which nobody here needs and parsers disagree about.
// Pure; one thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "server/web/head.h"

namespace hailong::web {

class BodyReader {
 public:
  enum class State { kMore, kDone, kTooLarge, kBroken };

  BodyReader(const Head& head, size_t bytes_max);

  // Takes what belongs to this body from the beginning of `bytes`, and says how much that was.
  // Nothing is taken once the state is not kMore.
  size_t Put(std::string_view bytes);
  State state() const { return state_; }
  size_t bytes_max() const { return bytes_max_; }
  const std::string& body() const { return body_; }
  std::string TakeBody() { return std::move(body_); }

 private:
  enum class Step { kLength, kChunkLine, kChunk, kChunkEnd, kLastLine };

  size_t PutData(std::string_view bytes);
  void EndLine();
  void Refuse(State state) { state_ = state; }

  size_t bytes_max_;
  State state_ = State::kMore;
  Step step_ = Step::kLength;
  uint64_t left_ = 0;  // of the body, or of this chunk
  std::string line_;
  std::string body_;
};

}  // namespace hailong::web
