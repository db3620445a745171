#include "kiosk-client/uplink/fake_server_for_test.h"

#include "base/status.h"

namespace hailong::uplink {

template <typename Response>
absl::StatusOr<Response> FakeServer::Carry(const std::function<absl::StatusOr<Response>()>& call) {
  ++calls;
  clock_.Advance(absl::Milliseconds(20 + static_cast<int64_t>(random_() % 80)));
  if (line.cut) return absl::UnavailableError("no route to host");
  if (Chance(line.slow)) clock_.Advance(absl::Seconds(static_cast<int64_t>(random_() % 20)));
  if (Chance(line.lost_on_the_way)) {
    if (Chance(50)) return absl::UnavailableError("connection reset");
    clock_.Advance(absl::Seconds(30));
    return absl::DeadlineExceededError("deadline");
  }
  if (busy) return WithRetryDelay(absl::ResourceExhaustedError("busy"), absl::Seconds(3));
  if (Chance(line.arrives_twice)) call().status().IgnoreError();
  auto response = call();
  if (Chance(line.lost_answer)) {
    clock_.Advance(absl::Seconds(30));
    return absl::DeadlineExceededError("deadline");
  }
  return response;
}

absl::Status FakeServer::Admit(const std::string& as) const {
  if (credential.empty() || as != credential) return absl::UnauthenticatedError("who are you?");
  if (revoked) return absl::PermissionDeniedError("revoked");
  return absl::OkStatus();
}

absl::StatusOr<v1::EnrollResponse> FakeServer::Enroll(const v1::EnrollRequest& request) {
  return Carry<v1::EnrollResponse>([&]() -> absl::StatusOr<v1::EnrollResponse> {
    const bool again = enrolment_code.empty() && request.credential() == credential;
    if (!again && (enrolment_code.empty() || request.enrolment_code() != enrolment_code)) {
      ++wrong_codes;
      return absl::UnauthenticatedError("no such code");
    }
    ++enrolments;
    enrolment_code.clear();
    credential = request.credential();
    revoked = false;
    v1::EnrollResponse response;
    response.set_collector_id(collector_id);
    response.set_device_sequence_max(device_sequence_max);
    return response;
  });
}

absl::StatusOr<v1::RenewCredentialResponse> FakeServer::RenewCredential(
    const std::string& as, const v1::RenewCredentialRequest& request) {
  return Carry<v1::RenewCredentialResponse>([&]() -> absl::StatusOr<v1::RenewCredentialResponse> {
    RETURN_IF_ERROR(Admit(as));
    ++renewals;
    credential = request.credential();
    heartbeat.set_renew_credential(false);
    if (std::exchange(loses_next_renewal, false)) return absl::UnavailableError("reset");
    return v1::RenewCredentialResponse();
  });
}

absl::StatusOr<v1::HeartbeatResponse> FakeServer::Heartbeat(const std::string& as,
                                                            const v1::HeartbeatRequest& request) {
  return Carry<v1::HeartbeatResponse>([&]() -> absl::StatusOr<v1::HeartbeatResponse> {
    RETURN_IF_ERROR(Admit(as));
    ++heartbeats;
    status = request.status();
    v1::HeartbeatResponse response = heartbeat;
    const absl::Time now = clock_.Now() + ahead;
    response.mutable_server_time()->set_seconds(absl::ToUnixSeconds(now));
    response.mutable_server_time()->set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(now - absl::FromUnixSeconds(absl::ToUnixSeconds(now)))));
    return response;
  });
}

absl::StatusOr<v1::GetQuestionnaireResponse> FakeServer::GetQuestionnaire(
    const std::string& as, const v1::GetQuestionnaireRequest&) {
  return Carry<v1::GetQuestionnaireResponse>([&]() -> absl::StatusOr<v1::GetQuestionnaireResponse> {
    RETURN_IF_ERROR(Admit(as));
    ++fetches;
    return questionnaire;
  });
}

absl::StatusOr<v1::SubmitResponsesResponse> FakeServer::SubmitResponses(
    const std::string& as, const v1::SubmitResponsesRequest& request) {
  for (const v1::Response& response : request.responses()) {
    if (offered_.insert(response.response_id()).second) {
      first_offered.push_back(response.device_sequence());
    }
  }
  return Carry<v1::SubmitResponsesResponse>([&]() -> absl::StatusOr<v1::SubmitResponsesResponse> {
    RETURN_IF_ERROR(Admit(as));
    return Store(request);
  });
}

absl::StatusOr<v1::SubmitResponsesResponse> FakeServer::Store(
    const v1::SubmitResponsesRequest& request) {
  const auto count = static_cast<size_t>(request.responses_size());
  if (count > count_max) {
    return absl::InvalidArgumentError(base::Cat(count, " responses, allowed are ", count_max));
  }
  for (const v1::Response& response : request.responses()) {
    if (poison.contains(response.response_id())) return absl::InvalidArgumentError("poison");
    if (choke.contains(response.response_id())) return absl::InternalError("choked");
  }
  batches.push_back(count);
  v1::SubmitResponsesResponse answer;
  for (const v1::Response& response : request.responses())
    *answer.add_results() = StoreOne(response);
  if (spoil != nullptr) spoil(answer);
  return answer;
}

v1::SubmitResult FakeServer::StoreOne(const v1::Response& response) {
  v1::SubmitResult result;
  const auto known = stored.find(response.response_id());
  if (known == stored.end()) {
    if (const absl::Status judged = judge(response); !judged.ok()) {
      result.mutable_refusal()->set_code(static_cast<int32_t>(judged.code()));
      result.mutable_refusal()->set_message(std::string(judged.message()));
      result.mutable_refusal()->set_retry_after_ms(
          static_cast<uint32_t>(absl::ToInt64Milliseconds(RetryDelayOf(judged))));
      return result;
    }
    order.push_back(response.response_id());
    stored[response.response_id()] = {response, 1};
    const auto [number, fresh] =
        numbers_.try_emplace(response.device_sequence(), response.response_id());
    if (!fresh) contradictions.push_back(base::Cat("number ", number->first, " for two answers"));
  } else {
    ++known->second.times;
    if (known->second.response.SerializeAsString() != response.SerializeAsString()) {
      contradictions.push_back(base::Cat(response.response_id(), " came with other content"));
    }
  }
  v1::Receipt& receipt = *result.mutable_stored()->mutable_receipt();
  receipt.set_response_id(response.response_id());
  receipt.mutable_received_at()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
  return result;
}

}  // namespace hailong::uplink
