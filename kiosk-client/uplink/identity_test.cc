#include "kiosk-client/uplink/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "base/temp_directory_for_test.h"
#include "kiosk-client/outbox/sample_for_test.h"

namespace hailong::uplink {
namespace {

using ::testing::HasSubstr;

class IdentityTest : public ::testing::Test {
 protected:
  absl::StatusOr<Identity> Load() {
    return Identity::Load(directory_.path(),
                          [this](size_t size) { return std::string(size, drawn_++); });
  }
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }

  std::filesystem::perms ModeOf(const std::string& name) const {
    return std::filesystem::status(Path(name)).permissions();
  }

  static constexpr auto kMineOnly =
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;

  base::TempDirectory directory_ = base::TempDirectory::InMemory();
  char drawn_ = 'a';
};

TEST_F(IdentityTest, ACredentialIsOnDiskBeforeItIsUsedAndMineOnly) {
  Identity identity = Load().value();
  EXPECT_FALSE(identity.enrolled());
  ASSERT_TRUE(identity.PrepareNext().ok());
  EXPECT_EQ(identity.next().size(), 43u);
  EXPECT_EQ(ModeOf("credential.next"), kMineOnly);

  const std::string next = identity.next();
  EXPECT_EQ(Load()->next(), next) << "after a power cut it is the same";
  ASSERT_TRUE(identity.PrepareNext().ok());
  EXPECT_EQ(identity.next(), next);

  ASSERT_TRUE(identity.TakeNext("kiosk-1").ok());
  EXPECT_EQ(identity.credential(), next);
  EXPECT_EQ(identity.next(), "");
  EXPECT_EQ(ModeOf("credential"), kMineOnly);
  const Identity again = Load().value();
  EXPECT_EQ(again.collector_id(), "kiosk-1");
  EXPECT_EQ(again.credential(), next);
}

TEST_F(IdentityTest, APowerCutBetweenTheTwoStepsOfTakingIsSeen) {
  Identity identity = Load().value();
  ASSERT_TRUE(identity.PrepareNext().ok());
  const std::string next = identity.next();
  ASSERT_TRUE(identity.TakeNext("kiosk-1").ok());
  ASSERT_TRUE(base::WritePrivateFile(Path("credential.next"), next + "\n").ok());
  EXPECT_EQ(Load()->next(), "");
  EXPECT_FALSE(std::filesystem::exists(Path("credential.next")));
}

TEST_F(IdentityTest, AFileThatOthersMayReadOrThatSaysSomethingElseIsRefused) {
  const std::string good(43, 'c');
  const auto code_of = [&](const std::string& content) {
    EXPECT_TRUE(base::WritePrivateFile(Path("credential"), content).ok());
    return Load().status().code();
  };
  EXPECT_EQ(code_of("kiosk-1 " + good), absl::StatusCode::kOk);
  for (const std::string& bad :
       {std::string(), good, "kiosk-1 " + good + " more", std::string("kiosk-1 short"),
        "kiosk-1 " + std::string(4000, 'c'), "kiosk-1 \x01" + good, std::string(5000, '\0')}) {
    EXPECT_EQ(code_of(bad), absl::StatusCode::kDataLoss) << bad.substr(0, 60);
  }
  EXPECT_THAT(std::string(Load().status().message()), HasSubstr("new enrolment code"));
  EXPECT_EQ(code_of("kiosk-1 " + good), absl::StatusCode::kOk);
  std::filesystem::permissions(Path("credential"), kMineOnly | std::filesystem::perms::others_read);
  EXPECT_EQ(Load().status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace hailong::uplink
