// What needs no store and no network.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "base/status.h"
#include "base/temp_directory_for_test.h"
#include "server/testing/sample.h"
#include "server/zalo/api.h"
#include "server/zalo/event.h"
#include "server/zalo/scale.h"
#include "server/zalo/settings.h"
#include "server/zalo/signature.h"
#include "server/zalo/vault.h"
#include "server/zalo/verdict.h"

namespace hailong::zalo {
namespace {

using base::Cat;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kOurs[] = "2345678901234567890";

// --- signatures ---

TEST(Signature, ProofsOfTheAppSecretMatchTheVectors) {
  EXPECT_EQ(AppSecretProof("appSecretKey", "accessToken"),
            "0584869ec908cfecf20763760e69c4baca98ac64aaeb6a938f47ca758dfe779f");
  EXPECT_EQ(AppSecretProof("fixture-app-secret-not-real", "fixture-access-token"),
            "1c973943c48d25e718dbb3426795e2321b1c3839945527da86bd3b1ae4a3c9f3");
}

TEST(Signature, IsThePlainHashOfFourPartsWithoutAnythingBetween) {
  // sha256("1" "{}" "2" "s") by sha256sum.
  const SignedBody body{.first_id = "1", .raw = "{}", .timestamp = "2"};
  const std::string made = Sign(body, "s");
  EXPECT_EQ(made, "mac=b4f82c4532052c7f37ed3c6bdaf0e2c83adb46816e9649f84022fe165b65a81b");
  EXPECT_TRUE(IsSigned(made, body, {"s"}));
  EXPECT_TRUE(IsSigned(made, body, {"other", "s"}));
  EXPECT_FALSE(IsSigned(made, body, {"other"}));
  EXPECT_FALSE(IsSigned(made, body, {}));
  EXPECT_FALSE(IsSigned(made.substr(4), body, {"s"}));
  EXPECT_FALSE(IsSigned(made + "0", body, {"s"}));
  EXPECT_FALSE(IsSigned(made.substr(0, made.size() - 1) + "g", body, {"s"}));
  EXPECT_FALSE(IsSigned("", body, {"s"}));
}

// --- events ---

absl::StatusOr<Event> Parsed(const std::string& rest) {
  const auto json =
      base::Json::Parse(Cat(R"({"app_id":"1","timestamp":"1790000000120",)", rest, "}"), 16);
  EXPECT_TRUE(json.ok()) << json.status();
  return ParseEvent(*json, kOurs);
}

TEST(Event, KeepsNothingOfWhoTheCitizenIs) {
  const auto receipt =
      Parsed(R"("event_name":"user_received_message","sender":{"id":"2345678901234567890"},)"
             R"("recipient":{"id":"84900000001"},"message":{"delivery_time":"1790000000040",)"
             R"("msg_id":"m","tracking_id":"t"})");
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(receipt->kind, EventKind::kReceipt);
  EXPECT_EQ(receipt->addressee, Addressee::kOurs);
  EXPECT_EQ(receipt->msg_id, "m");
  const auto chat = Parsed(
      R"("event_name":"user_send_text","sender":{"id":"3"},"recipient":)"
      R"({"id":"2345678901234567890"},"message":{"text":"my number is 0900000001","msg_id":"c"})");
  ASSERT_TRUE(chat.ok());
  EXPECT_EQ(chat->kind, EventKind::kNoted);
  EXPECT_EQ(chat->msg_id + chat->tracking_id + chat->rating.SerializeAsString(), "");
}

TEST(Event, OfAnotherAccountIsTold) {
  EXPECT_EQ(Parsed(R"("event_name":"x","oa_id":"5")")->addressee, Addressee::kAnother);
  EXPECT_EQ(Parsed(R"("event_name":"x","oaId":"2345678901234567890")")->addressee,
            Addressee::kOurs);
  EXPECT_EQ(Parsed(R"("event_name":"x","sender":{"id":"5"},"recipient":{"id":"6"})")->addressee,
            Addressee::kAnother);
  EXPECT_EQ(Parsed(R"("event_name":"x")")->addressee, Addressee::kNobody);
}

TEST(Event, IsTheSameByWhatWasAnsweredAndNotByWhenItWasTold) {
  const std::string rating =
      R"("event_name":"user_feedback","message":{"rate":5,"msg_id":"m","submit_time":")";
  const auto key = [&](const std::string& name, const std::string& time) {
    return Parsed(rating + time + R"("},"x":")" + name + "\"")->business_key;
  };
  EXPECT_EQ(key("a", "1790000000100").size(), 32u);
  EXPECT_EQ(key("a", "1790000000100"), key("b", "1790000000100"));
  EXPECT_NE(key("a", "1790000000100"), key("a", "1790000000101"));
  // The list of ratings spells the same with other names.
  const auto item = base::Json::Parse(
      R"({"rate":5,"msgId":"m","submitDate":"1790000000100","oaId":"2345678901234567890"})", 4);
  EXPECT_EQ(ParseListedRating(*item, "1", kOurs)->business_key, key("a", "1790000000100"));
  const auto foreign = base::Json::Parse(R"({"rate":5,"msgId":"m","oaId":"5"})", 4);
  EXPECT_FALSE(ParseListedRating(*foreign, "1", kOurs).has_value());
}

