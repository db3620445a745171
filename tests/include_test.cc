// Holds every #include of the repository against the table in include_rules.h.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/include_rules.h"

namespace hailong::tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string_view FolderOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// "..." fits everything, "server/..." the folder and all below it, anything else only itself.
bool Fits(std::string_view pattern, std::string_view folder) {
  if (pattern == "...") return true;
  if (!pattern.ends_with("/...")) return pattern == folder;
  const std::string_view root = pattern.substr(0, pattern.size() - 4);
  return folder == root || (folder.starts_with(root) && folder[root.size()] == '/');
}

bool AnyFits(const std::vector<std::string_view>& patterns, std::string_view folder) {
  return std::ranges::any_of(patterns, [&](auto pattern) { return Fits(pattern, folder); });
}

bool AnyBegins(const std::vector<std::string_view>& prefixes, std::string_view path) {
  return std::ranges::any_of(prefixes, [&](auto prefix) { return path.starts_with(prefix); });
}

bool IsTest(std::string_view file) {
  return file.starts_with("tests/") || file.ends_with("_test.cc") ||
         file.ends_with("_for_test.h") || file.ends_with("_bench.cc") || file.ends_with("_fuzz.cc");
}

struct Include {
  std::string path;
  bool quoted = false;
};

std::string_view TrimLeft(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::vector<Include> IncludesOf(const std::string& text) {
  constexpr std::string_view kKeyword = "include";
  std::vector<Include> includes;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::string_view rest = TrimLeft(line);
    if (!rest.starts_with('#')) continue;
    rest = TrimLeft(rest.substr(1));
    if (!rest.starts_with(kKeyword)) continue;
    rest = TrimLeft(rest.substr(kKeyword.size()));
    const bool quoted = rest.starts_with('"');
    if (!quoted && !rest.starts_with('<')) continue;
    rest.remove_prefix(1);
    includes.push_back(
        {.path = std::string(rest.substr(0, rest.find(quoted ? '"' : '>'))), .quoted = quoted});
  }
  return includes;
}

// Where an include of ours leads: a folder of the table, "proto" for generated messages.
std::string_view TargetOf(std::string_view path) {
  if (path.ends_with(".pb.h") &&
      (path.starts_with("hailong/") || path.starts_with("google/rpc/"))) {
    return "proto";
  }
  return FolderOf(path);
}

// Why `file` may not touch the library header `path`; nothing if it may.
std::optional<std::string> LibraryRefusal(std::string_view file, std::string_view path) {
  if (AnyBegins(kTestLibraries, path)) {
    if (IsTest(file)) return std::nullopt;
    return "only tests may touch it";
  }
  if (IsTest(file) && AnyBegins(kFreeInTests, path)) return std::nullopt;
  for (const FenceRule& fence : kFences) {
    // A header by name fits itself alone: "random" is not "random_access.h".
    const bool names_folder = fence.prefix.ends_with('/');
    if (names_folder ? !path.starts_with(fence.prefix) : path != fence.prefix) continue;
    if (!AnyFits(fence.folders, FolderOf(file)))
      return "the library is fenced off from this folder";
    if (fence.source_only && file.ends_with(".h")) return "the library is for .cc files only";
    return std::nullopt;
  }
  // What is left is the standard library's, or unistd.h and its like.
  if (path.find('/') == std::string_view::npos) return std::nullopt;
  return "the library is not in the table";
}

// Whether a quoted path leads into a library: "absl/status/status.h".
bool NamesLibrary(std::string_view path) {
  return AnyBegins(kTestLibraries, path) || std::ranges::any_of(kFences, [&](const auto& fence) {
           return fence.prefix.ends_with('/') && path.starts_with(fence.prefix);
         });
}

