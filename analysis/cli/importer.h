// Sends the rows of a file as batches of responses and keeps account of what became of each.
//
// A row is refused for good (a reject) or sent again until it is stored; when the server stays away
// the import stops with nothing lost, since importing the same file again stores each response
// once.
//
// Thread promise: one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "analysis/cli/csv_reader.h"
#include "analysis/cli/import_map.pb.h"
#include "analysis/cli/row_mapper.h"
#include "analysis/cli/rpc_status.h"
#include "hailong/v1/collection_service.pb.h"

namespace hailong::cli {

// The contract's limit, and one that keeps a batch of long texts below gRPC's 4 MiB.
inline constexpr std::size_t kBatchResponsesMax = 500;
inline constexpr std::size_t kBatchBytesMax = 1 << 20;

// What the importer needs from the world.
struct ImportPorts {
  // One call of SubmitResponses.
  std::function<RpcStatus(const v1::SubmitResponsesRequest&, v1::SubmitResponsesResponse*)> submit;
  // A row that was refused for good, and why.
  std::function<void(const CsvRow&, const std::string& reason)> reject;
  // How far the reader is, in bytes.
  std::function<void(uint64_t bytes)> progress;
  std::function<void(std::chrono::milliseconds)> sleep;
};

struct ImportEnd {
  ImportSummary summary;
  // Not OK: the call that failed for good; rows from there on were not sent.
  RpcStatus rpc;
  // Not OK: the file could not be read further.
  absl::Status file;
};

class Importer {
 public:
  // `mapper` outlives it.
  Importer(RowMapper& mapper, ImportPorts ports);

  // Imports all rows that `reader` still has.
  ImportEnd Run(CsvReader& reader);

 private:
  struct Pending {
    CsvRow row;
    v1::Response response;
  };

  void Add(CsvRow row);
  // Sends what is pending until each response has an outcome.
  RpcStatus Flush();
  // Takes the outcomes of one call; leaves in pending_ what must be sent again after the returned
  // time.
  std::chrono::milliseconds Settle(const v1::SubmitResponsesResponse& response);
  void Tally(v1::Outcome outcome);

  RowMapper& mapper_;
  ImportPorts ports_;
  ImportSummary summary_;
  std::vector<Pending> pending_;
  std::size_t pending_bytes_ = 0;
};

}  // namespace hailong::cli
