// Scores, units, what to improve and the live counts, against made-up results in this process.
#include <google/protobuf/util/json_util.h>

#include <string>
#include <vector>

#include "analysis/cli/cli_for_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace hailong::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FakeResults : public v1::ResultsService::Service {
 public:
  grpc::Status GetSipas(grpc::ServerContext*, const v1::GetSipasRequest* request,
                        v1::GetSipasResponse* response) override {
    sipas = *request;
    *response = Parse<v1::GetSipasResponse>(R"pb(
      result {
        round_id: "r"
        framework_id: "sipas-2026"
        framework_version: 1
        synthetic: true
        overall {
          value: 84.123456789
          standard_error: 0.5
          ci_low: 83.1
          ci_high: 85.1
          n: 10
          defined: true
        }
        components {
          component_id: "I"
          title { vi: "Tiếp cận" en: "Access" }
          index { n: 0 }
        }
        unverified { source: "form" note: "assumed split" }
      })pb");
    if (request->by().empty()) return grpc::Status::OK;
    response->MergeFrom(Parse<v1::GetSipasResponse>(R"pb(
      result {
        confidence: 0.9
        domains {
          levels {
            by: "gender"
            key: "1"
            title { vi: "Nam" en: "Man" }
          }
          overall { value: 90 n: 6 defined: true }
        }
        weighting {
          steps { step: "raking" question_ids: "gender" iterations: 3 converged: true }
          margins {
            question_id: "gender"
            levels {
              option: 1
              title { vi: "Nam" en: "Man" }
              responses: 6
              sample_share: 60
              weighted_share: 50
              population_share: 50
            }
          }
        }
      })pb"));
    return grpc::Status::OK;
  }
  grpc::Status ListUnitScores(grpc::ServerContext*, const v1::ListUnitScoresRequest* request,
                              v1::ListUnitScoresResponse* response) override {
    *response = Parse<v1::ListUnitScoresResponse>(R"pb(
      units {
        unit_id: "1"
        name: "Đất Cuốc"
        overall { value: 80 defined: true }
      }
      units {
        unit_id: "2"
        name: "Dĩ An"
        overall { value: 70 defined: true }
      }
      units { unit_id: "3" name: "Ân Phú" })pb");
    units = *request;
    if (request->level() != "protected") return grpc::Status::OK;
    response->MergeFrom(Parse<v1::ListUnitScoresResponse>(R"pb(
      units {
        unit_id: "4"
        name: "Ít phiếu"
        population: 90
        suppressed: true
        overall { suppressed: true }
      }
      disclosure {
        rule { n_min: 10 }
        note { vi: "Được bảo vệ" en: "Is protected" }
      })pb"));
    return grpc::Status::OK;
  }
  grpc::Status ListImprovements(grpc::ServerContext*, const v1::ListImprovementsRequest* request,
                                v1::ListImprovementsResponse* response) override {
    improvements = *request;
    const bool first = request->page_token().empty();
    if (first) {
      *response = Parse<v1::ListImprovementsResponse>(R"pb(
        whole {
          unit_id: "74"
          name: "Bình Dương"
          responses: 100
          overall { value: 80 standard_error: 1 n: 100 defined: true }
          distance { value: 15 standard_error: 1 defined: true }
          expectations {
            question_id: "q10.8"
            title { vi: "Chuyển đổi số" en: "Digital" }
            expectation { value: 60 n: 90 defined: true }
          }
          expectations {
            question_id: "q10.7"
            title { vi: "Thái độ" en: "Attitude" }
            expectation { value: 88 n: 90 defined: true }
            component_id: "II.C"
            satisfaction { value: 75.5 n: 90 defined: true }
            gap { value: 12.5 standard_error: 2 ci_low: 8.58 ci_high: 16.42 defined: true }
          }
          change { issue: CHANGE_ISSUE_NOT_COMPARABLE }
        }
        next_page_token: "1")pb");
    } else {
      *response = Parse<v1::ListImprovementsResponse>(R"pb(
        units {
          unit_id: "718"
          name: "Dĩ An"
          responses: 12
          few_responses: true
          overall { value: 70 n: 12 defined: true }
          distance { value: 25 defined: true }
          contributions {
            component_id: "31"
            title { vi: "Lịch sự" en: "Polite" }
            index { value: 40 defined: true }
            contribution { value: 1.375 ci_low: 0.5 ci_high: 2.25 defined: true }
            rank: 2
          }
          contributions {
            component_id: "34"
            title { vi: "Đúng hẹn" en: "On time" }
            index { value: 20 defined: true }
            contribution { value: 1.875 defined: true }
            rank: 1
          }
          change {
            before { value: 60 defined: true }
            difference: 10
            standard_error: 2
            p_value: 1e-6
            p_holm: 2e-6
            p_benjamini_hochberg: 1e-6
            significant: true
          }
          component_changes {
            component_id: "II.C"
            title { vi: "Công chức" en: "Civil servants" }
            before { value: 60 defined: true }
            difference: -1
            standard_error: 2
            p_value: 0.6
            p_holm: 0.6
            p_benjamini_hochberg: 0.6
          }
        })pb");
    }
    response->set_target(95);
    response->set_significance_level(0.05);
    response->set_synthetic(true);
    v1::Provenance& fact = *response->add_unverified();
    fact.set_source("form");
    fact.set_note("assumed place");
    return grpc::Status::OK;
  }
  grpc::Status WatchRound(grpc::ServerContext* context, const v1::WatchRoundRequest*,
                          grpc::ServerWriter<v1::WatchRoundResponse>* writer) override {
    v1::WatchRoundResponse response;
    while (!context->IsCancelled()) {
      response.mutable_counts()->set_stored(response.counts().stored() + 1);
      if (!writer->Write(response)) break;
    }
    return grpc::Status::CANCELLED;
  }

  v1::GetSipasRequest sipas;
  v1::ListImprovementsRequest improvements;
  v1::ListUnitScoresRequest units;
};

class ResultsCli : public CliTest {
 protected:
  ResultsCli() { Serve({&results_}); }

  FakeResults results_;
};

TEST_F(ResultsCli, AScoreComesWithItsErrorAndItsDoubts) {
  const Output table = Hailong({"sipas", "r", "--without-flagged", "--scoring", "mean-of-range"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_TRUE(results_.sipas.without_flagged());
  EXPECT_EQ(results_.sipas.scoring(), v1::SCORING_MEAN_OF_RANGE);
  EXPECT_THAT(table.out, HasSubstr("84,12 ± 0,50  [83,10; 85,10]"));
  EXPECT_THAT(table.out, HasSubstr("DỮ LIỆU GIẢ LẬP"));
  EXPECT_THAT(table.out, HasSubstr("- assumed split (form)"));
  const Output json = Hailong({"sipas", "r", "--format", "json"});
  EXPECT_THAT(json.out, HasSubstr("84.123456789"));
  EXPECT_THAT(json.out, HasSubstr("\"framework_id\""));
  const Output csv = Hailong({"sipas", "r", "--format", "csv", "--items"});
  EXPECT_THAT(csv.out, HasSubstr(",,overall,overall,84.123456789,0.5,83.1,85.1,10,"));
  EXPECT_THAT(csv.err, HasSubstr("GIẢ LẬP"));
}

TEST_F(ResultsCli, WhatToImproveIsOnePageForPeople) {
  const Output table = Hailong({"improve", "r", "--against", "q", "--target", "90", "--unit", "74",
                                "--adjustment", "benjamini-hochberg"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_EQ(results_.improvements.previous_round_id(), "q");
  EXPECT_EQ(results_.improvements.target(), 90);
  EXPECT_EQ(results_.improvements.unit_id(), "74");
  EXPECT_EQ(results_.improvements.adjustment(), v1::ADJUSTMENT_BENJAMINI_HOCHBERG);
  for (const char* words :
       {"xa đích 95,0%", "Dĩ An *", "dưới 30 phiếu", "q10.7", "[8,58; 16,42]", "đợt q",
        "không so sánh được", "+10,00", "<0,0001", "Benjamini-Hochberg dưới 0,05",
        "kiểm định 2, có ý nghĩa 1, không kiểm định được 1", "DỮ LIỆU GIẢ LẬP"}) {
    EXPECT_THAT(table.out, HasSubstr(words));
  }
  // In order of rank and of gap; units' changes only where significant; each fact once.
  EXPECT_LT(table.out.find("Đúng hẹn"), table.out.find("Lịch sự"));
  EXPECT_LT(table.out.find("Thái độ"), table.out.find("Chuyển đổi số"));
  EXPECT_EQ(table.out.find("Công chức"), std::string::npos);
  EXPECT_EQ(table.out.find("assumed place"), table.out.rfind("assumed place"));
  EXPECT_THAT(Hailong({"improve", "r", "--top", "1"}).out, Not(HasSubstr("Lịch sự")));
  EXPECT_THAT(Hailong({"improve", "r", "--lang", "en"}).out, HasSubstr("What people ask for"));
}

TEST_F(ResultsCli, WhatToImproveIsOneTableInCsvAndAllOfItInJson) {
  const Output items = Hailong({"improve", "r", "--top", "1", "--format", "csv"});
  EXPECT_THAT(items.out, HasSubstr("scope,unit_id,name,responses,overall,distance,rank,"));
  EXPECT_THAT(items.out, HasSubstr("unit,718,Dĩ An,12,70,25,2,31,Lịch sự,40,1.375,,0.5,2.25,true"));
  EXPECT_THAT(items.err, HasSubstr("GIẢ LẬP"));
  const Output changes = Hailong({"improve", "r", "--part", "changes", "--format", "csv"});
  EXPECT_THAT(changes.out,
              HasSubstr("unit,718,Dĩ An,II.C,Công chức,60,-1,2,,,,0.6,0.6,0.6,false,"));
  EXPECT_THAT(changes.out, HasSubstr("whole,74,Bình Dương,,overall,,,,,,,,,,false,not-comparable"));
  const Output asked = Hailong({"improve", "r", "--part", "expectations", "--format", "csv"});
  EXPECT_THAT(asked.out, HasSubstr("q10.7,Thái độ,88,II.C,75.5,12.5,2,8.58,16.42,90,true"));
  v1::ListImprovementsResponse json;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  Hailong({"improve", "r", "--format", "json"}).out, &json)
                  .ok());
  EXPECT_EQ(json.units_size(), 1);
  EXPECT_EQ(json.whole().expectations_size(), 2);
  EXPECT_EQ(json.unverified_size(), 1);
  EXPECT_EQ(Hailong({"improve", "r", "--target", "101"}).exit_code, 2);
  EXPECT_EQ(Hailong({"improve", "r", "--part", "nonsense"}).exit_code, 2);
}

TEST_F(ResultsCli, DomainsStandBelowTheIndexAndWeightsBelowThem) {
  const Output table =
      Hailong({"sipas", "r", "--by", "gender,unit", "--interval", "logit", "--confidence", "0.9"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(results_.sipas.by(), testing::ElementsAre("gender", "unit"));
  EXPECT_EQ(results_.sipas.interval(), v1::INTERVAL_LOGIT);
  EXPECT_EQ(results_.sipas.confidence(), 0.9);
  EXPECT_THAT(table.out, HasSubstr("KTC 90%"));
  EXPECT_THAT(table.out, HasSubstr("Bước 1: Raking (gender)"));
  EXPECT_LT(table.out.find("TỔNG"), table.out.find("Nam"));
  EXPECT_THAT(table.out, HasSubstr("% tổng thể"));
  const Output csv = Hailong({"sipas", "r", "--by", "gender", "--format", "csv"});
  EXPECT_THAT(csv.out, HasSubstr("gender,gender_title,component_id,value,"));
  EXPECT_THAT(csv.out, HasSubstr("1,Nam,,90,"));
  EXPECT_THAT(csv.out, Not(HasSubstr("raking")));
  EXPECT_EQ(Hailong({"sipas", "r", "--interval", "wide"}).exit_code, 2);
}

TEST_F(ResultsCli, UnitsSortByScoreOrAsVietnameseNames) {
  const std::string by_score = Hailong({"units", "r", "--format", "csv"}).out;
  EXPECT_LT(by_score.find("Đất Cuốc"), by_score.find("Dĩ An"));
  EXPECT_LT(by_score.find("Dĩ An"), by_score.find("Ân Phú"));
  const std::string by_name = Hailong({"units", "r", "--sort", "name", "--format", "csv"}).out;
  EXPECT_LT(by_name.find("Ân Phú"), by_name.find("Dĩ An"));
  EXPECT_LT(by_name.find("Dĩ An"), by_name.find("Đất Cuốc"));
}

TEST_F(ResultsCli, WhatIsHiddenSaysSoAndWhy) {
  const std::vector<std::string> line = {"units", "r", "--level", "protected"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = line;
    all.insert(all.end(), more.begin(), more.end());
    return Hailong(all);
  };
  const std::string table = with({"--lang", "en"}).out;
  EXPECT_THAT(table, HasSubstr("hidden"));
  EXPECT_THAT(table, HasSubstr("Is protected"));
  EXPECT_THAT(with({}).out, HasSubstr("ẩn"));
  const Output csv = with({"--format", "csv"});
  EXPECT_THAT(csv.out, HasSubstr(",4,Ít phiếu,,,90,,,,,,,,,true,,,false\n"));
  EXPECT_THAT(csv.err, HasSubstr("Được bảo vệ"));
  const std::string json = with({"--format", "json"}).out;
  EXPECT_THAT(json, HasSubstr("\"suppressed\": true"));
  EXPECT_THAT(Hailong({"units", "r", "--lang", "en"}).out, HasSubstr("small cells are not hidden"));
  EXPECT_FALSE(results_.units.without_protection());
  with({"--without-protection"});
  EXPECT_TRUE(results_.units.without_protection());
}

TEST_F(ResultsCli, WatchEndsAfterItsCount) {
  const Output output = Hailong({"watch", "r", "--count", "3", "--lang", "en"});
  EXPECT_EQ(output.exit_code, 0) << output.err;
  EXPECT_THAT(output.out, HasSubstr("stored 3"));
  EXPECT_THAT(output.out, Not(HasSubstr("stored 4")));
}

}  // namespace
}  // namespace hailong::cli
