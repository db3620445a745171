#pragma once

// The program without its main(): builds the parts from the disk up, serves the page, runs the
// uplink on a thread of its own, and stops in reverse. What was kept stays kept whenever it stops.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "kiosk-client/outbox/outbox.h"
#include "kiosk-client/page_server/page_server.h"
#include "kiosk-client/uplink/clock_offset.h"
#include "kiosk-client/uplink/grpc_link.h"
#include "kiosk-client/uplink/identity.h"
#include "kiosk-client/uplink/uplink.h"

namespace hailong::kiosk {

struct Settings {
  std::string data_directory;
  std::string server;               // host:port
  std::string tls_ca_path;          // empty: plain text, on loopback only
  std::string tls_server_name;      // empty: as in `server`
  std::string enrolment_code_path;  // empty: enrolled already
  std::string page_directory;
  std::string listen = "127.0.0.1:7480";
  uint64_t answers_max = outbox::kAnswersMaxDefault;
  uint64_t bytes_max = outbox::kBytesMaxDefault;
  std::string version;
};

class Kiosk {
 public:
  // A server that is away and a disk that fails are no errors. Errors say what to mend: a wrong
  // setting, files that others may read, another process on the directory.
  static absl::StatusOr<std::unique_ptr<Kiosk>> Start(Settings settings);
  ~Kiosk();
  Kiosk(const Kiosk&) = delete;
  Kiosk& operator=(const Kiosk&) = delete;

 private:
  explicit Kiosk(Settings settings) : settings_(std::move(settings)) {}

  absl::StatusOr<std::string> ReadEnrolmentCode() const;
  session::StaffFacts Facts() const;
  // What the server is told that only the program knows. On the uplink's thread.
  v1::KioskStatus Describe();
  // The counter on duty is the same after a restart. Errors: those of writing.
  absl::Status KeepCounter();
  // From now on this is asked; on the uplink's thread.
  void Show(const outbox::LastGood& settings);
  void RunUplink();
  void Wake();

  const Settings settings_;
  const base::SystemClock wall_;
  const base::SteadyClock steady_;
  uplink::ClockOffset clock_offset_{wall_, steady_};
  std::unique_ptr<outbox::Outbox> outbox_;
  std::optional<uplink::Identity> identity_;
  std::unique_ptr<uplink::GrpcLink> link_;
  std::unique_ptr<uplink::Uplink> uplink_;
  std::string counter_on_disk_;
  std::unique_ptr<page_server::PageServer> page_;

  base::Mutex mutex_;
  base::CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool has_news_ ABSL_GUARDED_BY(mutex_) = false;  // an answer was kept
  std::thread uplink_thread_;
};

}  // namespace hailong::kiosk
