#include "server/web/metrics.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_format.h"
#include "base/status.h"

namespace hailong::web {
namespace {

using base::Cat;

std::string Opening(std::string_view name, std::string_view help, std::string_view type) {
  return Cat("# HELP ", name, " ", help, "\n# TYPE ", name, " ", type, "\n");
}

// Counts stay whole numbers, whose last digits a rate is made of.
std::string Number(double value) { return absl::StrFormat("%.15g", value); }

}  // namespace

void Metrics::Count(const Served& served) {
  const double seconds = absl::ToDoubleSeconds(served.duration);
  const auto bucket = static_cast<size_t>(
      std::lower_bound(kSecondsBuckets.begin(), kSecondsBuckets.end(), seconds) -
      kSecondsBuckets.begin());
  base::MutexLock lock(mutex_);
  ++requests_[{served.label, served.status}];
  Durations& durations = durations_[served.label];
  ++durations.counts[bucket];
  durations.seconds += seconds;
}

void Metrics::Add(Kind kind, std::string name, std::string help, std::string labels,
                  std::function<double()> read) {
  base::MutexLock lock(mutex_);
  figures_.push_back({kind, std::move(name), std::move(help), std::move(labels), std::move(read)});
}

void Metrics::AddRequests(std::string& text) const {
  text += Opening("hailong_web_requests_total", "Requests answered, by route and HTTP status.",
                  "counter");
  for (const auto& [key, count] : requests_) {
    text += Cat("hailong_web_requests_total{route=\"", key.first, "\",status=\"", key.second,
                "\"} ", count, "\n");
  }
}

void Metrics::AddDurations(std::string& text) const {
  constexpr std::string_view kName = "hailong_web_request_duration_seconds";
  text +=
      Opening(kName, "From the first byte of a request to the last of its answer.", "histogram");
  for (const auto& [route, durations] : durations_) {
    uint64_t sum = 0;
    for (size_t i = 0; i < durations.counts.size(); ++i) {
      sum += durations.counts[i];
      const std::string bound =
          i < kSecondsBuckets.size() ? Cat(kSecondsBuckets[i]) : std::string("+Inf");
      text += Cat(kName, "_bucket{route=\"", route, "\",le=\"", bound, "\"} ", sum, "\n");
    }
    text += Cat(kName, "_sum{route=\"", route, "\"} ", Number(durations.seconds), "\n", kName,
                "_count{route=\"", route, "\"} ", sum, "\n");
  }
}

std::string Metrics::Text() const {
  std::string text;
  base::MutexLock lock(mutex_);
  AddRequests(text);
  AddDurations(text);
  std::string_view last;
  for (const Figure& figure : figures_) {
    if (figure.name != last) {
      text += Opening(figure.name, figure.help, figure.kind == Kind::kGauge ? "gauge" : "counter");
    }
    last = figure.name;
    text += Cat(figure.name, figure.labels.empty() ? "" : Cat("{", figure.labels, "}"), " ",
                Number(figure.read()), "\n");
  }
  return text;
}

}  // namespace hailong::web
