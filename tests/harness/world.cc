#include "tests/harness/world.h"

#include <cstdlib>
#include <fstream>

#include "base/check.h"
#include "base/status.h"

namespace hailong::tests {
namespace {

using base::Cat;

google::protobuf::Timestamp Seconds(absl::Time time) {
  google::protobuf::Timestamp made;
  made.set_seconds(absl::ToUnixSeconds(time));
  return made;
}

v1::Questionnaire SampleQuestionnaire() {
  v1::Questionnaire made;
  made.set_questionnaire_id("sample");
  made.set_version(1);
  made.mutable_legal_basis()->set_source("made up for tests");
  made.mutable_title()->set_vi("Phiếu thử");
  made.set_audience(v1::AUDIENCE_CITIZENS);
  for (uint32_t i = 1; i <= kRatings; ++i) {
    v1::Question* question = made.add_questions();
    question->set_question_id(RatingId(i));
    question->set_kind(v1::QUESTION_KIND_RATING);
    question->mutable_text()->set_vi(Cat("Câu ", i));
    question->set_required(i == 1);
    for (int k = 1; k <= 5; ++k) question->add_options()->mutable_text()->set_vi(Cat(k));
  }
  v1::Question* text = made.add_questions();
  text->set_question_id("q5");
  text->set_kind(v1::QUESTION_KIND_TEXT);
  text->mutable_text()->set_vi("Góp ý");
  return made;
}

absl::Status ImportUnits(Caller& admin) {
  v1::ImportUnitsRequest request;
  const auto add = [&](std::string_view id, const char* level, const char* parent) {
    v1::Unit* unit = request.add_units();
    unit->set_unit_id(std::string(id));
    unit->set_name(Cat("Đơn vị ", id));
    unit->set_level(level);
    unit->set_parent_unit_id(parent);
    unit->set_valid_from("2020-01-01");
  };
  add("74", "province", "");
  for (const std::string_view unit : kUnits) add(unit, "department", "74");
  v1::ImportUnitsResponse response;
  return FromGrpc(admin.registry().ImportUnits(admin.Context().get(), request, &response));
}

}  // namespace

std::string RatingId(uint32_t i) { return i == 1 ? "rating" : Cat("q", i); }

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

v1::Round MakeRound(std::string_view round_id, absl::Time now) {
  v1::Round round;
  round.set_round_id(std::string(round_id));
  round.mutable_title()->set_vi("Đợt thử");
  round.set_questionnaire_id("sample");
  round.set_questionnaire_version(1);
  round.set_root_unit_id("74");
  *round.mutable_opens_at() = Seconds(now - absl::Hours(240));
  *round.mutable_closes_at() = Seconds(now + absl::Hours(240));
  round.set_synthetic(true);
  round.set_framework_id("lecture-rating");  // shipped; the share of 4-5 of question "rating"
  round.mutable_weighting_plan()->set_mode(v1::WEIGHTING_MODE_NONE);
  round.mutable_flag_thresholds()->set_clock_skew_ms_max(120'000);
  v1::RatingMapping& stars = *round.mutable_zalo_rating();
  stars.set_question_id(RatingId(1));
  for (uint32_t k = 1; k <= 5; ++k) stars.add_choices(k);
  stars.set_note_question_id("q5");
  if (round_id == kFirst) {
    round.set_duplicate_policy(v1::DUPLICATE_POLICY_FIRST);
  } else if (round_id == kByChannel) {
    round.set_duplicate_policy(v1::DUPLICATE_POLICY_CHANNEL_ORDER);
    round.add_channel_order(v1::CHANNEL_PAPER);
    round.add_channel_order(v1::CHANNEL_KIOSK);
  } else {
    round.set_duplicate_policy(v1::DUPLICATE_POLICY_LATEST);
  }
  return round;
}

absl::Status OpenRound(Caller& admin, const v1::Round& round) {
  v1::OpenRoundRequest request;
  *request.mutable_round() = round;
  v1::OpenRoundResponse response;
  return FromGrpc(admin.registry().OpenRound(admin.Context().get(), request, &response));
}

Caller::Caller(const std::string& address, std::string credential)
    : credential_(std::move(credential)) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  channel_ = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  collection_ = v1::CollectionService::NewStub(channel_);
  registry_ = v1::RegistryService::NewStub(channel_);
  results_ = v1::ResultsService::NewStub(channel_);
}

std::unique_ptr<grpc::ClientContext> Caller::Context() const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->AddMetadata("authorization", Cat("Bearer ", credential_));
  context->set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(deadline_));
  return context;
}

