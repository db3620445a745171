#pragma once

// The catalogue of refusals: every sentence that turns a caller away, made in one place. What went
// wrong in fields travels as a google.rpc.BadRequest payload of the status, a wait as
// google.rpc.RetryInfo, and the stable reason as google.rpc.ErrorInfo; transport copies the
// payloads to the wire.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "hailong/v1/survey_service.pb.h"

namespace hailong::refusal {

struct FieldViolation {
  std::string field;        // "answers[3].choice"
  std::string description;  // what, found, allowed
};

// Gathers bad fields; past a limit they are only counted.
class Violations {
 public:
  // All later fields are named below `prefix` ("response.").
  explicit Violations(std::string prefix = "") : prefix_(std::move(prefix)) {}
  void Add(std::string_view field, std::string description);
  bool empty() const { return fields_.empty(); }
  // OK if there are none, else INVALID_ARGUMENT with the first sentence and all of them as payload.
  absl::Status ToStatus() const;

 private:
  std::string prefix_;
  std::vector<FieldViolation> fields_;
  size_t left_out_ = 0;
};

// Type names under which the details travel.
inline constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
inline constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
inline constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";

// One bad field.
absl::Status Field(std::string_view field, std::string description);

absl::Status NotFound(std::string_view what, std::string_view id);
absl::Status AlreadyExists(std::string_view what, std::string_view id, std::string_view how);
absl::Status ResponseContentDiffers(std::string_view response_id);
absl::Status RoundNotOpenYet(std::string_view round_id, absl::Time opens_at);
absl::Status SubmittedAfterClose(std::string_view round_id, absl::Time submitted_at,
                                 absl::Time closes_at);
absl::Status RoundIs(std::string_view round_id, std::string_view state, std::string_view allowed);
absl::Status GraceNotOver(std::string_view round_id, absl::Time until);
absl::Status NoFramework(std::string_view round_id, std::string_view framework_id);
// What scoring refused: a framework that does not fit, a weighting step that cannot be done.
absl::Status CannotScore(std::string_view round_id, const absl::Status& why);
// A protected round does not show what was asked for; `allowed` is what it does.
absl::Status NotPublished(std::string_view round_id, std::string_view found,
                          std::string_view allowed);
// Only an ADMIN that is bound to no unit sees hidden cells.
absl::Status ProtectionStays();
absl::Status RoundKeyNeeded(std::string_view round_id, absl::Time until);
absl::Status LastAdmin(std::string_view account_id);
absl::Status TooMany(std::string_view what, size_t found, size_t allowed);

// RESOURCE_EXHAUSTED above the limit, without a retry delay: send it in parts. INVALID_ARGUMENT for
// none.
absl::Status ImportSize(std::string_view what, size_t found);

absl::Status NoCredential();
absl::Status BadCredential();
absl::Status CollectorRevoked();
// One sentence for a code that is unknown, malformed, used or too old.
absl::Status BadEnrolmentCode();
absl::Status TooManyWrongCodes(absl::Duration wait);
absl::Status KiosksOnly(std::string_view collector_id, std::string_view channel);
// What an administrator wants of a collector that is past it, or not made for it.
absl::Status CollectorIs(std::string_view collector_id, std::string_view what,
                         std::string_view allowed);
absl::Status RoleNotAllowed(std::string_view method, std::string_view role);
absl::Status OutsideSubtree(std::string_view unit_id, std::string_view bound_to);

// One sentence for every link, invitation and slip that lets nobody in.
absl::Status NoSuchEntry();
absl::Status TooManyWrongEntries(absl::Duration wait);
// The entrance of a response to a survey is spent. `state` is ANSWERED, OVER or FULL.
absl::Status SurveyTurnsAway(v1::SurveyState state);

absl::Status QueueFull();
absl::Status DiskFull(std::string_view detail);
// The sender keeps its response: the operator restores the key.
absl::Status RoundKeyMissing(std::string_view round_id, absl::string_view detail);
absl::Status StoreClosed(std::string_view detail);

// A google.rpc.Status in bytes: code, sentence and payloads, in the order of their type names, as
// every protocol sends it beside the code. Empty without payloads.
std::string DetailsOf(const absl::Status& status);

// Reads the payloads back.
std::vector<FieldViolation> FieldViolationsOf(const absl::Status& status);
// Zero: retrying as it is will not help.
absl::Duration RetryDelayOf(const absl::Status& status);
// True for StoreClosed alone.
bool IsStoreClosed(const absl::Status& status);

}  // namespace hailong::refusal
