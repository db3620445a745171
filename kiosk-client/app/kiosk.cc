#include "kiosk-client/app/kiosk.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/files.h"
#include "base/log/log.h"
#include "base/status.h"
#include "kiosk-client/uplink/sent_settings.h"

namespace hailong::kiosk {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;
constexpr size_t kCodeBytesMax = 200;
constexpr std::string_view kCounterFile = "/counter";
// It looks up now and then whatever it waits for.
constexpr absl::Duration kSleepMax = absl::Minutes(1);

// From [0, 1).
double DrawChance() {
  const std::string bytes = base::RandomBytes(sizeof(uint64_t));
  uint64_t drawn = 0;
  std::memcpy(&drawn, bytes.data(), sizeof drawn);
  return static_cast<double>(drawn >> 11) / static_cast<double>(uint64_t{1} << 53);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Kiosk>> Kiosk::Start(Settings settings) {
  auto kiosk = std::unique_ptr<Kiosk>(new Kiosk(std::move(settings)));
  const Settings& s = kiosk->settings_;
  ASSIGN_OR_RETURN(kiosk->outbox_,
                   outbox::Outbox::Open({.directory = s.data_directory,
                                         .answers_max = s.answers_max,
                                         .bytes_max = s.bytes_max,
                                         .clock = &kiosk->wall_,
                                         .clock_offset_ms = [offset = &kiosk->clock_offset_] {
                                           return offset->Milliseconds();
                                         }}));
  ASSIGN_OR_RETURN(kiosk->identity_, uplink::Identity::Load(s.data_directory, [](size_t size) {
                     return base::RandomBytes(size);
                   }));
  std::string tls_ca;
  if (!s.tls_ca_path.empty()) {
    ASSIGN_OR_RETURN(tls_ca, base::ReadFile(s.tls_ca_path, kPemBytesMax));
  }
  ASSIGN_OR_RETURN(kiosk->link_, uplink::GrpcLink::Create({.server = s.server,
                                                           .tls_ca = std::move(tls_ca),
                                                           .tls_server_name = s.tls_server_name}));
  Kiosk* const self = kiosk.get();
  kiosk->uplink_ = std::make_unique<uplink::Uplink>(uplink::Uplink::Parts{
      .outbox = *kiosk->outbox_,
      .identity = *kiosk->identity_,
      .link = *kiosk->link_,
      .clock_offset = kiosk->clock_offset_,
      .wall = kiosk->wall_,
      .steady = kiosk->steady_,
      .chance = DrawChance,
      .read_enrolment_code = [self] { return self->ReadEnrolmentCode(); },
      .describe = [self] { return self->Describe(); },
      .changed = [self](const outbox::LastGood& last_good) { self->Show(last_good); }});
  const auto counter = base::ReadPrivateFile(s.data_directory + std::string(kCounterFile));
  if (counter.ok()) kiosk->counter_on_disk_ = *counter;
  // A file that was spoiled is no reason not to start.
  if (!session::CheckCounter(kiosk->counter_on_disk_).ok()) kiosk->counter_on_disk_.clear();
  ASSIGN_OR_RETURN(kiosk->page_,
                   page_server::PageServer::Start({.listen = s.listen,
                                                   .page_directory = s.page_directory,
                                                   .version = s.version,
                                                   .counter = kiosk->counter_on_disk_},
                                                  *kiosk->outbox_, kiosk->wall_,
                                                  [self] { return self->Facts(); }));
  kiosk->outbox_->SetListener([self] { self->Wake(); });
  kiosk->uplink_thread_ = std::thread([self] { self->RunUplink(); });
  return kiosk;
}

Kiosk::~Kiosk() {
  // First, so that nothing more is kept and nobody asks for facts; what it was given is on disk.
  page_.reset();
  if (uplink_thread_.joinable()) {
    {
      base::MutexLock lock(mutex_);
      stopping_ = true;
      changed_.NotifyAll();
    }
    link_->Cancel();
    uplink_thread_.join();
  }
}

absl::StatusOr<std::string> Kiosk::ReadEnrolmentCode() const {
  if (settings_.enrolment_code_path.empty()) {
    return absl::NotFoundError("no file is named for it (--enrolment-code-file)");
  }
  return base::ReadFile(settings_.enrolment_code_path, kCodeBytesMax);
}

session::StaffFacts Kiosk::Facts() const {
  const outbox::State state = outbox_->ReadState();
  const uplink::Uplink::Facts heard = uplink_->facts();
  session::StaffFacts facts;
  facts.waiting = state.waiting;
  facts.set_aside = state.set_aside;
  facts.last_contact = heard.last_contact;
  facts.alarm = state.alarm.empty() ? heard.alarm : state.alarm;
  facts.outbox_has_room = !state.full;
  facts.clock_offset = absl::Milliseconds(clock_offset_.Milliseconds());
  return facts;
}

absl::Status Kiosk::KeepCounter() {
  const std::string counter = page_->counter();
  if (counter == counter_on_disk_) return absl::OkStatus();
  RETURN_IF_ERROR(
      base::WritePrivateFile(settings_.data_directory + std::string(kCounterFile), counter));
  counter_on_disk_ = counter;
  return absl::OkStatus();
}

v1::KioskStatus Kiosk::Describe() {
  v1::KioskStatus status;
  status.set_version(settings_.version);
  status.set_screen(page_->screen());
  status.set_counter(page_->counter());
  if (const absl::Status kept = KeepCounter(); !kept.ok()) {
    base::LogError(base::Cat("the counter on duty: ", kept.message()));
  }
  const auto free = base::DiskFreeBytes(settings_.data_directory);
  if (free.ok()) status.set_disk_free_bytes(*free);
  return status;
}

void Kiosk::Show(const outbox::LastGood& settings) {
  const absl::Status set =
      page_->SetSettings(uplink::SettingsOf(settings, std::string(identity_->collector_id())));
  if (!set.ok()) {
    base::LogError(base::Cat("settings of the server: ", set.message()));
    return;
  }
  base::LogInfo(settings.round.has_value()
                    ? base::Cat("asks for round '", settings.round->round_id(), "'")
                    : "asks nothing: there is no round to collect for");
}

void Kiosk::Wake() {
  base::MutexLock lock(mutex_);
  has_news_ = true;
  changed_.NotifyAll();
}

void Kiosk::RunUplink() {
  while (true) {
    const absl::Time next = uplink_->Step();
    base::MutexLock lock(mutex_);
    while (!stopping_ && !has_news_) {
      const absl::Duration wait = std::min(next - steady_.Now(), kSleepMax);
      if (wait <= absl::ZeroDuration()) break;
      changed_.WaitFor(mutex_, absl::ToChronoMilliseconds(wait) + std::chrono::milliseconds(1));
    }
    if (stopping_) return;
    has_news_ = false;
  }
}

}  // namespace hailong::kiosk
