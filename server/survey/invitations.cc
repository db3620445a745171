#include "server/survey/invitations.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "base/ids.h"
#include "base/status.h"
#include "server/intake/identity.h"
#include "server/model/limits.h"
#include "server/model/paging.h"
#include "server/model/questionnaire.h"
#include "server/model/refusal.h"
#include "server/model/times.h"
#include "server/survey/entry.h"
#include "server/survey/slip.h"

namespace hailong::survey {
namespace {

using base::Cat;

absl::StatusOr<std::vector<base::Uuid>> ReadIds(
    const google::protobuf::RepeatedPtrField<std::string>& texts) {
  refusal::Violations bad;
  std::vector<base::Uuid> ids;
  for (int i = 0; i < texts.size(); ++i) {
    const auto id = base::Uuid::Parse(texts[i]);
    if (id.ok()) {
      ids.push_back(*id);
    } else {
      bad.Add(Cat("invitation_ids[", i, "]"), std::string(id.status().message()));
    }
  }
  RETURN_IF_ERROR(bad.ToStatus());
  return ids;
}

// Makes invitations of what was asked for, and tells all that is wrong with it.
class InvitationMaker {
 public:
  InvitationMaker(const model::CollectorRecord& collector, const model::Round& round,
                  const model::Catalog& catalog, const std::string& key, absl::Time now)
      : collector_(collector), round_(round), catalog_(catalog), key_(key), now_(now) {}

  // `token` is its token.
  model::Invitation Make(const v1::NewInvitation& wanted, int index, std::string_view token);
  absl::Status Problems() const { return not_found_.ok() ? bad_.ToStatus() : not_found_; }

 private:
  void CheckUnit(const std::string& unit_id, const std::string& at);
  void CheckForm(const std::string& form_id, const std::string& at);
  void CheckGroup(const v1::NewInvitation& wanted, const std::string& form_id,
                  const std::string& at);

