#include "server/zalo/invitations.h"

#include <algorithm>

#include "base/crypto/base32.h"
#include "base/crypto/crypto.h"
#include "base/http/http_client.h"
#include "base/ids.h"
#include "base/status.h"
#include "base/vietnamese/vietnamese.h"
#include "server/intake/identity.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"
#include "server/zalo/inbox.h"

namespace hailong::zalo {
namespace {

using base::Cat;

constexpr size_t kTrackingIdCharacters = 32;
constexpr size_t kPhoneDigitsMin = 10;  // with the 84
constexpr size_t kPhoneDigitsMax = 13;

bool IsDigits(std::string_view text, size_t least, size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void CheckDetails(const v1::ZaloInvitation& one, const model::Round& round, const std::string& at,
                  refusal::Violations& bad) {
  const std::string& link = one.details_link();
  const size_t path = link.find('/', std::min(link.size(), link.find("://") + 3));
  const bool printable =
      std::all_of(link.begin(), link.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (!printable || link.size() > limits::kZaloLinkBytesMax || !link.starts_with("https://") ||
      !base::CheckOrigin(link.substr(0, path)).ok()) {
    bad.Add(at + ".details_link",
            Cat("found ", link.size(), " bytes, allowed is https://HOST/... of at most ",
                limits::kZaloLinkBytesMax, " printable characters"));
  }
  if (one.message_text().empty()) {
    bad.Add(at + ".details_link", "goes with message_text only; a template has its own buttons");
  } else if (round.definition().zalo_rating().details_label().empty()) {
    bad.Add(at + ".details_link", "the round has no zalo_rating.details_label for its button");
  }
}

void CheckContent(const v1::ZaloInvitation& one, const Settings& settings,
                  const model::Round& round, const std::string& at, refusal::Violations& bad) {
  if (static_cast<size_t>(one.template_data_size()) > limits::kZaloTemplateParametersMax) {
    bad.Add(at + ".template_data", Cat("found ", one.template_data_size(), ", allowed are 0..",
                                       limits::kZaloTemplateParametersMax));
  }
  for (const auto& [name, value] : one.template_data()) {
    if (!base::IsSlug(name, limits::kIdBytesMax, "_") ||
        ToNfc(value).size() > limits::kZaloTemplateParameterBytesMax) {
      bad.Add(at + ".template_data",
              Cat("found a name of ", name.size(), " and a value of ", value.size(),
                  " bytes, allowed are names of a-z, 0-9 and '_' and values up to ",
                  limits::kZaloTemplateParameterBytesMax));
      break;
    }
  }
  const auto& templates = settings.file.template_ids();
  if (!one.template_id().empty() &&
      std::find(templates.begin(), templates.end(), one.template_id()) == templates.end()) {
    bad.Add(at + ".template_id", Cat("found '", base::Utf8Prefix(one.template_id(), 40),
                                     "', allowed are the settings' template_ids"));
  }
  if (!one.details_link().empty()) CheckDetails(one, round, at, bad);
  if (one.message_text().empty()) return;
  if (one.recipient_case() != v1::ZaloInvitation::kUserId ||
      Characters(one.message_text()) > limits::kZaloMessageCharactersMax) {
    bad.Add(at + ".message_text",
            Cat("found ", Characters(one.message_text()), " characters, allowed are ",
                limits::kZaloMessageCharactersMax, ", with user_id only"));
  }
  if (round.definition().zalo_rating().labels().empty()) {
    bad.Add(at + ".message_text", "the round has no zalo_rating.labels to make buttons of");
  }
}

void CheckRecipient(const v1::ZaloInvitation& one, const std::string& at,
                    refusal::Violations& bad) {
  switch (one.recipient_case()) {
    case v1::ZaloInvitation::kPhone:
      if (NormalizePhone(one.phone()).empty()) {
        bad.Add(at + ".phone", Cat("found ", one.phone().size(),
                                   " bytes that are no Vietnamese number, allowed is 84 or 0 and "
                                   "8..11 digits"));
      }
      break;
    case v1::ZaloInvitation::kUserId:
      if (!IsDigits(one.user_id(), 1, limits::kZaloIdBytesMax)) {
        bad.Add(at + ".user_id", Cat("found ", one.user_id().size(), " bytes, allowed are 1..",
                                     limits::kZaloIdBytesMax, " digits"));
      }
      break;
    case v1::ZaloInvitation::RECIPIENT_NOT_SET:
      bad.Add(at, "has no recipient; give phone or user_id");
  }
}

}  // namespace

std::string NormalizePhone(std::string_view typed) {
  std::string digits;
  for (size_t i = 0; i < typed.size(); ++i) {
    const char c = typed[i];
    if (c >= '0' && c <= '9') {
      digits.push_back(c);
    } else if (c != ' ' && c != '.' && c != '-' && !(c == '+' && i == 0)) {
      return "";
    }
  }
  if (digits.starts_with('0')) digits = "84" + digits.substr(1);
  if (!digits.starts_with("84") || !IsDigits(digits, kPhoneDigitsMin, kPhoneDigitsMax)) return "";
  return digits;
}

absl::StatusOr<std::shared_ptr<const model::Round>> Invitations::FindRound(
    const std::string& round_id) const {
  const auto round = catalog_.Get()->FindRound(round_id);
  if (round == nullptr) return refusal::NotFound("round", round_id);
  if (round->state() != v1::ROUND_STATE_OPEN || clock_.Now() >= round->closes_at()) {
    return refusal::RoundIs(round_id, "over", "an open round");
  }
  if (!round->definition().has_zalo_rating()) {
    return refusal::RoundIs(round_id, "without zalo_rating", "a round that says what stars mean");
  }
  return round;
}

absl::StatusOr<store::ZaloSend> Invitations::Make(const v1::ZaloInvitation& invitation,
                                                  const model::Round& round,
                                                  std::string_view round_key) {
  v1::Evidence evidence;
  evidence.set_dossier_code(invitation.dossier_code());
  ASSIGN_OR_RETURN(const auto key, intake::IdentifyRespondent(evidence, round_key));
  store::ZaloSend send;
  send.round = round.number();
  send.respondent_key = *key;
  send.unit_id = invitation.unit_id();
  send.tracking_id = base::RandomBase32(kTrackingIdCharacters);
  send.queued_at = send.due_at = clock_.Now();
  v1::ZaloRecipient recipient;
  recipient.set_phone(NormalizePhone(invitation.phone()));
  recipient.set_user_id(invitation.user_id());
  recipient.set_template_id(invitation.template_id().empty() ? settings_.file.template_ids(0)
                                                             : invitation.template_id());
  // Zalo counts characters and refuses what is written with marks apart.
  for (const auto& [name, value] : invitation.template_data()) {
    (*recipient.mutable_template_data())[name] = ToNfc(value);
  }
  recipient.set_message_text(ToNfc(invitation.message_text()));
  recipient.set_details_link(invitation.details_link());
  if (!invitation.message_text().empty()) {
    recipient.set_token(base::RandomBase32(kTrackingIdCharacters));
    const base::Digest256 hash = base::Sha256(recipient.token());
    send.token_hash.assign(hash.begin(), hash.end());
  }
  ASSIGN_OR_RETURN(send.recipient, vault_.SealRecipient(recipient, round.id(), send.tracking_id));
  return send;
}

absl::StatusOr<v1::QueueInvitationsResponse> Invitations::QueueInvitations(
    const model::Principal& caller, const v1::QueueInvitationsRequest& request) {
  const size_t count = static_cast<size_t>(request.invitations_size());
  if (count == 0 || count > limits::kZaloInvitationsMax) {
    return refusal::TooMany("invitations", count, limits::kZaloInvitationsMax);
  }
  ASSIGN_OR_RETURN(const auto round, FindRound(request.round_id()));
  const auto catalog = catalog_.Get();
  ASSIGN_OR_RETURN(const model::CollectorRecord* const collector,
                   FindCollector(settings_, *catalog));
  const absl::Time now = clock_.Now();
  const std::string today = base::DayInVietnam(now);
  refusal::Violations bad("");
  for (int i = 0; i < request.invitations_size(); ++i) {
    const v1::ZaloInvitation& one = request.invitations(i);
    const std::string at = Cat("invitations[", i, "]");
    v1::Evidence evidence;
    evidence.set_dossier_code(one.dossier_code());
    if (const auto code = intake::NormalizeEvidence(evidence); !code.ok()) {
      bad.Add(at + ".dossier_code", "is no dossier code: <agency>-<YYMMDD>-<number>");
    }
    const std::string why =
        model::WhyNotAsked(one.unit_id(), collector->collector, round.get(), *catalog, now);
    if (!why.empty()) {
      bad.Add(at + ".unit_id", Cat("found '", base::Utf8Prefix(one.unit_id(), 40), "', ", why));
    } else {
      RETURN_IF_ERROR(model::CheckWithin(caller, *catalog, one.unit_id(), today));
    }
    CheckRecipient(one, at, bad);
    CheckContent(one, settings_, *round, at, bad);
  }
  RETURN_IF_ERROR(bad.ToStatus());

  const auto key = round_keys_.Find(round->id());
  if (!key.ok()) return refusal::RoundKeyMissing(round->id(), key.status().message());
  if (!key->has_value()) return refusal::RoundKeyMissing(round->id(), "there is no such file");
  std::vector<store::ZaloSend> sends;
  for (const v1::ZaloInvitation& one : request.invitations()) {
    ASSIGN_OR_RETURN(store::ZaloSend send, Make(one, *round, **key));
    sends.push_back(std::move(send));
  }
  std::vector<bool> added;
  RETURN_IF_ERROR(commits_.Run([&](store::ZaloStore& store) -> absl::Status {
    // Here a seal is either before or after; after it nothing is queued whose key is gone.
    RETURN_IF_ERROR(FindRound(request.round_id()).status());
    ASSIGN_OR_RETURN(added, store.AppendZaloSends(sends));
    return absl::OkStatus();
  }));
  v1::QueueInvitationsResponse response;
  const auto queued = std::count(added.begin(), added.end(), true);
  response.set_queued(static_cast<uint32_t>(queued));
  response.set_already_there(static_cast<uint32_t>(added.size()) - response.queued());
  return response;
}

}  // namespace hailong::zalo
