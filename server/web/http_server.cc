#include "server/web/http_server.h"

#include <sys/resource.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/crypto/crypto.h"
#include "base/log/log.h"
#include "base/mutex.h"
#include "base/status.h"
#include "server/web/answer_head.h"
#include "server/web/body_reader.h"
#include "server/web/head.h"

namespace hailong::web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::Cat;
using ErrorCode = boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds kSweepEvery{100};
constexpr std::chrono::milliseconds kAcceptAgain{200};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

class Connection;

// What every connection shares; all but the counts belong to the server's thread.
struct Common {
  ServerOptions options;
  Site site;
  bool stopping = false;
  std::list<Connection*> connections;
  absl::flat_hash_map<Address, size_t> per_address;
  size_t turning_away = 0;
  std::vector<char> scratch = std::vector<char>(limits::kWebPieceBytes);
  std::string id_prefix = base::Hex(base::Sha256(base::RandomBytes(32))).substr(0, 8);
  uint64_t requests = 0;

  std::atomic<size_t> open = 0;
  std::atomic<uint64_t> accepted = 0;
  std::atomic<uint64_t> turned_away = 0;
  std::atomic<uint64_t> cut = 0;
  std::atomic<uint64_t> bodies_bytes = 0;
  std::atomic<size_t> tickets = 0;
};

Address ToAddress(const asio::ip::address& address) {
  Address result;
  result.bytes = address.is_v4()
                     ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes()
                     : address.to_v6().to_bytes();
  return result;
}

Answer Full() {
  Answer answer = PlainText(503, "The server is busy; please try again in a moment.");
  answer.headers.push_back({"Retry-After", Cat(absl::ToInt64Seconds(limits::kWebRetryAfterFull))});
  return answer;
}

