// Web collectors: how they are set up, and the code of their links.

#include <gmock/gmock.h>

#include "server/registry/registry_for_test.h"

namespace hailong::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WebTest : public RegistryTest {
 protected:
  static v1::WebConfiguration March() {
    v1::WebConfiguration web;
    web.set_round_id("march");
    web.set_open(true);
    return web;
  }
  absl::StatusOr<v1::CreateCollectorResponse> CreateWeb(const std::string& id,
                                                        const v1::WebConfiguration& web,
                                                        v1::Channel channel = v1::CHANNEL_WEB,
                                                        const std::string& unit_id = "74.SNV") {
    v1::CreateCollectorRequest request;
    *request.mutable_collector() = sample::Collector(id, channel, unit_id);
    *request.mutable_collector()->mutable_web() = web;
    return registry_->CreateCollector(admin_, request);
  }
  absl::StatusOr<v1::ConfigureWebResponse> Configure(const std::string& id,
                                                     const v1::WebConfiguration& web) {
    v1::ConfigureWebRequest request;
    request.set_collector_id(id);
    *request.mutable_web() = web;
    return registry_->ConfigureWeb(admin_, request);
  }
  template <typename Change>
  std::vector<std::string> Bad(Change change) {
    v1::WebConfiguration web = March();
    change(web);
    const absl::Status status = Configure("web", web).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return sample::ViolationLines(status);
  }
};

TEST_F(WebTest, TheLinkCodeIsGivenOnceAndFindsTheCollectorAlsoWhenItIsRevoked) {
  const auto made = CreateWeb("web", March());
  ASSERT_TRUE(made.ok()) << made.status();
  const std::string code = made->collector().web().link_code();
  EXPECT_EQ(code.size(), 10u);
  EXPECT_NE(made->credential(), "");
  v1::WebConfiguration closed;
  const auto configured = Configure("web", closed);
  ASSERT_TRUE(configured.ok()) << configured.status();
  EXPECT_EQ(configured->collector().web().link_code(), code);
  EXPECT_FALSE(configured->collector().web().open());
  ASSERT_TRUE(CreateWeb("web-2", March()).ok());
  EXPECT_NE(holder_.Get()->collectors().at("web-2").collector.web().link_code(), code);
  v1::RevokeCollectorRequest revoke;
  revoke.set_collector_id("web");
  ASSERT_TRUE(registry_->RevokeCollector(admin_, revoke).ok());
  ASSERT_NE(holder_.Get()->FindByLinkCode(code), nullptr);
  EXPECT_EQ(holder_.Get()->FindByLinkCode(code)->collector.collector_id(), "web");
  EXPECT_EQ(holder_.Get()->FindByLinkCode(""), nullptr);
  EXPECT_TRUE(absl::IsFailedPrecondition(Configure("web", March()).status()));
  // And after a restart.
  const auto records = store_->ReadRecords();
  const auto loaded = model::Catalog::Empty()->With(*records);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_NE((*loaded)->FindByLinkCode(code), nullptr);
}

TEST_F(WebTest, OnlyWhatHasLinksIsSetUp) {
  EXPECT_TRUE(absl::IsInvalidArgument(CreateWeb("k", March(), v1::CHANNEL_KIOSK).status()));
  EXPECT_TRUE(CreateWeb("z", March(), v1::CHANNEL_ZALO).ok());
  ASSERT_TRUE(Create(admin_, "kiosk", "74.SNV").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Configure("kiosk", March()).status()));
  EXPECT_TRUE(absl::IsNotFound(Configure("nobody", March()).status()));
  ASSERT_TRUE(CreateWeb("web", March()).ok());
  v1::WebConfiguration unknown = March();
  unknown.set_round_id("may");
  EXPECT_TRUE(absl::IsNotFound(Configure("web", unknown).status()));
}

TEST_F(WebTest, ARoundThatIsOverIsNotSetAnewButKept) {
  ASSERT_TRUE(CreateWeb("web", March()).ok());
  ASSERT_TRUE(CreateWeb("idle", v1::WebConfiguration()).ok());
  clock_.Set(sample::At("2025-04-02T00:00:00+07:00"));
  v1::WebConfiguration changed = March();
  changed.add_languages("vi");
  EXPECT_TRUE(Configure("web", changed).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Configure("idle", March()).status()));
}

TEST_F(WebTest, EveryBadFieldIsNamed) {
  ASSERT_TRUE(CreateWeb("web", March()).ok());
  EXPECT_THAT(Bad([](auto& web) { web.set_link_code("ABCDEFGHJK"); }),
              ElementsAre(HasSubstr("web.link_code")));
  EXPECT_THAT(Bad([](auto& web) { web.set_form_id("long"); }),
              ElementsAre(HasSubstr("web.form_id: found 'long'")));
  EXPECT_THAT(Bad([](auto& web) { web.add_languages("Vietnamese"); }),
              ElementsAre(HasSubstr("web.languages[0]")));
  EXPECT_THAT(Bad([](auto& web) { web.set_group_question_id("q99"); }),
              ElementsAre(HasSubstr("no question of the round's questionnaire")));
  EXPECT_THAT(Bad([](auto& web) { web.set_group_question_id("q1"); }),
              ElementsAre(HasSubstr("allowed are questions of one choice")));
  EXPECT_THAT(Bad([](auto& web) {
                web.set_group_question_id("q3");
                web.set_form_id("counter");
              }),
              ElementsAre(HasSubstr("which the form does not ask")));
  EXPECT_THAT(
      Bad([](auto& web) {
        const auto add = [&](const char* unit, uint32_t group, uint32_t size) {
          v1::Quota& quota = *web.add_quotas();
          quota.set_unit_id(unit);
          quota.set_group(group);
          quota.set_size_max(size);
        };
        web.set_group_question_id("q3");
        add("74.SNV", 3, 1);
        add("74.SNV", 4, 1);
        add("74.STC", 0, 1);
        add("", 0, 0);
        add("74.SNV", 3, 2);
      }),
      ElementsAre(HasSubstr("web.quotas[1].group: found 4, allowed are 0..3"),
                  HasSubstr("web.quotas[2].unit_id: found '74.STC', allowed are the "
                            "collector's unit"),
                  HasSubstr("web.quotas[3].size_max"), HasSubstr("web.quotas[4]: is there")));
  EXPECT_THAT(Bad([](auto& web) { web.add_quotas()->set_group(1); }),
              ElementsAre(HasSubstr("none without a group question"), HasSubstr("size_max")));
  EXPECT_THAT(Bad([](auto& web) {
                for (size_t i = 0; i <= limits::kQuotasMax; ++i) web.add_quotas();
              }),
              ElementsAre(HasSubstr("web.quotas: found 5001")));
  ASSERT_TRUE(CreateWeb("any", v1::WebConfiguration(), v1::CHANNEL_WEB, "").ok());
  EXPECT_THAT(sample::ViolationLines(Configure("any", March()).status()),
              ElementsAre(HasSubstr("web.open: found true, but the collector has no unit")));
}

TEST_F(WebTest, TheSameAgainIsNoChange) {
  ASSERT_TRUE(CreateWeb("web", March()).ok());
  const auto before = holder_.Get();
  ASSERT_TRUE(Configure("web", March()).ok());
  EXPECT_EQ(holder_.Get(), before);
}

}  // namespace
}  // namespace hailong::registry
