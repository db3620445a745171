#pragma once

// The channel on a real store and a real HTTP client, before the stand-in; time stands still unless
// moved and the steps are taken by hand. One round, "september", over 79 and the units below it.

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/http/curl_client.h"
#include "base/temp_directory_for_test.h"
#include "server/model/catalog.h"
#include "server/store/key_ring.h"
#include "server/store/sqlite_store.h"
#include "server/store/writer.h"
#include "server/testing/sample.h"
#include "server/zalo/channel.h"
#include "tests/zalo/standin_server.h"

namespace hailong::tests {

// Keeps the writer busy and its queue full: what else is offered is refused. When it goes, the
// queue is empty again.
class FullWriter {
 public:
  // Calls `before_full` when the writer is busy and its queue has room still.
  explicit FullWriter(store::Writer& writer, const std::function<void()>& before_full = {});
  ~FullWriter();
  FullWriter(const FullWriter&) = delete;
  FullWriter& operator=(const FullWriter&) = delete;

 private:
  store::Writer& writer_;
  std::promise<void> free_;
};

class World {
 public:
  static constexpr int64_t kNowMs = 1790000000200;  // 20:33 in Vietnam
  static constexpr char kRound[] = "september";

  explicit World(const std::function<void(v1::ZaloSettings&)>& change = {});
  ~World();

  // Ends the process, as it were, and starts the next on the same files.
  void Reopen();
  void Close();

  // The status that the webhook answers.
  int Post(const zalo::WebhookRequest& request);
  // Until the inbox has nothing to do.
  void Settle();
  // Steps of the sender, each after the time it asked for.
  void Send(int steps);

  v1::ZaloInvitation Invitation(int dossier) const;
  absl::StatusOr<v1::QueueInvitationsResponse> Queue(
      const std::vector<v1::ZaloInvitation>& invitations);
  // Queues for these dossiers and sends all; what the stand-in took.
  std::vector<Standin::Message> Invite(int first, int last);
  // A row of the send log that was sent, as if by hand.
  void LogSend(const std::string& tracking_id, const std::string& msg_id, uint8_t citizen);

  std::vector<model::ResponseRow> Rows();
  // Messages of the round in this state.
  uint64_t Sends(v1::ZaloSendState state);
  uint64_t Events(v1::ZaloEventState state);
  v1::GetZaloStateResponse State();
  void SealRound();
  // The channel's collector speaks for this unit and those below it only.
  void BindCollector(const std::string& unit_id);
  void RevokeCollector();
  // A response of a kiosk for the same dossier.
  v1::Outcome AnswerAtKiosk(int dossier, uint64_t n, absl::Time at);
  std::string Dossier(int number) const;

  // The one number that a SELECT finds in the file of the database.
  int64_t Number(std::string_view select);

  // What storing a response answers instead of doing it; OK: it does.
  absl::Status delivery_fails;
  base::TempDirectory directory;
  base::FakeClock clock{absl::FromUnixMillis(kNowMs)};
  Standin standin;
  StandinServer server{standin};
  base::CurlClient http{{}};
  zalo::Settings settings;
  model::CatalogHolder catalog{sample::Catalog()};
  std::unique_ptr<store::KeyRing> keys;
  std::unique_ptr<store::SqliteStore> store;
  std::unique_ptr<store::Writer> writer;
  std::unique_ptr<zalo::Channel> channel;

 private:
  std::vector<absl::StatusOr<model::Stored>> DeliverAll(
      const model::Principal& sender, const std::vector<zalo::Delivery>& deliveries);
  absl::Status Change(const std::function<absl::Status()>& change);
  void ChangeCollector(const std::function<void(v1::Collector&)>& change);
};

}  // namespace hailong::tests