TEST(Event, CleansTextOfThePublic) {
  const auto event =
      Parsed(R"("event_name":"user_feedback","message":{"rate":"4","note":"a\u0000b\u001b[2Jc\nd",)"
             R"("feedbacks":["x\ty",7,null,"z"],"msg_id":"has space","tracking_id":")" +
             std::string(65, 't') + R"("})");
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->rating.note(), "a b [2Jc\nd");
  EXPECT_THAT(event->rating.feedbacks(), ElementsAre("x y", "z"));
  EXPECT_EQ(event->msg_id, "");
  EXPECT_EQ(event->tracking_id, "");
}

TEST(Event, AButtonsTextIsReadBack) {
  const auto rating = ParseButtonText(ButtonText(4, "token"));
  ASSERT_TRUE(rating.has_value());
  EXPECT_EQ(*StarsOf(*rating), 4);
  EXPECT_EQ(rating->token_hash().size(), 32u);
  for (const char* text : {"", "danhgia 5 x", "#danhgia 5", "#danhgia 5 ", "#danhgia 5 a b"}) {
    EXPECT_FALSE(ParseButtonText(text).has_value()) << text;
  }
}

// --- scales ---

TEST(Scale, OnlyAKnownScaleHasStars) {
  const auto stars = [](const char* type, const char* option, const char* rate) {
    v1::ZaloRating rating;
    rating.set_rating_type(type);
    rating.set_option(option);
    rating.set_rate(rate);
    return StarsOf(rating).value_or(-1);
  };
  EXPECT_EQ(stars("csat", "five_emotions", "1"), 1);
  EXPECT_EQ(stars("", "", "5"), 5);
  for (const char* rate : {"0", "6", "", "05", "5.0", "-1", "1e0", "five"}) {
    EXPECT_EQ(stars("csat", "five_emotions", rate), -1) << rate;
  }
  EXPECT_EQ(stars("csat", "", "5"), -1);
  EXPECT_EQ(stars("csat", "ten_points", "5"), -1);
  EXPECT_EQ(stars("nps", "five_emotions", "5"), -1);
}

// --- verdicts ---

TEST(Verdict, BelongsToTheHost) {
  EXPECT_EQ(VerdictOf(Host::kBusiness, 0), Verdict::kDone);
  EXPECT_EQ(VerdictOf(Host::kBusiness, -124), Verdict::kRefreshToken);
  EXPECT_EQ(VerdictOf(Host::kOpenApi, -124), Verdict::kUnknown);
  EXPECT_EQ(VerdictOf(Host::kOpenApi, -216), Verdict::kRefreshToken);
  EXPECT_EQ(VerdictOf(Host::kOpenApi, -220), Verdict::kRefreshToken);
  EXPECT_EQ(VerdictOf(Host::kBusiness, -100), Verdict::kLater);
  EXPECT_EQ(VerdictOf(Host::kOpenApi, -100), Verdict::kUnknown);
  EXPECT_EQ(VerdictOf(Host::kBusiness, -1241), Verdict::kPerson);
  EXPECT_EQ(VerdictOf(Host::kOpenApi, -242), Verdict::kPerson);
  EXPECT_EQ(VerdictOf(Host::kBusiness, -144), Verdict::kQuota);
  EXPECT_EQ(VerdictOf(Host::kBusiness, -108), Verdict::kCitizen);
  EXPECT_EQ(VerdictOf(Host::kOpenApi, -230), Verdict::kCitizen);
  EXPECT_EQ(VerdictOf(Host::kBusiness, -146), Verdict::kPayload);
  EXPECT_EQ(VerdictOf(Host::kBusiness, -106), Verdict::kMethod);
}

