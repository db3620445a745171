#include "server/intake/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/crypto/crypto.h"
#include "server/model/refusal.h"

namespace hailong::intake {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::Evidence Dossier(const std::string& code) {
  v1::Evidence evidence;
  evidence.set_dossier_code(code);
  return evidence;
}
v1::Evidence Invitation(const std::string& token) {
  v1::Evidence evidence;
  evidence.set_invitation_token(token);
  return evidence;
}
v1::Evidence Paper(const std::string& serial) {
  v1::Evidence evidence;
  evidence.set_paper_serial(serial);
  return evidence;
}
v1::Evidence Zalo(const std::string& id) {
  v1::Evidence evidence;
  evidence.set_zalo_message_id(id);
  return evidence;
}

const std::string kKey(32, 'k');

model::RespondentKey KeyOf(const v1::Evidence& evidence, const std::string& round_key = kKey) {
  const auto key = IdentifyRespondent(evidence, round_key);
  EXPECT_TRUE(key.ok()) << key.status();
  EXPECT_TRUE(key.ok() && key->has_value());
  return **key;
}

TEST(Identity, OneDossierIsOneCitizenHoweverItIsTyped) {
  const auto key = KeyOf(Dossier("G12.18-260421-00430053"));
  EXPECT_EQ(KeyOf(Dossier(" g12.18 \u2013 260421 0043 0053")), key);
  EXPECT_NE(KeyOf(Dossier("G12.18-260421-00430054")), key);
  EXPECT_NE(KeyOf(Dossier("G12.18-260422-00430053")), key);
}

TEST(Identity, TheKeyIsTheHmacOfKindAndId) {
  const auto digest = base::HmacSha256(kKey, std::string("dossier\0G12.18-260421-00430053", 30));
  const auto key = KeyOf(Dossier("G12.18-260421-00430053"));
  EXPECT_TRUE(std::equal(key.begin(), key.end(), digest.begin()));
}

TEST(Identity, KindsDoNotCollide) {
  const std::string id = "G12.18-260421-00430053";
  const std::set<model::RespondentKey> keys = {KeyOf(Dossier(id)), KeyOf(Invitation(id)),
                                               KeyOf(Paper(id)), KeyOf(Zalo(id))};
  EXPECT_EQ(keys.size(), 4u);
}

TEST(Identity, TheSameDossierInAnotherRoundIsAnotherKey) {
  EXPECT_NE(KeyOf(Dossier("G12.18-260421-00430053")),
            KeyOf(Dossier("G12.18-260421-00430053"), std::string(32, 'l')));
}

TEST(Identity, NoEvidenceIsNobody) {
  const auto key = IdentifyRespondent(v1::Evidence(), kKey);
  ASSERT_TRUE(key.ok());
  EXPECT_FALSE(key->has_value());
}

TEST(Identity, TokensKeepTheirCaseAndLoseTheSpacesAround) {
  EXPECT_EQ(KeyOf(Invitation(" aB9 ")), KeyOf(Invitation("aB9")));
  EXPECT_NE(KeyOf(Invitation("AB9")), KeyOf(Invitation("aB9")));
}

TEST(Identity, BadEvidenceIsNamedAndNotRepeated) {
  const struct {
    v1::Evidence evidence;
    const char* field;
  } cases[] = {
      {Dossier("secret-code"), "evidence.dossier_code"},
      {Dossier(""), "evidence.dossier_code"},
      {Invitation("   "), "evidence.invitation_token"},
      {Invitation("secret code"), "evidence.invitation_token"},
      {Paper("secret\x01"), "evidence.paper_serial"},
      {Paper("secretố"), "evidence.paper_serial"},
      {Zalo("secret" + std::string(123, 'x')), "evidence.zalo_message_id"},
  };
  for (const auto& one : cases) {
    const absl::Status status = IdentifyRespondent(one.evidence, kKey).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << one.field;
    const auto violations = refusal::FieldViolationsOf(status);
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, one.field);
    EXPECT_THAT(violations[0].description, HasSubstr("allowed"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  }
  EXPECT_TRUE(IdentifyRespondent(Zalo(std::string(128, 'x')), kKey).ok());
}

}  // namespace
}  // namespace hailong::intake