// One connection, one request at a time: bytes that come before the answer is sent stay unread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Address& peer, bool turned_away,
             std::shared_ptr<Common> common)
      : socket_(std::move(socket)),
        peer_(peer),
        turned_away_(turned_away),
        common_(std::move(common)) {
    place_ = common_->connections.insert(common_->connections.end(), this);
    common_->open.store(common_->connections.size());
    if (turned_away_) ++common_->turning_away;
    ++common_->per_address[peer_.Subscriber()];
  }

  ~Connection() {
    DropBody();
    common_->connections.erase(place_);
    common_->open.store(common_->connections.size());
    if (turned_away_) --common_->turning_away;
    const auto counted = common_->per_address.find(peer_.Subscriber());
    if (--counted->second == 0) common_->per_address.erase(counted);
  }

  void Start() {
    ErrorCode ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    AwaitRequest();
  }

  // Ends what waits for nothing but its client.
  void StopIdle() {
    if (phase_ == Phase::kIdle) Close();
  }

  // Called every moment: ends what took too long.
  void CutIfLate(SteadyTime now) {
    if (now < deadline_ || phase_ == Phase::kServing) return;
    if (phase_ == Phase::kIdle || phase_ == Phase::kDraining) return Close();
    common_->cut.fetch_add(1);
    if (phase_ == Phase::kWriting) return Abandon();
    Refuse(408, "The request did not arrive in time.");
  }

 private:
  enum class Phase { kIdle, kHead, kBody, kServing, kWriting, kDraining, kClosed };

  // The way back from other threads: good for one use, and a ticket that is let go unused says so.
  // Only the server's thread lets go of a connection.
  template <typename Value>
  class Ticket {
   public:
    using Take = void (Connection::*)(Value);
    Ticket(std::shared_ptr<Connection> connection, Take take, Value unused)
        : executor_(connection->socket_.get_executor()),
          common_(connection->common_),
          connection_(std::move(connection)),
          take_(take),
          unused_(std::move(unused)) {
      common_->tickets.fetch_add(1);
    }
    ~Ticket() {
      Use(std::move(unused_));
      common_->tickets.fetch_sub(1);
    }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    void Use(Value value) {
      if (used_.exchange(true)) return;
      asio::post(executor_, [connection = std::move(connection_), take = take_,
                             value = std::move(value)]() mutable {
        (connection.get()->*take)(std::move(value));
      });
    }

   private:
    const asio::any_io_executor executor_;
    const std::shared_ptr<Common> common_;
    std::shared_ptr<Connection> connection_;
    const Take take_;
    Value unused_;
    std::atomic<bool> used_ = false;
  };

  void Within(absl::Duration time) {
    deadline_ = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(time);
  }

  void AwaitRequest() {
    phase_ = Phase::kIdle;
    Within(common_->options.limits.idle_time_max);
    if (turned_away_) Within(limits::kWebDrainTimeMax);
    if (!ahead_.empty()) {
      const std::string ahead = std::exchange(ahead_, {});
      return Take(ahead);
    }
    if (common_->stopping) return Close();
    AwaitBytes();
  }

  // The kernel tells when something comes, so an idle connection needs no buffer.
  void AwaitBytes() {
    if (phase_ == Phase::kClosed || waiting_) return;
    waiting_ = true;
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](ErrorCode error) {
      self->waiting_ = false;
      if (error) return self->Close();
      switch (self->phase_) {
        case Phase::kIdle:
        case Phase::kHead:
        case Phase::kBody:
        case Phase::kDraining:
          return self->ReadSome();
        case Phase::kServing:
          return self->PeekEnd();
        case Phase::kWriting:
        case Phase::kClosed:
          return;
      }
    });
  }

  void ReadSome() {
    ErrorCode error;
    std::vector<char>& scratch = common_->scratch;
    const size_t size = socket_.read_some(asio::buffer(scratch), error);
    if (error == asio::error::would_block) return AwaitBytes();
    if (error) return Close();
    if (phase_ == Phase::kDraining) return AwaitBytes();
    Take({scratch.data(), size});
  }

  // Bytes of a request, in any portions. What belongs to the next one is put aside.
  void Take(std::string_view bytes) {
    if (phase_ == Phase::kIdle) {
      phase_ = Phase::kHead;
      began_ = std::chrono::steady_clock::now();
      Within(common_->options.limits.header_time_max);
    }
    if (phase_ == Phase::kHead) {
      const size_t before = head_bytes_.size();
      head_bytes_.append(bytes.substr(0, limits::kWebHeaderBytesMax + 1 - before));
      const size_t size = HeadSize(head_bytes_);
      if (size == 0 || size > limits::kWebHeaderBytesMax) {
        if (head_bytes_.size() <= limits::kWebHeaderBytesMax) return AwaitBytes();
        return Refuse(431, Cat("headers: found more than ", limits::kWebHeaderBytesMax, " bytes"));
      }
      bytes.remove_prefix(size - before);
      if (!TakeHead(std::string_view(head_bytes_).substr(0, size))) return;
    }
    TakeBody(bytes);
  }

  // False: answered.
  bool TakeHead(std::string_view bytes) {
    HeadResult parsed = ParseHead(bytes);
    std::exchange(head_bytes_, {});
    if (parsed.refusal.has_value()) {
      Refuse(parsed.refusal->status, std::move(parsed.refusal->text));
      return false;
    }
    Head& head = *parsed.head;
    Note(head);
    if (turned_away_) {
      RefuseWith(Full());
      return false;
    }
    route_ = common_->site.Find(request_->path);
    if (route_ == nullptr) {
      Refuse(404, "There is nothing at this address.");
      return false;
    }
    if (!route_->Allows(request_->method)) {
      Answer answer = PlainText(405, "This address does not allow the request's method.");
      answer.headers.push_back({"Allow", route_->Allow()});
      RefuseWith(std::move(answer));
      return false;
    }
    if (request_->method == "HEAD") request_->method = "GET";
    reader_.emplace(head,
                    route_->body_limit ? route_->body_limit(*request_) : route_->body_bytes_max);
    if (head.expects_continue && reader_->state() == BodyReader::State::kMore) {
      ErrorCode ignored;
      // 25 bytes on a connection on which nothing else is under way; a client that misses them asks
      // with its body after a moment.
      socket_.write_some(asio::buffer(kContinue.data(), kContinue.size()), ignored);
    }
    phase_ = Phase::kBody;
    Within(common_->options.limits.piece_time_max);
    return true;
  }

  void Note(Head& head) {
    request_.emplace();
    request_->id = Cat(common_->id_prefix, "-", ++common_->requests);
    request_->method = std::move(head.method);
    request_->path = std::move(head.path);
    request_->query = std::move(head.query);
    request_->headers = std::move(head.headers);
    request_->client = peer_;
    method_ = request_->method;
    keep_alive_ = head.keep_alive;
    if (!common_->options.proxies.Contains(peer_)) return;
    std::string forwarded;
    for (const Header& header : request_->headers) {
      if (header.name != "x-forwarded-for") continue;
      forwarded += forwarded.empty() ? "" : ",";
      forwarded += header.value;
    }
    request_->client = common_->options.proxies.ClientOf(peer_, forwarded);
    request_->secure = request_->Get("x-forwarded-proto") == "https";
  }

  void TakeBody(std::string_view bytes) {
    const size_t before = reader_->body().size();
    bytes.remove_prefix(reader_->Put(bytes));
    const size_t size = reader_->body().size();
    CountBody(size);
    if (size / limits::kWebPieceBytes > before / limits::kWebPieceBytes) {
      Within(common_->options.limits.piece_time_max);
    }
    switch (reader_->state()) {
      case BodyReader::State::kTooLarge:
        return Refuse(413, Cat("body: found more than the ", reader_->bytes_max(),
                               " bytes that are allowed here"));
      case BodyReader::State::kBroken:
        return Refuse(400, "body: found a chunk that is not SIZE, bytes and line ends, in CRLF");
      case BodyReader::State::kMore:
        if (common_->bodies_bytes.load() > common_->options.limits.bodies_bytes_max) {
          return RefuseWith(Full());
        }
        return AwaitBytes();
      case BodyReader::State::kDone:
        ahead_ = std::string(bytes);
        return Serve();
    }
  }

  void CountBody(size_t bytes) {
    common_->bodies_bytes.fetch_add(bytes - body_counted_);
    body_counted_ = bytes;
  }

  void DropBody() {
    reader_.reset();
    CountBody(0);
  }

  void Serve() {
    phase_ = Phase::kServing;
    request_->body = reader_->TakeBody();
    reader_.reset();
    auto ticket = std::make_shared<Ticket<Answer>>(shared_from_this(), &Connection::Respond,
                                                   PlainText(500, "The server lost the answer."));
    secure_ = request_->secure;
    id_ = request_->id;
    route_->serve(*std::exchange(request_, std::nullopt),
                  [ticket](Answer answer) { ticket->Use(std::move(answer)); });
  }

  void Respond(Answer answer) {
    if (phase_ != Phase::kServing) return;
    CountBody(0);
    if (common_->stopping || ++served_ >= common_->options.limits.requests_per_connection_max) {
      keep_alive_ = false;
    }
    Write(std::move(answer));
  }

  // An answer before the request was read to its end: the rest cannot be told from the next one.
  void Refuse(int status, std::string text) { RefuseWith(PlainText(status, std::move(text))); }
  void RefuseWith(Answer answer) {
    keep_alive_ = false;
    secure_ = request_.has_value() && request_->secure;
    id_ = request_.has_value() ? request_->id : Cat(common_->id_prefix, "-", ++common_->requests);
    request_.reset();
    head_bytes_ = {};
    DropBody();
    Write(std::move(answer));
  }

  void Write(Answer answer) {
    phase_ = Phase::kWriting;
    answer_ = std::move(answer);
    const std::string& body = answer_->file != nullptr ? *answer_->file : answer_->body;
    AnswerFraming framing{.content_length = body.size(),
                          .keep_alive = keep_alive_,
                          .secure = secure_,
                          .request_id = id_,
                          .now = common_->options.clock->Now()};
    if (answer_->stream != nullptr) framing.content_length.reset();
    out_ = WriteHead(*answer_, framing);
    left_ = {};
    if (method_ == "HEAD" || answer_->status == 304) {
      answer_->stream.reset();
    } else if (answer_->stream == nullptr) {
      body_bytes_ = body.size();
      // One piece where it is cheap, so that a small answer is one packet.
      if (body.size() <= limits::kWebTranslateInPlaceMax) {
        out_ += body;
      } else {
        left_ = body;
      }
    }
    WritePiece(out_);
  }

  void WritePiece(std::string_view piece) {
    Within(common_->options.limits.piece_time_max);
    piece_ = piece;
    WriteSome();
  }

  void WriteSome() {
    if (phase_ == Phase::kClosed) return;
    socket_.async_write_some(asio::buffer(piece_.data(), piece_.size()),
                             [self = shared_from_this()](ErrorCode error, size_t size) {
                               if (error || self->phase_ == Phase::kClosed) return self->Abandon();
                               self->piece_.remove_prefix(size);
                               if (!self->piece_.empty()) return self->WriteSome();
                               self->Written();
                             });
  }

  void Written() {
    if (!left_.empty()) {
      const std::string_view piece = left_.substr(0, limits::kWebPieceBytes);
      left_.remove_prefix(piece.size());
      return WritePiece(piece);
    }
    if (answer_->stream != nullptr) return WriteStream();
    Finish();
  }

  // The next piece of a stream. While it is made, no time runs; if the client goes, the stream
  // ends.
  void WriteStream() {
    phase_ = Phase::kServing;
    out_ = {};
    AwaitBytes();
    auto ticket = std::make_shared<Ticket<std::optional<std::string>>>(
        shared_from_this(), &Connection::TakePiece, std::nullopt);
    answer_->stream->Read(
        [ticket](std::optional<std::string> piece) { ticket->Use(std::move(piece)); });
  }

  void TakePiece(std::optional<std::string> piece) {
    if (phase_ != Phase::kServing) return;
    phase_ = Phase::kWriting;
    if (!piece.has_value()) {
      answer_->stream.reset();
      out_ = "0\r\n\r\n";
    } else {
      body_bytes_ += piece->size();
      out_ = Cat(absl::StrFormat("%x", piece->size()), "\r\n", *piece, "\r\n");
      if (piece->empty()) out_.clear();  // would be the end
    }
    left_ = out_;
    Written();
  }

  // Bytes of the next request end the watch until the next piece.
  void PeekEnd() {
    char byte = 0;
    ErrorCode error;
    const size_t size = socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    if (error == asio::error::would_block) return AwaitBytes();
    if (size == 0) Abandon();
  }

  void Tell() {
    const auto duration = std::chrono::steady_clock::now() - began_;
    const Served served{.label = !answer_->label.empty()
                                     ? answer_->label
                                     : (route_ != nullptr ? route_->name : "none"),
                        .status = answer_->status,
                        .bytes = body_bytes_,
                        .duration = absl::FromChrono(duration)};
    if (common_->options.log) {
      // A method is the client's own word; only ours are repeated.
      const bool known = route_ != nullptr && route_->Allows(method_);
      base::LogInfo(Cat("web ", id_, " ", known ? method_ : "-", " ", served.label, " ",
                        served.status, " ", served.bytes, " B ",
                        absl::ToInt64Microseconds(served.duration), " us"));
    }
    if (common_->options.served) common_->options.served(served);
  }

  void Finish() {
    Tell();
    answer_.reset();
    out_ = {};
    route_ = nullptr;
    method_.clear();
    body_bytes_ = 0;
    if (keep_alive_) return AwaitRequest();
    // Closing with bytes unread would make the kernel take back what was just written.
    ErrorCode ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    phase_ = Phase::kDraining;
    Within(limits::kWebDrainTimeMax);
    AwaitBytes();
  }

  // The client is gone, or too slow, in the middle of an answer.
  void Abandon() {
    if (phase_ == Phase::kClosed) return;
    if (answer_.has_value()) Tell();
    ErrorCode ignored;
    socket_.set_option(tcp::socket::linger(true, 0), ignored);
    Close();
  }

  void Close() {
    if (phase_ == Phase::kClosed) return;
    phase_ = Phase::kClosed;
    if (answer_.has_value()) answer_->stream.reset();
    request_.reset();
    DropBody();
    ErrorCode ignored;
    socket_.close(ignored);
  }

  tcp::socket socket_;
  const Address peer_;
  const bool turned_away_;
  const std::shared_ptr<Common> common_;
  std::list<Connection*>::iterator place_;
  Phase phase_ = Phase::kIdle;
  SteadyTime deadline_;
  SteadyTime began_;
  uint32_t served_ = 0;
  bool waiting_ = false;  // for something to read
  std::string ahead_;     // read already, of the next request

  // Of the request.
  std::string head_bytes_;
  std::optional<Request> request_;
  const Route* route_ = nullptr;
  std::optional<BodyReader> reader_;
  size_t body_counted_ = 0;
  bool keep_alive_ = true;
  bool secure_ = false;
  std::string method_;
  std::string id_;

  // Of the answer.
  std::optional<Answer> answer_;
  std::string out_;
  std::string_view piece_;  // what is being written
  std::string_view left_;   // what follows it
  uint64_t body_bytes_ = 0;
};

}  // namespace

