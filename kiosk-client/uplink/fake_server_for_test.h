#pragma once

// A server in memory behind a line that loses calls and answers, repeats them, and takes its time,
// all from one seed and a clock that the test moves. One thread.

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kiosk-client/uplink/server_link.h"

namespace hailong::uplink {

class FakeServer final : public ServerLink {
 public:
  FakeServer(base::FakeClock& clock, uint64_t seed) : clock_(clock), random_(seed) {}

  // What the line does. In percent of the calls.
  struct Line {
    bool cut = false;
    int lost_on_the_way = 0;
    int lost_answer = 0;  // the server has done it
    int arrives_twice = 0;
    int slow = 0;  // some seconds
  };
  Line line;
  // What the server does.
  std::string enrolment_code = "K7QF-3MNP";
  std::string collector_id = "kiosk-1";
  uint64_t device_sequence_max = 0;  // told to who enrols
  std::string credential;            // known; empty: not enrolled
  bool revoked = false;
  bool loses_next_renewal = false;  // does it, and the answer is lost
  bool busy = false;                // RESOURCE_EXHAUSTED with a delay for every call
  size_t count_max = 500;           // of a batch; more is INVALID_ARGUMENT
  std::set<std::string> poison;     // an answer that spoils its batch
  std::set<std::string> choke;      // an answer on which every batch ends with INTERNAL
  // Judges an answer that is new: OK stores it; a retry delay puts it off.
  std::function<absl::Status(const v1::Response&)> judge = [](const v1::Response&) {
    return absl::OkStatus();
  };
  std::function<void(v1::SubmitResponsesResponse&)> spoil;  // what it answers
  v1::HeartbeatResponse heartbeat;                          // the answer, but for its time
  v1::GetQuestionnaireResponse questionnaire;
  absl::Duration ahead;  // of the device's clock

  // What it saw.
  struct Stored {
    v1::Response response;
    int times = 0;  // that it arrived
  };
  std::map<std::string, Stored> stored;  // by response_id
  std::vector<std::string> order;        // in which they were stored first
  std::vector<uint64_t> first_offered;   // device sequences in the order they first left the kiosk
  std::vector<size_t> batches;           // sizes of those that arrived
  std::vector<std::string> contradictions;  // one id with two contents, one number for two ids
  v1::KioskStatus status;
  int enrolments = 0, wrong_codes = 0, heartbeats = 0, renewals = 0, fetches = 0, calls = 0;

  absl::StatusOr<v1::EnrollResponse> Enroll(const v1::EnrollRequest& request) override;
  absl::StatusOr<v1::RenewCredentialResponse> RenewCredential(
      const std::string& as, const v1::RenewCredentialRequest& request) override;
  absl::StatusOr<v1::HeartbeatResponse> Heartbeat(const std::string& as,
                                                  const v1::HeartbeatRequest& request) override;
  absl::StatusOr<v1::SubmitResponsesResponse> SubmitResponses(
      const std::string& as, const v1::SubmitResponsesRequest& request) override;
  absl::StatusOr<v1::GetQuestionnaireResponse> GetQuestionnaire(
      const std::string& as, const v1::GetQuestionnaireRequest& request) override;

 private:
  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  // Carries a call there and back.
  template <typename Response>
  absl::StatusOr<Response> Carry(const std::function<absl::StatusOr<Response>()>& call);
  absl::Status Admit(const std::string& as) const;
  absl::StatusOr<v1::SubmitResponsesResponse> Store(const v1::SubmitResponsesRequest& request);
  v1::SubmitResult StoreOne(const v1::Response& response);

  base::FakeClock& clock_;
  std::mt19937_64 random_;
  std::set<std::string> offered_;
  std::map<uint64_t, std::string> numbers_;
};

}  // namespace hailong::uplink
