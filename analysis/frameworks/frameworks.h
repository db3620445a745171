// The index frameworks that are shipped: every *.textproto of this folder, embedded in the binary
// at build time.
//
// Threads: any.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hailong/v1/framework.pb.h"

namespace hailong::frameworks {

// Reads a framework in protobuf text format. INVALID_ARGUMENT: "name:line:column: what is wrong".
absl::StatusOr<v1::IndexFramework> ParseFramework(const std::string& name, const std::string& text);

// In the order of file names, parsed but not checked (see index::Framework::Create). INTERNAL,
// naming file, line and column, when a file does not parse: it was not looked at before it was
// built in.
absl::StatusOr<std::vector<v1::IndexFramework>> ShippedFrameworks();

}  // namespace hailong::frameworks
