#pragma once

// A small made-up registry, set up over gRPC as an administrator would do it, and callers of it.
// A Caller may be used from any thread.

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hailong/v1/collection_service.grpc.pb.h"
#include "hailong/v1/registry_service.grpc.pb.h"
#include "hailong/v1/results_service.grpc.pb.h"

namespace hailong::tests {

// One connection of its own, with one credential.
class Caller {
 public:
  Caller(const std::string& address, std::string credential);

  // A context with the credential and the deadline.
  std::unique_ptr<grpc::ClientContext> Context() const;
  // Before the first call.
  void set_deadline(absl::Duration deadline) { deadline_ = deadline; }
  v1::CollectionService::Stub& collection() { return *collection_; }
  v1::RegistryService::Stub& registry() { return *registry_; }
  v1::ResultsService::Stub& results() { return *results_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  std::string credential_;
  absl::Duration deadline_ = absl::Seconds(30);
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::CollectionService::Stub> collection_;
  std::unique_ptr<v1::RegistryService::Stub> registry_;
  std::unique_ptr<v1::ResultsService::Stub> results_;
};

struct CollectorAccess {
  std::string collector_id;
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
  std::string credential;
};

// One round for each duplicate policy, open from ten days before `now` to ten days after it.
inline constexpr std::string_view kLatest = "latest";
inline constexpr std::string_view kFirst = "first";
inline constexpr std::string_view kByChannel = "by-channel";  // PAPER before KIOSK before the rest
inline constexpr std::string_view kRounds[] = {kLatest, kFirst, kByChannel};
inline constexpr std::string_view kUnits[] = {"74.SNV", "74.STC", "74.SYT"};  // below "74"
// Questions: ratings 1..5, the first of them required, and "q5", which takes a text.
inline constexpr uint32_t kRatings = 4;
std::string RatingId(uint32_t i);  // "rating", "q2", "q3", "q4" for i = 1..kRatings

// A round as those of kRounds, with what stars given by Zalo say; LATEST but for the ids of
// kRounds.
v1::Round MakeRound(std::string_view round_id, absl::Time now);
absl::Status OpenRound(Caller& admin, const v1::Round& round);

// Makes units, questionnaire, rounds, and `collectors` collectors whose channels
// go round KIOSK, WEB, ZALO, PAPER. Errors: those of the server.
absl::StatusOr<std::vector<CollectorAccess>> SetUpWorld(Caller& admin, int collectors,
                                                        absl::Time now);

// The first line of <data_directory>/admin.token.
absl::StatusOr<std::string> ReadAdminCredential(const std::string& data_directory);

// All responses of a round in the order they were stored, with comments.
absl::StatusOr<std::vector<v1::ExportedResponse>> ExportAll(Caller& admin,
                                                            std::string_view round_id);
// The first message of WatchRound.
absl::StatusOr<v1::RoundCounts> ReadCounts(Caller& admin, std::string_view round_id);

absl::StatusOr<v1::IndexResult> ReadSipas(Caller& admin, std::string_view round_id);

absl::Status FromGrpc(const grpc::Status& status);

}  // namespace hailong::tests
