#include "tests/zalo/world.h"

#include <thread>

#include "base/check.h"
#include "base/log/log.h"
#include "base/sqlite/sqlite.h"
#include "base/status.h"
#include "server/intake/identity.h"
#include "server/intake/validate.h"
#include "server/model/times.h"

namespace hailong::tests {
namespace {

using base::Cat;

v1::Round September() {
  v1::Round round = sample::Round();
  round.set_round_id(World::kRound);
  round.set_root_unit_id("79");
  *round.mutable_opens_at() = model::ToProto(sample::At("2026-09-01T00:00:00+07:00"));
  *round.mutable_closes_at() = model::ToProto(sample::At("2026-10-01T00:00:00+07:00"));
  v1::RatingMapping& mapping = *round.mutable_zalo_rating();
  mapping = sample::RatingMapping();
  v1::RatingLabel& label = *mapping.add_labels();
  label.set_label("Chưa hài lòng");
  label.set_stars(2);
  return round;
}

constexpr model::RoundNumber kNumber{9};

}  // namespace

FullWriter::FullWriter(store::Writer& writer, const std::function<void()>& before_full)
    : writer_(writer) {
  std::promise<void> busy;
  const auto wait = [&busy, free = free_.get_future().share()](store::Store&) {
    busy.set_value();
    free.wait();
    return absl::OkStatus();
  };
  HAILONG_CHECK(writer.OfferChange(wait, [](const absl::Status&) {}).ok());
  busy.get_future().wait();
  if (before_full) before_full();
  const auto nothing = [](store::Store&) { return absl::OkStatus(); };
  while (writer.OfferChange(nothing, [](const absl::Status&) {}).ok()) {
  }
}

FullWriter::~FullWriter() {
  free_.set_value();
  std::promise<void> empty;
  const auto nothing = [](store::Store&) { return absl::OkStatus(); };
  while (!writer_.OfferChange(nothing, [&](const absl::Status&) { empty.set_value(); }).ok()) {
    std::this_thread::yield();
  }
  empty.get_future().wait();
}

World::World(const std::function<void(v1::ZaloSettings&)>& change) {
  v1::ZaloSettings file;
  file.set_app_id(Standin::kAppId);
  file.set_oa_id(Standin::kOaId);
  file.set_collector_id("zalo");
  file.set_oa_secret_file("unused");
  file.set_app_secret_file("unused");
  file.set_refresh_token_file("unused");
  file.add_template_ids(Standin::kTemplate);
  file.mutable_endpoints()->set_business(server.origin());
  file.mutable_endpoints()->set_openapi(server.origin());
  file.mutable_endpoints()->set_oauth(server.origin());
  if (change) change(file);
  auto checked = zalo::CheckSettings(file);
  HAILONG_CHECK(checked.ok());
  settings = *std::move(checked);
  settings.oa_secrets = {Standin::kOaSecret};
  settings.app_secret = Standin::kAppSecret;
  settings.consent_token = Standin::kConsentToken;
  catalog.Set(*catalog.Get()->With({model::RoundRecord{.number = kNumber, .round = September()}}));
  Reopen();
}

World::~World() { Close(); }

void World::Close() {
  channel.reset();
  if (writer != nullptr) writer->Stop();
  writer.reset();
  store.reset();
}

void World::Reopen() {
  Close();
  keys = *store::KeyRing::Open(directory.File("keys"));
  HAILONG_CHECK(keys->Create(kRound).ok());
  store = *store::SqliteStore::Open({.path = directory.File("hailong.db"), .vfs = ""});
  writer = std::make_unique<store::Writer>(
      *store, store::Writer::Options{
                  .jobs_max = 64, .commit_responses_max = 500, .admit = {}, .closed = {}});
  writer->Start();
  auto opened = zalo::Channel::Open(
      settings,
      {.catalog = catalog,
       .round_keys = *keys,
       .writer = *writer,
       .store = *store,
       .clock = clock,
       .http = http,
       .deliver = [this](const auto& sender, const auto& all) { return DeliverAll(sender, all); },
       .keys_directory = directory.File("keys")});
  HAILONG_CHECK(opened.ok());
  channel = *std::move(opened);
  HAILONG_CHECK(channel->sender().Recover().ok());
}

std::vector<absl::StatusOr<model::Stored>> World::DeliverAll(
    const model::Principal& sender, const std::vector<zalo::Delivery>& deliveries) {
  std::vector<absl::StatusOr<model::Stored>> outcomes;
  for (const zalo::Delivery& one : deliveries) {
    if (!delivery_fails.ok()) {
      outcomes.emplace_back(delivery_fails);
      continue;
    }
    auto made = intake::Validate(one.response, sender, *catalog.Get(), clock.Now());
    if (!made.ok()) {
      outcomes.emplace_back(made.status());
      continue;
    }
    made->respondent_key = one.respondent_key;
    std::promise<absl::StatusOr<model::Stored>> promise;
    const absl::Status offered = writer->OfferResponses({*made}, [&](auto stored) {
      if (stored.ok()) {
        promise.set_value((*stored)[0]);
      } else {
        promise.set_value(stored.status());
      }
    });
    HAILONG_CHECK(offered.ok());
    outcomes.push_back(promise.get_future().get());
    HAILONG_CHECK(!outcomes.back().ok() || !outcomes.back()->content_differs);
  }
  return outcomes;
}

absl::Status World::Change(const std::function<absl::Status()>& change) {
  return writer->Run([&](store::Store&) { return change(); });
}

int World::Post(const zalo::WebhookRequest& request) {
  std::promise<int> promise;
  channel->webhook().Receive(request, [&](int status) { promise.set_value(status); });
  return promise.get_future().get();
}

void World::Settle() {
  while (true) {
    const auto settled = channel->inbox().Step();
    HAILONG_CHECK(settled.ok());
    if (*settled == 0) return;
  }
}

void World::Send(int steps) {
  for (int i = 0; i < steps; ++i) clock.Advance(channel->sender().Step());
}

std::string World::Dossier(int number) const { return Cat("G12.18-260901-", 10000000 + number); }

v1::ZaloInvitation World::Invitation(int dossier) const {
  v1::ZaloInvitation invitation;
  invitation.set_dossier_code(Dossier(dossier));
  invitation.set_unit_id("79.SNV");
  invitation.set_phone(Cat("09000", 10000 + dossier));
  (*invitation.mutable_template_data())["ten_cong_dan"] = "Nguyễn Văn Mẫu";
  (*invitation.mutable_template_data())["ma_ho_so"] = Dossier(dossier);
  return invitation;
}

absl::StatusOr<v1::QueueInvitationsResponse> World::Queue(
    const std::vector<v1::ZaloInvitation>& invitations) {
  v1::QueueInvitationsRequest request;
  request.set_round_id(kRound);
  for (const auto& one : invitations) *request.add_invitations() = one;
  return channel->QueueInvitations({.role = v1::ROLE_OPERATOR, .id = "operator", .unit_id = {}},
                                   request);
}

std::vector<Standin::Message> World::Invite(int first, int last) {
  std::vector<v1::ZaloInvitation> invitations;
  for (int i = first; i <= last; ++i) invitations.push_back(Invitation(i));
  HAILONG_CHECK(Queue(invitations).ok());
  const size_t before = standin.messages().size();
  Send(last - first + 1);
  std::vector<Standin::Message> messages = standin.messages();
  messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(before));
  return messages;
}

