#pragma once

// What a request and its answer are to everybody behind the server: plain values, no library of
// HTTP. Values belong to one thread at a time; Done may be called from any.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/web/address.h"

namespace hailong::web {

struct Header {
  std::string name;  // of a request: lower case
  std::string value;
};

struct Request {
  std::string method;
  std::string path;   // "/hailong.v1.SurveyService/Begin": of [A-Za-z0-9-._~/], no "." or ".."
  std::string query;  // as sent, without "?"
  std::vector<Header> headers;
  std::string body;
  Address client;       // who asks, as told by the connection or by a trusted proxy
  bool secure = false;  // a trusted proxy says that it came by https
  std::string id;       // in the log and in X-Request-Id

  // The value of the first header of this name (in lower case); empty if there is none.
  std::string_view Get(std::string_view name) const;
  size_t Count(std::string_view name) const;
};

// Whether who asks takes gzip ("gzip, br;q=0.5"): named, or by *, with a weight that is not zero.
bool TakesGzip(const Request& request);

// An answer that is made while it is sent: the server asks for the next piece when the client took
// the one before.
class AnswerStream {
 public:
  using Next = std::function<void(std::optional<std::string>)>;
  // The client has all of it, or is gone: what makes it can stop.
  virtual ~AnswerStream() = default;
  // Calls `next` once, from any thread, at once or later; nothing: that was all.
  virtual void Read(Next next) = 0;
};

struct Answer {
  int status = 200;
  std::vector<Header> headers;  // none of those that the server sets: see http_server.h
  std::string body;
  std::shared_ptr<const std::string> file;  // instead of `body`: shared by many answers
  std::shared_ptr<AnswerStream> stream;     // instead of `body`
  // Of what kind the request was, for log and metrics, when the route alone says too little: of a
  // small fixed set, and nothing that the client made up.
  std::string label;
};

// Call it once, from any thread, at once or later. A Done that is let go uncalled answers 500.
using Done = std::function<void(Answer)>;

// An answer for people: `text` in UTF-8.
Answer PlainText(int status, std::string text);

}  // namespace hailong::web
