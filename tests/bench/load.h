#pragma once

// Clients that keep one call each under way until all requests are answered. Requests are
// serialized beforehand and answers read afterwards, so that on a small machine the clients take as
// little from the server as they can. Send blocks its caller.

#include <grpcpp/grpcpp.h>

#include <string>
#include <vector>

namespace hailong::bench {

struct Sent {
  double seconds = 0;
  std::vector<double> latency_ms;         // by request
  std::vector<grpc::ByteBuffer> answers;  // by request
};

// Each client has a connection of its own. A call that fails ends the program.
Sent Send(const std::string& address, const std::string& credential, const std::string& method,
          const std::vector<grpc::ByteBuffer>& requests, int clients);

}  // namespace hailong::bench