void World::LogSend(const std::string& tracking_id, const std::string& msg_id, uint8_t citizen) {
  const store::ZaloSend send{.round = kNumber,
                             .respondent_key = sample::Key(citizen),
                             .unit_id = "79.SNV",
                             .tracking_id = tracking_id,
                             .msg_id = msg_id,
                             .state = v1::ZALO_SEND_STATE_SENT,
                             .due_at = clock.Now(),
                             .queued_at = clock.Now()};
  HAILONG_CHECK(Change([&] { return store->AppendZaloSends({&send, 1}).status(); }).ok());
}

std::vector<model::ResponseRow> World::Rows() {
  std::vector<model::ResponseRow> rows;
  HAILONG_CHECK(store
                    ->ReadResponses(kNumber, model::kNoSequence, SIZE_MAX, /*with_comments=*/true,
                                    [&](const model::ResponseRow& row) {
                                      rows.push_back(row);
                                      return true;
                                    })
                    .ok());
  return rows;
}

uint64_t World::Sends(v1::ZaloSendState state) {
  const auto counts = store->CountZaloSends(kNumber);
  HAILONG_CHECK(counts.ok());
  uint64_t count = 0;
  for (const auto& one : *counts) count += one.state == state ? one.count : 0;
  return count;
}

uint64_t World::Events(v1::ZaloEventState state) {
  const auto counts = store->CountZaloEvents();
  HAILONG_CHECK(counts.ok());
  uint64_t count = 0;
  for (const auto& one : *counts) count += one.state == state ? one.count : 0;
  return count;
}

int64_t World::Number(std::string_view select) {
  auto database =
      base::Database::Open(directory.File("hailong.db"), base::Database::Mode::kReadOnly);
  HAILONG_CHECK(database.ok());
  auto statement = database->Prepare(select);
  HAILONG_CHECK(statement.ok() && *statement->Step());
  return statement->Int(0);
}

v1::GetZaloStateResponse World::State() {
  return *channel->GetZaloState({}, v1::GetZaloStateRequest());
}

void World::SealRound() {
  v1::Round round = catalog.Get()->FindRound(kRound)->definition();
  round.set_state(v1::ROUND_STATE_SEALED);
  catalog.Set(*catalog.Get()->With({model::RoundRecord{.number = kNumber, .round = round}}));
}

void World::ChangeCollector(const std::function<void(v1::Collector&)>& change) {
  model::CollectorRecord record = catalog.Get()->collectors().find("zalo")->second;
  change(record.collector);
  catalog.Set(*catalog.Get()->With({record}));
}

void World::BindCollector(const std::string& unit_id) {
  ChangeCollector([&](v1::Collector& collector) { collector.set_unit_id(unit_id); });
}

void World::RevokeCollector() {
  ChangeCollector([](v1::Collector& collector) { collector.set_revoked(true); });
}

v1::Outcome World::AnswerAtKiosk(int dossier, uint64_t n, absl::Time at) {
  v1::Evidence evidence;
  evidence.set_dossier_code(Dossier(dossier));
  v1::Response response = sample::Response(n);
  response.set_round_id(kRound);
  response.set_unit_id("79.SNV");
  *response.mutable_submitted_at() = model::ToProto(at);
  model::Principal kiosk = sample::Kiosk();
  kiosk.unit_id = "79.SNV";
  return DeliverAll(kiosk, {{.response = response,
                             .respondent_key =
                                 **intake::IdentifyRespondent(evidence, **keys->Find(kRound))}})[0]
      ->outcome;
}

}  // namespace hailong::tests
