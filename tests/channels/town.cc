#include "tests/channels/town.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <stdio.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/model/times.h"

namespace hailong::tests {
namespace {

using base::Cat;

constexpr absl::Duration kStartMax = absl::Seconds(60);
constexpr absl::Duration kWaitMax = absl::Seconds(30);
constexpr char kPage[] = "Content-Type: application/json\r\nConnect-Protocol-Version: 1\r\n";

std::string WebCollector(std::string_view round_id) { return Cat("web-", round_id); }

v1::Response MakeResponse(uint32_t stars, absl::Time given_at) {
  v1::Response response;
  response.set_response_id(base::NewUuid(absl::Now()).ToString());
  response.set_questionnaire_version(1);
  *response.mutable_submitted_at() = model::ToProto(given_at);
  response.set_duration_ms(30'000);
  v1::Answer& answer = *response.add_answers();
  answer.set_question_id(RatingId(1));
  answer.set_choice(stars);
  return response;
}

// People have addresses of their own behind the proxy: what one address may ask is tested
// elsewhere.
std::string NewAddress() {
  static std::atomic<uint32_t> people = 0;
  const uint32_t one = people.fetch_add(1);
  return Cat("10.", (one >> 16) & 255, ".", (one >> 8) & 255, ".", one & 255);
}

template <typename Response>
Told<Response> Ask(web::RawClient& client, std::string_view method,
                   const google::protobuf::Message& request) {
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(request, &json).ok());
  const web::RawAnswer answer =
      client.Ask(web::Post(Cat("/hailong.v1.SurveyService/", method), json,
                           Cat(kPage, "X-Forwarded-For: ", NewAddress(), "\r\n")));
  Told<Response> told{.status = answer.status, .response = {}, .body = answer.body};
  if (told.status == 200) {
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(answer.body, &told.response).ok());
  }
  return told;
}

}  // namespace

Town::Town(std::string binary) : binary_(std::move(binary)) {
  const absl::Status written = zalo_server_.WriteSettings(
      settings_, "zalo", "sends_per_minute_max: 4000 reconcile_interval { seconds: 1 }");
  EXPECT_TRUE(written.ok()) << written;
}

void Town::PutRefreshToken(const std::string& token) const {
  ASSERT_TRUE(base::WritePrivateFile(settings_ + "/refresh-token", token + "\n").ok());
}

void Town::Start() {
  child_.reset();
  auto child = Child::Spawn(binary_, data_,
                            {"--web-listen", "127.0.0.1:0", "--web-trusted-proxy", "127.0.0.1/32",
                             "--zalo-settings", settings_ + "/settings.textproto"});
  ASSERT_TRUE(child.ok()) << child.status();
  child_.emplace(*std::move(child));
  const auto address = child_->WaitUntilServing(kStartMax);
  ASSERT_TRUE(address.ok()) << address.status();
  address_ = *address;
  const auto port = child_->WaitForLine("web on port ", kStartMax);
  ASSERT_TRUE(port.ok()) << port.status();
  web_port_ = static_cast<uint16_t>(std::stoi(*port));
  const auto credential = ReadAdminCredential(data_);
  ASSERT_TRUE(credential.ok()) << credential.status();
  admin_ = std::make_unique<Caller>(address_, *credential);
  zalo_ = v1::ZaloService::NewStub(admin_->channel());
  invitations_ = v1::InvitationService::NewStub(admin_->channel());
}

