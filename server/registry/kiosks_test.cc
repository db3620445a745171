#include "server/registry/kiosks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "base/status.h"
#include "server/model/limits.h"
#include "server/registry/registry_for_test.h"

namespace hailong::registry {
namespace {

using absl::StatusCode;
using base::Cat;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

using Rotate = v1::RotateCollectorCredentialRequest;

// A credential as a kiosk makes it.
std::string Credential(char c) { return std::string(43, c); }

class KiosksTest : public RegistryTest {
 protected:
  // Registers a kiosk of 74.SNV and gives its code.
  std::string AddByEnrolment(const std::string& id) {
    v1::CreateCollectorRequest request;
    *request.mutable_collector() = sample::Collector(id, v1::CHANNEL_KIOSK, "74.SNV");
    request.set_by_enrolment(true);
    const auto created = registry_->CreateCollector(admin_, request);
    EXPECT_TRUE(created.ok()) << created.status();
    EXPECT_EQ(created->credential(), "");
    EXPECT_TRUE(created->collector().awaits_credential());
    return created->enrolment_code();
  }
  absl::StatusOr<v1::EnrollResponse> Enroll(const std::string& code,
                                            const std::string& credential) {
    v1::EnrollRequest request;
    request.set_enrolment_code(code);
    request.set_credential(credential);
    return kiosks_->Enroll(model::Principal(), request);
  }
  const model::Principal* Find(const std::string& credential) {
    catalog_ = holder_.Get();
    return catalog_->FindPrincipal(HashCredential(credential));
  }
  // An enrolled kiosk of that id.
  model::Principal Enrolled(const std::string& id, char credential) {
    EXPECT_TRUE(Enroll(AddByEnrolment(id), Credential(credential)).ok());
    const model::Principal* found = Find(Credential(credential));
    EXPECT_NE(found, nullptr);
    return *found;
  }
  absl::Status Renew(const model::Principal& caller, const std::string& credential) {
    v1::RenewCredentialRequest request;
    request.set_credential(credential);
    return kiosks_->RenewCredential(caller, request).status();
  }
  absl::StatusOr<v1::RotateCollectorCredentialResponse> RotateBy(Rotate::Way way,
                                                                 const std::string& id) {
    Rotate request;
    request.set_collector_id(id);
    request.set_way(way);
    return registry_->RotateCollectorCredential(admin_, request);
  }
  absl::StatusOr<v1::HeartbeatResponse> Beat(const model::Principal& caller,
                                             const v1::KioskStatus& status = {}) {
    v1::HeartbeatRequest request;
    *request.mutable_status() = status;
    return kiosks_->Heartbeat(caller, request);
  }
  absl::StatusOr<v1::ConfigureKioskResponse> Configure(const std::string& id,
                                                       const v1::KioskConfiguration& kiosk) {
    v1::ConfigureKioskRequest request;
    request.set_collector_id(id);
    *request.mutable_kiosk() = kiosk;
    return registry_->ConfigureKiosk(admin_, request);
  }
  v1::Collector Listed(const std::string& id) {
    const auto list = registry_->ListCollectors(admin_, {});
    EXPECT_TRUE(list.ok()) << list.status();
    for (const v1::Collector& one : list->collectors()) {
      if (one.collector_id() == id) return one;
    }
    ADD_FAILURE() << "no " << id;
    return {};
  }
  std::vector<std::string> Silent(absl::Duration silent_for) {
    v1::ListCollectorsRequest request;
    request.mutable_silent_for()->set_seconds(absl::ToInt64Seconds(silent_for));
    std::vector<std::string> ids;
    const auto list = registry_->ListCollectors(admin_, request);
    EXPECT_TRUE(list.ok()) << list.status();
    for (const v1::Collector& one : list->collectors()) ids.push_back(one.collector_id());
    return ids;
  }
  // What the store holds of statuses once the writer has come this far.
  std::vector<store::CollectorStatus> Saved() {
    EXPECT_TRUE(catalog_writer_
                    ->Apply("test", "Nothing", "",
                            [](const model::Catalog&) { return std::vector<model::Record>(); })
                    .ok());
    return *store_->ReadStatuses();
  }