TEST(Verdict, NightsAreThoseOfVietnam) {
  v1::QuietHours hours;
  hours.set_from_hour(22);
  hours.set_to_hour(6);
  const auto at = [](const char* time) { return sample::At(time); };
  EXPECT_FALSE(IsQuiet(at("2026-09-21T14:59:59Z"), hours));
  EXPECT_TRUE(IsQuiet(at("2026-09-21T15:00:00Z"), hours));
  EXPECT_EQ(QuietEnds(at("2026-09-21T15:00:01Z"), hours), at("2026-09-22T06:00:00+07:00"));
  EXPECT_EQ(QuietEnds(at("2026-09-22T05:30:00+07:00"), hours), at("2026-09-22T06:00:00+07:00"));
  EXPECT_EQ(QuietEnds(at("2026-09-22T12:30:00+07:00"), hours), at("2026-09-22T12:30:00+07:00"));
  EXPECT_EQ(NextDay(at("2026-09-21T23:59:00+07:00")), at("2026-09-22T00:00:00+07:00"));
  hours.set_to_hour(22);
  EXPECT_FALSE(IsQuiet(at("2026-09-21T22:00:00+07:00"), hours));
  hours.set_from_hour(12);
  hours.set_to_hour(13);
  EXPECT_TRUE(IsQuiet(at("2026-09-21T12:00:00+07:00"), hours));
  EXPECT_FALSE(IsQuiet(at("2026-09-21T13:00:00+07:00"), hours));
}

// --- answers ---

TEST(Answer, OfASendIsReadInEveryShapeThatWasSeen) {
  const auto receipt = [](const char* data) {
    return ReceiptOf(*base::Json::Parse(Cat("{\"error\":0,\"data\":", data, "}"), 8));
  };
  EXPECT_EQ(receipt(R"({"msg_id":"a","quota":{"remainingQuota":"19999"}})").msg_id, "a");
  EXPECT_EQ(receipt(R"({"msg_id":"a","quota":{"remainingQuota":"19999"}})").quota_left, 19999);
  EXPECT_EQ(receipt(R"({"message_id":"b","quota":{"remain":7}})").quota_left, 7);
  EXPECT_EQ(receipt(R"({"message_id":"b","quota":{"quota_type":"x"}})").msg_id, "b");
  EXPECT_FALSE(receipt(R"({"message_id":"b"})").quota_left.has_value());
}

// --- the vault ---

TEST(Vault, OpensEachForItsRowOnlyAndNothingWithoutItsKey) {
  base::TempDirectory directory;
  auto vault = *Vault::Open(directory.path());
  v1::ZaloRecipient recipient;
  recipient.set_phone("84900000001");
  const std::string sealed = *vault->SealRecipient(recipient, "march", "t1");
  EXPECT_THAT(sealed, Not(HasSubstr("84900000001")));
  vault = *Vault::Open(directory.path());
  EXPECT_EQ(vault->OpenRecipient(sealed, "march", "t1")->phone(), "84900000001");
  EXPECT_TRUE(absl::IsDataLoss(vault->OpenRecipient(sealed, "march", "t2").status()));
  const std::string tokens = *vault->SealTokens({.access = "a", .refresh = "r"});
  EXPECT_EQ(vault->OpenTokens(tokens)->refresh, "r");
  ASSERT_TRUE(vault->DestroyRecipients("march").ok());
  EXPECT_TRUE(absl::IsUnavailable(vault->OpenRecipient(sealed, "march", "t1").status()));
  EXPECT_TRUE(vault->DestroyRecipients("march").ok());
}

