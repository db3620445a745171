#pragma once

// Pages over things that are kept in the order of a key: a token is the key of the last thing
// shown, so a page stays right while things are added.

#include <string>

#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::model {

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

  // Empty: that was the end.
  const std::string& next_page_token() const { return next_; }

 private:
  size_t left_ = 0;
  std::string after_;
  std::string last_;
  std::string next_;
};

}  // namespace hailong::model