absl::StatusOr<std::vector<CollectorAccess>> SetUpWorld(Caller& admin, int collectors,
                                                        absl::Time now) {
  RETURN_IF_ERROR(ImportUnits(admin));
  v1::PublishQuestionnaireRequest publish;
  *publish.mutable_questionnaire() = SampleQuestionnaire();
  v1::PublishQuestionnaireResponse published;
  RETURN_IF_ERROR(
      FromGrpc(admin.registry().PublishQuestionnaire(admin.Context().get(), publish, &published)));
  for (const std::string_view round : kRounds) {
    RETURN_IF_ERROR(OpenRound(admin, MakeRound(round, now)));
  }

  constexpr v1::Channel kChannels[] = {v1::CHANNEL_KIOSK, v1::CHANNEL_WEB, v1::CHANNEL_ZALO,
                                       v1::CHANNEL_PAPER};
  std::vector<CollectorAccess> made;
  for (int i = 0; i < collectors; ++i) {
    v1::CreateCollectorRequest request;
    request.mutable_collector()->set_collector_id(Cat("collector-", i));
    request.mutable_collector()->set_name(Cat("Thiết bị ", i));
    request.mutable_collector()->set_channel(kChannels[i % 4]);
    v1::CreateCollectorResponse response;
    RETURN_IF_ERROR(
        FromGrpc(admin.registry().CreateCollector(admin.Context().get(), request, &response)));
    made.push_back({.collector_id = response.collector().collector_id(),
                    .channel = response.collector().channel(),
                    .credential = response.credential()});
  }
  return made;
}

absl::StatusOr<std::string> ReadAdminCredential(const std::string& data_directory) {
  std::ifstream file(data_directory + "/admin.token");
  std::string credential;
  if (!std::getline(file, credential)) return absl::NotFoundError("no admin.token");
  return credential;
}

absl::StatusOr<std::vector<v1::ExportedResponse>> ExportAll(Caller& admin,
                                                            std::string_view round_id) {
  v1::ExportResponsesRequest request;
  request.set_round_id(std::string(round_id));
  request.set_with_comments(true);
  const auto context = admin.Context();
  const auto stream = admin.results().ExportResponses(context.get(), request);
  std::vector<v1::ExportedResponse> all;
  v1::ExportResponsesResponse message;
  while (stream->Read(&message)) {
    all.insert(all.end(), message.responses().begin(), message.responses().end());
  }
  RETURN_IF_ERROR(FromGrpc(stream->Finish()));
  return all;
}

absl::StatusOr<v1::RoundCounts> ReadCounts(Caller& admin, std::string_view round_id) {
  v1::WatchRoundRequest request;
  request.set_round_id(std::string(round_id));
  const auto context = admin.Context();
  const auto stream = admin.results().WatchRound(context.get(), request);
  v1::WatchRoundResponse message;
  const bool read = stream->Read(&message);
  context->TryCancel();
  const grpc::Status status = stream->Finish();
  if (!read) return FromGrpc(status);
  return message.counts();
}

absl::StatusOr<v1::IndexResult> ReadSipas(Caller& admin, std::string_view round_id) {
  v1::GetSipasRequest request;
  request.set_round_id(std::string(round_id));
  v1::GetSipasResponse response;
  RETURN_IF_ERROR(FromGrpc(admin.results().GetSipas(admin.Context().get(), request, &response)));
  return response.result();
}

}  // namespace hailong::tests
