// The files that embed.cmake wrote into the binary.
#ifndef HAILONG_ANALYSIS_FRAMEWORKS_EMBEDDED_H_
#define HAILONG_ANALYSIS_FRAMEWORKS_EMBEDDED_H_

#include <string>
#include <vector>

namespace hailong::frameworks {

struct EmbeddedFile {
  std::string name;
  std::string text;
};

// In the order of names.
std::vector<EmbeddedFile> EmbeddedFiles();

}  // namespace hailong::frameworks

#endif  // HAILONG_ANALYSIS_FRAMEWORKS_EMBEDDED_H_
