#pragma once

// The Zalo channel as a whole: builds its parts, runs their threads, answers the operators. The app
// gives it the webhook's requests and takes its responses. Thread-safe.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/http/http_client.h"
#include "hailong/v1/zalo_service.pb.h"
#include "server/zalo/inbox.h"
#include "server/zalo/invitations.h"
#include "server/zalo/reconciler.h"
#include "server/zalo/sender.h"
#include "server/zalo/webhook.h"

namespace hailong::zalo {

class Channel {
 public:
  // What it stands on; all of it outlives the channel.
  struct Below {
    const model::CatalogHolder& catalog;
    store::KeyRing& round_keys;
    store::Writer& writer;
    store::ZaloStore& store;
    const base::Clock& clock;
    base::HttpClient& http;
    Deliver deliver;
    std::string keys_directory;
  };

  static absl::StatusOr<std::unique_ptr<Channel>> Open(Settings settings, Below below);
  // Stops its threads; a call to Zalo that is under way comes to its end. After the last webhook
  // came in, before the writer stops.
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // After the writer has started. Errors: those of the store.
  absl::Status Start();

  Webhook& webhook();

  // ZaloService.
  absl::StatusOr<v1::QueueInvitationsResponse> QueueInvitations(
      const model::Principal& caller, const v1::QueueInvitationsRequest& request);
  absl::StatusOr<v1::ListSendsResponse> ListSends(const model::Principal& caller,
                                                  const v1::ListSendsRequest& request);
  absl::StatusOr<v1::GetZaloStateResponse> GetZaloState(const model::Principal& caller,
                                                        const v1::GetZaloStateRequest& request);
  absl::StatusOr<v1::ResumeSendingResponse> ResumeSending(const model::Principal& caller,
                                                          const v1::ResumeSendingRequest& request);
  absl::StatusOr<v1::ReconcileRatingsResponse> ReconcileRatings(
      const model::Principal& caller, const v1::ReconcileRatingsRequest& request);

  // For tests, which take the steps by hand instead of Start.
  Inbox& inbox();
  Sender& sender();
  Reconciler& reconciler();

 private:
  struct Parts;
  explicit Channel(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace hailong::zalo
