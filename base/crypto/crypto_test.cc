#include "base/crypto/crypto.h"
#include "base/crypto/base32.h"

#include <gtest/gtest.h>

namespace hailong::base {
namespace {

TEST(Crypto, MatchesPublishedVectors) {
  // FIPS 180-2 B.1; RFC 4231 test case 2; RFC 4648 section 10; the check value of CRC-32.
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Base64Url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64Url("fooba"), "Zm9vYmE");
  EXPECT_EQ(Base64Url("foob"), "Zm9vYg");
  EXPECT_EQ(Base64Url("\xFB\xFF"), "-_8");
  EXPECT_EQ(Crc32("123456789"), 0xCBF43926u);
}

TEST(Crypto, AStreamIsItsPiecesInOrder) {
  Sha256Stream stream;
  stream.Add("a");
  stream.Add("bc");
  EXPECT_EQ(stream.FinishHex(), Sha256Hex("abc"));
}

TEST(Crypto, EqualMeansEveryByteAndTheSize) {
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_FALSE(EqualInConstantTime("abc", "abd"));
  EXPECT_FALSE(EqualInConstantTime("xbc", "abc"));
  EXPECT_FALSE(EqualInConstantTime("abc", "ab"));
}

TEST(Crypto, ASealOpensUnderItsKeyAndContextOnly) {
  const std::string key(32, 'k');
  for (const std::string& plain :
       {std::string(), std::string("84900000001"), std::string(5000, 'x')}) {
    const std::string sealed = Seal(key, plain, "send 1");
    EXPECT_EQ(sealed.size(), plain.size() + 28);
    EXPECT_NE(sealed, Seal(key, plain, "send 1"));
    ASSERT_TRUE(Unseal(key, sealed, "send 1").ok());
    EXPECT_EQ(*Unseal(key, sealed, "send 1"), plain);
    EXPECT_TRUE(absl::IsDataLoss(Unseal(key, sealed, "send 2").status()));
    EXPECT_TRUE(absl::IsDataLoss(Unseal(std::string(32, 'l'), sealed, "send 1").status()));
    for (size_t i = 0; i < sealed.size(); i += 7) {
      std::string changed = sealed;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      EXPECT_TRUE(absl::IsDataLoss(Unseal(key, changed, "send 1").status())) << i;
    }
    EXPECT_TRUE(absl::IsDataLoss(Unseal(key, sealed.substr(1), "send 1").status()));
  }
  EXPECT_TRUE(absl::IsDataLoss(Unseal(key, "short", "").status()));
}

TEST(Crypto, OpensWhatTheStandardsTestCaseSealed) {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16 (AES-256 with context).
  const auto bytes = [](std::string_view hex) {
    std::string out;
    for (size_t i = 0; i < hex.size(); i += 2) {
      out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    }
    return out;
  };
  const auto plain =
      Unseal(bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
             bytes("cafebabefacedbaddecaf888"
                   "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                   "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                   "76fc6ece0f4e1768cddf8853bb2d551b"),
             bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(*plain, bytes("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                          "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"));
}

TEST(Crypto, RandomBytesDiffer) { EXPECT_NE(RandomBytes(16), RandomBytes(16)); }

TEST(Crypto, NewUuidsDifferAndSortByTheirTime) {
  const absl::Time now = absl::FromUnixMillis(0x017F22E279B0);
  const Uuid id = NewUuid(now);
  EXPECT_EQ(id.ToString().substr(0, 15), "017f22e2-79b0-7");
  EXPECT_NE(NewUuid(now), id);
  EXPECT_LT(id, NewUuid(now + absl::Milliseconds(1)));
}

TEST(Base32, IsCrockfordsOfTheFirstBits) {
  // 5 bits each: 00000 00001 00010 00011 00100 00101 00110 00111.
  EXPECT_EQ(Base32(std::string("\x00\x44\x32\x14\xC7", 5), 8), "01234567");
  EXPECT_EQ(Base32("\xFF\xFF\xFF\xFF\xFF", 8), "ZZZZZZZZ");
  EXPECT_EQ(Base32("\x84", 1), "G");
  EXPECT_EQ(Base32("\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10), "ZZZZZZZZZZ");
}

TEST(Base32, RandomCodesHaveTheirSizeAndDiffer) {
  const std::string code = RandomBase32(26);
  EXPECT_EQ(code.size(), 26u);
  EXPECT_EQ(NormalizeBase32(code, 26), code);
  EXPECT_NE(RandomBase32(26), code);
}

TEST(Base32, IsReadHoweverItWasTyped) {
  EXPECT_EQ(NormalizeBase32(" 7k3qx-Om9tb ", 10), "7K3QX0M9TB");
  EXPECT_EQ(NormalizeBase32("il", 2), "11");
  for (const char* none : {"", "7K3QX0M9T", "7K3QX0M9TBB", "7K3QX0M9TU", "7K3QX0M9T\xC3"}) {
    EXPECT_EQ(NormalizeBase32(none, 10), "") << none;
  }
}

}  // namespace
}  // namespace hailong::base
