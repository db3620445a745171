#include "base/vietnamese/vietnamese.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hailong {
namespace {

using ::testing::ElementsAre;

constexpr char kComposed[] = "Vi\xE1\xBB\x87t";                  // Việt with U+1EC7
constexpr char kDecomposed[] = "Vie\xCC\xA3\xCC\x82t";           // e, dot below, circumflex
constexpr char kDecomposedOtherOrder[] = "Vi\xC3\xAA\xCC\xA3t";  // ê, dot below

TEST(Nfc, BothSpellingsBecomeOne) {
  EXPECT_EQ(ToNfc(kDecomposed), kComposed);
  EXPECT_EQ(ToNfc(kDecomposedOtherOrder), kComposed);
  EXPECT_EQ(ToNfc(kComposed), kComposed);
}

TEST(Nfc, IllFormedBytesBecomeTheReplacementCharacter) {
  EXPECT_EQ(ToNfc("a\xFFz"), "a\xEF\xBF\xBDz");
}

TEST(Controls, NothingReachesTheTerminalButText) {
  EXPECT_EQ(ReplaceControls("Sở\nNội\tvụ"), "Sở Nội vụ");
  EXPECT_EQ(ReplaceControls("\x1B[31mx"), "\xEF\xBF\xBD[31mx");
  EXPECT_EQ(ReplaceControls("a\xC2\x9Bz"), "a\xEF\xBF\xBDz");      // C1 CSI
  EXPECT_EQ(ReplaceControls("a\xE2\x80\xAEz"), "a\xEF\xBF\xBDz");  // right-to-left override
  EXPECT_EQ(ReplaceControls("a\xFFz"), "a\xEF\xBF\xBDz");
}

TEST(Width, MarksTakeNoColumn) {
  EXPECT_EQ(DisplayWidth("Sở Nội vụ"), 9u);
  EXPECT_EQ(DisplayWidth(kComposed), 4u);
  EXPECT_EQ(DisplayWidth(kDecomposed), 4u);
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("越南"), 4u);
}

TEST(Width, PaddingLinesUpInEitherSpelling) {
  EXPECT_EQ(PadRight(kDecomposed, 6), std::string(kDecomposed) + "  ");
  EXPECT_EQ(PadLeft(kComposed, 6), std::string("  ") + kComposed);
  EXPECT_EQ(PadRight("Bình Dương", 3), "Bình Dương");
}

TEST(Width, TruncationKeepsMarksWithTheirLetter) {
  EXPECT_EQ(Truncate("Bình Dương", 10), "Bình Dương");
  EXPECT_EQ(Truncate("Bình Dương", 6), "Bình …");
  EXPECT_EQ(Truncate(kDecomposed, 4), kDecomposed);
  EXPECT_EQ(Truncate(std::string(kDecomposed) + "Nam", 4), "Vie\xCC\xA3\xCC\x82…");
  EXPECT_EQ(Truncate("Bình", 0), "");
}

TEST(Collation, TheOrderIsThatOfAVietnameseDictionary) {
  const auto collation = Collation::Create();
  ASSERT_TRUE(collation.ok()) << collation.status();
  std::vector<std::string> names = {"Đất Cuốc",  "Dĩ An", "Ân Thi",   "An Bình", "Ăn",
                                    "Dầu Tiếng", "Ô Môn", "Phú Giáo", "Oanh",    "Ơ"};
  std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return collation->Compare(a, b) < 0;
  });
  EXPECT_THAT(names, ElementsAre("An Bình", "Ăn", "Ân Thi", "Dầu Tiếng", "Dĩ An", "Đất Cuốc",
                                 "Oanh", "Ô Môn", "Ơ", "Phú Giáo"));
}

TEST(Collation, TonesFollowTheDictionary) {
  const auto collation = Collation::Create();
  ASSERT_TRUE(collation.ok());
  const std::vector<std::string> ordered = {"ma", "mà", "mả", "mã", "má", "mạ"};
  for (std::size_t i = 1; i < ordered.size(); ++i) {
    EXPECT_LT(collation->Compare(ordered[i - 1], ordered[i]), 0) << ordered[i];
  }
}

TEST(Collation, SortKeysOrderAsCompareDoes) {
  const auto collation = Collation::Create();
  ASSERT_TRUE(collation.ok());
  const std::vector<std::string> names = {"",        "An",  "an",        "Ấn",      "Đức",   "Dư",
                                          kComposed, "Vịt", kDecomposed, "Quận 10", "Quận 9"};
  for (const std::string& a : names) {
    for (const std::string& b : names) {
      const int compared = collation->Compare(a, b);
      const int by_key = collation->SortKey(a).compare(collation->SortKey(b));
      EXPECT_EQ(compared < 0, by_key < 0) << a << " | " << b;
      EXPECT_EQ(compared == 0, by_key == 0) << a << " | " << b;
    }
  }
  EXPECT_EQ(collation->Compare(kComposed, kDecomposed), 0);
}

}  // namespace
}  // namespace hailong
