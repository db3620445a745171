#include "base/sqlite/sqlite.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/sqlite/fault_vfs.h"

namespace hailong::base {
namespace {

std::string FreshPath(const std::string& name) {
  const auto path = std::filesystem::path(testing::TempDir()) / ("sqlite_test_" + name + ".db");
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(path.string() + suffix);
  }
  return path.string();
}

TEST(Database, ValuesComeBackAsTheyWentIn) {
  auto database = Database::Open(FreshPath("values"), Database::Mode::kReadWrite);
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE(database->Execute("CREATE TABLE t (a INTEGER, b TEXT, c BLOB, d TEXT)").ok());
  auto insert = database->Prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
  ASSERT_TRUE(insert.ok());
  const std::string blob("\0\xFF\0", 3);
  ASSERT_TRUE(insert->Bind(1, int64_t{-5})
                  .Bind(2, std::string_view())
                  .BindBlob(3, blob)
                  .BindNull(4)
                  .Run()
                  .ok());
  EXPECT_EQ(database->Changes(), 1);
  auto select = database->Prepare("SELECT a, b, c, d FROM t");
  ASSERT_TRUE(select.ok());
  ASSERT_TRUE(select->Step().value());
  EXPECT_EQ(select->Int(0), -5);
  EXPECT_FALSE(select->IsNull(1));
  EXPECT_EQ(select->Text(1), "");
  EXPECT_EQ(select->Blob(2), blob);
  EXPECT_TRUE(select->IsNull(3));
  EXPECT_FALSE(select->Step().value());
}

TEST(Database, AFileThatIsNoDatabaseIsDataLoss) {
  const std::string path = FreshPath("notadb");
  FILE* file = std::fopen(path.c_str(), "w");
  std::string junk(8192, 'x');
  std::fwrite(junk.data(), 1, junk.size(), file);
  std::fclose(file);
  auto database = Database::Open(path, Database::Mode::kReadWrite);
  ASSERT_TRUE(database.ok());
  EXPECT_EQ(database->Execute("CREATE TABLE t (a)").code(), absl::StatusCode::kDataLoss);
}

TEST(FaultVfs, FailsTheCallItWasToldToAndOnlyThat) {
  FaultVfs& vfs = FaultVfs::Register("sqlite_test_nth");
  auto database = Database::Open(FreshPath("nth"), Database::Mode::kReadWrite, vfs.name());
  ASSERT_TRUE(database.ok()) << database.status();
  ASSERT_TRUE(database
                  ->Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                            "CREATE TABLE t (a)")
                  .ok());
  vfs.FailAt(FaultVfs::Kind::kSync, 1, /*for_good=*/false);
  EXPECT_EQ(database->Execute("INSERT INTO t VALUES (1)").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(vfs.faults(), 1);
  EXPECT_TRUE(database->Execute("INSERT INTO t VALUES (2)").ok());
}

TEST(FaultVfs, AFullDiskRefusesGrowthUntilSpaceReturns) {
  FaultVfs& vfs = FaultVfs::Register("sqlite_test_full");
  auto database = Database::Open(FreshPath("full"), Database::Mode::kReadWrite, vfs.name());
  ASSERT_TRUE(database.ok());
  ASSERT_TRUE(database->Execute("PRAGMA journal_mode=WAL; CREATE TABLE t (a)").ok());
  vfs.SetDiskFull(true);
  EXPECT_EQ(database->Execute("INSERT INTO t VALUES (1)").code(),
            absl::StatusCode::kResourceExhausted);
  vfs.SetDiskFull(false);
  EXPECT_TRUE(database->Execute("INSERT INTO t VALUES (1)").ok());
}

}  // namespace
}  // namespace hailong::base
