// Command lines about collectors against a small server in this process.
#include <google/protobuf/util/json_util.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "analysis/cli/cli_for_test.h"
#include "analysis/cli/qr_code.h"
#include "base/crypto/crypto.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Rotate = v1::RotateCollectorCredentialRequest;

constexpr char kCode[] = "7K3QX-0M9TB";

class FakeCollectors : public v1::RegistryService::Service {
 public:
  grpc::Status CreateCollector(grpc::ServerContext*, const v1::CreateCollectorRequest* request,
                               v1::CreateCollectorResponse* response) override {
    created = *request;
    *response->mutable_collector() = request->collector();
    request->by_enrolment() ? response->set_enrolment_code(kCode)
                            : response->set_credential("secret-1");
    return grpc::Status::OK;
  }
  grpc::Status ListCollectors(grpc::ServerContext*, const v1::ListCollectorsRequest* request,
                              v1::ListCollectorsResponse* response) override {
    listed = *request;
    *response = collectors;
    return grpc::Status::OK;
  }
  grpc::Status RotateCollectorCredential(grpc::ServerContext*, const Rotate* request,
                                         v1::RotateCollectorCredentialResponse* response) override {
    rotated = *request;
    if (request->way() == Rotate::WAY_UNSPECIFIED) response->set_credential("secret-2");
    if (request->way() == Rotate::WAY_BY_ENROLMENT) response->set_enrolment_code(kCode);
    return grpc::Status::OK;
  }
  grpc::Status ConfigureKiosk(grpc::ServerContext*, const v1::ConfigureKioskRequest* request,
                              v1::ConfigureKioskResponse* response) override {
    if (request->collector_id() == "nobody") {
      return {grpc::StatusCode::NOT_FOUND, "no collector 'nobody'"};
    }
    configured = *request;
    response->mutable_collector()->set_collector_id(request->collector_id());
    *response->mutable_collector()->mutable_kiosk() = request->kiosk();
    return grpc::Status::OK;
  }

  v1::CreateCollectorRequest created;
  v1::ListCollectorsRequest listed;
  v1::ListCollectorsResponse collectors;
  Rotate rotated;
  v1::ConfigureKioskRequest configured;
};

class CollectorCli : public CliTest {
 protected:
  CollectorCli() {
    Serve({&registry_});
    registry_.collectors = Parse<v1::ListCollectorsResponse>(
        R"pb(
          collectors {
            collector_id: "kiosk-1"
            name: "Quầy một"
            channel: CHANNEL_KIOSK
            unit_id: "1"
            last_seen_at { seconds: 1727715600 }
            device_sequence_max: 12
            missing_count: 2
            kiosk {
              round_id: "autumn"
              idle_seconds: 30
              message_of_the_day { vi: "Chào" }
            }
            status {
              version: "1.2.0"
              waiting: 7
              oldest_waiting_at { seconds: 1727715000 }
              set_aside: 1
              disk_free_bytes: 12345678901
              screen: SCREEN_STATE_PAUSED
              counter: "A-3"
              alarm: "đĩa gần đầy"
            }
            status_at { seconds: 1727719200 }
          }
          collectors { collector_id: "kiosk-2" channel: CHANNEL_KIOSK awaits_credential: true }
          collectors { collector_id: "web" channel: CHANNEL_WEB revoked: true })pb");
  }
  std::string PinFile(const std::string& content) { return Write("pin", content); }
  const v1::KioskConfiguration& configured() const { return registry_.configured.kiosk(); }

  FakeCollectors registry_;
};

TEST_F(CollectorCli, AnEnrolmentCodeComesAsTextAndAsQr) {
  const Output output =
      Hailong({"collector", "add", "k1", "--channel", "kiosk", "--enrol", "--lang", "en"});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_TRUE(registry_.created.by_enrolment());
  EXPECT_THAT(output.out, HasSubstr(kCode));
  EXPECT_THAT(output.out, HasSubstr(*QrCode(absl::StrCat("hailong-enrol:", kCode))));
  EXPECT_THAT(output.err, HasSubstr("within 7 days"));
  EXPECT_EQ(
      Hailong({"collector", "add", "k1", "--channel", "kiosk", "--enrol", "--format", "csv"}).out,
      absl::StrCat("collector_id,enrolment_code\nk1,", kCode, "\n"));
  Hailong({"collector", "add", "k1", "--channel", "kiosk"});
  EXPECT_FALSE(registry_.created.by_enrolment());
}

