// Codes and credentials of kiosks: enrolment, renewal, rotation, the end of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/registry/enrolment.h"
#include "server/registry/kiosks_for_test.h"

namespace hailong::registry {
namespace {

using absl::StatusCode;
using base::Cat;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(EnrolmentCode, IsTenCharactersWithoutLookAlikesAndNoTwoAreAlike) {
  std::set<std::string> codes;
  std::set<char> characters;
  for (int i = 0; i < 500; ++i) {
    const std::string code = NewEnrolmentCode();
    EXPECT_THAT(code, MatchesRegex("[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}"));
    codes.insert(code);
    characters.insert(code.begin(), code.end());
  }
  EXPECT_EQ(codes.size(), 500u);
  EXPECT_EQ(characters.size(), 33u);  // each of 5,000 draws from 32, and the dash
}

TEST(EnrolmentCode, IsTheSameHoweverItIsTyped) {
  const std::string hash = HashEnrolmentCode("01ABC-DEFGH");
  EXPECT_EQ(hash.size(), 64u);
  for (const char* typed : {"01abcdefgh", " 01 ABC - DEFGH ", "O1ABC-DEFGH", "oIabc-defgh",
                            "0lABCDEFGH", "01-ABCDEFGH-"}) {
    EXPECT_EQ(HashEnrolmentCode(typed), hash) << typed;
  }
  EXPECT_NE(HashEnrolmentCode("01ABC-DEFGJ"), hash);
  for (const char* none : {"", "-", "01ABC-DEFG", "01ABC-DEFGHJ", "01ABC-DEFGU", "01ABC_DEFGH",
                           "01ABC-DEFG\xC3\x94", "01ABC\nDEFGH"}) {
    EXPECT_EQ(HashEnrolmentCode(none), "") << none;
  }
}

TEST_F(KiosksTest, ACodeIsTradedOnceForTheKiosksOwnCredential) {
  const std::string code = AddByEnrolment("kiosk-1");
  EXPECT_EQ(Find(Credential('a')), nullptr);
  const auto enrolled = Enroll(code, Credential('a'));
  ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  EXPECT_EQ(enrolled->collector_id(), "kiosk-1");
  ASSERT_NE(Find(Credential('a')), nullptr);
  EXPECT_EQ(Find(Credential('a'))->id, "kiosk-1");
  EXPECT_FALSE(Listed("kiosk-1").awaits_credential());
  // The answer was lost on the way: the same again is the same. Somebody else's is not.
  EXPECT_EQ(Enroll(code, Credential('a'))->collector_id(), "kiosk-1");
  EXPECT_EQ(Enroll(code, Credential('b')).status().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(Find(Credential('b')), nullptr);
}

TEST_F(KiosksTest, WhoEnrolsAgainLearnsTheHighestNumberThatArrivedOrWasTold) {
  const std::string first = AddByEnrolment("kiosk-1");
  EXPECT_EQ(Enroll(first, Credential('a'))->device_sequence_max(), 0u);
  Enrolled("kiosk-2", 'z');  // another's numbers are another's
  StoreNumbers("kiosk-1", {1, 2, 5});
  StoreNumbers("kiosk-2", {70});
  const auto again = [&](char credential) {
    const auto rotated = RotateBy(Rotate::WAY_BY_ENROLMENT, "kiosk-1");
    EXPECT_TRUE(rotated.ok()) << rotated.status();
    return Enroll(rotated->enrolment_code(), Credential(credential))->device_sequence_max();
  };
  EXPECT_EQ(again('b'), 5u);
  // Answers that waited when its disk was lost were told of, but never came.
  v1::KioskStatus status;
  status.set_device_sequence(9);
  ASSERT_TRUE(Beat(*Find(Credential('b')), status).ok());
  EXPECT_EQ(again('c'), 9u);
}

TEST_F(KiosksTest, EveryCodeThatIsNoneIsRefusedAlike) {
  const std::string used = AddByEnrolment("kiosk-used");
  ASSERT_TRUE(Enroll(used, Credential('a')).ok());
  const std::string revoked = AddByEnrolment("kiosk-revoked");
  v1::RevokeCollectorRequest revoke;
  revoke.set_collector_id("kiosk-revoked");
  ASSERT_TRUE(registry_->RevokeCollector(admin_, revoke).ok());
  const std::string old = AddByEnrolment("kiosk-old");
  clock_.Advance(limits::kEnrolmentCodeLife - absl::Seconds(1));
  EXPECT_TRUE(Enroll(AddByEnrolment("kiosk-new"), Credential('n')).ok());
  clock_.Advance(absl::Seconds(1));
  std::set<std::string> sentences;
  for (const std::string& code : {used, revoked, old, std::string("00000-00000"), std::string(),
                                  std::string("no code"), std::string(10'000, '7')}) {
    const absl::Status status = Enroll(code, Credential('b')).status();
    EXPECT_EQ(status.code(), StatusCode::kUnauthenticated) << code;
    sentences.insert(std::string(status.message()));
  }
  EXPECT_EQ(sentences.size(), 1u);
  EXPECT_EQ(Find(Credential('b')), nullptr);
  // Of the one that was used nothing has changed.
  EXPECT_TRUE(Enroll(used, Credential('a')).ok());
}

TEST_F(KiosksTest, ACodeWorksUntilItsLastSecond) {
  const std::string code = AddByEnrolment("kiosk-1");
  clock_.Advance(limits::kEnrolmentCodeLife - absl::Microseconds(1));
  EXPECT_TRUE(Enroll(code, Credential('a')).ok());
}

TEST_F(KiosksTest, AWeakOrForeignCredentialIsRefused) {
  const std::string code = AddByEnrolment("kiosk-1");
  for (const std::string& weak :
       {std::string(), std::string(42, 'a'), std::string(44, 'a'), std::string(42, 'a') + "=",
        std::string(42, 'a') + "+", "hl1." + std::string(43, 'a')}) {
    const absl::Status status = Enroll(code, weak).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << weak;
    EXPECT_THAT(sample::ViolationLines(status),
                ElementsAre(HasSubstr(Cat("credential: found ", weak.size(), " bytes, allowed"))));
  }
  // A copied disk: two kiosks that made the same one.
  const model::Principal first = Enrolled("kiosk-2", 'a');
  EXPECT_EQ(Enroll(code, Credential('a')).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(Find(Credential('a'))->id, "kiosk-2");
  const model::Principal second = Enrolled("kiosk-3", 'b');
  EXPECT_EQ(Renew(second, Credential('a')).code(), StatusCode::kInvalidArgument);
  v1::RevokeCollectorRequest revoke;
  revoke.set_collector_id("kiosk-2");
  ASSERT_TRUE(registry_->RevokeCollector(admin_, revoke).ok());
  EXPECT_EQ(Renew(second, Credential('a')).code(), StatusCode::kInvalidArgument);
  // None of these cost a try at the code.
  EXPECT_TRUE(Enroll(code, Credential('c')).ok());
}

TEST_F(KiosksTest, WrongCodesAreCountedForTheWholeServerAndRightOnesAreNot) {
  const std::string code = AddByEnrolment("kiosk-1");
  for (int i = 0; i < 2 * limits::kEnrolmentTriesMax; ++i) {
    ASSERT_TRUE(Enroll(code, Credential('a')).ok()) << i;
  }
  for (int i = 0; i < limits::kEnrolmentTriesMax; ++i) {
    ASSERT_EQ(Enroll("00000-00000", Credential('b')).status().code(), StatusCode::kUnauthenticated);
  }
  for (const std::string& any : {std::string("00000-00000"), code}) {
    const absl::Status status = Enroll(any, Credential('a')).status();
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(refusal::RetryDelayOf(status), limits::kEnrolmentTryEvery);
  }
  clock_.Advance(limits::kEnrolmentTryEvery);
  EXPECT_TRUE(Enroll(code, Credential('a')).ok());
}

TEST_F(KiosksTest, OfManyKiosksWithOneCodeOneEnrols) {
  const std::string code = AddByEnrolment("kiosk-1");
  std::atomic<int> enrolled = 0;
  std::vector<std::thread> threads;
  for (char c = 'a'; c < 'a' + 8; ++c) {
    threads.emplace_back([&, c] { enrolled += Enroll(code, Credential(c)).ok() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(enrolled, 1);
}

TEST_F(KiosksTest, OnlyKiosksEnrolOrAreSetUp) {
  v1::CreateCollectorRequest request;
  *request.mutable_collector() = sample::Collector("web", v1::CHANNEL_WEB, "");
  request.set_by_enrolment(true);
  EXPECT_THAT(sample::ViolationLines(registry_->CreateCollector(admin_, request).status()),
              ElementsAre("by_enrolment: collector 'web' is of CHANNEL_WEB; allowed is "
                          "CHANNEL_KIOSK"));
  request.set_by_enrolment(false);
  request.mutable_collector()->mutable_kiosk();
  EXPECT_EQ(registry_->CreateCollector(admin_, request).status().code(),
            StatusCode::kInvalidArgument);
  request.mutable_collector()->clear_kiosk();
  const auto web = registry_->CreateCollector(admin_, request);
  ASSERT_TRUE(web.ok());
  EXPECT_THAT(sample::ViolationLines(Configure("web", {}).status()),
              ElementsAre(HasSubstr("collector_id: collector 'web' is of CHANNEL_WEB")));
  const model::Principal caller = *Find(web->credential());
  EXPECT_EQ(Beat(caller).status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(Renew(caller, Credential('w')).code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(RotateBy(Rotate::WAY_BY_KIOSK, "web").status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(RotateBy(Rotate::WAY_BY_ENROLMENT, "web").status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_NE(Find(web->credential()), nullptr);
}

TEST_F(KiosksTest, AKioskRenewsItsCredentialItselfWhenAsked) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  EXPECT_FALSE(Beat(kiosk)->renew_credential());
  const auto asked = RotateBy(Rotate::WAY_BY_KIOSK, "kiosk-1");
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_EQ(asked->credential() + asked->enrolment_code(), "");
  EXPECT_TRUE(Listed("kiosk-1").awaits_credential());
  // Until it has, the old one works.
  EXPECT_TRUE(Beat(kiosk)->renew_credential());
  EXPECT_NE(Find(Credential('a')), nullptr);
  ASSERT_TRUE(Renew(kiosk, Credential('b')).ok());
  EXPECT_EQ(Find(Credential('a')), nullptr);
  ASSERT_NE(Find(Credential('b')), nullptr);
  EXPECT_FALSE(Beat(*Find(Credential('b')))->renew_credential());
  EXPECT_FALSE(Listed("kiosk-1").awaits_credential());
  // The answer was lost: with the new one the same call is the same, with the old one it is over.
  EXPECT_TRUE(Renew(*Find(Credential('b')), Credential('b')).ok());
  EXPECT_EQ(Renew(kiosk, Credential('c')).code(), StatusCode::kUnauthenticated);
}

TEST_F(KiosksTest, AKioskThatLostItsCredentialEnrolsAgain) {
  Enrolled("kiosk-1", 'a');
  const auto rotated = RotateBy(Rotate::WAY_BY_ENROLMENT, "kiosk-1");
  ASSERT_TRUE(rotated.ok()) << rotated.status();
  EXPECT_EQ(Find(Credential('a')), nullptr);
  EXPECT_TRUE(Listed("kiosk-1").awaits_credential());
  EXPECT_EQ(RotateBy(Rotate::WAY_BY_KIOSK, "kiosk-1").status().code(),
            StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Enroll(rotated->enrolment_code(), Credential('b')).ok());
  EXPECT_NE(Find(Credential('b')), nullptr);
}

TEST_F(KiosksTest, ANewCredentialOrCodeEndsTheCodeBefore) {
  const std::string first = AddByEnrolment("kiosk-1");
  const auto second = RotateBy(Rotate::WAY_BY_ENROLMENT, "kiosk-1");
  EXPECT_EQ(Enroll(first, Credential('a')).status().code(), StatusCode::kUnauthenticated);
  const auto credential = RotateBy(Rotate::WAY_UNSPECIFIED, "kiosk-1");
  EXPECT_EQ(Enroll(second->enrolment_code(), Credential('a')).status().code(),
            StatusCode::kUnauthenticated);
  EXPECT_NE(Find(credential->credential()), nullptr);
  EXPECT_EQ(RotateBy(static_cast<Rotate::Way>(9), "kiosk-1").status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(KiosksTest, ARevokedKioskIsNotChangedAnyMore) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  v1::RevokeCollectorRequest revoke;
  revoke.set_collector_id("kiosk-1");
  ASSERT_TRUE(registry_->RevokeCollector(admin_, revoke).ok());
  for (const Rotate::Way way :
       {Rotate::WAY_UNSPECIFIED, Rotate::WAY_BY_KIOSK, Rotate::WAY_BY_ENROLMENT}) {
    EXPECT_EQ(RotateBy(way, "kiosk-1").status().code(), StatusCode::kFailedPrecondition) << way;
  }
  EXPECT_EQ(Configure("kiosk-1", GoodConfiguration()).status().code(),
            StatusCode::kFailedPrecondition);
  // Between the gate and here it was quicker.
  EXPECT_EQ(Renew(kiosk, Credential('b')).code(), StatusCode::kPermissionDenied);
  EXPECT_FALSE(Listed("kiosk-1").awaits_credential());
}

TEST_F(KiosksTest, NeitherCodeNorCredentialIsOnDisk) {
  const std::string code = AddByEnrolment("kiosk-1");
  ASSERT_TRUE(Enroll(code, Credential('z')).ok());
  bool hash_found = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    hash_found = hash_found || text.str().find(HashEnrolmentCode(code)) != std::string::npos;
    EXPECT_EQ(text.str().find(code), std::string::npos) << entry.path();
    EXPECT_EQ(text.str().find(code.substr(0, 5) + code.substr(6)), std::string::npos);
    EXPECT_EQ(text.str().find(Credential('z')), std::string::npos) << entry.path();
  }
  EXPECT_TRUE(hash_found);
}

}  // namespace
}  // namespace hailong::registry