template <typename Stub, typename Request, typename Response>
Response Town::Get(Stub& stub,
                   grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request) {
  Response response;
  const grpc::Status status = (stub.*method)(admin_->Context().get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
  return response;
}

void Town::SetUp(const std::vector<v1::Round>& more) {
  const auto kiosk = SetUpWorld(*admin_, 1, absl::Now());
  ASSERT_TRUE(kiosk.ok()) << kiosk.status();
  kiosk_credential_ = kiosk->front().credential;
  std::vector<std::string> rounds(std::begin(kRounds), std::end(kRounds));
  for (const v1::Round& round : more) {
    const absl::Status opened = OpenRound(*admin_, round);
    ASSERT_TRUE(opened.ok()) << opened;
    rounds.push_back(round.round_id());
  }
  v1::CreateCollectorRequest request;
  request.mutable_collector()->set_collector_id("zalo");
  request.mutable_collector()->set_channel(v1::CHANNEL_ZALO);
  Get(admin_->registry(), &v1::RegistryService::Stub::CreateCollector, request);
  for (const std::string& round : rounds) {
    v1::Collector& collector = *request.mutable_collector();
    collector.set_collector_id(WebCollector(round));
    collector.set_channel(v1::CHANNEL_WEB);
    collector.set_unit_id(kUnit);
    collector.mutable_web()->set_round_id(round);
    collector.mutable_web()->set_slips(true);
    Get(admin_->registry(), &v1::RegistryService::Stub::CreateCollector, request);
  }
}

v1::Outcome Town::AnswerAtKiosk(std::string_view round_id, int dossier, uint32_t stars,
                                absl::Time given_at) {
  v1::SubmitResponseRequest request;
  v1::Response& response = *request.mutable_response();
  response = MakeResponse(stars, given_at);
  response.set_round_id(std::string(round_id));
  response.set_unit_id(kUnit);
  response.mutable_evidence()->set_dossier_code(Dossier(dossier));
  Caller kiosk(address_, kiosk_credential_);
  v1::SubmitResponseResponse told;
  const grpc::Status status =
      kiosk.collection().SubmitResponse(kiosk.Context().get(), request, &told);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return told.outcome();
}

std::vector<v1::CreatedInvitation> Town::Invite(std::string_view round_id,
                                                const std::vector<int>& dossiers) {
  v1::CreateInvitationsRequest request;
  request.set_collector_id(WebCollector(round_id));
  request.set_request_id(base::NewUuid(absl::Now()).ToString());
  for (const int dossier : dossiers) {
    request.add_invitations()->set_dossier_code(Dossier(dossier));
  }
  const auto made = Get(*invitations_, &v1::InvitationService::Stub::CreateInvitations, request);
  return {made.invitations().begin(), made.invitations().end()};
}

v1::Entry Town::Slip(std::string_view round_id, int dossier) {
  v1::GetSlipKeyRequest request;
  request.set_collector_id(WebCollector(round_id));
  const auto key = Get(*invitations_, &v1::InvitationService::Stub::GetSlipKey, request);
  const base::Digest256 digest = base::HmacSha256(key.key(), Dossier(dossier));
  v1::Entry entry;
  entry.mutable_slip()->set_link_code(key.link_code());
  entry.mutable_slip()->set_dossier_code(Dossier(dossier));
  entry.mutable_slip()->set_check(
      base::Base32({reinterpret_cast<const char*>(digest.data()), digest.size()}, 10));
  return entry;
}

v1::Entry Town::Token(const std::string& token) {
  v1::Entry entry;
  entry.set_invitation_token(token);
  return entry;
}

v1::SubmitSurveyRequest Town::Answer(const v1::Entry& entry, uint32_t stars, absl::Time given_at) {
  v1::SubmitSurveyRequest request;
  *request.mutable_entry() = entry;
  *request.mutable_response() = MakeResponse(stars, given_at);
  return request;
}

Told<v1::OpenSurveyResponse> Town::Open(web::RawClient& client, const v1::Entry& entry) {
  v1::OpenSurveyRequest request;
  *request.mutable_entry() = entry;
  return Ask<v1::OpenSurveyResponse>(client, "OpenSurvey", request);
}

Told<v1::SubmitSurveyResponse> Town::Submit(web::RawClient& client,
                                            const v1::SubmitSurveyRequest& request) {
  return Ask<v1::SubmitSurveyResponse>(client, "SubmitSurvey", request);
}

v1::Outcome Town::AnswerOnTheWeb(const v1::Entry& entry, uint32_t stars, absl::Time given_at) {
  web::RawClient client(web_port_);
  const auto opened = Open(client, entry);
  EXPECT_EQ(opened.response.state(), v1::SURVEY_STATE_OPEN) << opened.body;
  const auto told = Submit(client, Answer(entry, stars, given_at));
  EXPECT_EQ(told.status, 200) << told.body;
  return told.response.outcome();
}

std::string Town::Phone(int dossier) { return absl::StrFormat("0911%06d", dossier); }

v1::ZaloInvitation Town::MessageTo(int dossier) {
  v1::ZaloInvitation message;
  message.set_dossier_code(Dossier(dossier));
  message.set_unit_id(kUnit);
  message.set_phone(Phone(dossier));
  (*message.mutable_template_data())["ten_cong_dan"] = kCitizen;
  (*message.mutable_template_data())["ma_ho_so"] = Dossier(dossier);
  return message;
}

v1::QueueInvitationsResponse Town::Queue(std::string_view round_id,
                                         const std::vector<v1::ZaloInvitation>& messages) {
  v1::QueueInvitationsRequest request;
  request.set_round_id(std::string(round_id));
  request.mutable_invitations()->Assign(messages.begin(), messages.end());
  return Get(*zalo_, &v1::ZaloService::Stub::QueueInvitations, request);
}

std::vector<Standin::Message> Town::Send(std::string_view round_id,
                                         const std::vector<int>& dossiers) {
  const size_t before = standin.messages().size();
  std::vector<v1::ZaloInvitation> messages;
  std::map<std::string, size_t> places;  // by phone
  for (const int dossier : dossiers) {
    places["84" + Phone(dossier).substr(1)] = messages.size();
    messages.push_back(MessageTo(dossier));
  }
  EXPECT_EQ(Queue(round_id, messages).queued(), dossiers.size());
  EXPECT_TRUE(Wait([&] { return standin.messages().size() >= before + dossiers.size(); }));
  // Until hailongd has written down what it was answered, which names the messages.
  EXPECT_TRUE(Wait([&] { return Sends(round_id, v1::ZALO_SEND_STATE_SENDING) == 0; }));
  std::vector<Standin::Message> sent(dossiers.size());
  const std::vector<Standin::Message> all = standin.messages();
  for (size_t i = before; i < all.size(); ++i) sent[places.at(all[i].phone)] = all[i];
  return sent;
}

int Town::Post(web::RawClient& client, const zalo::WebhookRequest& request) {
  std::string headers;
  for (const auto& [name, value] : request.headers) headers += Cat(name, ": ", value, "\r\n");
  return client.Ask(web::Post("/zalo/webhook", request.body, headers)).status;
}

v1::GetZaloStateResponse Town::ZaloState() {
  return Get(*zalo_, &v1::ZaloService::Stub::GetZaloState, v1::GetZaloStateRequest());
}

uint64_t Town::Events(v1::ZaloEventState state) {
  const v1::GetZaloStateResponse now = ZaloState();
  for (const v1::EventCount& one : now.events()) {
    if (one.state() == state) return one.count();
  }
  return 0;
}

uint64_t Town::Sends(std::string_view round_id, v1::ZaloSendState state) {
  v1::ListSendsRequest request;
  request.set_round_id(std::string(round_id));
  uint64_t count = 0;
  const auto listed = Get(*zalo_, &v1::ZaloService::Stub::ListSends, request);
  for (const v1::SendCount& one : listed.counts()) {
    count += one.state() == state ? one.count() : 0;
  }
  return count;
}

std::string Town::Hailong(const std::string& arguments) const {
  const std::string line =
      Cat("HAILONG_SERVER=", address_, " HAILONG_TOKEN_FILE=", credential_path_, " ", HAILONG_CLI,
          " --lang en ", arguments);
  FILE* const pipe = ::popen(line.c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string printed;
  for (int c = ::getc(pipe); c != EOF; c = ::getc(pipe)) printed.push_back(static_cast<char>(c));
  EXPECT_EQ(::pclose(pipe), 0) << printed;
  return printed;
}

std::string Town::Dossier(int number) { return Cat("G12.18-260901-", 10000000 + number); }

bool Town::Wait(const std::function<bool()>& condition) {
  for (const absl::Time until = absl::Now() + kWaitMax; absl::Now() < until;) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return condition();
}

}  // namespace hailong::tests
