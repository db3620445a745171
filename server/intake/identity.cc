#include "server/intake/identity.h"

#include <algorithm>
#include <string>

#include "base/crypto/crypto.h"
#include "base/dossier_code.h"
#include "base/status.h"
#include "server/model/limits.h"
#include "server/model/refusal.h"

namespace hailong::intake {
namespace {

using base::Cat;

static_assert(base::kDossierCodeBytesMax == limits::kEvidenceBytesMax);

// Printable ASCII without spaces around it; serials and tokens are machine-made.
absl::StatusOr<std::string> Plain(std::string_view text, std::string_view field) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (text.empty() || text.size() > limits::kEvidenceBytesMax || !printable) {
    return refusal::Field(Cat("evidence.", field),
                          Cat("found ", text.size(), " bytes, allowed are 1..",
                              limits::kEvidenceBytesMax, " printable ASCII characters"));
  }
  return std::string(text);
}

}  // namespace

absl::StatusOr<std::optional<std::string>> NormalizeEvidence(const v1::Evidence& evidence) {
  std::string kind;
  std::string id;
  switch (evidence.kind_case()) {
    case v1::Evidence::kDossierCode: {
      kind = "dossier";
      auto code = base::NormalizeDossierCode(evidence.dossier_code());
      if (!code.ok()) {
        return refusal::Field("evidence.dossier_code", std::string(code.status().message()));
      }
      id = *std::move(code);
      break;
    }
    case v1::Evidence::kInvitationToken: {
      kind = "invitation";
      ASSIGN_OR_RETURN(id, Plain(evidence.invitation_token(), "invitation_token"));
      break;
    }
    case v1::Evidence::kPaperSerial: {
      kind = "paper";
      ASSIGN_OR_RETURN(id, Plain(evidence.paper_serial(), "paper_serial"));
      break;
    }
    case v1::Evidence::kZaloMessageId: {
      kind = "zalo";
      ASSIGN_OR_RETURN(id, Plain(evidence.zalo_message_id(), "zalo_message_id"));
      break;
    }
    case v1::Evidence::KIND_NOT_SET:
      return std::nullopt;
  }
  kind.push_back('\0');
  return std::optional<std::string>(kind + id);
}

absl::StatusOr<std::optional<model::RespondentKey>> IdentifyRespondent(const v1::Evidence& evidence,
                                                                       std::string_view round_key) {
  ASSIGN_OR_RETURN(const std::optional<std::string> normalized, NormalizeEvidence(evidence));
  if (!normalized.has_value()) return std::nullopt;
  const base::Digest256 digest = base::HmacSha256(round_key, *normalized);
  model::RespondentKey key;
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

}  // namespace hailong::intake
