// What commands read and write, and where they may connect.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "analysis/cli/files.h"
#include "analysis/cli/settings.h"
#include "analysis/cli/unit_order.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Files : public testing::Test {
 protected:
  Files() : folder_(testing::TempDir() + "hailong-files-" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    std::filesystem::permissions(Path(name), std::filesystem::perms(0600));
    return Path(name);
  }

  std::string folder_;
  std::map<std::string, std::string> environment_;
  std::ostringstream out_;
  std::ostringstream err_;
  Io io_{out_, err_, false, [this](const char* name) { return environment_[name]; }};
};

TEST_F(Files, TextProtoErrorsNameTheirPlace) {
  v1::Unit unit;
  const auto status = ReadTextProto(Write("u", "unit_id: 'a'\nnme: 'x'\n"), &unit);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/u:2:"));
  EXPECT_FALSE(ReadTextProto(Path("none"), &unit).ok());
  EXPECT_FALSE(ReadFile(folder_, 100).ok());
  EXPECT_FALSE(ReadFile(Write("long", "12345"), 4).ok());
}

TEST_F(Files, RecordsComeInTheOrderAskedFor) {
  const auto records =
      ReadRecords(Write("r", "\xEF\xBB\xBFname,id,more\nSở,1,x\n"), {"id", "name"});
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 1u);
  EXPECT_THAT((*records)[0].cells, ElementsAre("1", "Sở"));
  EXPECT_FALSE(ReadRecords(Write("e", ""), {"id"}).ok());
  EXPECT_THAT(std::string(ReadRecords(Write("h", "id\n1\n"), {"name"}).status().message()),
              HasSubstr("no column \"name\""));
  EXPECT_THAT(std::string(ReadRecords(Write("c", "id,name\n1,a\n2\n"), {"id"}).status().message()),
              HasSubstr("/c:3: the row has 1 cells"));
}

TEST_F(Files, ASecretIsReadableByItsOwnerAloneAndNeverOverwrites) {
  const std::string path = Path("secret");
  {
    auto file = SecretFile::Create(path);
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE(file->Write("abc").ok());
  }
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(*ReadFile(path, 10), "abc\n");
  EXPECT_EQ(SecretFile::Create(path).status().code(), absl::StatusCode::kAlreadyExists);
  { auto unused = SecretFile::Create(Path("unused")); }
  EXPECT_FALSE(std::filesystem::exists(Path("unused")));
}

TEST(Server, PlainTextStaysOnThisMachine) {
  for (const char* server :
       {"localhost", "localhost:7400", "127.0.0.1:1", "127.9.9.9", "[::1]:99"}) {
    EXPECT_TRUE(CheckServer(server, false).ok()) << server;
  }
  for (const char* server : {"10.0.0.1:7400", "hailong.example.vn", "localhost.example.vn",
                             "127.0.0.1.example.vn:7400", "[2001:db8::1]:7400", "0.0.0.0"}) {
    EXPECT_THAT(std::string(CheckServer(server, false).status().message()),
                HasSubstr("do not travel in plain text"))
        << server;
    EXPECT_TRUE(CheckServer(server, true).ok()) << server;
  }
  for (const char* server : {"", ":7400", "host:", "host:0", "host:99999", "host:+80", "a:b:c",
                             "http://host", "[::1", "[localhost]:80", "host/path", "ho st"}) {
    EXPECT_FALSE(CheckServer(server, true).ok()) << server;
  }
  EXPECT_EQ(*CheckServer("localhost", false), "localhost:7400");
  EXPECT_EQ(*CheckServer("[::1]", false), "[::1]:7400");
}

TEST_F(Files, OptionsGoBeforeTheEnvironmentAndThatBeforeTheDefault) {
  environment_["XDG_CONFIG_HOME"] = folder_;
  EXPECT_THAT(std::string(Resolve({}, io_).status().message()), HasSubstr("no credential"));
  std::filesystem::create_directories(Path("hailong"));
  Write("hailong/token", "from-default\n");
  EXPECT_EQ(Resolve({}, io_)->token, "from-default");
  EXPECT_EQ(Resolve({}, io_)->server, "localhost:7400");
  environment_["HAILONG_TOKEN_FILE"] = Write("env", " from-env \n");
  environment_["HAILONG_SERVER"] = "localhost:1";
  EXPECT_EQ(Resolve({}, io_)->token, "from-env");
  EXPECT_EQ(Resolve({}, io_)->server, "localhost:1");
  GlobalOptions options;
  options.token_file = Write("option", "from-option");
  options.server = "localhost:2";
  EXPECT_EQ(Resolve(options, io_)->token, "from-option");
  EXPECT_EQ(Resolve(options, io_)->server, "localhost:2");
  EXPECT_EQ(err_.str(), "");
}

TEST_F(Files, ATokenFileMustHoldAToken) {
  GlobalOptions options;
  for (const char* text : {"", "\n", "two words", "two\nlines"}) {
    options.token_file = Write("bad", text);
    EXPECT_FALSE(Resolve(options, io_).ok()) << text;
  }
  options.token_file = Path("none");
  EXPECT_FALSE(Resolve(options, io_).ok());
  options.token_file = Write("open", "token");
  std::filesystem::permissions(options.token_file, std::filesystem::perms(0644));
  EXPECT_TRUE(Resolve(options, io_).ok());
  EXPECT_THAT(err_.str(), HasSubstr("can be read by other users"));
  options.tls_ca = Write("ca", "no certificate");
  EXPECT_FALSE(Resolve(options, io_).ok());
}

TEST(UnitOrder, ParentsComeFirstOtherwiseNothingMoves) {
  std::vector<v1::Unit> units;
  for (const auto& [id, parent] : std::vector<std::pair<std::string, std::string>>{
           {"c1", "d"}, {"d", "p"}, {"x", "y"}, {"p", ""}, {"y", "x"}, {"c0", "d"}, {"q", "out"}}) {
    v1::Unit unit;
    unit.set_unit_id(id);
    unit.set_parent_unit_id(parent);
    units.push_back(unit);
  }
  SortParentsFirst(units);
  std::vector<std::string> ids;
  for (const auto& unit : units) ids.push_back(unit.unit_id());
  EXPECT_THAT(ids, ElementsAre("p", "q", "d", "c1", "c0", "x", "y"));
}

}  // namespace
}  // namespace hailong::cli
