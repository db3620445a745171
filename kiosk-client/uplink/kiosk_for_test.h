#pragma once

// A kiosk without screen and threads: outbox, identity and uplink against a FakeServer, driven by a
// clock that the test moves.

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/temp_directory_for_test.h"
#include "kiosk-client/outbox/outbox.h"
#include "kiosk-client/outbox/sample_for_test.h"
#include "kiosk-client/uplink/fake_server_for_test.h"
#include "kiosk-client/uplink/uplink.h"

namespace hailong::uplink {

// Another clock's time, shifted: the device's time of day.
class ShiftedClock final : public base::Clock {
 public:
  explicit ShiftedClock(const base::Clock& of) : of_(of) {}
  absl::Time Now() const override { return of_.Now() + shift; }
  absl::Duration shift;

 private:
  const base::Clock& of_;
};

class Kiosk {
 public:
  explicit Kiosk(uint64_t seed, std::string vfs = "")
      : server(clock, seed), random_(seed + 1), vfs_(std::move(vfs)) {
    Start();
  }

  void Start() {
    outbox = outbox::Outbox::Open({.directory = directory.path(),
                                   .clock = &wall,
                                   .clock_offset_ms = [this] { return offset->Milliseconds(); },
                                   .vfs = vfs_})
                 .value();
    offset = std::make_unique<ClockOffset>(wall, clock);
    identity = Identity::Load(directory.path(), [this](size_t size) {
                 std::string bytes(size, '\0');
                 for (char& byte : bytes) byte = static_cast<char>(random_());
                 return bytes;
               }).value();
    uplink = std::make_unique<Uplink>(Uplink::Parts{
        .outbox = *outbox,
        .identity = *identity,
        .link = server,
        .clock_offset = *offset,
        .wall = wall,
        .steady = clock,
        .chance = [this] { return std::uniform_real_distribution<double>(0, 1)(random_); },
        .read_enrolment_code = [this]() -> absl::StatusOr<std::string> {
          if (code.empty()) return absl::NotFoundError("no file");
          return code;
        },
        .describe =
            [] {
              v1::KioskStatus status;
              status.set_version("1.2.3");
              return status;
            },
        .changed = [this](const outbox::LastGood& settings) { told.push_back(settings); }});
  }
  // As after kill -9: nothing is said to anybody.
  void Restart() {
    uplink.reset();
    outbox.reset();
    Start();
  }

  uint64_t Keep(uint64_t i) {
    const auto number = outbox->Keep(outbox::SampleAnswer(i, absl::ToUnixSeconds(wall.Now())));
    HAILONG_CHECK(number.ok());
    return *number;
  }

  // Steps as its thread would. Stops the test if it spins.
  void RunFor(absl::Duration time) {
    const absl::Time end = clock.Now() + time;
    for (int steps = 0; clock.Now() < end; ++steps) {
      HAILONG_CHECK(steps < 200'000);
      const absl::Time next = uplink->Step();
      if (next > clock.Now()) clock.Set(std::min(next, end) + absl::Microseconds(1));  // its grain
    }
  }

  base::TempDirectory directory = base::TempDirectory::InMemory();
  base::FakeClock clock{absl::FromUnixSeconds(1'790'000'000)};
  ShiftedClock wall{clock};
  FakeServer server;
  std::string code = "K7QF-3MNP\n";
  std::vector<outbox::LastGood> told;

  std::unique_ptr<ClockOffset> offset;
  std::unique_ptr<outbox::Outbox> outbox;
  std::optional<Identity> identity;
  std::unique_ptr<Uplink> uplink;

 private:
  std::mt19937_64 random_;
  std::string vfs_;
};

}  // namespace hailong::uplink
