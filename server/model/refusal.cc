#include "server/model/refusal.h"

#include <algorithm>
#include <map>

#include "absl/strings/cord.h"
#include "base/ids.h"
#include "base/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/model/limits.h"
#include "server/model/times.h"
#include "server/model/web_refusal.h"

namespace hailong::refusal {
namespace {

using base::Cat;

constexpr char kStoreClosed[] = "STORE_CLOSED";

absl::Status WithReason(absl::Status status, std::string reason) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::move(reason));
  info.set_domain("hailong.v1");
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status WithRetry(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(delay));
  info.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(delay % absl::Seconds(1))));
  status.SetPayload(kRetryInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

}  // namespace

void Violations::Add(std::string_view field, std::string description) {
  if (fields_.size() >= limits::kViolationsMax) {
    ++left_out_;
    return;
  }
  fields_.push_back({Cat(prefix_, field), std::move(description)});
}

absl::Status Violations::ToStatus() const {
  if (fields_.empty()) return absl::OkStatus();
  google::rpc::BadRequest details;
  for (const FieldViolation& violation : fields_) {
    auto* field = details.add_field_violations();
    field->set_field(violation.field);
    field->set_description(violation.description);
  }
  const size_t more = fields_.size() - 1 + left_out_;
  absl::Status status =
      absl::InvalidArgumentError(Cat(fields_[0].field, ": ", fields_[0].description,
                                     more > 0 ? Cat(" (and ", more, " more)") : std::string()));
  status.SetPayload(kBadRequestUrl, absl::Cord(details.SerializeAsString()));
  return WithReason(std::move(status), "BAD_FIELDS");
}

absl::Status Field(std::string_view field, std::string description) {
  Violations violations;
  violations.Add(field, std::move(description));
  return violations.ToStatus();
}

absl::Status NotFound(std::string_view what, std::string_view id) {
  return WithReason(
      absl::NotFoundError(Cat("no ", what, " '", base::Utf8Prefix(id, limits::kIdBytesMax), "'")),
      "NOT_FOUND");
}

absl::Status AlreadyExists(std::string_view what, std::string_view id, std::string_view how) {
  return WithReason(absl::AlreadyExistsError(Cat(what, " '", id, "' is there already", how)),
                    "ALREADY_EXISTS");
}

absl::Status ResponseContentDiffers(std::string_view response_id) {
  return WithReason(
      absl::AlreadyExistsError(Cat("response_id ", response_id,
                                   " is stored with other content; a new response needs a new id")),
      "RESPONSE_CONTENT_DIFFERS");
}

absl::Status RoundNotOpenYet(std::string_view round_id, absl::Time opens_at) {
  return WithReason(absl::FailedPreconditionError(Cat(
                        "round '", round_id, "' takes responses from ", model::ToText(opens_at))),
                    "ROUND_NOT_OPEN_YET");
}

absl::Status SubmittedAfterClose(std::string_view round_id, absl::Time submitted_at,
                                 absl::Time closes_at) {
  return WithReason(
      absl::FailedPreconditionError(Cat("round '", round_id, "' is closed: submitted_at is ",
                                        model::ToText(submitted_at), ", allowed is before ",
                                        model::ToText(closes_at))),
      "ROUND_CLOSED");
}

absl::Status RoundIs(std::string_view round_id, std::string_view state, std::string_view allowed) {
  return WithReason(absl::FailedPreconditionError(Cat("round '", round_id, "' is ", state,
                                                      "; this needs it to be ", allowed)),
                    "ROUND_STATE");
}

absl::Status GraceNotOver(std::string_view round_id, absl::Time until) {
  return WithReason(absl::FailedPreconditionError(
                        Cat("round '", round_id, "' still takes responses in its grace until ",
                            model::ToText(until), "; seal then, or with `now`")),
                    "GRACE_NOT_OVER");
}

absl::Status NoFramework(std::string_view round_id, std::string_view framework_id) {
  return WithReason(
      absl::FailedPreconditionError(Cat("round '", round_id, "' names index framework '",
                                        framework_id, "', which this server does not have")),
      "NO_FRAMEWORK");
}

absl::Status CannotScore(std::string_view round_id, const absl::Status& why) {
  if (!absl::IsFailedPrecondition(why)) return why;
  return WithReason(absl::FailedPreconditionError(Cat("round '", round_id, "': ", why.message())),
                    "CANNOT_SCORE");
}

