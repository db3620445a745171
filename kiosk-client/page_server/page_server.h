#pragma once

// The program's side of the screen: serves the page to Chromium on loopback, runs the session that
// the page shows, and hands finished answers to the keeper.
//
//   GET  /api/screen?after=REVISION   what stands on the screen (screen.proto as JSON); waits up to
//                                     25 seconds for another revision than the one given
//   POST /api/event                   what happened on the page; answers with the screen after it
//   GET  /...                         the files of the page directory
//
// A loopback port is open to every page of every browser on the machine, so a request must name
// this host (no DNS rebinding), come from this origin, and send JSON. One thread runs it all; a
// second waits for the disk.

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "kiosk-client/page_server/http_server.h"
#include "kiosk-client/page_server/screen_json.h"
#include "kiosk-client/page_server/site.h"
#include "kiosk-client/session/answer_keeper.h"
#include "kiosk-client/session/session.h"

namespace hailong::page_server {

struct Options {
  std::string listen;          // "127.0.0.1:7480"; port 0 takes a free one
  std::string page_directory;  // where the built page is
  std::string version;         // of the program, for the staff card
  std::string counter;         // on duty when it starts; empty: not set
};

class PageServer {
 public:
  // `keeper`, `clock` and what `facts` uses outlive the server. `facts` is called every few seconds
  // on the thread that waits for the disk. Errors: INVALID_ARGUMENT (not loopback, a bad counter),
  // NOT_FOUND (no page there), UNAVAILABLE (the port is taken).
  static absl::StatusOr<std::unique_ptr<PageServer>> Start(
      const Options& options, session::AnswerKeeper& keeper, const base::Clock& clock,
      std::function<session::StaffFacts()> facts);
  // Waits for an answer that is on its way to the disk; forgets one that is not finished.
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  // What to ask from now on; whoever is answering finishes with what they began. Absent: nothing.
  // INVALID_ARGUMENT if they do not fit together; what was set before then stays. Any thread.
  absl::Status SetSettings(std::optional<session::Settings> settings);

  // UNSPECIFIED if no page asked for a minute. Any thread.
  v1::ScreenState screen() const;
  // The counter on duty, as the staff set it. Any thread.
  std::string counter() const;
  // Where it listens: "127.0.0.1:7480".
  const std::string& address() const { return http_->address(); }

 private:
  // A page that waits for another screen than it has.
  struct Waiter {
    std::string revision;
    absl::Time since;
    HttpServer::Respond respond;
  };

  PageServer(const Options& options, Site site, session::AnswerKeeper& keeper,
             const base::Clock& clock, std::function<session::StaffFacts()> facts);

  void Loop();
  absl::Duration Step();
  void Serve(HttpRequest request, HttpServer::Respond respond);
  std::optional<HttpResponse> RefusalOf(const HttpRequest& request) const;
  std::string Filled(const SiteFile& file) const;
  void ServeScreen(std::string revision, HttpServer::Respond respond);
  HttpResponse TakeEvent(const HttpRequest& request);
  absl::Status Apply(const session::Event& event);
  void Keep(v1::Response response);
  void AskFacts(absl::Time now);
  void Publish(absl::Time now);

  const Site site_;
  const std::string version_;
  session::AnswerKeeper& keeper_;
  const base::Clock& clock_;
  const std::function<session::StaffFacts()> facts_;

  // Of the loop's thread.
  session::Session session_;
  Screen screen_;
  uint64_t revision_;
  std::string json_;
  std::list<Waiter> waiters_;
  absl::Time facts_asked_ = absl::InfinitePast();
  bool facts_under_way_ = false;
  std::vector<std::string> hosts_;

  std::atomic<v1::ScreenState> screen_state_ = v1::SCREEN_STATE_UNSPECIFIED;
  std::atomic<int64_t> asked_at_us_ = INT64_MIN;
  mutable base::Mutex mutex_;
  std::string counter_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<HttpServer> http_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
  std::optional<base::Executor> disk_;  // one thread: answers reach the keeper in order
};

}  // namespace hailong::page_server
