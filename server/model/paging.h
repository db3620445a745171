#pragma once

// Pages over things that are kept in the order of a key: a token is the key of the last thing
// shown, so a page stays right while things are added.

#include <algorithm>
#include <string>
#include <string_view>

#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::model {

// The key of things that are in the order of an id, then of a number or day. The space sorts before
// all that an id may hold, so that keys sort as the pairs do: "74" with all its days before
// "74.SCT".
inline std::string PageKey(std::string_view id, std::string_view then) {
  return base::Cat(id, " ", then);
}

// A number as text of the same order.
inline std::string PageDigits(uint64_t number) {
  const std::string digits = base::Cat(number);
  return std::string(20 - digits.size(), '0') + digits;
}

class Pager {
 public:
  // Errors: INVALID_ARGUMENT (token too long).
  static absl::StatusOr<Pager> Create(uint32_t page_size, const std::string& page_token) {
    if (page_token.size() > limits::kPageTokenBytesMax) {
      return refusal::Field("page_token", "is not a token of this server");
    }
    Pager pager;
    pager.left_ = page_size == 0 ? limits::kPageSizeDefault
                                 : std::min<size_t>(page_size, limits::kPageSizeMax);
    pager.after_ = page_token;
    return pager;
  }

  // Things up to this key were shown before.
  const std::string& after() const { return after_; }

  // True if the thing with this key belongs on the page. False ends the page: there is more.
  bool Take(const std::string& key) {
    if (left_ == 0) {
      next_ = last_;
      return false;
    }
    --left_;
    last_ = key;
    return true;
  }

  // Walks a map from string keys over the page: `add(key, value)` for what `shown(key, value)` lets
  // through.
  template <typename Map, typename Shown, typename Add>
  void Walk(const Map& map, Shown shown, Add add) {
    for (auto at = map.upper_bound(after_); at != map.end(); ++at) {
      if (!shown(at->first, at->second)) continue;
      if (!Take(at->first)) return;
      add(at->first, at->second);
    }
  }

  // Empty: that was the end.
  const std::string& next_page_token() const { return next_; }

 private:
  size_t left_ = 0;
  std::string after_;
  std::string last_;
  std::string next_;
};

}  // namespace hailong::model
