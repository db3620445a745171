#include "server/web/head.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "base/status.h"
#include "server/web/limits.h"

namespace hailong::web {
namespace {

using base::Cat;

constexpr std::string_view kLineEnd = "\r\n";

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenCharacter);
}

bool IsPathCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

bool IsVisible(char c) { return c > 0x20 && c < 0x7f; }

// Field values may hold UTF-8 of a proxy's making, but nothing that ends a line or a string.
bool IsValueCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  absl::AsciiStrToLower(&lower);
  return lower;
}

using Refusal = std::optional<HeadRefusal>;

Refusal Refuse(int status, std::string text) { return HeadRefusal{status, std::move(text)}; }

Refusal CheckPath(std::string_view path) {
  if (!std::all_of(path.begin(), path.end(), IsPathCharacter)) {
    return Refuse(400, "path: found a character or escape outside A-Z a-z 0-9 - . _ ~ /");
  }
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment == "." || segment == "..") {
      return Refuse(400, "path: found a segment . or .., allowed are names");
    }
    if (segment.empty() && end < path.size()) {
      return Refuse(400, "path: found two slashes together, allowed is one between names");
    }
    begin = end + 1;
  }
  return std::nullopt;
}

// "GET /path?query HTTP/1.1"
Refusal ParseRequestLine(std::string_view line, Head& head) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return Refuse(400, "request line: allowed is METHOD /path HTTP/1.1, with one space each");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method)) return Refuse(400, "method: found something else than a token");
  if (version != "HTTP/1.1") {
    const bool http = version.starts_with("HTTP/");
    return Refuse(http ? 505 : 400, "version: allowed is HTTP/1.1");
  }
  if (target.size() > limits::kWebTargetBytesMax) {
    return Refuse(414, Cat("target: found ", target.size(), " bytes, allowed are ",
                           limits::kWebTargetBytesMax));
  }
  if (target.empty() || target.front() != '/') {
    return Refuse(400, "target: allowed is a path that begins with /");
  }
  if (!std::all_of(target.begin(), target.end(), IsVisible)) {
    return Refuse(400, "target: found a byte outside visible ASCII");
  }
  const size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  if (Refusal refusal = CheckPath(path)) return refusal;
  head.method = std::string(method);
  head.path = std::string(path);
  if (question != std::string_view::npos) head.query = std::string(target.substr(question + 1));
  if (head.query.find('#') != std::string::npos) {
    return Refuse(400, "target: found a fragment, allowed are path and query");
  }
  return std::nullopt;
}

Refusal ParseField(std::string_view line, Head& head) {
  if (line.front() == ' ' || line.front() == '\t') {
    return Refuse(400, "headers: found a folded line, allowed is one line for each");
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
    return Refuse(400, "headers: found a line that is not NAME: VALUE, without space before the :");
  }
  const std::string_view value = Trim(line.substr(colon + 1));
  if (!std::all_of(value.begin(), value.end(), IsValueCharacter)) {
    return Refuse(400, "headers: found a control character in a value");
  }
  if (head.headers.size() >= limits::kWebHeadersMax) {
    return Refuse(431, Cat("headers: found more than ", limits::kWebHeadersMax));
  }
  head.headers.push_back({Lower(line.substr(0, colon)), std::string(value)});
  return std::nullopt;
}

// How long the body is, and what else the fields say about the message itself.
Refusal ReadFraming(Head& head) {
  const auto count = [&](std::string_view name) {
    return std::count_if(head.headers.begin(), head.headers.end(),
                         [&](const Header& header) { return header.name == name; });
  };
  if (count("host") != 1) {
    return Refuse(400, Cat("host: found ", count("host"), " of them, allowed is one"));
  }
  for (const std::string_view name : {"content-length", "transfer-encoding", "content-type",
                                      "content-encoding", "authorization", "expect"}) {
    if (count(name) > 1) return Refuse(400, Cat(name, ": found it twice, allowed is once"));
  }
  if (count("content-length") > 0 && count("transfer-encoding") > 0) {
    return Refuse(400, "body: found both content-length and transfer-encoding, allowed is one");
  }
  for (const Header& header : head.headers) {
    if (header.name == "host" &&
        (header.value.empty() || !std::all_of(header.value.begin(), header.value.end(), [](char c) {
           return IsPathCharacter(c) ? c != '/' : c == ':' || c == '[' || c == ']';
         }))) {
      return Refuse(400, "host: allowed is a name or address, with or without a port");
    }
    if (header.name == "content-length") {
      uint64_t length = 0;
      if (header.value.empty() || header.value.size() > 18 ||
          !std::all_of(header.value.begin(), header.value.end(), absl::ascii_isdigit) ||
          !absl::SimpleAtoi(header.value, &length)) {
        return Refuse(400, "content-length: allowed are digits, at most 18");
      }
      head.content_length = length;
    }
    if (header.name == "transfer-encoding") {
      if (Lower(header.value) != "chunked") {
        return Refuse(501, "transfer-encoding: allowed is chunked");
      }
      head.chunked = true;
    }
    if (header.name == "expect") {
      if (Lower(header.value) != "100-continue") {
        return Refuse(417, "expect: allowed is 100-continue");
      }
      head.expects_continue = true;
    }
    if (header.name == "connection" && Lower(header.value).find("close") != std::string::npos) {
      head.keep_alive = false;
    }
  }
  return std::nullopt;
}

Refusal ParseInto(std::string_view bytes, Head& head) {
  bool first = true;
  while (true) {
    const size_t end = bytes.find('\n');
    // HeadSize looks for an empty line, so every line has its end.
    if (end == std::string_view::npos || end == 0 || bytes[end - 1] != '\r') {
      return Refuse(400, "line end: found LF without CR");
    }
    const std::string_view line = bytes.substr(0, end - 1);
    bytes.remove_prefix(end + 1);
    if (line.find('\r') != std::string_view::npos) {
      return Refuse(400, "line end: found CR without LF");
    }
    if (line.empty() && !first) break;
    if (Refusal refusal = first ? ParseRequestLine(line, head) : ParseField(line, head)) {
      return refusal;
    }
    first = false;
  }
  return ReadFraming(head);
}

}  // namespace

size_t HeadSize(std::string_view bytes) {
  // An empty line of either kind ends what a forgiving reader would take for the head; a bare LF is
  // refused when it is parsed.
  for (size_t lf = bytes.find('\n'); lf != std::string_view::npos; lf = bytes.find('\n', lf + 1)) {
    const std::string_view rest = bytes.substr(lf + 1);
    if (rest.starts_with(kLineEnd)) return lf + 3;
    if (rest.starts_with('\n')) return lf + 2;
  }
  return 0;
}

HeadResult ParseHead(std::string_view bytes) {
  HeadResult result;
  Head head;
  result.refusal = ParseInto(bytes, head);
  if (!result.refusal.has_value()) result.head = std::move(head);
  return result;
}

}  // namespace hailong::web
