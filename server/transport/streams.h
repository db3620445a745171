#pragma once

// The streaming calls: one thread that looks after all watchers, and exports that go from chunk to
// chunk as fast as the client takes them.

#include <grpcpp/grpcpp.h>

#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "hailong/v1/results_service.pb.h"
#include "server/results/results.h"

namespace hailong::transport {

class WatchReactor;

// Thread-safe. Stop it before the gRPC server shuts down: a watcher ends only when told to.
class WatchTicker {
 public:
  WatchTicker(results::Results& results, const base::Clock& clock);
  ~WatchTicker();

  // A reactor that owns itself; it ends at once if the caller was not admitted.
  grpc::ServerWriteReactor<v1::WatchRoundResponse>* Watch(absl::StatusOr<model::Principal> caller,
                                                          const v1::WatchRoundRequest& request)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool Step() ABSL_LOCKS_EXCLUDED(mutex_);

  results::Results& results_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar stopped_changed_;
  std::vector<std::shared_ptr<WatchReactor>> watchers_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// A reactor that owns itself.
grpc::ServerWriteReactor<v1::ExportResponsesResponse>* StartExport(
    absl::StatusOr<model::Principal> caller, const v1::ExportResponsesRequest& request,
    results::Results& results, base::Executor& executor);

}  // namespace hailong::transport
