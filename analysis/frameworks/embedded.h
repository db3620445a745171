// The files that embed.cmake wrote into the binary.
#pragma once

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