TEST_F(CollectorCli, ACredentialIsRotatedInThreeWays) {
  EXPECT_THAT(Hailong({"collector", "rotate", "k1"}).out, HasSubstr("secret-2"));
  EXPECT_EQ(registry_.rotated.way(), Rotate::WAY_UNSPECIFIED);
  EXPECT_THAT(Hailong({"collector", "rotate", "k1", "--by-kiosk"}).out, HasSubstr("k1"));
  EXPECT_EQ(registry_.rotated.way(), Rotate::WAY_BY_KIOSK);
  EXPECT_THAT(Hailong({"collector", "rotate", "k1", "--by-enrolment"}).out, HasSubstr(kCode));
  EXPECT_EQ(registry_.rotated.way(), Rotate::WAY_BY_ENROLMENT);
}

TEST_F(CollectorCli, OptionsThatDoNotGoTogetherAreWrongUse) {
  registry_.rotated.set_collector_id("untouched");
  const std::vector<std::vector<std::string>> lines = {
      {"collector", "add", "k", "--channel", "kiosk", "--enrol", "--credential-file", "f"},
      {"collector", "rotate", "k", "--by-kiosk", "--by-enrolment"},
      {"collector", "rotate", "k", "--by-kiosk", "--credential-file", "f"},
      {"collectors", "--silent", "2"},
      {"collectors", "--silent", "two hours"},
      {"collector", "configure"},
      {"collector", "configure", "k", "--idle", "-1"},
      {"collector", "configure", "k", "--pin", "2580"},
      {"collector", "configure", "k", "--pin-file", "pin", "--no-pin"}};
  for (const auto& line : lines) {
    const Output output = Hailong(line);
    EXPECT_EQ(output.exit_code, 2) << testing::PrintToString(line);
    EXPECT_NE(output.err, "") << testing::PrintToString(line);
  }
  EXPECT_EQ(registry_.rotated.collector_id(), "untouched");
  EXPECT_EQ(registry_.configured.collector_id(), "");
  EXPECT_EQ(registry_.created.collector().collector_id(), "");
}

TEST_F(CollectorCli, TheListSaysHowEachKioskIsAndBothFormsAreOne) {
  for (const std::vector<std::string>& form :
       {std::vector<std::string>{"collectors"}, {"collector", "list"}}) {
    const auto with = [&](std::vector<std::string> more) {
      more.insert(more.begin(), form.begin(), form.end());
      return Hailong(more);
    };
    EXPECT_EQ(with({}).exit_code, 0);
    EXPECT_FALSE(registry_.listed.has_silent_for());
    const Output csv = with({"--silent", "2h", "--format", "csv"});
    EXPECT_EQ(registry_.listed.silent_for().seconds(), 7200);
    EXPECT_EQ(
        csv.out,
        "collector_id,name,channel,unit_id,state,last_contact_at,last_seen_at,status_at,"
        "waiting,oldest_waiting_at,set_aside,device_sequence_max,missing_count,version,screen,"
        "counter,disk_free_bytes,alarm,revoked\n"
        "kiosk-1,Quầy một,kiosk,1,,2024-09-30T18:00:00Z,2024-09-30T17:00:00Z,"
        "2024-09-30T18:00:00Z,7,2024-09-30T16:50:00Z,1,12,2,1.2.0,paused,A-3,12345678901,"
        "đĩa gần đầy,false\n"
        "kiosk-2,,kiosk,,awaits-credential,,,,,,,0,0,,,,,,false\n"
        "web,,web,,revoked,,,,,,,0,0,,,,,,true\n");
    const std::string table = with({"--lang", "en"}).out;
    for (const char* shown : {"2024-10-01 01:00", "paused", "12.3 GB", "awaits credential"}) {
      EXPECT_THAT(table, HasSubstr(shown));
    }
    v1::ListCollectorsResponse json;
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(with({"--format", "json"}).out, &json).ok());
    EXPECT_EQ(json.collectors(0).status().waiting(), 7u);
  }
}

TEST_F(CollectorCli, APinIsReadFromAFileOrAskedForAndSaidBackToNobody) {
  for (const char* wrong : {"", "123", "12a4", "1234567890123"}) {
    const Output output = Hailong({"collector", "configure", "k", "--pin-file", PinFile(wrong)});
    EXPECT_EQ(output.exit_code, 2) << wrong;
    EXPECT_THAT(output.err, HasSubstr("allowed are 4..12 digits"));
    EXPECT_THAT(output.err, Not(HasSubstr("12a4")));
    EXPECT_EQ(registry_.configured.collector_id(), "");
  }
  const Output none = Hailong({"collector", "configure", "k", "--pin-file", Path("none")});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("No such file"));
  typed_ = "137900";
  ASSERT_EQ(Hailong({"collector", "configure", "kiosk-1", "--pin-file", "-"}).exit_code, 0);
  EXPECT_EQ(configured().staff_pin_sha256(), base::Sha256Hex("kiosk-1:137900"));
}

