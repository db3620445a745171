#pragma once

// A survey over intake's fixture: the collector "web" of 74 (link code 0000000WEB).

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "server/intake/intake.h"
#include "server/intake/intake_for_test.h"
#include "server/survey/invitations.h"
#include "server/survey/opened_board.h"
#include "server/survey/slip.h"
#include "server/survey/survey.h"
#include "server/testing/sample.h"

namespace hailong::survey {

inline constexpr char kLink[] = "0000000WEB";
inline constexpr char kDossier[] = "G12.18-250301-00430053";

class SurveyTest : public intake::IntakeFixture {
 protected:
  SurveyTest() {
    intake_ = std::make_unique<intake::Intake>(catalog_, *keys_, *writer_, clock_);
    opened_ = std::make_unique<OpenedBoard>(*writer_, clock_);
    survey_ = std::make_unique<Survey>(catalog_, *store_, *keys_, *intake_, *opened_, clock_);
    invitations_ =
        std::make_unique<Invitations>(catalog_, *store_, *writer_, *keys_, *opened_, clock_);
    writer_->Start();
    SetWeb([](v1::WebConfiguration&) {});
  }
  // As the server does: what is on its way to the writer ends before what it needs.
  ~SurveyTest() override { writer_->Stop(); }

  // Sets up the collector "web": for march, open, with slips and groups by q3; then `change`.
  template <typename Change>
  void SetWeb(Change change) {
    ChangeCollector([&](v1::Collector& collector) {
      v1::WebConfiguration& web = *collector.mutable_web();
      web.Clear();
      web.set_round_id("march");
      web.set_open(true);
      web.set_slips(true);
      web.set_group_question_id("q3");
      web.set_link_code(kLink);
      change(web);
    });
  }
  template <typename Change>
  void ChangeCollector(Change change) {
    model::CollectorRecord record = catalog_.Get()->collectors().at("web");
    record.collector.set_unit_id("74.SNV");
    change(record.collector);
    catalog_.Set(*catalog_.Get()->With({record}));
  }

  static v1::Entry ByToken(const std::string& token) {
    v1::Entry entry;
    entry.set_invitation_token(token);
    return entry;
  }
  static v1::Entry ByLink(const std::string& link = kLink) {
    v1::Entry entry;
    entry.set_link_code(link);
    return entry;
  }
  v1::Entry BySlip(const std::string& dossier, const std::string& check) {
    v1::Entry entry;
    entry.mutable_slip()->set_link_code(kLink);
    entry.mutable_slip()->set_dossier_code(dossier);
    entry.mutable_slip()->set_check(check);
    return entry;
  }

  // A right one.
  v1::Entry BySlip(const std::string& dossier) {
    return BySlip(dossier, SlipCheck(SlipKey(**keys_->Find("march"), "web"), dossier));
  }

  absl::StatusOr<v1::OpenSurveyResponse> Open(const v1::Entry& entry) {
    v1::OpenSurveyRequest request;
    *request.mutable_entry() = entry;
    return survey_->OpenSurvey({}, request);
  }
  v1::SurveyState StateOf(const v1::Entry& entry) {
    const auto opened = Open(entry);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return opened.ok() ? opened->state() : v1::SURVEY_STATE_UNSPECIFIED;
  }
  // The n-th response as a browser sends it, five minutes ago.
  v1::Response Answer(uint64_t n) {
    v1::Response response = sample::Response(n);
    response.clear_round_id();
    response.clear_unit_id();
    response.clear_form_id();
    return response;
  }
  absl::StatusOr<v1::SubmitSurveyResponse> Submit(const v1::Entry& entry,
                                                  const v1::Response& response) {
    v1::SubmitSurveyRequest request;
    *request.mutable_entry() = entry;
    *request.mutable_response() = response;
    std::promise<absl::StatusOr<v1::SubmitSurveyResponse>> promise;
    survey_->SubmitSurvey(request, [&](auto made) { promise.set_value(std::move(made)); });
    return promise.get_future().get();
  }
  v1::Outcome OutcomeOf(const v1::Entry& entry, const v1::Response& response) {
    const auto stored = Submit(entry, response);
    EXPECT_TRUE(stored.ok()) << stored.status();
    return stored.ok() ? stored->outcome() : v1::OUTCOME_UNSPECIFIED;
  }

  v1::CreateInvitationsRequest Ask(uint64_t request, int count) {
    v1::CreateInvitationsRequest ask;
    ask.set_collector_id("web");
    ask.set_request_id(sample::ResponseId(request));
    for (int i = 0; i < count; ++i) ask.add_invitations();
    return ask;
  }
  // One invitation, as `change` asks for it.
  template <typename Change>
  v1::CreatedInvitation Invite(Change change) {
    v1::CreateInvitationsRequest ask = Ask(++requests_, 1);
    change(*ask.mutable_invitations(0));
    const auto made = invitations_->CreateInvitations(admin_, ask);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->invitations(0) : v1::CreatedInvitation();
  }
  // As the store has it, without asking the board.
  bool IsOpenedOnDisk(const std::string& token) {
    return store_->FindInvitation(HashToken(token))->value().opened_on.has_value();
  }
  std::string Token() {
    return Invite([](v1::NewInvitation&) {}).token();
  }

  std::unique_ptr<OpenedBoard> opened_;
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<Survey> survey_;
  std::unique_ptr<Invitations> invitations_;
  uint64_t requests_ = 1'000'000;
  const model::Principal admin_{.role = v1::ROLE_ADMIN, .id = "admin", .unit_id = ""};
};

}  // namespace hailong::survey
