#include "analysis/cli/files.h"

#include <fcntl.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "analysis/cli/csv_reader.h"
#include "base/ids.h"
#include "base/vietnamese/vietnamese.h"

namespace hailong::cli {
namespace {

constexpr std::size_t kTextProtoBytesMax = 16 << 20;
constexpr std::size_t kRecordsMax = 1000000;

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

bool FileExists(const std::string& path) {
  struct stat found;
  return stat(path.c_str(), &found) == 0;
}

absl::StatusOr<std::string> ReadFile(const std::string& path, std::size_t bytes_max) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::ErrnoToStatus(errno == 0 ? EIO : errno, path);
  std::string text(bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return absl::DataLossError(absl::StrCat(path, ": reading failed"));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > bytes_max) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": more than ", bytes_max, " bytes"));
  }
  return text;
}

absl::Status ReadTextProto(const std::string& path, google::protobuf::Message* message) {
  absl::StatusOr<std::string> text = ReadFile(path, kTextProtoBytesMax);
  if (!text.ok()) return text.status();
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (parser.ParseFromString(*text, message)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ":", error.text()));
}

absl::StatusOr<std::vector<std::string>> ReadHeader(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::ErrnoToStatus(errno == 0 ? EIO : errno, path);
  CsvReader reader(in, ',');
  CsvRow row;
  const absl::StatusOr<bool> more = reader.Next(row);
  if (!more.ok()) {
    return absl::Status(more.status().code(), absl::StrCat(path, ": ", more.status().message()));
  }
  if (!*more) return absl::InvalidArgumentError(absl::StrCat(path, ": is empty"));
  return row.cells;
}

absl::StatusOr<std::vector<Record>> ReadRecords(const std::string& path,
                                                const std::vector<std::string>& columns) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::ErrnoToStatus(errno == 0 ? EIO : errno, path);
  CsvReader reader(in, ',');
  CsvRow row;
  absl::StatusOr<bool> more = reader.Next(row);
  if (more.ok() && !*more) return absl::InvalidArgumentError(absl::StrCat(path, ": is empty"));
  const std::vector<std::string> header = row.cells;
  std::vector<std::size_t> places;
  for (const std::string& column : columns) {
    const auto found = std::find(header.begin(), header.end(), column);
    if (found == header.end()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": no column \"", column, "\""));
    }
    places.push_back(static_cast<std::size_t>(found - header.begin()));
  }
  std::vector<Record> records;
  while (more.ok() && (more = reader.Next(row)).ok() && *more) {
    const auto bad = [&](const std::string& what) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", row.line, ": ", what));
    };
    if (!row.fault.empty()) return bad(row.fault);
    if (row.cells.size() != header.size()) {
      return bad(
          absl::StrCat("the row has ", row.cells.size(), " cells, the header ", header.size()));
    }
    if (records.size() == kRecordsMax) return bad(absl::StrCat("more than ", kRecordsMax, " rows"));
    Record record{row.line, {}};
    for (const std::size_t place : places) {
      if (!base::IsUtf8(row.cells[place])) return bad("not UTF-8");
      record.cells.push_back(ToNfc(row.cells[place]));
    }
    records.push_back(std::move(record));
  }
  if (!more.ok()) {
    return absl::Status(more.status().code(), absl::StrCat(path, ": ", more.status().message()));
  }
  return records;
}

absl::StatusOr<SecretFile> SecretFile::Create(const std::string& path) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, path);
  return SecretFile(path, descriptor);
}

SecretFile::SecretFile(SecretFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      written_(other.written_) {}

SecretFile::~SecretFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  if (!written_) unlink(path_.c_str());
}

absl::Status SecretFile::Write(const std::string& secret) {
  const std::string line = secret + "\n";
  const ssize_t size = write(descriptor_, line.data(), line.size());
  if (size != static_cast<ssize_t>(line.size()) || fsync(descriptor_) != 0) {
    return absl::ErrnoToStatus(errno == 0 ? EIO : errno, path_);
  }
  written_ = true;
  return absl::OkStatus();
}

}  // namespace hailong::cli
