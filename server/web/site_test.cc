#include "server/web/site.h"

#include <gtest/gtest.h>

namespace hailong::web {
namespace {

Route At(const std::string& name, const std::string& path, bool prefix) {
  return {.name = name, .path = path, .prefix = prefix, .methods = {"GET"}, .serve = nullptr};
}

TEST(Site, FindsTheExactPathThenTheLongestPrefix) {
  Site site;
  site.Add(At("pages", "/", true));
  site.Add(At("calls", "/hailong.v1.", true));
  site.Add(At("below", "/a/", true));
  site.Add(At("exact", "/a/b", false));
  const auto name = [&](std::string_view path) { return site.Find(path)->name; };
  EXPECT_EQ(name("/"), "pages");
  EXPECT_EQ(name("/a"), "pages");
  EXPECT_EQ(name("/a/"), "below");
  EXPECT_EQ(name("/a/b"), "exact");
  EXPECT_EQ(name("/a/b/"), "below");
  EXPECT_EQ(name("/a/bc"), "below");
  EXPECT_EQ(name("/hailong.v1.X/Y"), "calls");
  EXPECT_EQ(name("/hailong.v2.X/Y"), "pages");
}

TEST(Site, WithoutAPrefixOtherPathsAreNowhere) {
  Site site;
  site.Add(At("exact", "/a", false));
  EXPECT_NE(site.Find("/a"), nullptr);
  for (const std::string_view path : {"/", "/a/", "/ab", "", "/A"}) {
    EXPECT_EQ(site.Find(path), nullptr) << path;
  }
}

TEST(SiteDeathTest, TwoRoutesOfOnePathAreOurMistake) {
  Site site;
  site.Add(At("a", "/a", false));
  site.Add(At("b", "/b", true));
  EXPECT_DEATH(site.Add(At("c", "/a", false)), "check failed");
  EXPECT_DEATH(site.Add(At("c", "/b", true)), "check failed");
}

TEST(Route, GetBringsHead) {
  const Route route = At("a", "/a", false);
  EXPECT_TRUE(route.Allows("HEAD"));
  EXPECT_FALSE(route.Allows("OPTIONS"));
  EXPECT_FALSE(route.Allows("get"));
  EXPECT_EQ(route.Allow(), "GET, HEAD");
}

}  // namespace
}  // namespace hailong::web
