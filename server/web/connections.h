#pragma once

// The connections of one server: who is let in, one request at a time on each, and what is too
// large, too slow or too many ends here. Everything on the thread that runs `io`, but what says
// otherwise.

#include <memory>

#include "server/web/http_server.h"
#include "server/web/site.h"

namespace boost::asio {
class io_context;
}

namespace hailong::web {

struct ConnectionsShared;

class Connections {
 public:
  // `io` outlives it, and ends what is still open.
  Connections(boost::asio::io_context& io, ServerOptions options, Site site);

  // Takes over an accepted socket, as the kernel numbers it.
  void Admit(int socket);
  // Called every moment: ends what took too long.
  void CutLate();
  // Takes no request any more; answers under way are still sent.
  void Stop();

  // Any thread.
  ServerCounts counts() const;
  // Answers that somebody still owes. Any thread.
  size_t owed() const;

 private:
  boost::asio::io_context& io_;
  const std::shared_ptr<ConnectionsShared> shared_;
};

}  // namespace hailong::web