absl::Status NotPublished(std::string_view round_id, std::string_view found,
                          std::string_view allowed) {
  return WithReason(absl::FailedPreconditionError(Cat("round '", round_id, "' is protected: found ",
                                                      found, ", allowed are ", allowed,
                                                      "; an ADMIN may ask for without_protection")),
                    "NOT_PUBLISHED");
}

absl::Status ProtectionStays() {
  return WithReason(absl::PermissionDeniedError(
                        "without_protection is for an ADMIN that is bound to no unit: it shows "
                        "cells so small that they tell what single people answered"),
                    "PROTECTION_STAYS");
}

absl::Status RoundKeyNeeded(std::string_view round_id, absl::Time until) {
  return WithReason(
      absl::FailedPreconditionError(Cat("the key of round '", round_id,
                                        "' is kept for appeals until ", model::ToText(until))),
      "ROUND_KEY_NEEDED");
}

absl::Status LastAdmin(std::string_view account_id) {
  return WithReason(absl::FailedPreconditionError(
                        Cat("account '", account_id, "' is the last admin; add another first")),
                    "LAST_ADMIN");
}

absl::Status TooMany(std::string_view what, size_t found, size_t allowed) {
  return WithReason(
      absl::InvalidArgumentError(Cat(what, ": found ", found, ", allowed are 1..", allowed)),
      "TOO_MANY");
}

absl::Status ImportSize(std::string_view what, size_t found) {
  const absl::Status status = TooMany(what, found, limits::kImportRowsMax);
  if (found == 0) return status;
  return WithReason(absl::ResourceExhaustedError(Cat(status.message(), "; send it in parts")),
                    "TOO_MANY");
}

absl::Status NoCredential() {
  return WithReason(absl::UnauthenticatedError(
                        "no credential: send metadata 'authorization: Bearer <credential>'"),
                    "NO_CREDENTIAL");
}

absl::Status BadCredential() {
  return WithReason(absl::UnauthenticatedError("the credential is unknown or revoked"),
                    "BAD_CREDENTIAL");
}

absl::Status CollectorRevoked() {
  return WithReason(absl::PermissionDeniedError(
                        "this collector was revoked and may not submit any more; keep what was "
                        "not received yet and ask the operator of the server"),
                    "COLLECTOR_REVOKED");
}

absl::Status BadEnrolmentCode() {
  return WithReason(
      absl::UnauthenticatedError(
          Cat("the enrolment code is unknown, was used, or is older than ",
              absl::FormatDuration(limits::kEnrolmentCodeLife),
              "; allowed is one of ten letters and digits as the server printed it, used once")),
      "BAD_ENROLMENT_CODE");
}

absl::Status TooManyWrongCodes(absl::Duration wait) {
  return WithReason(WithRetry(absl::ResourceExhaustedError(
                                  Cat("too many wrong enrolment codes reached this server; try "
                                      "again in ",
                                      absl::FormatDuration(wait))),
                              wait),
                    "TOO_MANY_WRONG_CODES");
}

absl::Status KiosksOnly(std::string_view collector_id, std::string_view channel) {
  return WithReason(
      absl::PermissionDeniedError(Cat("collector '", collector_id, "' is of ", channel,
                                      "; this call is for collectors of "
                                      "CHANNEL_KIOSK")),
      "KIOSKS_ONLY");
}

absl::Status CollectorIs(std::string_view collector_id, std::string_view what,
                         std::string_view allowed) {
  return WithReason(absl::FailedPreconditionError(
                        Cat("collector '", collector_id, "' ", what, "; this needs ", allowed)),
                    "COLLECTOR_STATE");
}

absl::Status RoleNotAllowed(std::string_view method, std::string_view role) {
  return WithReason(absl::PermissionDeniedError(Cat(method, " is not for the role ", role)),
                    "ROLE_NOT_ALLOWED");
}

absl::Status OutsideSubtree(std::string_view unit_id, std::string_view bound_to) {
  return WithReason(absl::PermissionDeniedError(
                        Cat("unit '", base::Utf8Prefix(unit_id, limits::kIdBytesMax), "' is not '",
                            bound_to, "' or below it, to which this credential is bound")),
                    "OUTSIDE_SUBTREE");
}

absl::Status NoSuchEntry() {
  return WithReason(absl::NotFoundError("there is no such link or invitation"), "NO_SUCH_ENTRY");
}

