#include "server/store/key_ring.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/temp_directory_for_test.h"
#include "server/testing/sample.h"

namespace hailong::store {
namespace {

std::filesystem::perms ModeOf(const std::string& path) {
  return std::filesystem::status(path).permissions();
}

TEST(KeyRing, AKeyIsMadeOnceAndKeptFromOthers) {
  const base::TempDirectory directory;
  const std::string path = directory.File("keys");
  auto keys = KeyRing::Open(path);
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(ModeOf(path), std::filesystem::perms{0700});
  EXPECT_EQ((*keys)->Find("march").value(), std::nullopt);
  ASSERT_TRUE((*keys)->Create("march").ok());
  EXPECT_EQ(ModeOf(path + "/march.key"), std::filesystem::perms{0600});
  const auto key = (*keys)->Find("march").value();
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->size(), 32u);
  ASSERT_TRUE((*keys)->Create("march").ok());
  EXPECT_EQ((*keys)->Find("march").value(), key);
  ASSERT_TRUE((*keys)->Create("april").ok());
  EXPECT_NE((*keys)->Find("april").value(), key);
  EXPECT_EQ((*KeyRing::Open(path))->Find("march").value(), key);
}

TEST(KeyRing, RefusesKeysThatOthersMayRead) {
  const base::TempDirectory directory;
  const std::string path = directory.File("keys");
  ASSERT_TRUE((*KeyRing::Open(path))->Create("march").ok());
  std::filesystem::permissions(path + "/march.key", std::filesystem::perms{0640});
  EXPECT_EQ((*KeyRing::Open(path))->Find("march").status().code(),
            absl::StatusCode::kFailedPrecondition);
  std::filesystem::permissions(path + "/march.key", std::filesystem::perms{0600});
  EXPECT_TRUE((*KeyRing::Open(path))->Find("march").ok());
  std::filesystem::permissions(path, std::filesystem::perms{0750});
  EXPECT_EQ(KeyRing::Open(path).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(KeyRing, AKeyOfTheWrongSizeIsDataLoss) {
  const base::TempDirectory directory;
  auto keys = *KeyRing::Open(directory.path());
  ASSERT_TRUE(keys->Create("march").ok());
  std::filesystem::resize_file(directory.File("march.key"), 31);
  EXPECT_EQ((*KeyRing::Open(directory.path()))->Find("march").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(KeyRing, ADestroyedKeyIsGoneFromMemoryAndDisk) {
  const base::TempDirectory directory;
  auto keys = *KeyRing::Open(directory.path());
  ASSERT_TRUE(keys->Create("march").ok());
  ASSERT_TRUE(keys->Find("march").value().has_value());
  ASSERT_TRUE(keys->Destroy("march").ok());
  EXPECT_EQ(keys->Find("march").value(), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(directory.File("march.key")));
  EXPECT_TRUE(keys->Destroy("march").ok());
}

}  // namespace
}  // namespace hailong::store
