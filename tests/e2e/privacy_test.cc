// What identifies a citizen is turned into a keyed hash and dropped: it is nowhere afterwards.

#include <gmock/gmock.h>

#include <filesystem>

#include "base/temp_directory_for_test.h"
#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

TEST(Privacy, EvidenceIsInNoFileNoLogAndNoExport) {
  ::testing::internal::CaptureStderr();
  std::string exported;
  std::string refusals;
  // Pieces that no other bytes of the test would hold by chance, as typed and as normalised.
  const std::vector<std::string> secrets = {"G12.18-260422-00517294",
                                            "g12.18 260422 0051-7294",
                                            "260422-00517294",
                                            "0051-7294",
                                            "token-Zq8vT4mR1x",
                                            "SERIAL-7731-QX",
                                            "zalo-msg-55d1f0aa91",
                                            "G12.18-261399-99887766",
                                            "261399",
                                            "99887766"};
  base::TempDirectory copy;
  {
    Province province;
    province.SetUp();
    const Client web = province.Collector("web");
    std::vector<v1::Response> responses;
    for (int i = 0; i < 6; ++i) responses.push_back(province.MakeResponse("1.a.1", 4));
    responses[0].mutable_evidence()->set_dossier_code(secrets[0]);
    responses[1].mutable_evidence()->set_dossier_code(secrets[1]);
    responses[2].mutable_evidence()->set_invitation_token(secrets[4]);
    responses[3].mutable_evidence()->set_paper_serial(secrets[5]);
    responses[4].mutable_evidence()->set_zalo_message_id(secrets[6]);
    responses[5].mutable_evidence()->set_dossier_code(secrets[7]);  // no such month: refused
    const auto results = Submit(web, responses);
    EXPECT_EQ(results.results(0).stored().outcome(), v1::OUTCOME_RECORDED);
    EXPECT_EQ(results.results(1).stored().outcome(), v1::OUTCOME_RECORDED_COUNTS)
        << "the same dossier, typed otherwise";
    for (int i = 2; i < 5; ++i) {
      EXPECT_EQ(results.results(i).stored().outcome(), v1::OUTCOME_RECORDED) << i;
    }
    EXPECT_EQ(results.results(5).refusal().code(), grpc::StatusCode::INVALID_ARGUMENT);
    refusals = results.SerializeAsString();
    v1::SubmitResponseRequest single;
    *single.mutable_response() = responses[5];
    const grpc::Status refused = web.Try(&CollectionStub::SubmitResponse, single);
    refusals += refused.error_message() + refused.error_details();

    v1::ExportResponsesRequest request;
    request.set_round_id("autumn");
    request.set_with_comments(true);
    for (const auto& one : Export(province.Admin(), request).responses) {
      exported += one.SerializeAsString();
    }
    // As a running server leaves it, write-ahead log and all, and as a stopped one does.
    std::filesystem::copy(province.directory(), copy.path() + "/running",
                          std::filesystem::copy_options::recursive);
    province.Stop();
    std::filesystem::copy(province.directory(), copy.path() + "/stopped",
                          std::filesystem::copy_options::recursive);
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, ::testing::HasSubstr("first start")) << "the log was not captured";
  EXPECT_NE(exported, "");
  size_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(copy.path())) {
    if (!entry.is_regular_file()) continue;
    const std::string content = ReadWhole(entry.path().string());
    bytes += content.size();
    for (const std::string& secret : secrets) {
      EXPECT_EQ(content.find(secret), std::string::npos) << secret << " in " << entry.path();
    }
  }
  EXPECT_GT(bytes, 50000u) << "the database was not looked at";
  for (const std::string& secret : secrets) {
    EXPECT_EQ(log.find(secret), std::string::npos) << secret;
    EXPECT_EQ(exported.find(secret), std::string::npos) << secret;
    EXPECT_EQ(refusals.find(secret), std::string::npos) << secret;
  }
}

TEST(Privacy, CredentialsAreStoredAsHashesOnly) {
  Province province;
  v1::CreateCollectorRequest request;
  request.mutable_collector()->set_collector_id("web");
  request.mutable_collector()->set_channel(v1::CHANNEL_WEB);
  const std::string credential =
      province.Admin().Get(&RegistryStub::CreateCollector, request).credential();
  ASSERT_GT(credential.size(), 40u);
  province.Stop();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(province.directory())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(ReadWhole(entry.path().string()).find(credential), std::string::npos) << entry.path();
  }
  EXPECT_EQ(std::filesystem::status(province.directory()).permissions(),
            std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace hailong::e2e
