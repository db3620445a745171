#pragma once

// An answer as the bytes of a connection, piece by piece: head, body, or the chunks of a stream.
// Pure but for the stream; one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "server/web/http.h"

namespace hailong::web {

struct AnswerFraming {
  bool keep_alive = true;
  bool secure = false;     // the client came by https: ask it to stay there
  bool head_only = false;  // HEAD was asked
  std::string_view request_id;
  absl::Time now;
};

class AnswerWriter {
 public:
  AnswerWriter(Answer answer, const AnswerFraming& framing);
  AnswerWriter(const AnswerWriter&) = delete;
  AnswerWriter& operator=(const AnswerWriter&) = delete;

  // What to send next, good until the next call. Empty: the stream must be read first, or that was
  // all if there is none.
  std::string_view Next();
  // Null: there is none, or it has ended.
  AnswerStream* stream() const { return answer_.stream.get(); }
  // What the stream gave.
  void Put(const std::optional<std::string>& piece);
  // Nobody reads on.
  void EndStream() { answer_.stream.reset(); }

  const Answer& answer() const { return answer_; }
  uint64_t body_bytes() const { return body_bytes_; }  // without the framing of chunks

 private:
  Answer answer_;
  std::string out_;
  std::string_view left_;  // of what is being sent
  std::string_view body_;  // what follows it
  uint64_t body_bytes_ = 0;
};

}  // namespace hailong::web