TEST_F(CollectorCli, WhatIsNotGivenStaysAsItIs) {
  const Output output =
      Hailong({"collector", "configure", "kiosk-1", "--form", "counter", "--languages", "vi,km",
               "--message-en", "Welcome", "--pin-file", PinFile("2580\n"), "--format", "csv"});
  ASSERT_EQ(output.exit_code, 0) << output.err;
  EXPECT_EQ(configured().round_id(), "autumn");
  EXPECT_EQ(configured().idle_seconds(), 30u);
  EXPECT_EQ(configured().form_id(), "counter");
  EXPECT_THAT(configured().languages(), ElementsAre("vi", "km"));
  EXPECT_EQ(configured().message_of_the_day().vi(), "Chào");
  EXPECT_EQ(configured().message_of_the_day().en(), "Welcome");
  EXPECT_EQ(configured().staff_pin_sha256(), base::Sha256Hex("kiosk-1:2580"));
  EXPECT_THAT(output.out, HasSubstr("kiosk-1,autumn,,counter,,\"vi,km\",30,0,0,Chào,Welcome,true"));
  EXPECT_THAT(output.out, Not(HasSubstr(configured().staff_pin_sha256())));
}

TEST_F(CollectorCli, WhatIsGivenEmptyGoesBackToItsDefault) {
  ASSERT_EQ(Hailong({"collector", "configure", "kiosk-1", "--round", "", "--languages", "",
                     "--idle", "0", "--message-vi", "", "--no-pin"})
                .exit_code,
            0);
  EXPECT_EQ(configured().SerializeAsString(), "");
}

TEST_F(CollectorCli, AKioskThatIsNotThereIsRefusedByTheServer) {
  const Output output = Hailong({"collector", "configure", "nobody", "--idle", "30"});
  EXPECT_EQ(output.exit_code, 1);
  EXPECT_THAT(output.err, HasSubstr("no collector 'nobody'"));
}

// The modules of a code as printed: true is dark.
std::vector<std::vector<bool>> Modules(const std::string& printed) {
  std::vector<std::vector<bool>> rows;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.starts_with("\x1b[30;107m") && line.ends_with("\x1b[0m"));
    line = line.substr(9, line.size() - 9 - 4);
    std::vector<bool> upper, lower;
    for (std::size_t at = 0; at < line.size();) {
      const std::string cell = line.substr(at, line[at] == ' ' ? 1 : 3);
      upper.push_back(cell == "█" || cell == "▀");
      lower.push_back(cell == "█" || cell == "▄");
      at += cell.size();
    }
    rows.push_back(upper);
    rows.push_back(lower);
  }
  return rows;
}

TEST(QrCode, HasItsFindersInThreeCornersAndLightAround) {
  const auto printed = QrCode("hailong-enrol:7K3QX-0M9TB");
  ASSERT_TRUE(printed.ok()) << printed.status();
  const auto modules = Modules(*printed);
  // Version 2 holds 26 bytes at level M: 25 modules, four light ones on each side, and one more
  // below, since rows come in pairs.
  ASSERT_EQ(modules.size(), 34u);
  ASSERT_EQ(modules[0].size(), 33u);
  const auto finder_at = [&](std::size_t left, std::size_t top) {
    for (std::size_t y = 0; y < 7; ++y) {
      for (std::size_t x = 0; x < 7; ++x) {
        const bool ring = x == 0 || x == 6 || y == 0 || y == 6;
        const bool core = x >= 2 && x <= 4 && y >= 2 && y <= 4;
        if (modules[top + y][left + x] != (ring || core)) return false;
      }
    }
    return true;
  };
  EXPECT_TRUE(finder_at(4, 4));
  EXPECT_TRUE(finder_at(22, 4));
  EXPECT_TRUE(finder_at(4, 22));
  EXPECT_FALSE(finder_at(22, 22));
  for (std::size_t y = 0; y < 34; ++y) {
    for (std::size_t x = 0; x < 33; ++x) {
      if (x < 4 || y < 4 || x >= 29 || y >= 29) {
        EXPECT_FALSE(modules[y][x]) << x << " " << y;
      }
    }
  }
}

TEST(QrCode, ATextThatFitsIntoNoneIsRefused) {
  EXPECT_EQ(QrCode(std::string(5000, 'x')).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hailong::cli
