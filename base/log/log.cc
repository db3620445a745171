#include "base/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace hailong::base {
namespace {

spdlog::logger& Logger() {
  static spdlog::logger* const logger = [] {
    // Never destroyed: threads may log while the process ends.
    auto* made = new spdlog::logger("hailong", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return made;
  }();
  return *logger;
}

}  // namespace

void SetLogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return Logger().set_level(spdlog::level::info);
    case LogLevel::kWarning:
      return Logger().set_level(spdlog::level::warn);
    case LogLevel::kError:
      return Logger().set_level(spdlog::level::err);
    case LogLevel::kOff:
      return Logger().set_level(spdlog::level::off);
  }
}

void LogInfo(const std::string& event) { Logger().info(event); }
void LogWarning(const std::string& event) { Logger().warn(event); }
void LogError(const std::string& event) { Logger().error(event); }

}  // namespace hailong::base
