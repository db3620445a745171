#include "server/web/pages.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/gzip/gzip.h"
#include "base/temp_directory_for_test.h"

namespace hailong::web {
namespace {

namespace fs = std::filesystem;

class PagesTest : public testing::Test {
 protected:
  PagesTest() {
    Write("index.html", "<!doctype html>" + std::string(2000, 'a'));
    Write("assets/survey-4ZK2QXWA.js", "console.log(1)" + std::string(2000, 'b'));
    Write("assets/dot.png", "png");
    Write("s/index.html", "<!doctype html>s");
  }

  void Write(const std::string& name, const std::string& content) {
    fs::create_directories((directory_ / name).parent_path());
    std::ofstream(directory_ / name) << content;
  }
  Answer Ask(const std::string& path, std::vector<Header> headers = {}) {
    Request request;
    request.path = path;
    request.headers = std::move(headers);
    return Pages::Load(directory_)->Serve(request);
  }
  static std::string HeaderOf(const Answer& answer, const std::string& name) {
    for (const Header& header : answer.headers) {
      if (header.name == name) return header.value;
    }
    return "";
  }

  const base::TempDirectory temp_;
  const fs::path directory_ = temp_.path();
};

TEST_F(PagesTest, ServesTheIndexAndNamesExactly) {
  EXPECT_EQ(*Ask("/").file, *Ask("/index.html").file);
  EXPECT_EQ(HeaderOf(Ask("/"), "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(HeaderOf(Ask("/"), "Cache-Control"), "no-cache");
  EXPECT_EQ(HeaderOf(Ask("/assets/survey-4ZK2QXWA.js"), "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(HeaderOf(Ask("/assets/dot.png"), "Vary"), "");
  EXPECT_EQ(*Ask("/s/").file, "<!doctype html>s");
  for (const std::string path :
       {"/assets", "/assets/", "/Index.html", "/index", "/nothing", "/s", "/s//"}) {
    EXPECT_EQ(Ask(path).status, 404) << path;
  }
}

TEST_F(PagesTest, SendsGzipToThoseWhoTakeIt) {
  const Answer plain = Ask("/");
  const Answer gzip = Ask("/", {{"accept-encoding", "br, gzip;q=0.8"}});
  EXPECT_EQ(HeaderOf(gzip, "Content-Encoding"), "gzip");
  EXPECT_EQ(HeaderOf(gzip, "Vary"), "Accept-Encoding");
  EXPECT_EQ(*base::Gunzip(*gzip.file, 10'000), *plain.file);
  EXPECT_NE(HeaderOf(gzip, "ETag"), HeaderOf(plain, "ETag"));
  for (const std::string accept :
       {"", "br", "gzip;q=0", "*;q=0", "gzip;q=0, *", "gzip;q=x", "gzipped"}) {
    EXPECT_EQ(HeaderOf(Ask("/", {{"accept-encoding", accept}}), "Content-Encoding"), "") << accept;
  }
  EXPECT_EQ(HeaderOf(Ask("/", {{"accept-encoding", "*"}}), "Content-Encoding"), "gzip");
  // A picture is compressed already.
  EXPECT_EQ(HeaderOf(Ask("/assets/dot.png", {{"accept-encoding", "gzip"}}), "Content-Encoding"),
            "");
}

TEST_F(PagesTest, AnswersNotModifiedToItsOwnTagOnly) {
  const std::string etag = HeaderOf(Ask("/"), "ETag");
  for (const std::string& tags : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
    const Answer answer = Ask("/", {{"if-none-match", tags}});
    EXPECT_EQ(answer.status, 304) << tags;
    EXPECT_EQ(answer.file, nullptr);
    EXPECT_EQ(HeaderOf(answer, "ETag"), etag);
  }
  EXPECT_EQ(Ask("/", {{"if-none-match", "\"x\""}}).status, 200);
  Write("index.html", "other");
  EXPECT_EQ(Ask("/", {{"if-none-match", etag}}).status, 200);
}

TEST_F(PagesTest, RefusesADirectoryThatIsNoBuiltPage) {
  EXPECT_EQ(Pages::Load(directory_ / "nothing").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Pages::Load(directory_ / "assets").status().code(), absl::StatusCode::kNotFound);
  Write("secret.pem", "key");
  const absl::Status refused = Pages::Load(directory_).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(refused.message().find("secret.pem"), std::string::npos) << refused;
}

}  // namespace
}  // namespace hailong::web
