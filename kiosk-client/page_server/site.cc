#include "kiosk-client/page_server/site.h"

#include <array>
#include <filesystem>
#include <utility>

#include "base/files.h"
#include "base/status.h"

namespace hailong::page_server {
namespace {

using base::Cat;
namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kContentTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".woff2", "font/woff2"},
}};

std::string_view ContentTypeOf(std::string_view name) {
  for (const auto& [ending, content_type] : kContentTypes) {
    if (name.ends_with(ending)) return content_type;
  }
  return {};
}

}  // namespace

absl::StatusOr<Site> Site::Load(const std::string& directory) {
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  if (error) {
    return absl::NotFoundError(Cat("page directory ", directory, ": ", error.message()));
  }
  Site site;
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename();
    const std::string_view content_type = ContentTypeOf(name);
    if (content_type.empty() || !entries->is_regular_file(error)) {
      return absl::InvalidArgumentError(
          Cat("page directory ", directory, ": found ", name,
              ", allowed are files named .html, .js, .css, .svg, .png, .woff2"));
    }
    if (site.files_.size() >= kFilesMax) {
      return absl::ResourceExhaustedError(
          Cat("page directory ", directory, ": found more than ", kFilesMax, " files"));
    }
    ASSIGN_OR_RETURN(std::string content, base::ReadFile(entries->path(), kFileBytesMax));
    site.files_["/" + name] = {std::string(content_type), std::move(content)};
  }
  const auto index = site.files_.find("/index.html");
  if (index == site.files_.end()) {
    return absl::NotFoundError(
        Cat("page directory ", directory, ": found no index.html; is the page built?"));
  }
  site.files_["/"] = index->second;
  return site;
}

const SiteFile* Site::Find(std::string_view path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace hailong::page_server
