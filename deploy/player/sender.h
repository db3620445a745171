// Sends responses over gRPC: batches of one collector each, from a few threads, put off when the
// server says so. Send blocks its caller; everything else happens on threads it starts and joins.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "deploy/player/inputs.h"
#include "deploy/player/progress.h"
#include "deploy/player/responses.h"
#include "deploy/player/schedule.h"
#include "deploy/player/tally.h"
#include "hailong/v1/collection_service.grpc.pb.h"

namespace hailong::player {

inline constexpr std::size_t kBatchLength = 64;  // the service takes up to 500
inline constexpr int kAttemptsMax = 10;
inline constexpr int kStreamsMax = 16;

class Sender {
 public:
  // `tls_ca`: PEM text of the authority that signed the server's certificate; empty: plain text,
  // which carries credentials and is therefore refused (INVALID_ARGUMENT) off the loopback.
  static absl::StatusOr<std::unique_ptr<Sender>> Create(const std::string& server,
                                                        const std::string& tls_ca, int streams,
                                                        std::vector<CollectorAccess> collectors);

  // The questionnaire of a round, asked for in the name of the first collector. The error is the
  // server's.
  absl::StatusOr<v1::Questionnaire> GetQuestionnaire(const std::string& round_id);

  // Sends all entries and judges the answers. Batches of one collector may overtake each other.
  // After a call that fails for good the rest is not sent but counted as unanswered.
  void Send(const std::vector<Entry>& entries, const ResponseBuilder& builder, Progress progress,
            Tally& tally);

 private:
  struct Batch;
  struct Run;

  Sender(std::unique_ptr<v1::CollectionService::Stub> stub, int streams,
         std::vector<CollectorAccess> collectors);

  void SendBatches(Run& run);
  absl::Status SendBatch(const Batch& batch, Run& run);

  const std::unique_ptr<v1::CollectionService::Stub> stub_;
  const int streams_;
  const std::vector<CollectorAccess> collectors_;
};

}  // namespace hailong::player