// --- settings ---

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    for (const char* name : {"oa.secret", "app.secret", "refresh.token"}) {
      EXPECT_TRUE(base::WritePrivateFile(directory_.File(name), Cat("the-", name, "\n")).ok());
    }
  }
  absl::StatusOr<Settings> Read(const std::string& text) {
    std::ofstream(directory_.File("zalo.textproto")) << text;
    return ReadSettings(directory_.File("zalo.textproto"));
  }
  base::TempDirectory directory_;
  const std::string good_ =
      "app_id: '1' oa_id: '2' collector_id: 'zalo' oa_secret_file: 'oa.secret'\n"
      "app_secret_file: 'app.secret' refresh_token_file: 'refresh.token' template_ids: '600001'\n";
};

TEST_F(SettingsTest, FillInZalosOwnHostsAndTheQuietHours) {
  const auto settings = Read(good_);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_THAT(settings->oa_secrets, ElementsAre("the-oa.secret"));
  EXPECT_EQ(settings->app_secret, "the-app.secret");
  EXPECT_EQ(settings->consent_token, "the-refresh.token");
  EXPECT_EQ(settings->file.endpoints().business(), "https://business.openapi.zalo.me");
  EXPECT_EQ(settings->file.endpoints().openapi(), "https://openapi.zalo.me");
  EXPECT_EQ(settings->file.endpoints().oauth(), "https://oauth.zaloapp.com");
  EXPECT_EQ(settings->file.quiet_hours().from_hour(), 22u);
  EXPECT_EQ(settings->file.quiet_hours().to_hour(), 6u);
  EXPECT_EQ(settings->reconcile_interval, absl::Hours(1));
  EXPECT_FALSE(settings->file.allow_oa_id_first());
}

TEST_F(SettingsTest, TheExampleThatIsShippedIsGood) {
  for (const char* name : {"oa-secret", "app-secret", "refresh-token"}) {
    ASSERT_TRUE(base::WritePrivateFile(directory_.File(name), name).ok());
  }
  const auto settings = Read(*base::ReadFile(HAILONG_ZALO_EXAMPLE, 1 << 16));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->consent_token, "refresh-token");
}

TEST_F(SettingsTest, RefusalsNameTheFieldAndNoSecret) {
  const auto refused = [&](const std::string& more) {
    return std::string(Read(good_ + more).status().message());
  };
  EXPECT_THAT(refused("oa_secret_previous_file: 'none'"), HasSubstr("oa_secret_previous_file"));
  EXPECT_THAT(refused("endpoints { business: 'http://example.invalid' }"),
              HasSubstr("endpoints.business"));
  EXPECT_THAT(refused("endpoints { oauth: 'https://a/b' }"), HasSubstr("endpoints.oauth"));
  EXPECT_THAT(refused("quiet_hours { from_hour: 24 }"), HasSubstr("quiet_hours"));
  EXPECT_THAT(refused("sends_per_minute_max: 4001"), HasSubstr("sends_per_minute_max: found 4001"));
  EXPECT_THAT(refused("reconcile_interval { seconds: 0 }"), HasSubstr("reconcile_interval"));
  EXPECT_THAT(refused("no_such_field: 1"), HasSubstr("line 3"));
  for (const char* line : {"app_secret_file: s3cr3t", "s3cr3t: 1", "oa_secret_file: 's3cr3t",
                           "s3cr3t", "sends_per_minute_max: s3cr3t"}) {
    EXPECT_THAT(refused(line),
                AllOf(HasSubstr("zalo.textproto: line 3, column "), Not(HasSubstr("s3cr3t"))))
        << line;
  }
  EXPECT_EQ(refused("endpoints { business: 'http://127.0.0.1:8080' }"), "");
  EXPECT_THAT(std::string(Read("app_id: 'x'").status().message()), HasSubstr("app_id: found 'x'"));
  EXPECT_TRUE(absl::IsNotFound(ReadSettings(directory_.File("none")).status()));

  std::filesystem::permissions(directory_.File("oa.secret"), std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  const auto open = Read(good_);
  EXPECT_TRUE(absl::IsFailedPrecondition(open.status())) << open.status();
  EXPECT_THAT(std::string(open.status().message()), Not(HasSubstr("the-oa.secret")));
}

}  // namespace
}  // namespace hailong::zalo
