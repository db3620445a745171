// Nothing that says who a citizen is stands in a file of hailongd, whatever came by which channel;
// and with the seal of a round goes what was kept to send.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/time/clock.h"
#include "base/sqlite/sqlite.h"
#include "base/status.h"
#include "tests/channels/town.h"

namespace hailong::tests {
namespace {

using base::Cat;

constexpr char kUser[] = "3456789012345678901";
constexpr char kTakenNote[] = "taken-note-of-a-citizen";
constexpr char kHeldNote[] = "held-note-of-a-citizen";
constexpr char kSetAsideNote[] = "set-aside-note-of-a-citizen";
constexpr char kChat[] = "call me at 0988000111";
const std::string kRound(kLatest);

// By path: all files of the data directory, the database and its log among them, and what the
// process wrote to stderr.
std::map<std::string, std::string> FilesOf(const Town& town) {
  std::map<std::string, std::string> files;
  const auto read = [&](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    files[path] = content.str();
  };
  for (const auto& entry : std::filesystem::recursive_directory_iterator(town.data())) {
    if (entry.is_regular_file()) read(entry.path().string());
  }
  read(town.log_path());
  return files;
}

class Privacy : public ::testing::Test {
 protected:
  void SetUp() override {
    town_.standin.SetRatingVerb("NONE");
    ASSERT_NO_FATAL_FAILURE(town_.Start());
    ASSERT_NO_FATAL_FAILURE(town_.SetUp());
  }

  // By kiosk, link, slip and Zalo; what is taken, held, set aside, refused, sent, failed and waits.
  void LiveThroughAll();
  void ExpectNothingOfACitizen();

