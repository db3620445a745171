// A disk that is full, and a disk that fails, under a whole server. See README.md.

#include <gtest/gtest.h>

#include "base/status.h"
#include "tests/fault/site.h"

namespace hailong::tests {
namespace {

using Kind = base::FaultVfs::Kind;

grpc::Status CreateCollector(Caller& admin, const std::string& collector_id) {
  v1::CreateCollectorRequest request;
  request.mutable_collector()->set_collector_id(collector_id);
  request.mutable_collector()->set_name("Thiết bị");
  request.mutable_collector()->set_channel(v1::CHANNEL_WEB);
  v1::CreateCollectorResponse response;
  return admin.registry().CreateCollector(admin.Context().get(), request, &response);
}

TEST(DiskFull, SubmitsAreRefusedWithADelayReadsGoOnAndItRecoversWithoutRestart) {
  Site site({.faulty_disk = true});
  Device& device = site.device(0);
  Caller kiosk = site.CallerOf(device);
  Caller admin = site.Admin();
  ASSERT_TRUE(device.SendNew(kiosk, 100).ok());

  for (int time = 0; time < 3; ++time) {
    site.disk().SetDiskFull(true);
    const grpc::Status single = device.SendNew(kiosk, 1);
    EXPECT_EQ(single.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << single.error_message();
    EXPECT_GT(RetryDelayOf(single), absl::ZeroDuration());
    // In a batch each response is refused by itself, with the same code.
    const grpc::Status batch = device.SendNew(kiosk, 20);
    EXPECT_EQ(batch.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << batch.error_message();
    // Administration too, and nothing half-made stays behind.
    const grpc::Status collector = CreateCollector(admin, base::Cat("late-", time));
    EXPECT_EQ(collector.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
        << collector.error_message();
    EXPECT_GT(site.disk().faults(), 0);

    // Export, live counts and SIPAS, each against the model.
    EXPECT_EQ(site.Check(/*complete=*/false), "");
    v1::ListUnitsResponse units;
    EXPECT_TRUE(admin.registry().ListUnits(admin.Context().get(), {}, &units).ok());
    EXPECT_EQ(units.units_size(), 4);
    EXPECT_FALSE(site.server().store_closed());
    EXPECT_TRUE(site.IsServing());

    site.disk().SetDiskFull(false);
    EXPECT_TRUE(CreateCollector(admin, base::Cat("late-", time)).ok());
    EXPECT_EQ(site.Settle(), "");
    EXPECT_EQ(device.unacknowledged(), 0u);
  }
}

TEST(FailingSync, ClosesTheStoreAndARestartKnowsTheTruth) {
  // The n-th sync from now: of the write-ahead log at COMMIT, or later in a checkpoint.
  for (int n = 1; n <= 3; ++n) {
    SCOPED_TRACE(n);
    Site site({.seed = static_cast<uint64_t>(n), .faulty_disk = true});
    Device& device = site.device(0);
    {
      Caller kiosk = site.CallerOf(device);
      ASSERT_TRUE(device.SendNew(kiosk, 10).ok());
      EXPECT_TRUE(site.IsServing());
      site.disk().FailAt(Kind::kSync, n, /*for_good=*/true);
      grpc::Status status;
      for (int i = 0; i < n && status.ok(); ++i) status = device.SendNew(kiosk, 1);
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
      EXPECT_GT(RetryDelayOf(status), absl::ZeroDuration());
      EXPECT_TRUE(site.server().store_closed());
      EXPECT_FALSE(site.IsServing());
      // It stays closed, even if the disk is well again: only a restart reads the truth.
      site.disk().Heal();
      const grpc::Status again = device.SendUnacknowledged(kiosk);
      EXPECT_EQ(again.error_code(), grpc::StatusCode::UNAVAILABLE) << again.error_message();
    }
    site.Stop();
    ASSERT_TRUE(site.Start().ok());
    EXPECT_TRUE(site.IsServing());
    EXPECT_EQ(site.Settle(), "");
  }
}

TEST(FailingWrite, OfAnyNumberLeavesEveryAcknowledgedResponseExactlyOnce) {
  // Until a run passes without a fault: then every write of the load has failed once.
  int64_t n = 1;
  for (bool faulted = true; faulted; ++n) {
    ASSERT_LT(n, 200) << "the load has no end";
    SCOPED_TRACE(n);
    Site site({.seed = static_cast<uint64_t>(n), .faulty_disk = true});
    Device& device = site.device(0);
    {
      Caller kiosk = site.CallerOf(device);
      site.disk().FailAt(Kind::kWrite, n, /*for_good=*/false);
      for (int i = 0; i < 3; ++i) device.SendNew(kiosk, 2);
      faulted = site.disk().faults() > 0;
      EXPECT_EQ(site.server().store_closed(), faulted);
      EXPECT_EQ(device.unacknowledged() > 0, faulted);
    }
    site.Stop();
    site.disk().Heal();
    ASSERT_TRUE(site.Start().ok());
    EXPECT_EQ(site.Settle(), "");
  }
  EXPECT_GT(n, 5);
}

}  // namespace
}  // namespace hailong::tests
