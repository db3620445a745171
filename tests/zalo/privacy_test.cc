// Nothing that says who a citizen is, and no secret, stands in the log or in a file of the
// database.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/crypto/crypto.h"
#include "base/status.h"
#include "tests/zalo/world.h"

namespace hailong::tests {
namespace {

using base::Cat;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUser[] = "3456789012345678901";
constexpr char kHeldNote[] = "held-note-of-a-citizen";
constexpr char kBadNote[] = "quarantined-note-of-a-citizen";
constexpr char kTakenNote[] = "taken-note-of-a-citizen";

std::string ContentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

// The file of the database and what it has not taken over yet.
std::string DatabaseOf(const World& world) {
  std::string all;
  for (const char* name : {"hailong.db", "hailong.db-wal"}) {
    const std::string content = ContentOf(world.directory.File(name));
    EXPECT_FALSE(content.empty()) << name;
    all += content;
  }
  return all;
}

// Everything once: sent and failed, receipts, stars, buttons, chat, what is held and set aside.
void LiveThroughAll(World& world) {
  const auto ms = [&] { return absl::ToUnixMillis(world.clock.Now()); };
  const auto messages = world.Invite(1, 3);
  ASSERT_EQ(messages.size(), 3u);
  world.standin.FailNext("/message/template", -118);
  world.standin.FailNext("/message/template", -4711);
  world.Invite(4, 5);
  world.standin.BreakNext("/message/template", /*after_taking=*/true);
  world.clock.Advance(absl::Minutes(10));
  world.Invite(6, 6);
  v1::ZaloInvitation button = world.Invitation(7);
  button.set_user_id(kUser);
  button.set_message_text("Mời ông Nguyễn Văn Mẫu đánh giá");
  ASSERT_TRUE(world.Queue({button, world.Invitation(8)}).ok());
  world.Send(4);
  for (const Standin::Message& message : world.standin.messages()) {
    world.Post(world.standin.Deliver(message, ms()));
    if (message.button_texts.empty()) continue;
    world.Post(world.standin.Tap(message.button_texts[0], "tap", ms()));
  }
  world.Post(world.standin.Tap("my number is 84900010001", "chat", ms()));
  const auto taken = world.standin.Rate(messages[0], 5, kTakenNote, ms(), ms());
  world.Post(taken);
  world.Post(world.standin.Rate(messages[1], 9, kBadNote, ms(), ms()));
  Standin::Message unknown = messages[2];
  unknown.tracking_id = "not-ours";
  unknown.msg_id = "not-ours";
  world.Post(world.standin.Rate(unknown, 1, kHeldNote, ms(), ms()));
  zalo::WebhookRequest forged = taken;
  forged.body += ' ';
  world.Post(forged);
  world.Settle();
  world.standin.ExpireToken();
  world.clock.Advance(absl::Minutes(5));
  ASSERT_TRUE(world.channel->reconciler().Look().ok());
  world.Settle();
  world.Queue({world.Invitation(9)}).IgnoreError();
  world.standin.RefuseRefresh(true);
  world.standin.ExpireToken();
  world.Send(3);
}

TEST(Privacy, NothingOfACitizenAndNoSecretIsInTheLogOrTheDatabase) {
  World world;
  ::testing::internal::CaptureStderr();
  LiveThroughAll(world);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("zalo: "));  // the log is what was caught
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_HELD), 1u);
  EXPECT_EQ(world.Events(v1::ZALO_EVENT_STATE_QUARANTINED), 1u);
  EXPECT_GE(world.Rows().size(), 2u);

  std::vector<std::string> secrets = {kUser,
                                      "Nguyễn Văn Mẫu",
                                      "fixture-access-",
                                      "fixture-refresh-",
                                      Standin::kAppSecret,
                                      Standin::kOaSecret,
                                      kHeldNote,
                                      kBadNote};
  for (int i = 1; i <= 9; ++i) {
    secrets.push_back(Cat("4900010", "00", i));
    secrets.push_back(Cat("9000", 10000 + i));
    secrets.push_back(world.Dossier(i));
  }
  for (const Standin::Message& message : world.standin.messages()) {
    for (const std::string& text : message.button_texts) {
      secrets.push_back(text.substr(text.rfind(' ') + 1));
    }
  }
  const std::string database = DatabaseOf(world);
  for (const std::string& secret : secrets) {
    EXPECT_EQ(database.find(secret), std::string::npos) << secret;
  }
  secrets.push_back(kTakenNote);
  for (const std::string& secret : secrets) EXPECT_THAT(log, Not(HasSubstr(secret)));
  // The canary: what is meant to be there is found by the same look.
  EXPECT_NE(database.find(kTakenNote), std::string::npos);
}

// All of a receipt but the phone stands in the database: whoever has it may try all numbers.
TEST(Privacy, NoPhoneIsFoundByHashingAReceiptForEveryNumber) {
  World world;
  const auto messages = world.Invite(1, 1);
  ASSERT_EQ(messages.size(), 1u);
  const auto receipt = world.standin.Deliver(messages[0], World::kNowMs);
  EXPECT_EQ(world.Post(receipt), 200);
  const std::string database = DatabaseOf(world);
  EXPECT_NE(database.find(messages[0].msg_id), std::string::npos);
  const base::Digest256 plain = base::Sha256(receipt.body);
  EXPECT_EQ(database.find(std::string(plain.begin(), plain.end())), std::string::npos);
}

}  // namespace
}  // namespace hailong::tests
