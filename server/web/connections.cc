#include "server/web/connections.h"

#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/crypto/crypto.h"
#include "base/log/log.h"
#include "base/status.h"
#include "server/web/answer_writer.h"
#include "server/web/request_reader.h"

namespace hailong::web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::Cat;
using ErrorCode = boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

class Connection;

}  // namespace

// What every connection shares; all but the counts belong to the server's thread.
struct ConnectionsShared {
  ServerOptions options;
  Site site;
  bool stopping = false;
  std::list<Connection*> connections;
  absl::flat_hash_map<Address, size_t> per_address;
  size_t turning_away = 0;
  size_t large_bodies_bytes = 0;  // part of bodies_bytes
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

namespace {

Address ToAddress(const asio::ip::address& address) {
  Address result;
  result.bytes = address.is_v4()
                     ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes()
                     : address.to_v6().to_bytes();
  return result;
}

// One connection, one request at a time. What comes before the answer is sent stays in the kernel,
// but for what was read together with the end of the request: of that, a head at most is kept.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Address& peer, bool turned_away,
             std::shared_ptr<ConnectionsShared> shared)
      : socket_(std::move(socket)),
        peer_(peer),
        turned_away_(turned_away),
        shared_(std::move(shared)) {
    place_ = shared_->connections.insert(shared_->connections.end(), this);
    shared_->open.store(shared_->connections.size());
    if (turned_away_) ++shared_->turning_away;
    ++shared_->per_address[peer_.Subscriber()];
  }

  ~Connection() {
    CountBody(0);
    shared_->connections.erase(place_);
    shared_->open.store(shared_->connections.size());
    if (turned_away_) --shared_->turning_away;
    const auto counted = shared_->per_address.find(peer_.Subscriber());
    if (--counted->second == 0) shared_->per_address.erase(counted);
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
    if (now < deadline_ || phase_ == Phase::kServing || phase_ == Phase::kClosed) return;
    if (phase_ == Phase::kIdle || phase_ == Phase::kDraining) return Close();
    shared_->cut.fetch_add(1);
    if (phase_ == Phase::kWriting) return Abandon();
    Refuse(PlainText(408, "The request did not arrive in time."));
  }

 private:
  enum class Phase { kIdle, kReading, kServing, kWriting, kDraining, kClosed };

  // The way back from other threads: good for one use, and a ticket that is let go unused says so.
  // Only the server's thread lets go of a connection.
  template <typename Value>
  class Ticket {
   public:
    using Take = void (Connection::*)(Value);
    Ticket(std::shared_ptr<Connection> connection, Take take, Value unused)
        : executor_(connection->socket_.get_executor()),
          shared_(connection->shared_),
          connection_(std::move(connection)),
          take_(take),
          unused_(std::move(unused)) {
      shared_->tickets.fetch_add(1);
    }
    ~Ticket() {
      Use(std::move(unused_));
      shared_->tickets.fetch_sub(1);
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
    const std::shared_ptr<ConnectionsShared> shared_;
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
    Within(shared_->options.limits.idle_time_max);
    if (turned_away_) Within(limits::kWebDrainTimeMax);
    if (!ahead_.empty()) {
      const std::string ahead = std::exchange(ahead_, {});
      return Take(ahead);
    }
    if (shared_->stopping) return Close();
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
        case Phase::kReading:
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
    std::vector<char>& scratch = shared_->scratch;
    const size_t size = socket_.read_some(asio::buffer(scratch), error);
    if (error == asio::error::would_block) return AwaitBytes();
    if (error) return Close();
    if (phase_ == Phase::kDraining) return AwaitBytes();
    Take({scratch.data(), size});
  }

  // Bytes of a request, in any portions. What belongs to the next one is put aside.
  void Take(std::string_view bytes) {
    const ServerOptions& options = shared_->options;
    if (phase_ == Phase::kIdle) {
      phase_ = Phase::kReading;
      began_ = std::chrono::steady_clock::now();
      reader_.emplace(ReadFor{shared_->site, options.proxies, peer_, turned_away_});
      Within(options.limits.header_time_max);
    }
    const bool in_head = reader_->state() == RequestReader::State::kHead;
    const size_t before = reader_->body_bytes();
    bytes.remove_prefix(reader_->Put(bytes));
    const size_t size = reader_->body_bytes();
    CountBody(size);
    switch (reader_->state()) {
      case RequestReader::State::kHead:
        return AwaitBytes();
      case RequestReader::State::kBody:
        if (TooMuchTogether()) return Refuse(Busy());
        if (in_head) SayContinue();
        if (in_head || size / limits::kWebPieceBytes > before / limits::kWebPieceBytes) {
          Within(options.limits.piece_time_max);
        }
        return AwaitBytes();
      case RequestReader::State::kRefused:
        return WriteRefusal();
      case RequestReader::State::kDone:
        // It counts for no budget. Who sends more of the next requests has to send it again.
        goes_on_ = bytes.size() <= limits::kWebHeaderBytesMax;
        if (goes_on_) ahead_ = std::string(bytes);
        return Serve();
    }
  }

