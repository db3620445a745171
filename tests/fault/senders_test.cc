// Senders at odds: sixty-four at once with one response, and devices whose clocks are wrong.

#include <gtest/gtest.h>

#include <latch>
#include <map>
#include <mutex>
#include <thread>

#include "absl/time/clock.h"
#include "tests/fault/site.h"

namespace hailong::tests {
namespace {

TEST(OneResponse, FromSixtyFourSendersAtOnceIsRecordedOnce) {
  constexpr int kSenders = 64;
  Site site({.devices = 4});
  Device& device = site.device(0);
  for (int time = 0; time < 3; ++time) {
    v1::SubmitResponseRequest single;
    *single.mutable_response() = device.Make().response;
    std::latch ready(kSenders);
    std::mutex mutex;
    std::map<v1::Outcome, int> outcomes;
    std::map<std::string, int> receipts;
    std::vector<std::thread> threads;
    for (int i = 0; i < kSenders; ++i) {
      threads.emplace_back([&, i] {
        // Three out of four send it alone, the others in a batch; one collector, own connections.
        Caller caller = site.CallerOf(device);
        ASSERT_TRUE(caller.channel()->WaitForConnected(std::chrono::system_clock::now() +
                                                       std::chrono::seconds(30)));
        v1::SubmitResponseResponse told;
        ready.arrive_and_wait();
        if (i % 4 > 0) {
          const grpc::Status status =
              caller.collection().SubmitResponse(caller.Context().get(), single, &told);
          ASSERT_TRUE(status.ok()) << status.error_message();
        } else {
          v1::SubmitResponsesRequest batch;
          *batch.add_responses() = single.response();
          v1::SubmitResponsesResponse all;
          const grpc::Status status =
              caller.collection().SubmitResponses(caller.Context().get(), batch, &all);
          ASSERT_TRUE(status.ok()) << status.error_message();
          told = all.results(0).stored();
        }
        const std::lock_guard lock(mutex);
        ++outcomes[told.outcome()];
        ++receipts[told.receipt().SerializeAsString()];
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(outcomes[v1::OUTCOME_ALREADY_RECORDED], kSenders - 1);
    EXPECT_EQ(outcomes.size(), 2u) << "one was the first";
    EXPECT_EQ(receipts.size(), 1u) << "all hold the same receipt";
  }
  // One row each: the validation would find a second.
  EXPECT_EQ(site.Settle(), "");
}

class WrongClocks : public testing::Test {
 protected:
  static constexpr absl::Duration kDaysOff = absl::Hours(72);

  // A response given at `true_time` by a device whose clock says `ahead` more than that.
  v1::Response Made(absl::Time true_time, absl::Duration ahead, bool measured) {
    v1::Response response = site_.device(0).Make().response;
    response.set_round_id(std::string(kLatest));
    response.mutable_evidence()->set_dossier_code("G12.18-260421-00430053");
    response.mutable_submitted_at()->set_seconds(absl::ToUnixSeconds(true_time + ahead));
    response.mutable_submitted_at()->set_nanos(0);
    response.set_clock_offset_ms(measured ? -absl::ToInt64Milliseconds(ahead) : 0);
    return response;
  }

  grpc::Status Submit(const v1::Response& response, v1::Outcome* outcome = nullptr) {
    Caller caller = site_.CallerOf(site_.device(0));
    v1::SubmitResponseRequest request;
    *request.mutable_response() = response;
    v1::SubmitResponseResponse told;
    const grpc::Status status =
        caller.collection().SubmitResponse(caller.Context().get(), request, &told);
    if (outcome != nullptr) *outcome = told.outcome();
    return status;
  }

  v1::ExportedResponse Stored(const std::string& response_id) {
    Caller admin = site_.Admin();
    const auto rows = ExportAll(admin, kLatest);
    for (const v1::ExportedResponse& row : *rows) {
      if (row.response_id() == response_id) return row;
    }
    ADD_FAILURE() << response_id << " is not there";
    return {};
  }

  static bool IsSkewed(const v1::ExportedResponse& row) {
    return std::count(row.flags().begin(), row.flags().end(), v1::FLAG_CLOCK_SKEW) > 0;
  }

  const absl::Time now_ = absl::FromCivil(absl::CivilHour(2026, 4, 21, 9), absl::UTCTimeZone());
  base::FakeClock clock_{now_};
  Site site_{{.clock = &clock_}};
};

TEST_F(WrongClocks, AMeasuredOffsetPutsBothWaysRight) {
  for (const absl::Duration ahead : {kDaysOff, -kDaysOff}) {
    const v1::Response response = Made(now_ - absl::Hours(1), ahead, /*measured=*/true);
    EXPECT_TRUE(Submit(response).ok());
    const v1::ExportedResponse row = Stored(response.response_id());
    EXPECT_EQ(row.submitted_at().seconds(), absl::ToUnixSeconds(now_ - absl::Hours(1)));
    EXPECT_TRUE(IsSkewed(row));
  }
}

TEST_F(WrongClocks, TheLastByTheCorrectedClocksCounts) {
  const v1::Response later = Made(now_ - absl::Hours(1), -kDaysOff, /*measured=*/true);
  const v1::Response earlier = Made(now_ - absl::Hours(2), kDaysOff, /*measured=*/true);
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  EXPECT_TRUE(Submit(later, &outcome).ok());
  EXPECT_EQ(outcome, v1::OUTCOME_RECORDED);
  EXPECT_TRUE(Submit(earlier, &outcome).ok());
  EXPECT_EQ(outcome, v1::OUTCOME_RECORDED_NOT_COUNTED);
  EXPECT_TRUE(Stored(later.response_id()).counts());
  EXPECT_FALSE(Stored(earlier.response_id()).counts());
}

TEST_F(WrongClocks, UnmeasuredInTheFutureIsRefusedUntilTheDeviceHasMeasured) {
  v1::Response response = Made(now_ - absl::Hours(1), kDaysOff, /*measured=*/false);
  const grpc::Status refused = Submit(response);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(refused.error_message().find("future"), std::string::npos) << refused.error_message();
  // The same response, once the device knows its offset.
  response.set_clock_offset_ms(-absl::ToInt64Milliseconds(kDaysOff));
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  EXPECT_TRUE(Submit(response, &outcome).ok());
  EXPECT_EQ(outcome, v1::OUTCOME_RECORDED);
  // The clock was measured again before the retry; that makes it no other response.
  response.set_clock_offset_ms(response.clock_offset_ms() + 1500);
  EXPECT_TRUE(Submit(response, &outcome).ok());
  EXPECT_EQ(outcome, v1::OUTCOME_ALREADY_RECORDED);
}

TEST_F(WrongClocks, UnmeasuredInThePastIsTakenAsSaidUntilItFallsOutOfTheRound) {
  // Nothing tells a slow clock from an outbox that waited.
  const v1::Response slow = Made(now_ - absl::Hours(1), -kDaysOff, /*measured=*/false);
  EXPECT_TRUE(Submit(slow).ok());
  const v1::ExportedResponse row = Stored(slow.response_id());
  EXPECT_EQ(row.submitted_at().seconds(), absl::ToUnixSeconds(now_ - absl::Hours(1) - kDaysOff));
  EXPECT_FALSE(IsSkewed(row));

  const v1::Response ancient = Made(now_, -absl::Hours(24 * 300), /*measured=*/false);
  EXPECT_EQ(Submit(ancient).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WrongClocks, AServerClockThatStepsBackStillTakesResponses) {
  clock_.Advance(-absl::Hours(24));
  const v1::Response response = Made(now_ - absl::Hours(30), absl::ZeroDuration(), false);
  EXPECT_TRUE(Submit(response).ok());
  clock_.Advance(absl::Hours(24));
  v1::Outcome outcome = v1::OUTCOME_UNSPECIFIED;
  EXPECT_TRUE(Submit(response, &outcome).ok());
  EXPECT_EQ(outcome, v1::OUTCOME_ALREADY_RECORDED);
}

}  // namespace
}  // namespace hailong::tests