absl::Status TooManyWrongEntries(absl::Duration wait) {
  return WithReason(WithRetry(absl::ResourceExhaustedError(
                                  Cat("too many wrong links reached this server; try again in ",
                                      absl::FormatDuration(wait))),
                              wait),
                    "TOO_MANY_WRONG_ENTRIES");
}

absl::Status SurveyTurnsAway(v1::SurveyState state) {
  const char* const sentence = [&] {
    switch (state) {
      case v1::SURVEY_STATE_ANSWERED:
        return "this invitation was used by another response; allowed is one";
      case v1::SURVEY_STATE_NOT_YET:
        return "this survey has not begun";
      case v1::SURVEY_STATE_FULL:
        return "as many as were asked for have answered";
      default:
        return "this survey, or the link to it, has ended";
    }
  }();
  return WithReason(absl::FailedPreconditionError(sentence), v1::SurveyState_Name(state));
}

absl::Status QueueFull() {
  return WithReason(WithRetry(absl::ResourceExhaustedError("the server is busy; send it again"),
                              limits::kRetryDelayBusy),
                    "QUEUE_FULL");
}

absl::Status TooManyCalls(std::string_view who, absl::Duration wait) {
  return WithReason(WithRetry(absl::ResourceExhaustedError(Cat(
                                  "too many calls from ", who, "; try again in ",
                                  absl::FormatDuration(absl::Ceil(wait, absl::Milliseconds(100))))),
                              wait),
                    "TOO_MANY_CALLS");
}

absl::Status WebOnly(std::string_view method) {
  return WithReason(
      absl::PermissionDeniedError(Cat(method, ": found a call over gRPC; allowed is POST /", method,
                                      " over HTTP, at this server's web address (--web-listen)")),
      "WEB_ONLY");
}

absl::Status DiskFull(std::string_view detail) {
  return WithReason(
      WithRetry(absl::ResourceExhaustedError(Cat("the server's disk is full: ", detail)),
                limits::kRetryDelayDiskFull),
      "DISK_FULL");
}

absl::Status RoundKeyMissing(std::string_view round_id, absl::string_view detail) {
  return WithReason(
      WithRetry(absl::UnavailableError(Cat("the key of round '", round_id,
                                           "' cannot be read, so no citizen can be told from "
                                           "another; send it again when it is restored: ",
                                           detail)),
                limits::kRetryDelayKeyMissing),
      "ROUND_KEY_MISSING");
}

absl::Status StoreClosed(std::string_view detail) {
  return WithReason(
      WithRetry(absl::UnavailableError(
                    Cat("the store is closed and the server restarts; send it again: ", detail)),
                limits::kRetryDelayClosed),
      kStoreClosed);
}

std::string DetailsOf(const absl::Status& status) {
  // absl hands payloads out in no fixed order.
  std::map<std::string, std::string> payloads;
  status.ForEachPayload([&](absl::string_view type_url, const absl::Cord& payload) {
    payloads.emplace(type_url, payload);
  });
  if (payloads.empty()) return "";
  google::rpc::Status details;
  details.set_code(static_cast<int32_t>(status.code()));
  details.set_message(std::string(status.message()));
  for (auto& [type_url, payload] : payloads) {
    google::protobuf::Any* any = details.add_details();
    any->set_type_url(type_url);
    any->set_value(std::move(payload));
  }
  return details.SerializeAsString();
}

std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  google::rpc::BadRequest details;
  const auto payload = status.GetPayload(kBadRequestUrl);
  if (payload.has_value() && details.ParseFromString(std::string(*payload))) {
    for (const auto& field : details.field_violations()) {
      violations.push_back({field.field(), field.description()});
    }
  }
  return violations;
}

bool IsStoreClosed(const absl::Status& status) {
  google::rpc::ErrorInfo details;
  const auto payload = status.GetPayload(kErrorInfoUrl);
  return payload.has_value() && details.ParseFromString(std::string(*payload)) &&
         details.reason() == kStoreClosed;
}

absl::Duration RetryDelayOf(const absl::Status& status) {
  google::rpc::RetryInfo details;
  const auto payload = status.GetPayload(kRetryInfoUrl);
  if (!payload.has_value() || !details.ParseFromString(std::string(*payload))) {
    return absl::ZeroDuration();
  }
  return absl::Seconds(details.retry_delay().seconds()) +
         absl::Nanoseconds(details.retry_delay().nanos());
}

}  // namespace hailong::refusal
