// The bytes of results under unit weights, as they were when the first rounds were sealed: a seal
// is over these bytes, so they must never change.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/report/report.h"
#include "analysis/testing/random_case.h"

namespace hailong::report {
namespace {

std::string Bytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    EXPECT_TRUE(message.SerializeToCodedStream(&coded));
  }
  return bytes;
}

// FNV-1a.
void Mix(const std::string& bytes, uint64_t& digest) {
  for (const char byte : bytes) {
    digest = (digest ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  }
}

TEST(Golden, ResultsUnderUnitWeightsKeepTheirBytes) {
  uint64_t digest = 0xcbf29ce484222325;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const index::RandomCase random = index::CreateRandomCase(seed);
    const auto framework = index::Framework::Create(random.framework);
    ASSERT_TRUE(framework.ok()) << framework.status();
    const frame::Frame frame = index::FrameOf(random);
    std::vector<UnitLabel> units;
    for (size_t u = 0; u < random.units.size(); ++u) {
      units.push_back({.unit_id = absl::StrCat("u", u),
                       .name = absl::StrCat("Đơn vị ", u),
                       .level = "commune",
                       .population = random.units[u].population});
    }
    const auto score = index::ScoreIndex(frame, *framework, random.units, random.options);
    ASSERT_TRUE(score.ok()) << score.status();
    v1::RoundCounts counts;
    counts.set_stored(frame.rows());
    (*counts.mutable_by_channel())[v1::CHANNEL_KIOSK] = frame.rows();
    Mix(Bytes(BuildIndexResult(*framework, *score,
                               {.round_id = "r",
                                .unit_id = "u0",
                                .units = units,
                                .counts = counts,
                                .synthetic = true,
                                .group_titles = {}})),
        digest);
    const auto scores = index::ScoreUnits(frame, *framework, random.units, random.options, true);
    ASSERT_TRUE(scores.ok()) << scores.status();
    for (size_t u = 0; u < scores->size(); ++u) {
      Mix(Bytes(BuildUnitScore(*framework, (*scores)[u], units[u])), digest);
    }
  }
  EXPECT_EQ(digest, 17225244429313335316u);
}

}  // namespace
}  // namespace hailong::report
