#pragma once

// The files of the web pages: read and compressed once at start, then served from memory by exact
// name. No path of a request ever reaches the disk. Immutable, any thread.

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/web/http.h"
#include "server/web/site.h"

namespace hailong::web {

class Pages {
 public:
  // All files of the directory and those below it. A name that carries a hash of its content
  // (survey-4ZK2QXWA.js, survey.9f86d081.css) may be kept by browsers for a year; all else is asked
  // for again each time, and mostly answered by 304. Errors: NOT_FOUND without the directory or its
  // index.html; INVALID_ARGUMENT for a file of another kind; RESOURCE_EXHAUSTED above the limits.
  static absl::StatusOr<Pages> Load(const std::string& directory);

  // "/" is "/index.html", "/s/" is "/s/index.html". 404 if there is no such file.
  Answer Serve(const Request& request) const;

  // The route of everything that nobody else serves.
  Route MakeRoute() const;

 private:
  struct File {
    std::string content_type;
    std::string etag;  // of the plain content, without quotes
    bool hashed_name = false;
    std::shared_ptr<const std::string> content;
    std::shared_ptr<const std::string> gzip;  // null: not smaller
  };
  struct Files {
    std::map<std::string, File, std::less<>> by_path;  // "/assets/survey.js"
  };
  static Answer ServeOne(const File& file, const Request& request);

  std::shared_ptr<const Files> files_;
};

}  // namespace hailong::web
