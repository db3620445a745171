#pragma once

// The bytes of a connection up to a request, or up to the answer that refuses it: head, who asks,
// route, body. The server reads with it and the fuzz target drives it, so that what is fuzzed is
// what runs. Pure; one thread.

#include <optional>
#include <string>
#include <string_view>

#include "server/web/address.h"
#include "server/web/body_reader.h"
#include "server/web/head.h"
#include "server/web/http.h"
#include "server/web/site.h"

namespace hailong::web {

// Above a limit of the whole server.
Answer Busy();

// Whose requests are read, and for whom; site and proxies outlive it.
struct ReadFor {
  const Site& site;
  const TrustedProxies& proxies;
  Address peer;
  bool busy = false;  // every request that can be understood is answered Busy()
};

class RequestReader {
 public:
  enum class State { kHead, kBody, kDone, kRefused };

  explicit RequestReader(const ReadFor& read_for) : for_(read_for) {}

  // Takes what belongs to this request from the beginning of `bytes`, and says how much that was.
  // Nothing is taken once the state is kDone or kRefused.
  size_t Put(std::string_view bytes);
  State state() const { return state_; }

  // From kBody on; of a refused request, as far as it was understood.
  const Route* route() const { return route_; }          // null: not found
  const std::string& method() const { return method_; }  // as sent: HEAD is HEAD
  bool secure() const { return secure_; }
  bool keep_alive() const { return keep_alive_; }
  // Whether the client waits for "100 Continue" before it sends its body.
  bool expects_continue() const { return state_ == State::kBody && expects_continue_; }
  // Of the body, so far.
  size_t body_bytes() const { return body_.has_value() ? body_->body().size() : 0; }

  // For what the reader cannot know: that it takes too long, or too much with all others.
  void Refuse(Answer answer);

  // Once, in the states of their names.
  Request TakeRequest();
  Answer TakeRefusal();

 private:
  size_t PutHead(std::string_view bytes);
  void TakeHead(Head head);
  void SayWhoAsks();
  void TakeRoute(const Head& head);
  void JudgeBody();
  void Refuse(int status, std::string text) { Refuse(PlainText(status, std::move(text))); }

  const ReadFor for_;
  State state_ = State::kHead;
  std::string head_bytes_;
  std::string method_;
  bool secure_ = false;
  bool keep_alive_ = true;
  bool expects_continue_ = false;
  const Route* route_ = nullptr;
  std::optional<BodyReader> body_;
  Request request_;
  std::optional<Answer> refusal_;
};

}  // namespace hailong::web
