#include "base/json/json.h"

// Debian ships Boost's headers; this is the one file that compiles them.
#include <boost/json/src.hpp>
//
#include <boost/json/basic_parser_impl.hpp>

#include "base/status.h"

namespace hailong::base {

// Takes the parser's events and grows the tree. One thread, one parse.
class JsonBuilder {
 public:
  static constexpr size_t max_array_size = SIZE_MAX;
  static constexpr size_t max_object_size = SIZE_MAX;
  static constexpr size_t max_string_size = SIZE_MAX;
  static constexpr size_t max_key_size = SIZE_MAX;

  using Text = boost::json::string_view;
  using Error = boost::json::error_code;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_array_begin(Error& error) { return Open(Json::Kind::kArray, error); }
  bool on_array_end(size_t, Error&) { return Close(); }
  bool on_object_begin(Error& error) { return Open(Json::Kind::kObject, error); }
  bool on_object_end(size_t, Error&) { return Close(); }
  bool on_string_part(Text s, size_t, Error&) { return Gather(s); }
  bool on_string(Text s, size_t, Error& error) {
    Gather(s);
    return Add(Json::Kind::kString, error);
  }
  bool on_key_part(Text s, size_t, Error&) { return Gather(s); }
  bool on_key(Text s, size_t, Error&) {
    Gather(s);
    keys_.push_back(std::exchange(text_, {}));
    return true;
  }
  bool on_number_part(Text s, Error&) { return Gather(s); }
  bool on_int64(int64_t, Text s, Error& error) { return AddNumber(s, error); }
  bool on_uint64(uint64_t, Text s, Error& error) { return AddNumber(s, error); }
  bool on_double(double, Text s, Error& error) { return AddNumber(s, error); }
  bool on_bool(bool value, Error& error) {
    text_ = value ? "true" : "false";
    return Add(Json::Kind::kBool, error);
  }
  bool on_null(Error& error) { return Add(Json::Kind::kNull, error); }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }

  Json Take() { return std::move(root_); }
  bool duplicate_key() const { return duplicate_key_; }

 private:
  bool Gather(Text s) {
    text_.append(s.data(), s.size());
    return true;
  }
  bool AddNumber(Text s, Error& error) {
    Gather(s);
    return Add(Json::Kind::kNumber, error);
  }
  // Where the next value belongs; null with an error: its key is there already.
  Json* Place(Error& error) {
    if (open_.empty()) return &root_;
    Json* into = open_.back();
    if (into->kind_ == Json::Kind::kArray) return &into->items_.emplace_back();
    const auto [at, added] = into->members_.try_emplace(std::move(keys_.back()));
    keys_.pop_back();
    if (added) return &at->second;
    duplicate_key_ = true;
    error = boost::json::make_error_code(boost::json::error::syntax);
    return nullptr;
  }
  bool Add(Json::Kind kind, Error& error) {
    Json* const value = Place(error);
    if (value == nullptr) return false;
    value->kind_ = kind;
    value->text_ = std::exchange(text_, {});
    return true;
  }
  // A pointer to a value stays good while it is open: its siblings come only after it is closed.
  bool Open(Json::Kind kind, Error& error) {
    Json* const value = Place(error);
    if (value == nullptr) return false;
    value->kind_ = kind;
    open_.push_back(value);
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;
  std::vector<std::string> keys_;  // of the objects that are open, while their value is awaited
  std::string text_;
  bool duplicate_key_ = false;
};

absl::StatusOr<Json> Json::Parse(std::string_view text, size_t depth_max) {
  boost::json::parse_options options;
  options.max_depth = depth_max;
  boost::json::basic_parser<JsonBuilder> parser(options);
  boost::json::error_code error;
  const size_t used = parser.write_some(/*more=*/false, text.data(), text.size(), error);
  if (parser.handler().duplicate_key()) {
    return absl::InvalidArgumentError(Cat("JSON: a key is twice in one object at byte ", used));
  }
  if (error.failed()) {
    return absl::InvalidArgumentError(Cat("JSON: ", error.message(), " at byte ", used, " of ",
                                          text.size(), "; at most ", depth_max, " levels"));
  }
  const bool rest_is_space =
      text.substr(used).find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (!parser.done() || !rest_is_space) {
    return absl::InvalidArgumentError(
        Cat("JSON: ends or goes on at byte ", used, " of ", text.size(), ", allowed is one value"));
  }
  return parser.handler().Take();
}

const Json* Json::Find(std::string_view key) const {
  const auto found = members_.find(key);
  return found == members_.end() ? nullptr : &found->second;
}

std::string_view Json::TextOf(std::string_view key) const {
  const Json* const value = Find(key);
  if (value == nullptr || !(value->is_string() || value->is_number())) return {};
  return value->text_;
}

std::string JsonQuote(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
      quoted.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += "\\u00";
      quoted.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
      quoted.push_back(kDigits[c & 15]);
    } else {
      quoted.push_back(c);
    }
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace hailong::base