  // 25 bytes on a connection on which nothing else is under way; a client that misses them sends
  // its body after a moment.
  void SayContinue() {
    if (!reader_->expects_continue()) return;
    ErrorCode ignored;
    socket_.write_some(asio::buffer(kContinue.data(), kContinue.size()), ignored);
  }

  void CountBody(size_t bytes) {
    shared_->bodies_bytes.fetch_add(bytes - body_counted_);
    shared_->large_bodies_bytes += IfLarge(bytes) - IfLarge(body_counted_);
    body_counted_ = bytes;
  }
  size_t IfLarge(size_t bytes) const {
    return bytes > shared_->options.limits.body_small_bytes_max ? bytes : 0;
  }
  bool TooMuchTogether() const {
    const size_t bytes_max = shared_->options.limits.bodies_bytes_max;
    return shared_->bodies_bytes.load() > bytes_max ||
           (IfLarge(body_counted_) > 0 && shared_->large_bodies_bytes > bytes_max / 2);
  }

  void Serve() {
    phase_ = Phase::kServing;
    Request request = reader_->TakeRequest();
    request.id = NewId();
    auto ticket = std::make_shared<Ticket<Answer>>(shared_from_this(), &Connection::Respond,
                                                   PlainText(500, "The server lost the answer."));
    reader_->route()->serve(std::move(request),
                            [ticket](Answer answer) { ticket->Use(std::move(answer)); });
  }

  const std::string& NewId() {
    id_ = Cat(shared_->id_prefix, "-", ++shared_->requests);
    return id_;
  }

  void Respond(Answer answer) {
    if (phase_ != Phase::kServing) return;
    CountBody(0);
    const bool more = ++served_ < shared_->options.limits.requests_per_connection_max;
    Write(std::move(answer), more && goes_on_ && reader_->keep_alive() && !shared_->stopping);
  }

  // An answer before the request was read to its end.
  void Refuse(Answer answer) {
    reader_->Refuse(std::move(answer));
    WriteRefusal();
  }
  void WriteRefusal() {
    CountBody(0);
    NewId();
    Write(reader_->TakeRefusal(), /*keep_alive=*/false);
  }

  void Write(Answer answer, bool keep_alive) {
    keep_alive_ = keep_alive;
    writer_.emplace(std::move(answer), AnswerFraming{.keep_alive = keep_alive,
                                                     .secure = reader_->secure(),
                                                     .head_only = reader_->method() == "HEAD",
                                                     .request_id = id_,
                                                     .now = shared_->options.clock->Now()});
    WriteNext();
  }

  void WriteNext() {
    piece_ = writer_->Next();
    if (piece_.empty()) return writer_->stream() != nullptr ? ReadStream() : Finish();
    phase_ = Phase::kWriting;
    Within(shared_->options.limits.piece_time_max);
    WriteSome();
  }

  void WriteSome() {
    if (phase_ == Phase::kClosed) return;
    socket_.async_write_some(asio::buffer(piece_.data(), piece_.size()),
                             [self = shared_from_this()](ErrorCode error, size_t size) {
                               if (error || self->phase_ == Phase::kClosed) return self->Abandon();
                               self->piece_.remove_prefix(size);
                               if (!self->piece_.empty()) return self->WriteSome();
                               self->WriteNext();
                             });
  }

  // The next piece of a stream. While it is made, no time runs; if the client goes, the stream
  // ends.
  void ReadStream() {
    phase_ = Phase::kServing;
    AwaitBytes();
    auto ticket = std::make_shared<Ticket<std::optional<std::string>>>(
        shared_from_this(), &Connection::TakePiece, std::nullopt);
    writer_->stream()->Read(
        [ticket](std::optional<std::string> piece) { ticket->Use(std::move(piece)); });
  }

