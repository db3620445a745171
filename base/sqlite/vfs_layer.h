#pragma once

// A SQLite VFS for tests that passes everything on to the system's own, but asks a subclass first
// about each call that changes what is on disk. No memory-mapped pages, so every read and write
// passes here. Hooks are called from whatever thread SQLite is used on.

#include <cstdint>
#include <string>
#include <string_view>

namespace hailong::base {

class VfsLayer {
 public:
  VfsLayer(const VfsLayer&) = delete;
  VfsLayer& operator=(const VfsLayer&) = delete;

  const std::string& name() const { return name_; }

 protected:
  enum class Verdict {
    kGoOn,
    // The call fails as that call fails.
    kFail,
    // A write fails as on a full disk.
    kDiskFull,
    // Tells SQLite that it was done, without asking the system.
    kDone,
  };

  // Makes the VFS known to SQLite under `name`, unique in the process. It may be used until the
  // last database is closed, so it must live as long as the process.
  explicit VfsLayer(std::string name);
  ~VfsLayer() = default;

  // `path` is empty for a temporary file.
  virtual Verdict OnOpen(std::string_view path) = 0;
  // `grows`: the file will be longer than it is.
  virtual Verdict OnWrite(std::string_view path, std::string_view bytes, int64_t offset,
                          bool grows) = 0;
  virtual Verdict OnTruncate(std::string_view path, int64_t size) = 0;
  virtual Verdict OnSync(std::string_view path) = 0;
  virtual Verdict OnDelete(std::string_view path) = 0;

 private:
  struct Methods;
  const std::string name_;
};

}  // namespace hailong::base