  std::shared_ptr<const model::Catalog> catalog_;
};

v1::KioskConfiguration GoodConfiguration() {
  v1::KioskConfiguration kiosk;
  kiosk.set_round_id("march");
  kiosk.set_form_id("counter");
  kiosk.add_languages("vi");
  kiosk.add_languages("en-GB");
  kiosk.set_idle_seconds(600);
  kiosk.set_countdown_seconds(120);
  kiosk.set_press_interval_ms(60'000);
  kiosk.mutable_message_of_the_day()->set_vi("Chào mừng");
  kiosk.set_staff_pin_sha256(std::string(64, 'a'));
  return kiosk;
}

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

TEST(CodeTries, ThirtyAtOnceThenOneEveryTwoSeconds) {
  base::FakeClock clock(absl::FromUnixSeconds(1'000'000));
  CodeTries tries(clock);
  for (int i = 0; i < limits::kEnrolmentTriesMax; ++i) {
    ASSERT_EQ(tries.Take(), absl::ZeroDuration()) << i;
  }
  EXPECT_EQ(tries.Take(), limits::kEnrolmentTryEvery);
  clock.Advance(limits::kEnrolmentTryEvery / 2);
  EXPECT_EQ(tries.Take(), limits::kEnrolmentTryEvery / 2);
  clock.Advance(limits::kEnrolmentTryEvery / 2);
  EXPECT_EQ(tries.Take(), absl::ZeroDuration());
  EXPECT_GT(tries.Take(), absl::ZeroDuration());
  tries.GiveBack();
  EXPECT_EQ(tries.Take(), absl::ZeroDuration());
  // Time that passes gives no more than all of them.
  clock.Advance(absl::Hours(1000));
  int taken = 0;
  while (tries.Take() == absl::ZeroDuration()) ++taken;
  EXPECT_EQ(taken, limits::kEnrolmentTriesMax);
  // A clock that is put back locks nobody out for longer.
  clock.Advance(-absl::Hours(1000));
  EXPECT_EQ(tries.Take(), limits::kEnrolmentTryEvery);
  clock.Advance(limits::kEnrolmentTryEvery);
  EXPECT_EQ(tries.Take(), absl::ZeroDuration());
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

TEST_F(KiosksTest, AConfigurationReachesTheKioskWithItsNextHeartbeat) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  const auto before = Beat(kiosk);
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_FALSE(before->has_configuration());
  EXPECT_FALSE(before->has_round());
  EXPECT_EQ(before->questionnaire_digest(), "");
  EXPECT_THAT(before->unit_name(), HasSubstr("74.SNV"));
  EXPECT_EQ(model::FromProto(before->server_time()), clock_.Now());
  EXPECT_EQ(before->next_heartbeat_seconds(), 60u);

  const v1::KioskConfiguration wanted = GoodConfiguration();
  const auto configured = Configure("kiosk-1", wanted);
  ASSERT_TRUE(configured.ok()) << configured.status();
  EXPECT_EQ(model::DeterministicBytes(configured->collector().kiosk()),
            model::DeterministicBytes(wanted));
  ASSERT_TRUE(Configure("kiosk-1", wanted).ok());
  const auto after = Beat(kiosk);
  // The collector's own unit, since the configuration names no other.
  v1::KioskConfiguration sent = wanted;
  sent.set_unit_id("74.SNV");
  EXPECT_EQ(model::DeterministicBytes(after->configuration()), model::DeterministicBytes(sent));
  EXPECT_EQ(after->province_name(), sample::Catalog()->units().Find("74", "2025-03-01")->name());
  EXPECT_EQ(after->round().round_id(), "march");
  EXPECT_EQ(after->questionnaire_digest(),
            sample::Catalog()->FindQuestionnaire("sample", 1)->digest());
}

TEST_F(KiosksTest, ARoundMayEndWhileAKioskIsSetUpForIt) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  ASSERT_TRUE(Configure("kiosk-1", GoodConfiguration()).ok());
  ASSERT_EQ(Close(admin_, "march"), StatusCode::kOk);
  const auto heard = Beat(kiosk);
  ASSERT_TRUE(heard.ok());
  EXPECT_EQ(heard->round().state(), v1::ROUND_STATE_CLOSED);
  // What hangs on the round stays; another kiosk cannot be set up for it any more.
  v1::KioskConfiguration message = GoodConfiguration();
  message.mutable_message_of_the_day()->set_vi("Đợt đã kết thúc");
  EXPECT_TRUE(Configure("kiosk-1", message).ok());
  Enrolled("kiosk-2", 'b');
  EXPECT_EQ(Configure("kiosk-2", GoodConfiguration()).status().code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(KiosksTest, ARoundThatIsPlannedIsGoodAndOneWhoseWindowIsOverIsNot) {
  AddByEnrolment("kiosk-1");
  clock_.Set(sample::At("2025-02-01T00:00:00+07:00"));
  EXPECT_TRUE(Configure("kiosk-1", GoodConfiguration()).ok());
  AddByEnrolment("kiosk-2");
  clock_.Set(sample::At("2025-04-01T00:00:00+07:00"));
  EXPECT_EQ(Configure("kiosk-2", GoodConfiguration()).status().code(),
            StatusCode::kFailedPrecondition);
}

TEST_F(KiosksTest, EachRefusalOfAConfigurationNamesTheField) {
  AddByEnrolment("kiosk-1");
  const struct {
    void (*change)(v1::KioskConfiguration&);
    const char* line;
  } cases[] = {
      {[](auto& k) { k.set_unit_id("74.STC"); },
       "kiosk.unit_id: found '74.STC', allowed are the collector's unit '74.SNV' and those below"},
      {[](auto& k) { k.set_unit_id("99"); }, "kiosk.unit_id: found '99', which is no unit on 2025"},
      {[](auto& k) { k.set_form_id("none"); },
       "kiosk.form_id: found 'none', allowed are none and the forms of the round's questionnaire: "
       "'counter'"},
      {[](auto& k) { k.set_long_form_id("long"); }, "kiosk.long_form_id: found 'long', allowed"},
      {[](auto& k) { k.clear_round_id(); }, "kiosk.form_id: found 'counter', but no round is set"},
      {[](auto& k) { k.add_languages("vi"); }, "kiosk.languages[2]: 'vi' is there twice"},
      {[](auto& k) { k.set_languages(0, "Vietnamese"); },
       "kiosk.languages[0]: found 'Vietnamese', allowed are BCP 47 tags"},
      {[](auto& k) { k.set_languages(0, ""); }, "kiosk.languages[0]: found ''"},
      {[](auto& k) { k.set_languages(0, "vi-"); }, "kiosk.languages[0]: found 'vi-'"},
      {[](auto& k) { k.set_languages(0, "../vi"); }, "kiosk.languages[0]: found '../vi'"},
      {[](auto& k) {
         for (int i = 0; i < 7; ++i) k.add_languages("km");
       },
       "kiosk.languages: found 9, allowed are 0..8"},
      {[](auto& k) { k.set_idle_seconds(601); },
       "kiosk.idle_seconds: found 601, allowed are 0..600"},
      {[](auto& k) { k.set_countdown_seconds(121); },
       "kiosk.countdown_seconds: found 121, allowed are 0..120"},
      {[](auto& k) { k.set_press_interval_ms(60'001); },
       "kiosk.press_interval_ms: found 60001, allowed are 0..60000"},
      {[](auto& k) { k.mutable_message_of_the_day()->clear_vi(); },
       "kiosk.message_of_the_day.vi: is empty"},
      {[](auto& k) { k.mutable_message_of_the_day()->set_en(std::string(2001, 'x')); },
       "kiosk.message_of_the_day: found "},
      {[](auto& k) { k.set_staff_pin_sha256("2580"); },
       "kiosk.staff_pin_sha256: found 4 bytes, allowed are none or the 64 lower-case"},
      {[](auto& k) { k.set_staff_pin_sha256(std::string(64, 'A')); },
       "kiosk.staff_pin_sha256: found 64 bytes"},
  };
  for (const auto& one : cases) {
    v1::KioskConfiguration kiosk = GoodConfiguration();
    one.change(kiosk);
    const absl::Status status = Configure("kiosk-1", kiosk).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << one.line;
    EXPECT_THAT(sample::ViolationLines(status), ElementsAre(HasSubstr(one.line)));
  }
  v1::KioskConfiguration unknown = GoodConfiguration();
  unknown.set_round_id("may");
  EXPECT_EQ(Configure("kiosk-1", unknown).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Configure("nobody", GoodConfiguration()).status().code(), StatusCode::kNotFound);
  EXPECT_FALSE(Listed("kiosk-1").has_kiosk());
  // An unbound kiosk must be told which unit is rated, and it must be one of the round's.
  ASSERT_TRUE(Create(admin_, "anywhere", "").ok());
  EXPECT_THAT(sample::ViolationLines(Configure("anywhere", GoodConfiguration()).status()),
              ElementsAre("kiosk.unit_id: is empty, and the collector has no unit of its own"));
  v1::KioskConfiguration other = GoodConfiguration();
  other.set_unit_id("79.SNV");
  EXPECT_THAT(
      sample::ViolationLines(Configure("anywhere", other).status()),
      ElementsAre(HasSubstr("kiosk.unit_id: found '79.SNV', allowed are the round's unit")));
  // Nothing at all is a configuration too.
  EXPECT_TRUE(Configure("kiosk-1", {}).ok());
}

TEST_F(KiosksTest, AKioskMayBeSetUpWhenItIsRegistered) {
  v1::CreateCollectorRequest request;
  *request.mutable_collector() = sample::Collector("kiosk-1", v1::CHANNEL_KIOSK, "74.SNV");
  *request.mutable_collector()->mutable_kiosk() = GoodConfiguration();
  request.mutable_collector()->mutable_kiosk()->set_form_id("none");
  EXPECT_EQ(registry_->CreateCollector(admin_, request).status().code(),
            StatusCode::kInvalidArgument);
  request.mutable_collector()->mutable_kiosk()->set_form_id("counter");
  ASSERT_TRUE(registry_->CreateCollector(admin_, request).ok());
  EXPECT_EQ(Listed("kiosk-1").kiosk().form_id(), "counter");
}

TEST_F(KiosksTest, ABoundOperatorSetsUpOnlyItsOwnKiosks) {
  AddByEnrolment("kiosk-1");
  v1::ConfigureKioskRequest request;
  request.set_collector_id("kiosk-1");
  EXPECT_EQ(registry_->ConfigureKiosk(district_, request).status().code(),
            StatusCode::kPermissionDenied);
}

TEST_F(KiosksTest, AHeartbeatIsShownAtOnceAndTellsWhoIsSilent) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  Enrolled("kiosk-2", 'b');
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-1", "kiosk-2"));
  v1::KioskStatus status;
  status.set_version("1.2.0");
  status.set_waiting(7);
  status.set_screen(v1::SCREEN_STATE_PAUSED);
  ASSERT_TRUE(Beat(kiosk, status).ok());
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-2"));
  const v1::Collector listed = Listed("kiosk-1");
  EXPECT_EQ(listed.status().waiting(), 7u);
  EXPECT_EQ(listed.status().screen(), v1::SCREEN_STATE_PAUSED);
  EXPECT_EQ(model::FromProto(listed.status_at()), clock_.Now());
  EXPECT_FALSE(listed.has_last_seen_at());
  EXPECT_FALSE(Listed("kiosk-2").has_status());
  clock_.Advance(absl::Hours(2));
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-2"));
  clock_.Advance(absl::Microseconds(1));
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-1", "kiosk-2"));
  // Responses are heard too; who was revoked is not missed.
  model::NewResponse response = sample::Checked(sample::Catalog()->FindRound("march"), 1);
  response.collector = Find(Credential('b'))->collector;
  response.received_at = clock_.Now();
  // By the writer, whose thread may still be saving the heartbeats.
  ASSERT_TRUE(writer_->OfferResponses({response}, [](const auto&) {}).ok());
  Saved();
  EXPECT_THAT(Silent(absl::Hours(2)), ElementsAre("kiosk-1"));
  v1::RevokeCollectorRequest revoke;
  revoke.set_collector_id("kiosk-1");
  ASSERT_TRUE(registry_->RevokeCollector(admin_, revoke).ok());
  EXPECT_THAT(Silent(absl::Hours(2)), IsEmpty());
  v1::ListCollectorsRequest bad;
  bad.mutable_silent_for()->set_seconds(-1);
  EXPECT_EQ(registry_->ListCollectors(admin_, bad).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(KiosksTest, HeartbeatsAreSavedTogetherOnceAMinute) {
  std::vector<model::Principal> kiosks;
  for (char c = 'a'; c < 'a' + 5; ++c) kiosks.push_back(Enrolled(Cat("kiosk-", int{c}), c));
  v1::KioskStatus status;
  status.set_waiting(1);
  ASSERT_TRUE(Beat(kiosks[0], status).ok());
  ASSERT_EQ(Saved().size(), 1u);  // the first at once
  for (uint64_t beat = 2; beat < 10; ++beat) {
    status.set_waiting(beat);
    for (const model::Principal& kiosk : kiosks) ASSERT_TRUE(Beat(kiosk, status).ok());
  }
  EXPECT_EQ(Saved().size(), 1u);  // then nothing for a minute
  clock_.Advance(limits::kStatusSaveInterval);
  ASSERT_TRUE(Beat(kiosks[0], status).ok());
  const auto saved = Saved();  // and then all of them
  ASSERT_EQ(saved.size(), 5u);
  for (const store::CollectorStatus& one : saved) EXPECT_EQ(one.status.waiting(), 9u);
  // What is younger than that is saved on the way out, and taken up again.
  status.set_waiting(10);
  ASSERT_TRUE(Beat(kiosks[4], status).ok());
  statuses_->Save();
  Saved();
  StatusBoard next(*store_, *writer_, clock_);
  ASSERT_TRUE(next.Recover().ok());
  EXPECT_EQ(next.Find(kiosks[4].collector)->status.waiting(), 10u);
  EXPECT_EQ(next.Find(kiosks[3].collector)->status.waiting(), 9u);
  EXPECT_EQ(next.Find(model::CollectorNumber{99}), std::nullopt);
}

TEST_F(KiosksTest, AKioskInTroubleIsHeardAndNonsenseIsNot) {
  const model::Principal kiosk = Enrolled("kiosk-1", 'a');
  v1::KioskStatus status;
  for (int i = 0; i < 333; ++i) status.mutable_alarm()->append("Đĩa hỏng. ");
  status.mutable_oldest_waiting_at()->set_seconds(5);  // a device without a clock
  status.set_waiting(3);
  ASSERT_TRUE(Beat(kiosk, status).ok());
  EXPECT_FALSE(Listed("kiosk-1").status().has_oldest_waiting_at());
  EXPECT_LE(Listed("kiosk-1").status().alarm().size(), limits::kKioskStatusTextBytesMax);
  EXPECT_THAT(Listed("kiosk-1").status().alarm(), HasSubstr("Đĩa hỏng"));

  const auto refused = [&](auto change) {
    v1::KioskStatus bad;
    change(bad);
    return sample::ViolationLines(Beat(kiosk, bad).status());
  };
  EXPECT_THAT(refused([](auto& s) { s.set_counter("Quầy 3"); }),
              ElementsAre(HasSubstr("status.counter: found 'Quầy 3'")));
  EXPECT_THAT(refused([](auto& s) { s.set_screen(static_cast<v1::ScreenState>(9)); }),
              ElementsAre("status.screen: found 9, allowed are 0..4"));
  EXPECT_THAT(refused([](auto& s) {
                for (int i = 0; i < 21; ++i) s.add_newest_set_aside();
              }),
              ElementsAre("status.newest_set_aside: found 21, allowed are 0..20"));
  EXPECT_EQ(Listed("kiosk-1").status().waiting(), 3u);
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