  void TakePiece(std::optional<std::string> piece) {
    if (phase_ != Phase::kServing) return;
    writer_->Put(piece);
    WriteNext();
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
    const Answer& answer = writer_->answer();
    const Route* const route = reader_->route();
    const Served served{
        .label = !answer.label.empty() ? answer.label : (route != nullptr ? route->name : "none"),
        .status = answer.status,
        .bytes = writer_->body_bytes(),
        .duration = absl::FromChrono(duration)};
    if (shared_->options.log) {
      // A method is the client's own word; only ours are repeated.
      const bool known = route != nullptr && route->Allows(reader_->method());
      base::LogInfo(Cat("web ", id_, " ", known ? reader_->method() : "-", " ", served.label, " ",
                        served.status, " ", served.bytes, " B ",
                        absl::ToInt64Microseconds(served.duration), " us"));
    }
    if (shared_->options.served) shared_->options.served(served);
  }

  void Finish() {
    Tell();
    writer_.reset();
    reader_.reset();
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
    if (writer_.has_value()) Tell();
    ErrorCode ignored;
    socket_.set_option(tcp::socket::linger(true, 0), ignored);
    Close();
  }

  void Close() {
    if (phase_ == Phase::kClosed) return;
    phase_ = Phase::kClosed;
    if (writer_.has_value()) writer_->EndStream();
    CountBody(0);
    ErrorCode ignored;
    socket_.close(ignored);
  }

  tcp::socket socket_;
  const Address peer_;
  const bool turned_away_;
  const std::shared_ptr<ConnectionsShared> shared_;
  std::list<Connection*>::iterator place_;
  Phase phase_ = Phase::kIdle;
  SteadyTime deadline_;
  SteadyTime began_;
  uint32_t served_ = 0;
  bool waiting_ = false;  // for something to read
  std::string ahead_;     // read already, of the next request
  bool goes_on_ = true;   // all that was read is there

  // Of the request under way.
  std::optional<RequestReader> reader_;
  size_t body_counted_ = 0;
  std::string id_;

  // Of its answer.
  std::optional<AnswerWriter> writer_;
  bool keep_alive_ = true;
  std::string_view piece_;  // what is being written
};

// A connection that is closed here ends later, when its callbacks ran: the list stays as it is.
template <typename Do>
void ForEach(std::list<Connection*>& connections, Do run) {
  for (auto next = connections.begin(); next != connections.end();) {
    Connection& connection = **next++;
    run(connection);
  }
}

}  // namespace

Connections::Connections(asio::io_context& io, ServerOptions options, Site site)
    : io_(io), shared_(std::make_shared<ConnectionsShared>()) {
  shared_->options = std::move(options);
  shared_->site = std::move(site);
}

void Connections::Admit(int number) {
  const ServerOptions& options = shared_->options;
  tcp::socket socket(io_);
  ErrorCode error;
  if (socket.assign(options.listen.address.IsV4() ? tcp::v4() : tcp::v6(), number, error)) {
    base::LogWarning(Cat("web: cannot watch a connection: ", error.message()));
    close(number);
    return;
  }
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  shared_->accepted.fetch_add(1);
  const Address peer = ToAddress(remote.address());
  const bool trusted = options.proxies.Contains(peer);
  if (options.proxies_only && !trusted) {
    shared_->turned_away.fetch_add(1);
    return;
  }
  const auto counted = shared_->per_address.find(peer.Subscriber());
  const bool full = shared_->connections.size() >= options.limits.connections_max ||
                    (counted != shared_->per_address.end() &&
                     counted->second >= options.limits.connections_per_address_max && !trusted);
  if (full) {
    shared_->turned_away.fetch_add(1);
    if (shared_->turning_away >= limits::kWebTurnedAwayMax) return;
  }
  std::make_shared<Connection>(std::move(socket), peer, full, shared_)->Start();
}

void Connections::CutLate() {
  const SteadyTime now = std::chrono::steady_clock::now();
  ForEach(shared_->connections, [&](Connection& connection) { connection.CutIfLate(now); });
}

void Connections::Stop() {
  shared_->stopping = true;
  ForEach(shared_->connections, [](Connection& connection) { connection.StopIdle(); });
}

ServerCounts Connections::counts() const {
  return {.connections = shared_->open.load(),
          .accepted = shared_->accepted.load(),
          .turned_away = shared_->turned_away.load(),
          .cut = shared_->cut.load(),
          .bodies_bytes = shared_->bodies_bytes.load()};
}

size_t Connections::owed() const { return shared_->tickets.load(); }

}  // namespace hailong::web
