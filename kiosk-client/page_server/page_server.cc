#include "kiosk-client/page_server/page_server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_replace.h"
#include "base/crypto/crypto.h"
#include "base/log/log.h"
#include "base/status.h"

namespace hailong::page_server {
namespace {

using base::Cat;

constexpr absl::Duration kWaitMax = absl::Seconds(25);    // of a long poll
constexpr absl::Duration kStepMax = absl::Seconds(1);     // a clock that jumps is seen this soon
constexpr absl::Duration kFactsEvery = absl::Seconds(5);  // the staff card's age
constexpr absl::Duration kPageLostAfter = absl::Minutes(1);
constexpr size_t kRevisionBytesMax = 32;
constexpr std::string_view kScreenMark = "<!--screen-->";
constexpr size_t kDiskTasksMax = 16;

HttpResponse Refuse(int status, std::string why, std::string allow = "") {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(why),
          .allow = std::move(allow)};
}

HttpResponse Json(std::string json) {
  return {.status = 200, .content_type = "application/json", .body = std::move(json), .allow = ""};
}

}  // namespace

absl::StatusOr<std::unique_ptr<PageServer>> PageServer::Start(
    const Options& options, session::AnswerKeeper& keeper, const base::Clock& clock,
    std::function<session::StaffFacts()> facts) {
  RETURN_IF_ERROR(session::CheckCounter(options.counter));
  ASSIGN_OR_RETURN(Site site, Site::Load(options.page_directory));
  std::unique_ptr<PageServer> server(
      new PageServer(options, std::move(site), keeper, clock, std::move(facts)));
  ASSIGN_OR_RETURN(
      server->http_,
      HttpServer::Listen(options.listen,
                         [raw = server.get()](HttpRequest request, HttpServer::Respond respond) {
                           raw->Serve(std::move(request), std::move(respond));
                         }));
  server->hosts_ = {server->address(), Cat("localhost:", server->http_->port())};
  server->Publish(clock.Now());
  server->disk_.emplace(1, kDiskTasksMax);
  server->thread_ = std::thread([raw = server.get()] { raw->Loop(); });
  return server;
}

PageServer::PageServer(const Options& options, Site site, session::AnswerKeeper& keeper,
                       const base::Clock& clock, std::function<session::StaffFacts()> facts)
    : site_(std::move(site)),
      version_(options.version),
      keeper_(keeper),
      clock_(clock),
      facts_(std::move(facts)),
      session_(options.counter, base::RandomBytes),
      // A page that outlives the program must not take the new one's screen for the one it has.
      revision_(static_cast<uint64_t>(absl::ToUnixMicros(clock.Now()))) {}

PageServer::~PageServer() {
  if (disk_.has_value()) disk_->Stop();  // what it accepted still reaches the keeper
  stopping_ = true;
  if (thread_.joinable()) {
    http_->Post([] {});
    thread_.join();
  }
  waiters_.clear();
}

void PageServer::Loop() {
  while (!stopping_) http_->RunOnce(Step());
}

// What time brings. Returns how long nothing more is due.
absl::Duration PageServer::Step() {
  const absl::Time now = clock_.Now();
  Apply(session::event::Tick{}).IgnoreError();  // a tick is never refused
  AskFacts(now);
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (now - waiter->since < kWaitMax && now >= waiter->since) {
      ++waiter;
      continue;
    }
    waiter->respond(Json(json_));
    waiter = waiters_.erase(waiter);
  }
  return std::clamp(session_.wake_at(now) - now, absl::Milliseconds(1), kStepMax);
}

absl::Status PageServer::Apply(const session::Event& event) {
  const absl::Time now = clock_.Now();
  session::Effects effects = session_.Step(event, now);
  if (effects.keep.has_value()) Keep(*std::move(effects.keep));
  Publish(now);
  return effects.refusal;
}

void PageServer::Keep(v1::Response response) {
  const std::string response_id = response.response_id();
  const auto report = [this, response_id](absl::StatusOr<uint64_t> device_sequence) {
    if (!device_sequence.ok()) {
      base::LogError(Cat("an answer could not be kept: ", device_sequence.status().ToString()));
    }
    http_->Post([this, kept = session::event::Kept{response_id, std::move(device_sequence)}] {
      Apply(kept).IgnoreError();  // never refused
    });
  };
  const bool offered = disk_->Offer([this, report, response = std::move(response)]() mutable {
    report(keeper_.Keep(std::move(response)));
  });
  if (!offered) report(absl::UnavailableError("the disk has not answered for long"));
}

void PageServer::AskFacts(absl::Time now) {
  const bool fresh = now - facts_asked_ < kFactsEvery && now >= facts_asked_;
  if (facts_under_way_ || fresh) return;
  facts_asked_ = now;
  facts_under_way_ = disk_->Offer([this] {
    http_->Post([this, facts = facts_()] {
      facts_under_way_ = false;
      Apply(session::event::NewFacts{facts}).IgnoreError();  // never refused
    });
  });
}

