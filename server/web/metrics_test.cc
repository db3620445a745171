#include "server/web/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/web/operations.h"

namespace hailong::web {
namespace {

using testing::HasSubstr;

TEST(Metrics, CountsRequestsByRouteAndStatus) {
  Metrics metrics;
  metrics.Count({.label = "pages", .status = 200, .bytes = 1, .duration = absl::Milliseconds(2)});
  metrics.Count({.label = "pages", .status = 200, .bytes = 1, .duration = absl::Seconds(100)});
  metrics.Count({.label = "none", .status = 404, .bytes = 1, .duration = absl::ZeroDuration()});
  int asked = 0;
  metrics.Add(Metrics::Kind::kGauge, "waiting", "How many wait.", "", [&] { return ++asked; });
  metrics.Add(Metrics::Kind::kCounter, "done_total", "Done.", "how=\"a\"", [] { return 5; });
  metrics.Add(Metrics::Kind::kCounter, "done_total", "Done.", "how=\"b\"",
              [] { return 123456789; });
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("hailong_web_requests_total{route=\"pages\",status=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("hailong_web_requests_total{route=\"none\",status=\"404\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{route=\"pages\",le=\"0.001\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{route=\"pages\",le=\"0.0025\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{route=\"pages\",le=\"30\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{route=\"pages\",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("hailong_web_request_duration_seconds_count{route=\"pages\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE waiting gauge\nwaiting 1\n"));
  EXPECT_THAT(text, HasSubstr("# HELP done_total Done.\n# TYPE done_total counter\n"
                              "done_total{how=\"a\"} 5\ndone_total{how=\"b\"} 123456789\n"));
}

TEST(OperationsSite, TellsWhetherItIsReady) {
  Metrics metrics;
  bool ready = true;
  const Site site = OperationsSite(metrics, [&] { return ready; });
  const auto status = [&](const char* path) {
    int found = 0;
    site.Find(path)->serve({}, [&](const Answer& answer) { found = answer.status; });
    return found;
  };
  EXPECT_EQ(status("/readyz"), 200);
  ready = false;
  EXPECT_EQ(status("/readyz"), 503);
  EXPECT_EQ(status("/healthz"), 200);
  EXPECT_EQ(status("/metrics"), 200);
}

}  // namespace
}  // namespace hailong::web
