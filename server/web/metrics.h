#pragma once

// Figures for Prometheus, in its text form. Thread-safe.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "server/web/http_server.h"

namespace hailong::web {

class Metrics {
 public:
  // Upper bounds of the buckets of a request's time, in seconds.
  static constexpr std::array<double, 10> kSecondsBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025,
                                                             0.1,   0.25,   1,     5,    30};

  // A request that was answered.
  void Count(const Served& served);

  enum class Kind { kGauge, kCounter };
  // A figure that is read when it is asked for: `read` is called on the thread of Text. `labels` as
  // they stand between the braces, empty: none. Figures of one name are added one after another.
  void Add(Kind kind, std::string name, std::string help, std::string labels,
           std::function<double()> read);

  std::string Text() const;

 private:
  struct Durations {
    std::array<uint64_t, kSecondsBuckets.size() + 1> counts{};
    double seconds = 0;
  };
  struct Figure {
    Kind kind;
    std::string name;
    std::string help;
    std::string labels;
    std::function<double()> read;
  };

  void AddRequests(std::string& text) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddDurations(std::string& text) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  // Labels are our own routes and methods, so there are few of them.
  std::map<std::pair<std::string, int>, uint64_t> requests_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Durations> durations_ ABSL_GUARDED_BY(mutex_);
  std::vector<Figure> figures_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace hailong::web