std::optional<std::string> Refusal(std::string_view file, const Include& include) {
  const std::string_view folder = FolderOf(file);
  const auto rule = std::ranges::find(kFolders, folder, &FolderRule::folder);
  if (rule == kFolders.end()) return "the folder " + std::string(folder) + " is not in the table";

  // Generated service code drags gRPC in, and is fenced like it.
  if (include.path.ends_with(".grpc.pb.h")) return LibraryRefusal(file, "grpcpp/grpcpp.h");
  const std::string_view target = TargetOf(include.path);
  const bool library = !include.quoted || NamesLibrary(include.path);
  if (library && target != "proto") return LibraryRefusal(file, include.path);

  if (target.empty()) return "the path does not start at the repository root";
  if (AnyFits(kTestFolders, target) && target != folder) {
    // server/testing for tests of server/..., analysis/testing for those of analysis/..., and both
    // for those of tests/ that may see that side.
    const std::string_view side = target.substr(0, target.find('/') + 1);
    const bool below = folder.starts_with(side) ||
                       (folder.starts_with("tests/") && AnyFits(rule->may_include, target));
    if (IsTest(file) && below) return std::nullopt;
    return "only tests of " + std::string(side) + " may include " + std::string(target);
  }
  if (target == folder || AnyFits(rule->may_include, target)) return std::nullopt;
  if (std::ranges::find(rule->may_include, include.path) != rule->may_include.end()) {
    return std::nullopt;
  }
  return std::string(folder) + " may not include " + std::string(target);
}

std::vector<std::string> RefusalsOf(const std::string& file, const std::string& text) {
  std::vector<std::string> refusals;
  for (const Include& include : IncludesOf(text)) {
    if (const auto why = Refusal(file, include)) {
      refusals.push_back(file + ": " + include.path + ": " + *why);
    }
  }
  return refusals;
}

struct Source {
  std::string file;  // From the repository root.
  std::string text;
};

std::vector<Source> Tree() {
  namespace fs = std::filesystem;
  const fs::path root = HAILONG_SOURCE_DIR;
  std::vector<Source> sources;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::end(it); ++it) {
    const std::string name = it->path().filename();
    const bool built = it.depth() == 0 && name == "build";
    if (it->is_directory() && (built || name.starts_with('.') || name == "node_modules")) {
      it.disable_recursion_pending();
    }
    if (!name.ends_with(".h") && !name.ends_with(".cc")) continue;
    std::ostringstream text;
    text << std::ifstream(it->path()).rdbuf();
    sources.push_back({.file = fs::relative(it->path(), root), .text = text.str()});
  }
  return sources;
}

TEST(Includes, EveryIncludeInTheTreeIsInTheTable) {
  const std::vector<Source> tree = Tree();
  const bool sees_itself =
      std::ranges::find(tree, "tests/include_test.cc", &Source::file) != tree.end();
  ASSERT_TRUE(sees_itself) << "the walk of " << HAILONG_SOURCE_DIR << " missed this file";
  for (const Source& source : tree) {
    for (const std::string& refusal : RefusalsOf(source.file, source.text))
      ADD_FAILURE() << refusal;
  }
}

TEST(Includes, TheTableHasNoCycle) {
  // In its order each folder includes folders above its own line only, but for whole trees, which
  // are the tops of theirs.
  for (auto rule = kFolders.begin(); rule != kFolders.end(); ++rule) {
    for (const std::string_view allowed : rule->may_include) {
      if (allowed == "proto" || allowed.ends_with("/...")) continue;
      const std::string_view target = allowed.ends_with(".h") ? FolderOf(allowed) : allowed;
      const auto found = std::find_if(
          kFolders.begin(), rule, [&](const FolderRule& lower) { return lower.folder == target; });
      EXPECT_NE(found, rule) << rule->folder << " includes " << allowed;
    }
  }
}

