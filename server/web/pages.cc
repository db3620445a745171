#include "server/web/pages.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/crypto/crypto.h"
#include "base/files.h"
#include "base/gzip/gzip.h"
#include "base/status.h"
#include "server/web/limits.h"

namespace hailong::web {
namespace {

using base::Cat;
namespace fs = std::filesystem;

struct Kind {
  std::string_view ending;
  std::string_view content_type;
  bool compressed;  // already
};

constexpr std::array<Kind, 11> kKinds = {{
    {".html", "text/html; charset=utf-8", false},
    {".js", "text/javascript; charset=utf-8", false},
    {".css", "text/css; charset=utf-8", false},
    {".json", "application/json", false},
    {".webmanifest", "application/manifest+json", false},
    {".svg", "image/svg+xml", false},
    {".txt", "text/plain; charset=utf-8", false},
    {".png", "image/png", true},
    {".ico", "image/x-icon", true},
    {".webp", "image/webp", true},
    {".woff2", "font/woff2", true},
}};
constexpr std::string_view kAllowed =
    "allowed are files named .html, .js, .css, .json, .webmanifest, .svg, .txt, .png, .ico, .webp, "
    ".woff2";
constexpr size_t kEtagDigits = 32;
constexpr size_t kHashDigitsMin = 8;

const Kind* KindOf(std::string_view name) {
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const Kind& kind) { return name.ends_with(kind.ending); });
  return found == kKinds.end() ? nullptr : &*found;
}

// "survey-4ZK2QXWA.js" (base 32, as esbuild writes) or "survey.9f86d081.css" (hexadecimal).
bool HasHash(std::string_view name) {
  std::string_view stem = name.substr(0, name.rfind('.'));
  const size_t mark = stem.find_last_of("-./");
  if (mark == std::string_view::npos || stem[mark] == '/') return false;
  const std::string_view hash = stem.substr(mark + 1);
  if (hash.size() < kHashDigitsMin) return false;
  const auto all = [&](auto is) { return std::all_of(hash.begin(), hash.end(), is); };
  return all([](char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); }) ||
         all([](char c) { return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9'); });
}

bool IsServedName(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("-._~/").find(c) != std::string_view::npos;
  });
}

bool Matches(std::string_view if_none_match, const std::string& etag) {
  for (absl::string_view tag :
       absl::StrSplit(absl::string_view(if_none_match.data(), if_none_match.size()), ',')) {
    tag = absl::StripAsciiWhitespace(tag);
    if (tag == "*") return true;
    absl::ConsumePrefix(&tag, "W/");
    if (tag == etag) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<Pages> Pages::Load(const std::string& directory) {
  std::error_code error;
  fs::recursive_directory_iterator entries(directory, error);
  if (error) return absl::NotFoundError(Cat("web pages ", directory, ": ", error.message()));
  auto files = std::make_shared<Files>();
  for (; entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    if (error) return absl::UnavailableError(Cat("web pages ", directory, ": ", error.message()));
    if (entries->is_directory(error)) continue;
    const std::string path = Cat("/", entries->path().lexically_relative(directory).string());
    const Kind* kind = KindOf(path);
    if (kind == nullptr || !IsServedName(path) || !entries->is_regular_file(error)) {
      return absl::InvalidArgumentError(Cat("web pages ", directory, ": found ", path, ", ",
                                            kAllowed, ", with names of A-Z a-z 0-9 - . _ ~"));
    }
    if (files->by_path.size() >= limits::kWebPagesMax) {
      return absl::ResourceExhaustedError(
          Cat("web pages ", directory, ": found more than ", limits::kWebPagesMax, " files"));
    }
    ASSIGN_OR_RETURN(std::string content,
                     base::ReadFile(entries->path(), limits::kWebPageBytesMax));
    File file;
    file.content_type = std::string(kind->content_type);
    file.etag = base::Sha256Hex(content).substr(0, kEtagDigits);
    file.hashed_name = HasHash(path);
    std::string gzip = kind->compressed ? content : base::Gzip(content);
    if (gzip.size() < content.size()) {
      file.gzip = std::make_shared<const std::string>(std::move(gzip));
    }
    file.content = std::make_shared<const std::string>(std::move(content));
    files->by_path[path] = std::move(file);
  }
  if (!files->by_path.contains("/index.html")) {
    return absl::NotFoundError(
        Cat("web pages ", directory, ": found no index.html; are the pages built?"));
  }
  // "/s/" is "/s/index.html".
  constexpr std::string_view kIndex = "index.html";
  std::map<std::string, File, std::less<>> directories;
  for (const auto& [path, file] : files->by_path) {
    if (path.ends_with(Cat("/", kIndex))) {
      directories[path.substr(0, path.size() - kIndex.size())] = file;
    }
  }
  files->by_path.merge(directories);
  Pages pages;
  pages.files_ = std::move(files);
  return pages;
}

Answer Pages::Serve(const Request& request) const {
  const auto found = files_->by_path.find(request.path);
  if (found == files_->by_path.end()) return PlainText(404, "There is nothing at this address.");
  return ServeOne(found->second, request);
}

Answer Pages::ServeOne(const File& file, const Request& request) {
  const bool gzip = file.gzip != nullptr && TakesGzip(request);
  const std::string etag = Cat("\"", file.etag, gzip ? "-gzip" : "", "\"");
  Answer answer;
  answer.headers = {
      {"ETag", etag},
      {"Cache-Control", file.hashed_name ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (file.gzip != nullptr) answer.headers.push_back({"Vary", "Accept-Encoding"});
  if (Matches(request.Get("if-none-match"), etag)) {
    answer.status = 304;
    return answer;
  }
  answer.headers.push_back({"Content-Type", file.content_type});
  if (gzip) answer.headers.push_back({"Content-Encoding", "gzip"});
  answer.file = gzip ? file.gzip : file.content;
  return answer;
}

Route Pages::MakeRoute() const {
  return {.name = "pages",
          .path = "/",
          .prefix = true,
          .methods = {"GET"},
          .serve = [pages = *this](const Request& request, const Done& done) {
            done(pages.Serve(request));
          }};
}

}  // namespace hailong::web