struct HttpServer::Parts {
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer again{io};
  asio::steady_timer sweep{io};
  std::shared_ptr<Common> common = std::make_shared<Common>();
  uint16_t port = 0;
  std::thread thread;

  void Accept() {
    acceptor.async_accept([this](ErrorCode error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
      if (error) {
        // Out of file descriptors, say: trying again at once would spin.
        base::LogWarning(Cat("web: cannot accept: ", error.message()));
        again.expires_after(kAcceptAgain);
        return again.async_wait([this](ErrorCode stopped) {
          if (!stopped && acceptor.is_open()) Accept();
        });
      }
      Admit(std::move(socket));
      Accept();
    });
  }

  void Admit(tcp::socket socket) {
    ErrorCode error;
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error) return;  // gone already
    common->accepted.fetch_add(1);
    const Address peer = ToAddress(remote.address());
    const auto counted = common->per_address.find(peer.Subscriber());
    const ServerLimits& limits = common->options.limits;
    const bool full = common->connections.size() >= limits.connections_max ||
                      (counted != common->per_address.end() &&
                       counted->second >= limits.connections_per_address_max &&
                       !common->options.proxies.Contains(peer));
    if (full) {
      common->turned_away.fetch_add(1);
      if (common->turning_away >= limits::kWebTurnedAwayMax) return;
    }
    std::make_shared<Connection>(std::move(socket), peer, full, common)->Start();
  }

  void Sweep() {
    sweep.expires_after(kSweepEvery);
    sweep.async_wait([this](ErrorCode error) {
      if (error) return;
      const SteadyTime now = std::chrono::steady_clock::now();
      ForEach([&](Connection& connection) { connection.CutIfLate(now); });
      Sweep();
    });
  }

  // A connection that is closed here ends later, when its callbacks ran: the list stays as it is.
  template <typename Do>
  void ForEach(Do run) {
    for (auto next = common->connections.begin(); next != common->connections.end();) {
      Connection& connection = **next++;
      run(connection);
    }
  }
};

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(ServerOptions options, Site site) {
  HAILONG_CHECK(options.clock != nullptr);
  auto parts = std::make_unique<Parts>();
  parts->common->site = std::move(site);
  const ListenAddress listen = options.listen;
  parts->common->options = std::move(options);
  asio::ip::address_v6::bytes_type bytes = listen.address.bytes;
  const asio::ip::address_v6 v6(bytes);
  const tcp::endpoint endpoint =
      listen.address.IsV4()
          ? tcp::endpoint(asio::ip::make_address_v4(asio::ip::v4_mapped, v6), listen.port)
          : tcp::endpoint(v6, listen.port);
  ErrorCode error;
  tcp::acceptor& acceptor = parts->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return absl::UnavailableError(
        Cat("web: cannot listen on port ", listen.port, ": ", error.message()));
  }
  parts->port = acceptor.local_endpoint(error).port();
  parts->Accept();
  parts->Sweep();
  parts->thread = std::thread([io = &parts->io] { io->run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(parts)));
}

void HttpServer::Stop(absl::Duration at_most) {
  asio::post(parts_->io, [parts = parts_.get()] {
    ErrorCode ignored;
    parts->acceptor.close(ignored);
    parts->again.cancel();
    parts->common->stopping = true;
    parts->ForEach([](Connection& connection) { connection.StopIdle(); });
  });
  const SteadyTime until = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(at_most);
  while (parts_->common->open.load() > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

HttpServer::~HttpServer() {
  Stop(absl::ZeroDuration());
  // Whoever still has a Done would come back to a server that is gone.
  while (parts_->common->tickets.load() > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  parts_->io.stop();
  parts_->thread.join();
}

uint16_t HttpServer::port() const { return parts_->port; }

ServerCounts HttpServer::counts() const {
  const Common& common = *parts_->common;
  return {.connections = common.open.load(),
          .accepted = common.accepted.load(),
          .turned_away = common.turned_away.load(),
          .cut = common.cut.load(),
          .bodies_bytes = common.bodies_bytes.load()};
}

uint64_t RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace hailong::web