TEST(Checker, AllowsWhatPointsDown) {
  EXPECT_THAT(RefusalsOf("server/intake/offer.cc",
                         "#include \"server/intake/offer.h\"\n"
                         "#include <vector>\n"
                         "#include <unistd.h>\n"
                         "#include \"absl/status/status.h\"\n"
                         "#include \"base/status.h\"\n"
                         "#include \"hailong/v1/common.pb.h\"\n"
                         "#include \"server/store/store.h\"\n"),
              IsEmpty());
  EXPECT_THAT(RefusalsOf("analysis/index/index_test.cc",
                         "#include <gtest/gtest.h>\n#include <random>\n#include <fstream>\n"),
              IsEmpty());
}

TEST(Checker, RefusesWhatPointsUpOrAcross) {
  EXPECT_THAT(RefusalsOf("server/model/unit.h", "#include \"server/store/store.h\"\n"),
              ElementsAre(HasSubstr("server/model may not include server/store")));
  EXPECT_THAT(RefusalsOf("server/store/store.cc", "#include \"analysis/frame/frame.h\"\n"),
              ElementsAre(HasSubstr("server/store may not include analysis/frame")));
  EXPECT_THAT(RefusalsOf("analysis/frame/frame.cc", "#include \"server/store/store.h\"\n"),
              ElementsAre(HasSubstr("analysis/frame may not include server/store")));
  EXPECT_THAT(RefusalsOf("analysis/frame/frame.cc", "#include \"base/clock.h\"\n"),
              ElementsAre(HasSubstr("analysis/frame may not include base")));
  EXPECT_THAT(RefusalsOf("base/ids.cc", "#include \"hailong/v1/common.pb.h\"\n"),
              ElementsAre(HasSubstr("base may not include proto")));
}

TEST(Checker, RefusesAFencedLibrary) {
  const std::string fenced = "the library is fenced off from this folder";
  EXPECT_THAT(RefusalsOf("server/store/store.cc", "  #  include <sqlite3.h>\n"),
              ElementsAre(HasSubstr(fenced)));
  EXPECT_THAT(RefusalsOf("server/intake/offer.cc", "#include <grpcpp/grpcpp.h>\n"),
              ElementsAre(HasSubstr(fenced)));
  EXPECT_THAT(
      RefusalsOf("server/results/results.h", "#include \"hailong/v1/results_service.grpc.pb.h\"\n"),
      ElementsAre(HasSubstr(fenced)));
  EXPECT_THAT(RefusalsOf("analysis/index/index.cc", "#include <chrono>\n#include <iostream>\n"),
              ElementsAre(HasSubstr("chrono"), HasSubstr("iostream")));
  EXPECT_THAT(RefusalsOf("analysis/estimate/mean.cc", "#include \"absl/time/clock.h\"\n"),
              ElementsAre(HasSubstr(fenced)));
  EXPECT_THAT(RefusalsOf("server/app/web.h", "#include <boost/beast/core.hpp>\n"),
              ElementsAre(HasSubstr("for .cc files only")));
}

TEST(Checker, LeavesTheTestsFixturesToTests) {
  const std::string include = "#include \"server/testing/sample.h\"\n";
  EXPECT_THAT(RefusalsOf("server/model/model_test.cc", include), IsEmpty());
  EXPECT_THAT(RefusalsOf("server/model/round.cc", include), ElementsAre(HasSubstr("only tests")));
  EXPECT_THAT(RefusalsOf("server/app/main.cc", include), ElementsAre(HasSubstr("only tests")));
}

TEST(Checker, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(RefusalsOf("server/extra/extra.cc", "#include <vector>\n"),
              ElementsAre(HasSubstr("the folder server/extra is not in the table")));
  EXPECT_THAT(RefusalsOf("base/ids.cc", "#include <newlib/thing.h>\n"),
              ElementsAre(HasSubstr("not in the table")));
  EXPECT_THAT(RefusalsOf("base/ids.cc", "#include \"ids.h\"\n"),
              ElementsAre(HasSubstr("does not start at the repository root")));
  EXPECT_THAT(RefusalsOf("base/ids.cc", "#include <gtest/gtest.h>\n"),
              ElementsAre(HasSubstr("only tests")));
}

}  // namespace
}  // namespace hailong::tests
