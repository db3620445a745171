#include "analysis/frameworks/frameworks.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "analysis/frameworks/embedded.h"

namespace hailong::frameworks {
namespace {

// Keeps the first error; those after it follow from it.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    // Counted from 0; -1 where there is none.
    if (text_.empty()) text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

absl::StatusOr<v1::IndexFramework> ParseFramework(const std::string& name,
                                                  const std::string& text) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  v1::IndexFramework framework;
  if (!parser.ParseFromString(text, &framework)) {
    return absl::InvalidArgumentError(absl::StrCat(name, ":", error.text()));
  }
  return framework;
}

absl::StatusOr<std::vector<v1::IndexFramework>> ShippedFrameworks() {
  std::vector<v1::IndexFramework> frameworks;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    absl::StatusOr<v1::IndexFramework> framework = ParseFramework(file.name, file.text);
    if (!framework.ok()) return absl::InternalError(framework.status().message());
    frameworks.push_back(*std::move(framework));
  }
  return frameworks;
}

}  // namespace hailong::frameworks
