// A weighting plan from its round to the numbers, over the wire: margins imported, results raked,
// domains and intervals asked for.

#include <gmock/gmock.h>

#include "tests/e2e/province.h"

namespace hailong::e2e {
namespace {

using ::testing::HasSubstr;

// The province with a round "raked" whose questionnaire also asks for gender.
class Weighting : public ::testing::Test {
 protected:
  Weighting() {
    province_.SetUp();
    const Client admin = province_.Admin();
    v1::PublishQuestionnaireRequest publish;
    *publish.mutable_questionnaire() = DeskQuestionnaire();
    publish.mutable_questionnaire()->set_questionnaire_id("desk-gender");
    v1::Question& gender = *publish.mutable_questionnaire()->add_questions();
    gender.set_question_id("gender");
    gender.set_kind(v1::QUESTION_KIND_SINGLE_CHOICE);
    gender.mutable_text()->set_vi("Giới tính");
    gender.add_options()->mutable_text()->set_vi("Nam");
    gender.add_options()->mutable_text()->set_vi("Nữ");
    admin.Get(&RegistryStub::PublishQuestionnaire, publish);
    EXPECT_TRUE(admin.Try(&RegistryStub::OpenRound, RakedRound("gender")).ok());
    const Client web = province_.Collector("web");
    // Men are content, and answered more often than they come.
    Submit(web, {Make("1.a.1", 5, 1), Make("1.a.1", 5, 1), Make("1.a.1", 1, 2), Make("1.a.2", 5, 1),
                 Make("1.a.2", 5, 1), Make("1.a.2", 1, 2)});
  }

  static v1::OpenRoundRequest RakedRound(const std::string& question_id) {
    v1::OpenRoundRequest request;
    v1::Round& round = *request.mutable_round();
    round = AutumnRound();
    round.set_round_id("raked");
    round.set_questionnaire_id("desk-gender");
    round.mutable_weighting_plan()->add_steps()->mutable_rake()->add_question_ids(question_id);
    return request;
  }
  v1::Response Make(const std::string& unit_id, uint32_t rating, uint32_t gender) {
    v1::Response response = province_.MakeResponse(unit_id, rating);
    response.set_round_id("raked");
    v1::Answer& answer = *response.add_answers();
    answer.set_question_id("gender");
    answer.set_choice(gender);
    return response;
  }
  static v1::Population Sizes(const std::string& unit_id, uint64_t men, uint64_t women) {
    v1::Population population;
    population.set_unit_id(unit_id);
    population.set_size(men + women);
    population.set_source("made up for a test");
    v1::PopulationMargin& margin = *population.add_margins();
    margin.set_question_id("gender");
    margin.add_sizes(men);
    margin.add_sizes(women);
    return population;
  }
  static v1::GetSipasRequest Ask() {
    v1::GetSipasRequest request;
    request.set_round_id("raked");
    return request;
  }

  Province province_;
};

TEST_F(Weighting, APlanIsCheckedWhenItsRoundIsOpened) {
  v1::OpenRoundRequest request = RakedRound("rating");
  request.mutable_round()->set_round_id("bad");
  const grpc::Status status = province_.Admin().Try(&RegistryStub::OpenRound, request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(),
            "round.weighting_plan.steps[0].rake.question_ids[0]");
}

TEST_F(Weighting, WithoutMarginsAResultIsRefusedAndWithThemItFollowsThem) {
  const Client admin = province_.Admin();
  v1::ImportPopulationsRequest import;
  import.set_round_id("raked");
  *import.add_populations() = Sizes("1.a.1", 50, 50);
  admin.Get(&RegistryStub::ImportPopulations, import);
  v1::Population& plain = *import.mutable_populations(0);
  plain = Sizes("1.a.2", 60, 40);
  plain.clear_margins();
  admin.Get(&RegistryStub::ImportPopulations, import);
  const grpc::Status refused = admin.Try(&ResultsStub::GetSipas, Ask());
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr("1.a.2"));
  EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(refused).reason(), "CANNOT_SCORE");

  *import.mutable_populations(0) = Sizes("1.a.2", 60, 40);
  *import.mutable_populations(0)->add_margins() = import.populations(0).margins(0);
  EXPECT_EQ(admin.Try(&RegistryStub::ImportPopulations, import).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  import.mutable_populations(0)->mutable_margins()->RemoveLast();
  admin.Get(&RegistryStub::ImportPopulations, import);
  v1::ListPopulationsRequest list;
  list.set_round_id("raked");
  EXPECT_EQ(admin.Get(&RegistryStub::ListPopulations, list).populations(1).margins(0).sizes(0),
            60u);
  const v1::IndexResult result = admin.Get(&ResultsStub::GetSipas, Ask()).result();
  // 110 men of 200.
  EXPECT_NEAR(result.overall().value(), 55, 1e-9);
  ASSERT_EQ(result.weighting().steps_size(), 1);
  EXPECT_NEAR(result.weighting().margins(0).levels(0).weighted_share(), 55, 1e-9);
}

TEST_F(Weighting, DomainsAndIntervalsAreOnTheWire) {
  const Client admin = province_.Admin();
  v1::ImportPopulationsRequest import;
  import.set_round_id("raked");
  *import.add_populations() = Sizes("1.a.1", 50, 50);
  *import.add_populations() = Sizes("1.a.2", 60, 40);
  admin.Get(&RegistryStub::ImportPopulations, import);
  v1::GetSipasRequest request = Ask();
  request.add_by("gender");
  request.add_by("unit");
  request.set_interval(v1::INTERVAL_BETA);
  const v1::IndexResult result = admin.Get(&ResultsStub::GetSipas, request).result();
  ASSERT_EQ(result.domains_size(), 4);
  EXPECT_EQ(result.domains(0).levels(0).title().vi(), "Nam");
  EXPECT_EQ(result.domains(0).overall().value(), 100);
  EXPECT_EQ(result.domains(3).levels(1).key(), "1.a.2");
  EXPECT_EQ(result.domains(3).overall().value(), 0);
  EXPECT_EQ(result.overall().degrees_of_freedom(), 4);
  request.set_by(1, "nobody");
  const grpc::Status status = admin.Try(&ResultsStub::GetSipas, request);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(), "by[1]");
}

}  // namespace
}  // namespace hailong::e2e
