#include "server/app/writer_figures.h"

#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "base/check.h"
#include "base/status.h"
#include "server/model/limits.h"

namespace hailong::app {
namespace {

using base::Cat;

// "CHANNEL_WEB" as a value of a label: "web".
std::string Label(const std::string& name, std::string_view prefix) {
  HAILONG_CHECK(name.starts_with(prefix));
  return absl::AsciiStrToLower(name.substr(prefix.size()));
}

}  // namespace

void AddRefusals(const intake::Intake& intake, web::Metrics& metrics) {
  for (int number = 1; number <= static_cast<int>(absl::StatusCode::kUnauthenticated); ++number) {
    const auto code = static_cast<absl::StatusCode>(number);
    metrics.Add(web::Metrics::Kind::kCounter, "hailong_responses_refused_total",
                "Tries refused by the check of a response or the writer's full queue.",
                Cat("code=\"", absl::AsciiStrToLower(absl::StatusCodeToString(code)), "\""),
                [&intake, code] { return static_cast<double>(intake.refused(code)); });
  }
}

void WriterFigures::Count(std::span<const model::NewResponse> responses,
                          std::span<const model::Stored> stored) {
  HAILONG_CHECK(responses.size() == stored.size());
  (responses.empty() ? changes_ : commits_).fetch_add(1);
  for (size_t i = 0; i < stored.size(); ++i) {
    size_t outcome = static_cast<size_t>(stored[i].outcome);
    if (stored[i].content_differs) outcome = kContentDiffers;
    if (stored[i].turned_away != v1::SURVEY_STATE_UNSPECIFIED) outcome = kTurnedAway;
    responses_[static_cast<size_t>(responses[i].channel)][outcome].fetch_add(1);
  }
}

void WriterFigures::AddTo(web::Metrics& metrics, const store::Writer& writer) const {
  using Kind = web::Metrics::Kind;
  const auto value = [](const std::atomic<uint64_t>& count) {
    return [&count] { return static_cast<double>(count.load()); };
  };
  for (size_t channel = v1::CHANNEL_UNSPECIFIED + 1; channel < responses_.size(); ++channel) {
    const std::string of =
        Cat("channel=\"", Label(v1::Channel_Name(static_cast<int>(channel)), "CHANNEL_"), "\"");
    for (size_t outcome = v1::OUTCOME_UNSPECIFIED + 1; outcome < kOutcomes; ++outcome) {
      const std::string became =
          outcome == kContentDiffers ? "content_differs"
          : outcome == kTurnedAway   ? "turned_away"
                                   : Label(v1::Outcome_Name(static_cast<int>(outcome)), "OUTCOME_");
      metrics.Add(Kind::kCounter, "hailong_responses_total",
                  "Responses that came to the writer, by channel and outcome.",
                  Cat(of, ",outcome=\"", became, "\""), value(responses_[channel][outcome]));
    }
  }
  const std::string commits = "hailong_writer_commits_total";
  const std::string commits_help =
      "Commits of responses together; other work of the writer that succeeded.";
  metrics.Add(Kind::kCounter, commits, commits_help, "of=\"responses\"", value(commits_));
  metrics.Add(Kind::kCounter, commits, commits_help, "of=\"change\"", value(changes_));
  metrics.Add(Kind::kGauge, "hailong_writer_waiting", "Calls that wait for the writer now.", "",
              [&writer] { return static_cast<double>(writer.waiting()); });
  metrics.Add(Kind::kGauge, "hailong_writer_waiting_max", "Above it, calls are refused.", "",
              [] { return static_cast<double>(limits::kWriterJobsMax); });
}

}  // namespace hailong::app
