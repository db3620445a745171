// Files that commands read and write.
//
// Thread promise: any thread, one at a time for each file.
#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hailong::cli {

bool FileExists(const std::string& path);

// The whole file. NOT_FOUND, PERMISSION_DENIED..: cannot be opened; INVALID_ARGUMENT: more than
// `bytes_max`.
absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t bytes_max);

// A message in protobuf text format. INVALID_ARGUMENT: the place and the error.
absl::Status ReadTextProto(const std::string& path, google::protobuf::Message* message);

// The names of the columns of a CSV file. INVALID_ARGUMENT: it is empty or malformed.
absl::StatusOr<std::vector<std::string>> ReadHeader(const std::string& path);

// The cells of some columns of a small CSV file, in the order asked for, in NFC.
struct Record {
  uint64_t line = 0;
  std::vector<std::string> cells;
};

// Other columns are ignored. INVALID_ARGUMENT: the first column that is missing or row that is
// malformed.
absl::StatusOr<std::vector<Record>> ReadRecords(const std::string& path,
                                                const std::vector<std::string>& columns);

// A file for a secret: must not exist yet; mode 0600 from the first byte on.
class SecretFile {
 public:
  // ALREADY_EXISTS, or another reason why it cannot be created.
  static absl::StatusOr<SecretFile> Create(const std::string& path);
  SecretFile(SecretFile&& other) noexcept;
  SecretFile& operator=(SecretFile&&) = delete;
  // Deletes the file unless a secret was written.
  ~SecretFile();

  // One line, on disk when it returns. Not OK: nothing usable was written.
  absl::Status Write(const std::string& secret);

 private:
  SecretFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  std::string path_;
  int descriptor_;
  bool written_ = false;
};

}  // namespace hailong::cli
