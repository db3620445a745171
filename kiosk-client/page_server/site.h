#pragma once

// The page's files: read once at start, served by exact name. No path of a request ever reaches the
// disk. Immutable, any thread.

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace hailong::page_server {

struct SiteFile {
  std::string content_type;
  std::string content;
};

class Site {
 public:
  static constexpr size_t kFilesMax = 100;
  static constexpr size_t kFileBytesMax = 4 << 20;

  // Errors: NOT_FOUND without index.html; INVALID_ARGUMENT for a file of a kind that a page has
  // not; RESOURCE_EXHAUSTED above the limits.
  static absl::StatusOr<Site> Load(const std::string& directory);

  // "/" is index.html; null if there is none.
  const SiteFile* Find(std::string_view path) const;

 private:
  std::map<std::string, SiteFile, std::less<>> files_;  // by path: "/page.js"
};

}  // namespace hailong::page_server
