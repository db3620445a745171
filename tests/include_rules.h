#pragma once

// The include table: which folder may include which folder, and which folder may touch which
// library. include_test.cc holds every source file of the repository against it; anything that is
// not allowed here is refused, so a new folder or library enters the tree by a line below.
// Immutable data.

#include <string_view>
#include <vector>

namespace hailong::tests {

// Besides itself, a folder's files may include what stands in `may_include`: a folder ("base"), one
// file of it ("base/status.h"), or a folder with all below it ("server/..."). Tests in a folder may
// include what the folder may. The contract ("proto") stands below all but base.
struct FolderRule {
  std::string_view folder;
  std::vector<std::string_view> may_include;
};

// Top to bottom as in ARCHITECTURE.md, lowest first.
inline const std::vector<FolderRule> kFolders = {
    {"base", {}},
    {"base/crypto", {"base"}},
    {"base/gzip", {"base"}},
    {"base/http", {"base"}},
    {"base/json", {"base"}},
    {"base/log", {"base"}},
    {"base/sqlite", {"base"}},
    {"base/vietnamese", {"base"}},

    // Pure arithmetic over columns: no clock, no log, no SQL, no gRPC; so not all of base either.
    {"analysis/parallel", {}},
    {"analysis/frame", {"proto", "base/check.h", "base/status.h"}},
    {"analysis/design", {"base/check.h", "base/status.h"}},
    {"analysis/weighting",
     {"proto", "base/check.h", "base/status.h", "analysis/frame", "analysis/design"}},
    {"analysis/estimate",
     {"proto", "base/check.h", "base/status.h", "analysis/parallel", "analysis/frame",
      "analysis/design", "analysis/weighting"}},
    {"analysis/replicate",
     {"base/check.h", "base/status.h", "analysis/parallel", "analysis/design", "analysis/weighting",
      "analysis/estimate"}},
    {"analysis/tabulate",
     {"base/check.h", "base/status.h", "analysis/design", "analysis/weighting", "analysis/estimate",
      "analysis/replicate"}},
    {"analysis/disclosure", {"base/check.h", "base/status.h"}},
    {"analysis/frameworks", {"proto", "base/check.h", "base/status.h"}},
    {"analysis/index",
     {"proto", "base/check.h", "base/status.h", "analysis/frame", "analysis/weighting",
      "analysis/estimate", "analysis/frameworks", "analysis/design", "analysis/parallel"}},
    {"analysis/priorities",
     {"proto", "base/check.h", "base/status.h", "analysis/frame", "analysis/estimate",
      "analysis/index"}},
    {"analysis/report",
     {"proto", "base/check.h", "base/status.h", "base/vietnamese", "analysis/frame",
      "analysis/weighting", "analysis/estimate", "analysis/frameworks", "analysis/index",
      "analysis/priorities"}},
    {"analysis/testing", {"proto", "analysis/frame", "analysis/estimate", "analysis/index"}},
    {"analysis/cli", {"proto", "base/...", "analysis/..."}},

    {"server/model", {"proto", "base", "base/crypto", "base/vietnamese"}},
    {"server/store", {"proto", "base/...", "server/model"}},
    {"server/intake", {"proto", "base", "base/crypto", "base/log", "server/model", "server/store"}},
    {"server/survey",
     {"proto", "base", "base/crypto", "base/log", "server/model", "server/store", "server/intake"}},
    {"server/zalo",
     {"proto", "base", "base/crypto", "base/http", "base/json", "base/log", "base/vietnamese",
      "server/model", "server/store", "server/intake"}},
    {"server/registry",
     {"proto", "base", "base/crypto", "base/log", "base/vietnamese", "server/model", "server/store",
      "analysis/frameworks", "analysis/index"}},
    {"server/results",
     {"proto", "base", "base/crypto", "base/log", "base/vietnamese", "server/model", "server/store",
      "analysis/frame", "analysis/weighting", "analysis/estimate", "analysis/frameworks",
      "analysis/index", "analysis/disclosure", "analysis/priorities", "analysis/report"}},
    {"server/transport",
     {"proto", "base", "base/crypto", "base/log", "base/vietnamese", "server/model",
      "server/registry", "server/intake", "server/survey", "server/results", "server/zalo"}},
    // HTTP: knows calls by their names in the contract only, so not what answers them.
    {"server/web",
     {"proto", "base", "base/crypto", "base/gzip", "base/json", "base/log", "server/model"}},
    {"server/testing", {"proto", "base", "server/model"}},
    {"server/app", {"proto", "base/...", "server/...", "analysis/frameworks"}},

    // The counter's program knows nothing of the server but the contract.
    {"kiosk-client/session", {"proto", "base", "base/crypto"}},
    {"kiosk-client/outbox",
     {"proto", "base", "base/crypto", "base/sqlite", "kiosk-client/session"}},
    {"kiosk-client/uplink",
     {"proto", "base", "base/crypto", "base/log", "base/sqlite", "kiosk-client/session",
      "kiosk-client/outbox"}},
    {"kiosk-client/page_server",
     {"proto", "base", "base/crypto", "base/log", "kiosk-client/session"}},
    {"kiosk-client/app", {"proto", "base", "base/crypto", "base/log", "kiosk-client/..."}},

    {"deploy/data", {"proto", "base/..."}},
    {"deploy/player", {"proto", "base/..."}},

    {"tests", {"proto", "base/...", "analysis/...", "server/...", "deploy/player"}},
    {"tests/harness", {"proto", "base"}},
    {"tests/bench",
     {"proto", "base/...", "analysis/...", "server/...", "kiosk-client/...", "tests"}},
    {"tests/crash", {"proto", "base/...", "server/...", "kiosk-client/outbox", "tests/harness"}},
    {"tests/disclosure",
     {"proto", "base/...", "analysis/disclosure", "server/...", "tests/harness"}},
    {"tests/examples", {"proto", "base/...", "analysis/..."}},
    {"tests/e2e", {"proto", "base/...", "analysis/...", "server/...", "tests"}},
    {"tests/fault",
     {"proto", "base/...", "server/...", "kiosk-client/outbox", "kiosk-client/uplink",
      "tests/harness"}},
    {"tests/fuzz", {"proto", "base/...", "analysis/...", "server/...", "tests"}},
    {"tests/kiosk", {"proto", "base/...", "kiosk-client/..."}},
    {"tests/gateway", {"proto", "base/...", "server/..."}},
    {"tests/zalo", {"proto", "base/...", "server/..."}},
    {"tests/channels", {"proto", "base/...", "server/...", "tests/harness", "tests/zalo"}},
    {"tests/r_agreement", {"proto", "base/...", "analysis/...", "tests"}},
};

// A fenced library or header: what its include path begins with, and the folders (as above) that
// may touch it. `source_only`: in .cc files only, for headers that cost seconds to parse.
struct FenceRule {
  std::string_view prefix;
  std::vector<std::string_view> folders;
  bool source_only = false;
};

// The first rule that fits a header decides.
inline const std::vector<FenceRule> kFences = {
    {"sqlite3.h", {"base/sqlite"}},
    {"openssl/", {"base/crypto"}},
    {"zlib.h", {"base/..."}},
    {"spdlog/", {"base/log"}},
    {"fmt/", {"base/log"}},
    {"unicode/", {"base/vietnamese"}},
    {"csv.h", {"analysis/cli"}},
    {"qrencode.h", {"analysis/cli"}, /*source_only=*/true},
    {"cairo/", {"analysis/cli"}, /*source_only=*/true},
    {"pango/", {"analysis/cli"}, /*source_only=*/true},
    {"curl/", {"analysis/cli", "base/http"}, /*source_only=*/true},
    {"glpk.h", {"tests/disclosure"}},
    {"CLI/", {"analysis/cli", "server/app", "kiosk-client/app", "deploy/player"}},
    {"grpcpp/",
     {"server/transport", "server/web", "server/app", "analysis/cli", "kiosk-client/uplink",
      "deploy/player", "tests/..."}},
    {"grpc/",
     {"server/transport", "server/web", "server/app", "analysis/cli", "kiosk-client/uplink",
      "deploy/player", "tests/..."}},
    {"boost/json/", {"base/json"}, /*source_only=*/true},
    {"boost/math/", {"analysis/estimate"}, /*source_only=*/true},
    {"boost/", {"server/...", "kiosk-client/page_server", "tests/zalo"}, /*source_only=*/true},

    // Time, chance, files and screens arrive as arguments.
    {"absl/time/clock.h", {"base", "server/app", "analysis/cli", "deploy/player", "tests/..."}},
    {"absl/random/", {"base", "tests/..."}},
    {"absl/", {"..."}},
    {"chrono",
     {"base/...", "server/...", "analysis/cli", "kiosk-client/...", "deploy/player", "tests/..."}},
    {"ctime", {"base/...", "server/...", "analysis/cli", "deploy/player", "tests/..."}},
    {"filesystem",
     {"base/...", "server/...", "analysis/cli", "kiosk-client/...", "deploy/player", "tests/..."}},
    {"fstream", {"base/...", "server/...", "analysis/cli", "deploy/player", "tests/..."}},
    {"iostream", {"base/...", "server/...", "analysis/cli", "deploy/player", "tests/..."}},
    {"random", {"base/...", "analysis/testing", "deploy/player", "tests/..."}},

    // The generated code's own library, and the system's headers.
    {"google/protobuf/",
     {"analysis/...", "server/...", "kiosk-client/...", "deploy/player", "tests/..."}},
    {"linux/", {"base/...", "tests/..."}},
    {"netinet/",
     {"base", "server/app", "server/web", "kiosk-client/page_server", "analysis/cli",
      "deploy/player", "tests/..."}},
    {"arpa/",
     {"base", "server/app", "server/web", "kiosk-client/page_server", "analysis/cli",
      "deploy/player", "tests/..."}},
    {"sys/",
     {"base/...", "server/app", "server/web", "kiosk-client/page_server", "analysis/cli",
      "deploy/player", "tests/..."}},
};

// Folders that tests may include, and nothing else may.
inline const std::vector<std::string_view> kTestFolders = {"server/testing", "analysis/testing"};

// What only tests may touch: files of tests/, and *_test.cc, *_for_test.h, *_bench.cc, *_fuzz.cc.
// Tests are also free of the fences on these standard headers.
inline const std::vector<std::string_view> kTestLibraries = {"gtest/", "gmock/", "benchmark/"};
inline const std::vector<std::string_view> kFreeInTests = {
    "chrono",   "ctime",  "filesystem",   "fstream",
    "iostream", "random", "absl/random/", "google/protobuf/"};

}  // namespace hailong::tests
