#pragma once

// A real hailongd in a process of its own, with its HTTP side and its Zalo channel, before the
// stand-in of Zalo; and people who answer for one dossier at a kiosk (gRPC), on the web (HTTP, as
// the page does) and in Zalo (the invitation that hailongd sent, then a signed webhook). Failures
// of what must work are failures of the test. One thread, but for what says otherwise.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/temp_directory_for_test.h"
#include "hailong/v1/invitation_service.grpc.pb.h"
#include "hailong/v1/survey_service.pb.h"
#include "hailong/v1/zalo_service.grpc.pb.h"
#include "server/web/raw_client_for_test.h"
#include "tests/harness/child.h"
#include "tests/harness/world.h"
#include "tests/zalo/standin_server.h"

namespace hailong::tests {

// What a call over HTTP was told.
template <typename Response>
struct Told {
  int status = 0;  // 0: nothing came back
  Response response;
  std::string body;  // of a refusal: its JSON
};

class Town {
 public:
  static constexpr char kUnit[] = "74.SNV";
  static constexpr char kCitizen[] = "Nguyễn Văn Mẫu";

  // Nothing runs yet.
  explicit Town(std::string binary);

  // Starts the process, and at the first start reads the administrator's credential.
  void Start();
  void Kill() { child_->Kill(); }
  int Stop() { return child_->Stop(); }
  // The registry with the rounds of kRounds and these, a kiosk, the Zalo collector, and for each
  // round a web collector. After the first Start.
  void SetUp(const std::vector<v1::Round>& more = {});

  const std::string& address() const { return address_; }
  uint16_t web_port() const { return web_port_; }
  const std::string& data() const { return data_; }
  std::string log_path() const { return data_ + ".log"; }
  Caller& admin() { return *admin_; }
  v1::ZaloService::Stub& zalo() { return *zalo_; }
  v1::InvitationService::Stub& invitations() { return *invitations_; }
  // A new consent of the official account's admin, for the next start.
  void PutRefreshToken(const std::string& token) const;

  // --- at a kiosk ---
  v1::Outcome AnswerAtKiosk(std::string_view round_id, int dossier, uint32_t stars,
                            absl::Time given_at);

  // --- on the web ---
  std::vector<v1::CreatedInvitation> Invite(std::string_view round_id,
                                            const std::vector<int>& dossiers);
  v1::Entry Slip(std::string_view round_id, int dossier);
  static v1::Entry Token(const std::string& token);
  // What a page sends after it was opened; a response_id of its own.
  static v1::SubmitSurveyRequest Answer(const v1::Entry& entry, uint32_t stars,
                                        absl::Time given_at);
  // Any thread with its own client.
  static Told<v1::OpenSurveyResponse> Open(web::RawClient& client, const v1::Entry& entry);
  static Told<v1::SubmitSurveyResponse> Submit(web::RawClient& client,
                                               const v1::SubmitSurveyRequest& request);
  // Opens the page and sends the answer.
  v1::Outcome AnswerOnTheWeb(const v1::Entry& entry, uint32_t stars, absl::Time given_at);

  // --- in Zalo ---
  static std::string Phone(int dossier);
  static v1::ZaloInvitation MessageTo(int dossier);
  v1::QueueInvitationsResponse Queue(std::string_view round_id,
                                     const std::vector<v1::ZaloInvitation>& messages);
  // Queues and waits until the stand-in has them all; in the order asked for.
  std::vector<Standin::Message> Send(std::string_view round_id, const std::vector<int>& dossiers);
  // The HTTP status. Any thread with its own client.
  static int Post(web::RawClient& client, const zalo::WebhookRequest& request);
  v1::GetZaloStateResponse ZaloState();
  uint64_t Events(v1::ZaloEventState state);
  // Of this round, with any error.
  uint64_t Sends(std::string_view round_id, v1::ZaloSendState state);

  // What `hailong` prints as the administrator; it must end well.
  std::string Hailong(const std::string& arguments) const;
  // A file beside the server's, of the test's own.
  std::string File(const std::string& name) const { return directory_.File(name); }

  static std::string Dossier(int number);
  // True once it is, within half a minute.
  static bool Wait(const std::function<bool()>& condition);

  Standin standin;

 private:
  template <typename Stub, typename Request, typename Response>
  Response Get(Stub& stub,
               grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
               const Request& request);

  const std::string binary_;
  const base::TempDirectory directory_ = base::TempDirectory::InMemory();
  const std::string data_ = directory_.File("data");
  const std::string settings_ = directory_.File("zalo");
  const std::string credential_path_ = data_ + "/admin.token";
  StandinServer zalo_server_{standin};
  std::optional<Child> child_;
  std::string address_;
  uint16_t web_port_ = 0;
  std::string kiosk_credential_;
  std::unique_ptr<Caller> admin_;
  std::unique_ptr<v1::ZaloService::Stub> zalo_;
  std::unique_ptr<v1::InvitationService::Stub> invitations_;
};

}  // namespace hailong::tests