// Tells whoever waits, if there is something to tell.
void PageServer::Publish(absl::Time now) {
  screen_state_ = session_.screen_state();
  Screen screen = ScreenOf(session_, version_, now);
  screen.set_revision(screen_.revision());
  // Maps are not part of it, so equal screens have equal bytes.
  if (!json_.empty() && screen.SerializeAsString() == screen_.SerializeAsString()) return;
  screen.set_revision(Cat(++revision_));
  screen_ = std::move(screen);
  json_ = ToJson(screen_);
  {
    base::MutexLock lock(mutex_);
    counter_ = session_.counter();
  }
  for (Waiter& waiter : std::exchange(waiters_, {})) waiter.respond(Json(json_));
}

void PageServer::Serve(HttpRequest request, HttpServer::Respond respond) {
  if (std::optional<HttpResponse> refusal = RefusalOf(request)) {
    return respond(*std::move(refusal));
  }
  const size_t mark = request.target.find('?');
  const std::string path = request.target.substr(0, mark);
  const std::string query = mark == std::string::npos ? "" : request.target.substr(mark + 1);
  if (path == "/api/event") {
    if (request.method != "POST") {
      return respond(
          Refuse(405, Cat("method: found ", request.method, ", allowed is POST"), "POST"));
    }
    return respond(TakeEvent(request));
  }
  if (request.method != "GET") {
    return respond(Refuse(405, Cat("method: found ", request.method, ", allowed is GET"), "GET"));
  }
  if (path == "/api/screen") {
    constexpr std::string_view kAfter = "after=";
    if (!query.empty() &&
        (!query.starts_with(kAfter) || query.size() > kAfter.size() + kRevisionBytesMax)) {
      return respond(Refuse(400, "query: allowed is after=REVISION, or none"));
    }
    return ServeScreen(query.empty() ? "" : query.substr(kAfter.size()), std::move(respond));
  }
  const SiteFile* file = site_.Find(path);
  if (file == nullptr) return respond(Refuse(404, "there is no such file"));
  respond({.status = 200, .content_type = file->content_type, .body = Filled(*file), .allow = ""});
}

// A document carries the screen of this moment: a slow browser draws it a round trip earlier.
std::string PageServer::Filled(const SiteFile& file) const {
  const size_t mark = file.content.find(kScreenMark);
  if (mark == std::string::npos) return file.content;
  // Within the strings of JSON an escaped '<' is the same, and can end no element.
  std::string body = file.content;
  body.replace(mark, kScreenMark.size(),
               Cat("<script id=\"screen\" type=\"application/json\">",
                   absl::StrReplaceAll(json_, {{"<", "\\u003c"}}), "</script>"));
  return body;
}

std::optional<HttpResponse> PageServer::RefusalOf(const HttpRequest& request) const {
  if (std::find(hosts_.begin(), hosts_.end(), request.host) == hosts_.end()) {
    return Refuse(421, Cat("host: found another or none, allowed is ", hosts_.front()));
  }
  const bool writes = request.method != "GET" && request.method != "HEAD";
  const bool ours = request.origin == Cat("http://", request.host);
  if ((writes || !request.origin.empty()) && !ours) {
    return Refuse(403, Cat("origin: found another or none, allowed is http://", hosts_.front()));
  }
  if (!request.fetch_site.empty() && request.fetch_site != "same-origin" &&
      request.fetch_site != "none") {
    return Refuse(403, "sec-fetch-site: found another site, allowed is same-origin");
  }
  return std::nullopt;
}

void PageServer::ServeScreen(std::string revision, HttpServer::Respond respond) {
  const absl::Time now = clock_.Now();
  asked_at_us_ = absl::ToUnixMicros(now);
  if (revision != screen_.revision()) return respond(Json(json_));
  waiters_.push_back({std::move(revision), now, std::move(respond)});
}

HttpResponse PageServer::TakeEvent(const HttpRequest& request) {
  if (request.content_type != "application/json") {
    return Refuse(415, "content-type: allowed is application/json");
  }
  absl::StatusOr<session::Event> event = EventFromJson(request.body);
  if (!event.ok()) return Refuse(400, std::string(event.status().message()));
  const absl::Status applied = Apply(*event);
  if (!applied.ok()) return Refuse(400, std::string(applied.message()));
  return Json(json_);
}

absl::Status PageServer::SetSettings(std::optional<session::Settings> settings) {
  if (settings.has_value()) RETURN_IF_ERROR(session::CheckSettings(*settings));
  http_->Post([this, settings = std::move(settings)]() mutable {
    Apply(session::event::NewSettings{std::move(settings)}).IgnoreError();  // checked above
  });
  return absl::OkStatus();
}

v1::ScreenState PageServer::screen() const {
  const absl::Time asked_at = absl::FromUnixMicros(asked_at_us_);
  if (clock_.Now() - asked_at > kPageLostAfter) return v1::SCREEN_STATE_UNSPECIFIED;
  return screen_state_;
}

std::string PageServer::counter() const {
  base::MutexLock lock(mutex_);
  return counter_;
}

}  // namespace hailong::page_server
