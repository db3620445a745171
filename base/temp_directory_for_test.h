#pragma once

// A directory of mode 0700 for one test, gone with all in it at the end.

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/check.h"

namespace hailong::base {

class TempDirectory {
 public:
  TempDirectory() : TempDirectory(std::filesystem::temp_directory_path()) {}
  // In memory where there is such a place: for tests that sync often and want no disk.
  static TempDirectory InMemory() {
    const std::filesystem::path memory = "/dev/shm";
    return std::filesystem::is_directory(memory) ? TempDirectory(memory) : TempDirectory();
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string File(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  explicit TempDirectory(const std::filesystem::path& parent)
      : path_((parent / "hailong-test-XXXXXX").string()) {
    HAILONG_CHECK(::mkdtemp(path_.data()) != nullptr);
  }

  std::string path_;
};

}  // namespace hailong::base
