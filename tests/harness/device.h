#pragma once

// Traffic: one collector that sends made-up responses the way real ones do - singles and batches,
// retries, the same dossier twice, typing errors - and keeps what it sent and what it was told.
// Belongs to one thread at a time.

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/harness/world.h"

namespace hailong::tests {

// A response that was sent at least once, and the proof of it once there is one.
struct Sent {
  v1::Response response;
  uint64_t citizen = 0;  // who answered, by number; 0: anonymous
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
  std::optional<v1::Receipt> receipt;  // acknowledged

  // By the corrected device clock.
  absl::Time given_at() const;
};

class Device {
 public:
  struct Options {
    uint64_t seed = 0;
    absl::Time now;          // responses were given in the hours before
    uint64_t citizens = 50;  // shared by the devices of a test, so that dossiers meet
    int batch_max = 40;
  };
  Device(CollectorAccess access, const Options& options);

  // One call of any kind.
  grpc::Status Step(Caller& caller);
  // One call with new responses only.
  grpc::Status SendNew(Caller& caller, int count);
  // One call with up to 500 of what has no receipt yet; OK without a call if there is none.
  grpc::Status SendUnacknowledged(Caller& caller);
  // Everything that has a receipt once more, 500 at a time; the receipts must be the same.
  grpc::Status SendAllAgain(Caller& caller);

  const CollectorAccess& access() const { return access_; }
  const std::vector<Sent>& sent() const { return sent_; }
  size_t unacknowledged() const;
  uint64_t device_sequence() const { return device_sequence_; }
  // What it was told that contradicts what it was told before, or the contract.
  const std::vector<std::string>& complaints() const { return complaints_; }
  // Makes a response and keeps it as sent, for tests that send it by themselves.
  const Sent& Make();

 private:
  // What a call carries: a response of sent_, or one that must be refused with this code.
  struct Item {
    size_t index = 0;
    std::optional<v1::Response> bad = std::nullopt;
    grpc::StatusCode must_be = grpc::StatusCode::OK;
  };

  uint64_t Draw(uint64_t below);
  bool Chance(int percent) { return Draw(100) < static_cast<uint64_t>(percent); }
  std::string DrawUuid();
  std::string TypeDossierCode(uint64_t citizen);
  void AddRandomItem(std::vector<Item>& items);
  Item MakeBad();
  grpc::Status Send(Caller& caller, const std::vector<Item>& items);
  grpc::Status SendSingle(Caller& caller, const Item& item);
  grpc::Status SendBatch(Caller& caller, const std::vector<Item>& items);
  const v1::Response& ResponseOf(const Item& item) const;
  void Note(const Item& item, const v1::SubmitResponseResponse& told);
  void NoteRefusal(const Item& item, int code, const std::string& message);

  const CollectorAccess access_;
  const Options options_;
  std::mt19937_64 random_;
  std::vector<Sent> sent_;
  uint64_t device_sequence_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace hailong::tests