  const model::CollectorRecord& collector_;
  const model::Round& round_;
  const model::Catalog& catalog_;
  const std::string& key_;
  const absl::Time now_;
  std::map<std::string, std::string> why_not_;  // of units that were looked at
  refusal::Violations bad_;
  absl::Status not_found_;
};

model::Invitation InvitationMaker::Make(const v1::NewInvitation& wanted, int index,
                                        std::string_view token) {
  const std::string at = Cat("invitations[", index, "].");
  const v1::Collector& collector = collector_.collector;
  model::Invitation made;
  made.invitation_id = base::NewUuid(now_);
  made.token_hash = HashToken(token);
  made.collector = collector_.number;
  made.round = round_.number();
  made.unit_id = wanted.unit_id().empty() ? collector.unit_id() : wanted.unit_id();
  CheckUnit(made.unit_id, at + "unit_id");
  // Kept, like the round, whatever the collector asks later.
  made.form_id = wanted.form_id().empty() ? collector.web().form_id() : wanted.form_id();
  CheckForm(made.form_id, at + "form_id");
  made.group = wanted.group();
  if (made.group != 0) {
    made.group_question_id = collector.web().group_question_id();
    CheckGroup(wanted, made.form_id, at + "group");
  }
  if (!wanted.dossier_code().empty()) {
    v1::Evidence evidence;
    evidence.set_dossier_code(wanted.dossier_code());
    auto key = intake::IdentifyRespondent(evidence, key_);
    if (key.ok()) {
      made.respondent_key = *std::move(key);
    } else {
      const auto why = refusal::FieldViolationsOf(key.status());
      bad_.Add(at + "dossier_code", why.empty() ? "cannot be read" : why.front().description);
    }
  }
  made.created_at = now_;
  return made;
}

void InvitationMaker::CheckUnit(const std::string& unit_id, const std::string& at) {
  if (unit_id.empty()) {
    bad_.Add(at, "is empty, and the collector has no unit of its own");
    return;
  }
  if (catalog_.units().Periods(unit_id).empty()) {
    if (not_found_.ok()) not_found_ = refusal::NotFound("unit", unit_id);
    return;
  }
  const auto [why, is_new] = why_not_.try_emplace(unit_id);
  if (is_new) {
    why->second = model::WhyNotAsked(unit_id, collector_.collector, &round_, catalog_, now_);
  }
  if (!why->second.empty()) bad_.Add(at, Cat("found '", unit_id, "', ", why->second));
}

void InvitationMaker::CheckForm(const std::string& form_id, const std::string& at) {
  if (round_.questionnaire().FindForm(form_id) != nullptr) return;
  bad_.Add(at, Cat("found '", base::Utf8Prefix(form_id, limits::kQuestionIdBytesMax),
                   "', allowed are none and the forms of the round's questionnaire"));
}

void InvitationMaker::CheckGroup(const v1::NewInvitation& wanted, const std::string& form_id,
                                 const std::string& at) {
  const std::string& question_id = collector_.collector.web().group_question_id();
  const model::Questionnaire& questionnaire = round_.questionnaire();
  const int position = question_id.empty() ? -1 : questionnaire.Find(question_id, 0);
  if (position < 0) {
    bad_.Add(at, Cat("found ", wanted.group(),
                     ", allowed is none: the collector is set up without a group question"));
    return;
  }
  const model::Question& question = questionnaire.questions()[static_cast<size_t>(position)];
  const std::vector<bool>* const asked = questionnaire.FindForm(form_id);
  if (wanted.group() > question.options) {
    bad_.Add(at, Cat("found ", wanted.group(), ", allowed are 0..", question.options));
  } else if (asked != nullptr && !(*asked)[static_cast<size_t>(position)]) {
    bad_.Add(at, Cat("found ", wanted.group(), ", but the form does not ask question '",
                     question_id, "'"));
  }
}

void Fill(const model::Invitation& from, const std::string& collector_id, v1::Invitation& into) {
  into.set_invitation_id(from.invitation_id.ToString());
  into.set_collector_id(collector_id);
  into.set_unit_id(from.unit_id);
  into.set_group(from.group);
  into.set_form_id(from.form_id);
  *into.mutable_created_at() = model::ToProto(from.created_at);
  if (from.opened_on.has_value()) *into.mutable_opened_at() = model::ToProto(*from.opened_on);
  into.set_answered(from.answered);
  into.set_revoked(from.revoked);
}

// What tells a request from others. Keyed: the dossier codes in it are easy to enumerate.
base::Digest256 ContentOf(const v1::CreateInvitationsRequest& request, const model::Round& round,
                          std::string_view key) {
  v1::CreateInvitationsRequest content = request;
  content.clear_request_id();
  std::string purpose("invitations");
  purpose.push_back('\0');
  return base::HmacSha256(key, Cat(purpose, round.id(), "\n", model::DeterministicBytes(content)));
}

}  // namespace

absl::StatusOr<const model::CollectorRecord*> Invitations::FindCollector(
    Caller caller, const model::Catalog& catalog, const std::string& collector_id) const {
  const auto found = catalog.collectors().find(collector_id);
  if (found == catalog.collectors().end()) return refusal::NotFound("collector", collector_id);
  const v1::Collector& collector = found->second.collector;
  RETURN_IF_ERROR(
      model::CheckWithin(caller, catalog, collector.unit_id(), base::DayInVietnam(clock_.Now())));
  if (collector.channel() != v1::CHANNEL_WEB && collector.channel() != v1::CHANNEL_ZALO) {
    return refusal::Field("collector_id", Cat("collector '", collector_id, "' is of ",
                                              v1::Channel_Name(collector.channel()),
                                              "; allowed are CHANNEL_WEB and CHANNEL_ZALO"));
  }
  return &found->second;
}

absl::StatusOr<std::string> Invitations::FindKey(const model::Round& round) {
  const auto key = keys_.Find(round.id());
  if (!key.ok()) return refusal::RoundKeyMissing(round.id(), key.status().message());
  if (!key->has_value()) return refusal::RoundKeyMissing(round.id(), "there is no such file");
  return **key;
}

absl::StatusOr<v1::CreateInvitationsResponse> Invitations::CreateInvitations(
    Caller caller, const v1::CreateInvitationsRequest& request) {
  const auto wanted = static_cast<size_t>(request.invitations_size());
  if (wanted == 0 || wanted > limits::kInvitationsMax) {
    return refusal::Field("invitations",
                          Cat("found ", wanted, ", allowed are 1..", limits::kInvitationsMax));
  }
  const auto request_id = base::Uuid::Parse(request.request_id());
  if (!request_id.ok()) {
    return refusal::Field("request_id", std::string(request_id.status().message()));
  }
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(const model::CollectorRecord* const collector,
                   FindCollector(caller, *catalog, request.collector_id()));
  if (collector->collector.revoked()) {
    return refusal::CollectorIs(request.collector_id(), "was revoked", "one that may submit");
  }
  const auto round = catalog->FindRound(collector->collector.web().round_id());
  if (round == nullptr) {
    return refusal::CollectorIs(request.collector_id(), "collects for no round",
                                "one that is set up for a round");
  }
  const absl::Time now = clock_.Now();
  if (round->state() != v1::ROUND_STATE_OPEN || now >= round->closes_at()) {
    return refusal::RoundIs(round->id(),
                            round->state() == v1::ROUND_STATE_SEALED ? "sealed" : "closed",
                            "open or planned");
  }
  ASSIGN_OR_RETURN(const std::string key, FindKey(*round));
  InvitationMaker maker(*collector, *round, *catalog, key, now);
  std::vector<model::Invitation> made;
  made.reserve(wanted);
  v1::CreateInvitationsResponse response;
  for (int i = 0; i < request.invitations_size(); ++i) {
    v1::CreatedInvitation& shown = *response.add_invitations();
    shown.set_token(base::RandomBase32(limits::kTokenSize));
    made.push_back(maker.Make(request.invitations(i), i, shown.token()));
    shown.set_invitation_id(made.back().invitation_id.ToString());
  }
  RETURN_IF_ERROR(maker.Problems());

  std::vector<base::Uuid> made_before;
  RETURN_IF_ERROR(writer_.Run([&](store::Store& store) -> absl::Status {
    ASSIGN_OR_RETURN(
        made_before,
        store.PutInvitations(
            {.request_id = *request_id, .content = ContentOf(request, *round, key)}, made,
            {.at = now,
             .actor = caller.id,
             .action = "CreateInvitations",
             .object = Cat(request.collector_id(), " ", made.size())}));
    return absl::OkStatus();
  }));
  if (made_before.empty()) return response;
  response.Clear();
  for (const base::Uuid& id : made_before) {
    response.add_invitations()->set_invitation_id(id.ToString());
  }
  return response;
}

absl::StatusOr<v1::ListInvitationsResponse> Invitations::ListInvitations(
    Caller caller, const v1::ListInvitationsRequest& request) {
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(const model::CollectorRecord* const collector,
                   FindCollector(caller, *catalog, request.collector_id()));
  RETURN_IF_ERROR(opened_.Flush());
  v1::ListInvitationsResponse response;
  if (!request.invitation_ids().empty()) {
    const auto named = static_cast<size_t>(request.invitation_ids_size());
    if (named > limits::kInvitationIdsMax) {
      return refusal::Field("invitation_ids",
                            Cat("found ", named, ", allowed are 0..", limits::kInvitationIdsMax));
    }
    ASSIGN_OR_RETURN(const auto ids, ReadIds(request.invitation_ids()));
    ASSIGN_OR_RETURN(const auto found, store_.FindInvitations(collector->number, ids));
    for (const model::Invitation& one : found) {
      Fill(one, request.collector_id(), *response.add_invitations());
    }
    return response;
  }
  ASSIGN_OR_RETURN(model::Pager pager,
                   model::Pager::Create(request.page_size(), request.page_token()));
  int64_t after = 0;
  if (!request.page_token().empty() &&
      (!absl::SimpleAtoi(request.page_token(), &after) || after < 0)) {
    return refusal::Field("page_token", "is not a token of this server");
  }
  const size_t rows =
      1 + (request.page_size() == 0 ? limits::kPageSizeDefault
                                    : std::min<size_t>(request.page_size(), limits::kPageSizeMax));
  ASSIGN_OR_RETURN(
      const auto found,
      store_.ReadInvitations(collector->number, static_cast<model::InvitationNumber>(after), rows));
  for (const model::Invitation& one : found) {
    if (!pager.Take(model::PageDigits(static_cast<uint64_t>(one.number)))) break;
    Fill(one, request.collector_id(), *response.add_invitations());
  }
  response.set_next_page_token(pager.next_page_token());
  return response;
}

absl::StatusOr<v1::RevokeInvitationsResponse> Invitations::RevokeInvitations(
    Caller caller, const v1::RevokeInvitationsRequest& request) {
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(const model::CollectorRecord* const collector,
                   FindCollector(caller, *catalog, request.collector_id()));
  const auto named = static_cast<size_t>(request.invitation_ids_size());
  if (named == 0 || named > limits::kInvitationIdsMax) {
    return refusal::Field("invitation_ids",
                          Cat("found ", named, ", allowed are 1..", limits::kInvitationIdsMax));
  }
  ASSIGN_OR_RETURN(const auto ids, ReadIds(request.invitation_ids()));
  RETURN_IF_ERROR(writer_.Run([&](store::Store& store) {
    return store.RevokeInvitations(collector->number, ids,
                                   {.at = clock_.Now(),
                                    .actor = caller.id,
                                    .action = "RevokeInvitations",
                                    .object = Cat(request.collector_id(), " ", ids.size())});
  }));
  return v1::RevokeInvitationsResponse();
}

absl::StatusOr<v1::GetResponseRatesResponse> Invitations::GetResponseRates(
    Caller caller, const v1::GetResponseRatesRequest& request) {
  const auto catalog = catalog_.Get();
  const auto round = catalog->FindRound(request.round_id());
  if (round == nullptr) return refusal::NotFound("round", request.round_id());
  RETURN_IF_ERROR(opened_.Flush());
  ASSIGN_OR_RETURN(const auto counts, store_.CountInvitations(round->number()));
  // Units as they were in the round, also when it is long over.
  const absl::Time last = std::max(round->opens_at(), round->closes_at() - absl::Seconds(1));
  const std::string day = base::DayInVietnam(std::clamp(clock_.Now(), round->opens_at(), last));
  v1::GetResponseRatesResponse response;
  for (const model::InvitationCount& count : counts) {
    if (!model::CheckWithin(caller, *catalog, count.unit_id, day).ok()) continue;
    v1::ResponseRate& rate = *response.add_rates();
    rate.set_unit_id(count.unit_id);
    rate.set_group(count.group);
    rate.set_invited(count.invited);
    rate.set_opened(count.opened);
    rate.set_answered(count.answered);
  }
  return response;
}

absl::StatusOr<v1::GetSlipKeyResponse> Invitations::GetSlipKey(
    Caller caller, const v1::GetSlipKeyRequest& request) {
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(const model::CollectorRecord* const collector,
                   FindCollector(caller, *catalog, request.collector_id()));
  const v1::WebConfiguration& web = collector->collector.web();
  const auto round = catalog->FindRound(web.round_id());
  if (!web.slips() || round == nullptr) {
    return refusal::CollectorIs(request.collector_id(),
                                web.slips() ? "collects for no round" : "takes no slips",
                                "one that is set up for slips and a round");
  }
  ASSIGN_OR_RETURN(const std::string key, FindKey(*round));
  v1::GetSlipKeyResponse response;
  response.set_key(SlipKey(key, request.collector_id()));
  response.set_link_code(web.link_code());
  return response;
}

}  // namespace hailong::survey
