#include "base/dossier_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace hailong::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The two formats in use: old agency codes and new ones.
constexpr char kOld[] = "000.00.19.H26-220704-0012";
constexpr char kNew[] = "G12.18-260421-00430053";

TEST(DossierCode, WhatPeopleTypeIsOneCode) {
  const struct {
    const char* typed;
    const char* code;
  } cases[] = {
      {kOld, kOld},
      {kNew, kNew},
      {"g12.18-260421-00430053", kNew},
      {"000.00.19.h26-220704-0012", kOld},
      {"  G12.18-260421-00430053 ", kNew},
      {"G12.18-260421-00430053\r\n", kNew},
      {"\tG12.18\t260421\t00430053", kNew},
      {"G12.18 260421 00430053", kNew},
      {"G12.18 - 260421 - 00430053", kNew},
      {"G12.18--260421--00430053", kNew},
      {"G12.18_260421_00430053", kNew},
      {"G12 . 18-260421-00430053", kNew},
      {"G12.18-260421-0043 0053", kNew},
      {"G12.18-260421-0043-0053", kNew},
      {"G12.18-26 04 21-00430053", kNew},
      {"G12.18-26042100430053", kNew},
      {"000. 00. 19. H26 - 220704 - 0012", kOld},
      {"G12.18\u2013260421\u201300430053", kNew},                     // en dash
      {"G12.18\u2014260421\u201400430053", kNew},                     // em dash
      {"G12.18\u2010260421\u201100430053", kNew},                     // hyphens
      {"G12.18\u2212260421\u221200430053", kNew},                     // minus
      {"G12.18\uFF0D260421\uFF0D00430053", kNew},                     // full width
      {"G12.18\u00A0\u2013\u00A0260421\u00A0-\u00A000430053", kNew},  // no-break spaces
      {"\uFEFFG12.18\u202F260421\u200900430053\u200B", kNew},         // narrow, thin and zero-width
      {"H09-240229-0001", "H09-240229-0001"},                         // a leap day
      {"H55.242-250101-123456789012", "H55.242-250101-123456789012"},
  };
  for (const auto& one : cases) {
    const auto code = NormalizeDossierCode(one.typed);
    ASSERT_TRUE(code.ok()) << one.typed << ": " << code.status();
    EXPECT_EQ(*code, one.code) << one.typed;
  }
}

TEST(DossierCode, AnythingElseIsRefusedWithoutBeingRepeated) {
  const struct {
    const char* typed;
    const char* why;
  } cases[] = {
      {"", "found 0 bytes, allowed are 1..128"},
      {"-", "found one part without separators"},
      {"G13.18", "found one part without separators"},
      {"G12.1826042100430053", "found one part without separators"},
      {"G13.18-260421", "found 6 digits after the agency, allowed are 10..18"},
      {"G13.18-260421-043", "found 9 digits after the agency, allowed are 10..18"},
      {"G12.18-260421-1234567890123", "found 19 digits after the agency"},
      {"G12.18-261321-00430053", "found a date part that is no date"},
      {"G12.18-260431-00430053", "found a date part that is no date"},
      {"G12.18-250229-00430053", "found a date part that is no date"},
      {"G12.18-260400-00430053", "found a date part that is no date"},
      {"G12.18-260421-0043O053", "found a character that is no digit after the agency"},
      {"G12.18-260421-00430053.1", "found a character that is no digit after the agency"},
      {"G12..18-260421-00430053", "found an agency part that is not letters, digits and dots"},
      {".G12-260421-00430053", "found an agency part that is not"},
      {"G12.-260421-00430053", "found 8 digits after the agency"},
      {"Đ12.18-260421-00430053", "found an agency part that is not"},
      {"A23456789.123456789.123456789.123456-260421-0001", "found an agency part that is not"},
  };
  for (const auto& one : cases) {
    const auto code = NormalizeDossierCode(one.typed);
    ASSERT_FALSE(code.ok()) << one.typed << " became " << *code;
    const std::string message(code.status().message());
    EXPECT_THAT(message, HasSubstr(one.why)) << one.typed;
    EXPECT_THAT(message, HasSubstr("allowed is <agency>-<YYMMDD>-<sequence>"));
    if (std::string_view(one.typed).size() > 2) {
      EXPECT_THAT(message, Not(HasSubstr(one.typed)));
    }
  }
  const auto long_one = NormalizeDossierCode("G12.18-260421-00430053" + std::string(107, ' '));
  EXPECT_THAT(std::string(long_one.status().message()), HasSubstr("found 129 bytes"));
}

TEST(DossierCode, SeparatorsBetweenThePartsChangeNothing) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  const std::vector<std::string> separators = {"-",      " ",      "\t",     "_",      "\u00A0",
                                               "\u2013", "\u2014", "\u2212", "\uFF0D", "\u2010"};
  const auto gap = [&](size_t at_least) {
    std::string text;
    for (size_t i = at_least + below(3); i > 0; --i) text += separators[below(separators.size())];
    return text;
  };
  const auto digits = [&](size_t n) {
    std::string text;
    for (size_t i = 0; i < n; ++i) text.push_back(static_cast<char>('0' + below(10)));
    return text;
  };
  for (int i = 0; i < 2000; ++i) {
    std::string agency = std::string(1, static_cast<char>('A' + below(26))) + digits(2);
    for (size_t parts = below(3); parts > 0; --parts) agency += "." + digits(2);
    char date[7];
    std::snprintf(date, sizeof date, "%02u%02u%02u", static_cast<unsigned>(below(100)),
                  static_cast<unsigned>(1 + below(12)), static_cast<unsigned>(1 + below(28)));
    const std::string sequence = digits(4 + below(9));
    const std::string code = agency + "-" + date + "-" + sequence;

    std::string typed = gap(0) + agency + gap(1) + date + gap(0) + sequence + gap(0);
    for (char& c : typed) {
      if (c >= 'A' && c <= 'Z' && below(2) == 0) c = static_cast<char>(c - 'A' + 'a');
    }
    const auto normalized = NormalizeDossierCode(typed);
    ASSERT_TRUE(normalized.ok()) << typed << ": " << normalized.status();
    ASSERT_EQ(*normalized, code) << typed;
    ASSERT_EQ(NormalizeDossierCode(*normalized).value(), code) << "not idempotent";
  }
}

TEST(DossierCode, WhateverIsTypedIsRefusedOrHasOneForm) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const std::string letters = "gH012.- \xE2\x80\x93\xC2\xA0";
  int accepted = 0;
  for (int i = 0; i < 20000; ++i) {
    // A good code with a few bytes changed, so that both ways are taken.
    std::string typed = kNew;
    for (size_t k = random() % 4; k > 0; --k) {
      typed[random() % typed.size()] = letters[random() % letters.size()];
    }
    const auto code = NormalizeDossierCode(typed);
    if (!code.ok()) continue;
    ++accepted;
    ASSERT_EQ(NormalizeDossierCode(*code).value(), *code) << typed;
  }
  EXPECT_GT(accepted, 1000);
  EXPECT_LT(accepted, 19000);
}

}  // namespace
}  // namespace hailong::base