  Town town_{HAILONG_HAILONGD};
  std::vector<std::string> secrets_ = {kUser,
                                       kHeldNote,
                                       kSetAsideNote,
                                       kChat,
                                       Town::kCitizen,
                                       "fixture-access-",
                                       "fixture-refresh-",
                                       Standin::kAppSecret,
                                       Standin::kOaSecret};
};

void Privacy::LiveThroughAll() {
  const absl::Time now = absl::Now();
  const int64_t ms = absl::ToUnixMillis(now);
  for (int dossier = 1; dossier <= 12; ++dossier) {
    // As typed, as Zalo wants it, and the codes' own parts.
    secrets_.push_back(Town::Phone(dossier).substr(1));
    secrets_.push_back(Town::Dossier(dossier));
    secrets_.push_back(Cat(10000000 + dossier));
  }
  town_.standin.FailNext("/message/template", -118);
  v1::ZaloInvitation by_account = Town::MessageTo(5);
  by_account.set_user_id(kUser);
  std::vector<v1::ZaloInvitation> messages = {Town::MessageTo(1), Town::MessageTo(2),
                                              Town::MessageTo(3), Town::MessageTo(4), by_account};
  town_.Queue(kRound, messages);
  ASSERT_TRUE(Town::Wait([&] { return town_.Sends(kRound, v1::ZALO_SEND_STATE_SENT) == 4; }));
  const auto sent = town_.standin.messages();  // to dossiers 2 to 5
  web::RawClient client(town_.web_port());
  for (const Standin::Message& message : sent) {
    EXPECT_EQ(Town::Post(client, town_.standin.Deliver(message, ms)), 200);
  }
  EXPECT_EQ(Town::Post(client, town_.standin.Rate(sent[0], 5, kTakenNote, ms, ms)), 200);
  EXPECT_EQ(Town::Post(client, town_.standin.Rate(sent[1], 9, kSetAsideNote, ms, ms)), 200);
  Standin::Message unknown = sent[2];
  unknown.msg_id = unknown.tracking_id = "not-ours";
  EXPECT_EQ(Town::Post(client, town_.standin.Rate(unknown, 1, kHeldNote, ms, ms)), 200);
  EXPECT_EQ(Town::Post(client, town_.standin.Tap(kChat, "chat", ms)), 200);
  zalo::WebhookRequest forged = town_.standin.Rate(sent[2], 2, kHeldNote, ms, ms);
  forged.body += ' ';
  EXPECT_EQ(Town::Post(client, forged), 401);

  const auto invited = town_.Invite(kRound, {2, 6});
  for (const auto& one : invited) secrets_.push_back(one.token());
  ASSERT_TRUE(Town::Wait([&] { return town_.Events(v1::ZALO_EVENT_STATE_RECORDED) == 1; }));
  EXPECT_EQ(town_.AnswerAtKiosk(kRound, 2, 4, now - absl::Minutes(2)),
            v1::OUTCOME_RECORDED_NOT_COUNTED);
  EXPECT_EQ(town_.AnswerOnTheWeb(Town::Token(invited[0].token()), 3, now - absl::Minutes(1)),
            v1::OUTCOME_RECORDED_NOT_COUNTED);
  town_.AnswerOnTheWeb(town_.Slip(kRound, 7), 3, now);
  // A wrong slip, a wrong token, a dossier that cannot be.
  v1::Entry wrong = town_.Slip(kRound, 8);
  wrong.mutable_slip()->set_check("0000000000");
  EXPECT_EQ(Town::Open(client, wrong).status, 404);
  EXPECT_EQ(Town::Open(client, Town::Token("0123456789ABCDEFGHJKMNPQRS")).status, 404);

  // What waits: no more goes out, and who it is for is on disk.
  town_.standin.FailNext("/message/template", -135);
  town_.Queue(kRound, {Town::MessageTo(10), Town::MessageTo(11), Town::MessageTo(12)});
  ASSERT_TRUE(Town::Wait([&] { return !town_.ZaloState().stopped().empty(); }));
}

void Privacy::ExpectNothingOfACitizen() {
  const auto files = FilesOf(town_);
  ASSERT_GE(files.size(), 4u);
  std::string all;
  for (const auto& [path, content] : files) {
    for (const std::string& secret : secrets_) {
      EXPECT_EQ(content.find(secret), std::string::npos) << secret << " in " << path;
    }
    if (path != town_.log_path()) all += content;
  }
  // The canary: what was taken as a comment is meant to be there, and is found by the same look.
  EXPECT_NE(all.find(kTakenNote), std::string::npos);
  const std::string& log = files.at(town_.log_path());
  EXPECT_EQ(log.find(kTakenNote), std::string::npos);
  EXPECT_NE(log.find("zalo-webhook"), std::string::npos) << "the log is what was looked at";
}

TEST_F(Privacy, NothingOfACitizenIsInAFileAndTheSealErasesWhatWasKeptToSend) {
  ASSERT_NO_FATAL_FAILURE(LiveThroughAll());
  EXPECT_EQ(town_.Events(v1::ZALO_EVENT_STATE_HELD), 1u);
  EXPECT_EQ(town_.Events(v1::ZALO_EVENT_STATE_QUARANTINED), 1u);
  EXPECT_EQ(town_.Sends(kRound, v1::ZALO_SEND_STATE_QUEUED), 3u);
  ASSERT_NO_FATAL_FAILURE(ExpectNothingOfACitizen());

  const std::string key = Cat(town_.data(), "/keys/zalo-recipients/", kRound, ".key");
  const auto recipients = [&]() -> int64_t {
    auto database =
        base::Database::Open(town_.data() + "/hailong.db", base::Database::Mode::kReadOnly);
    if (!database.ok()) return -1;
    auto select = database->Prepare("SELECT count(recipient) FROM zalo_sends");
    return select.ok() && select->Step().value_or(false) ? select->Int(0) : -1;
  };
  EXPECT_TRUE(std::filesystem::exists(key));
  EXPECT_EQ(recipients(), 3);
  v1::CloseRoundRequest close;
  close.set_round_id(kRound);
  v1::CloseRoundResponse closed;
  auto& registry = town_.admin().registry();
  ASSERT_TRUE(registry.CloseRound(town_.admin().Context().get(), close, &closed).ok());
  v1::SealRoundRequest seal;
  seal.set_round_id(kRound);
  seal.set_now(true);
  v1::SealRoundResponse sealed;
  const grpc::Status status = registry.SealRound(town_.admin().Context().get(), seal, &sealed);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(Town::Wait([&] { return town_.Sends(kRound, v1::ZALO_SEND_STATE_CANCELLED) == 3; }));
  EXPECT_TRUE(Town::Wait([&] { return !std::filesystem::exists(key); }));
  EXPECT_EQ(recipients(), 0);
  v1::QueueInvitationsRequest late;
  late.set_round_id(kRound);
  *late.add_invitations() = Town::MessageTo(9);
  v1::QueueInvitationsResponse queued;
  EXPECT_EQ(
      town_.zalo().QueueInvitations(town_.admin().Context().get(), late, &queued).error_code(),
      grpc::StatusCode::FAILED_PRECONDITION);

  // A rating given in time that comes after the seal is stored as late and changes nothing.
  web::RawClient client(town_.web_port());
  const int64_t before = absl::ToUnixMillis(absl::Now() - absl::Minutes(5));
  const auto rated = town_.standin.Rate(town_.standin.messages()[2], 2, "", before, before);
  EXPECT_EQ(Town::Post(client, rated), 200);
  EXPECT_TRUE(Town::Wait([&] { return ReadCounts(town_.admin(), kRound)->late() == 1; }));
  v1::GetSipasRequest ask;
  ask.set_round_id(kRound);
  v1::GetSipasResponse scored;
  ASSERT_TRUE(town_.admin().results().GetSipas(town_.admin().Context().get(), ask, &scored).ok());
  EXPECT_TRUE(scored.matches_seal());
  EXPECT_EQ(scored.late_after_seal(), 1u);
  EXPECT_EQ(town_.Stop(), 0);
  ASSERT_NO_FATAL_FAILURE(ExpectNothingOfACitizen());
}

}  // namespace
}  // namespace hailong::tests
