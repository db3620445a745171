#pragma once

// One line per event on stderr. Callers pass ids, counts and statuses; never answers, evidence,
// credentials or free text. spdlog stays in the .cc: its headers are slow to compile. Thread-safe.

#include <string>

namespace hailong::base {

enum class LogLevel { kInfo, kWarning, kError, kOff };

// Before the first line; the default is kInfo.
void SetLogLevel(LogLevel level);

void LogInfo(const std::string& event);
void LogWarning(const std::string& event);
void LogError(const std::string& event);

}  // namespace hailong::base
