#include "server/transport/auth_table.h"

#include <algorithm>
#include <array>

namespace hailong::transport {
namespace {

constexpr uint32_t Bit(v1::Role role) { return 1u << role; }
constexpr uint32_t kAdmin = Bit(v1::ROLE_ADMIN);
constexpr uint32_t kOperator = Bit(v1::ROLE_OPERATOR) | kAdmin;
constexpr uint32_t kReader = Bit(v1::ROLE_ANALYST) | kOperator;
constexpr uint32_t kCollector = Bit(v1::ROLE_COLLECTOR);
// Also without a credential.
constexpr uint32_t kAnybody = Bit(v1::ROLE_UNSPECIFIED) | kCollector | kReader;

// Operators and analysts bound to a unit are held to its subtree by the functions themselves.
constexpr std::array kTable = {
    Permission{"hailong.v1.CollectionService/SubmitResponse", kCollector},
    Permission{"hailong.v1.CollectionService/SubmitResponses", kCollector},
    Permission{"hailong.v1.CollectionService/GetQuestionnaire", kCollector | kReader},

    // The code is what lets a caller in. The other two are for collectors of the channel kiosk
    // only, to which the functions themselves hold them.
    Permission{"hailong.v1.KioskService/Enroll", kAnybody},
    Permission{"hailong.v1.KioskService/RenewCredential", kCollector},
    Permission{"hailong.v1.KioskService/Heartbeat", kCollector},

    // The entry is what lets a person in.
    Permission{"hailong.v1.SurveyService/OpenSurvey", kAnybody, /*web_only=*/true},
    Permission{"hailong.v1.SurveyService/SubmitSurvey", kAnybody, /*web_only=*/true},

    Permission{"hailong.v1.InvitationService/CreateInvitations", kOperator},
    Permission{"hailong.v1.InvitationService/ListInvitations", kOperator},
    Permission{"hailong.v1.InvitationService/RevokeInvitations", kOperator},
    Permission{"hailong.v1.InvitationService/GetResponseRates", kOperator},
    Permission{"hailong.v1.InvitationService/GetSlipKey", kOperator},

    Permission{"hailong.v1.RegistryService/ImportUnits", kAdmin},
    Permission{"hailong.v1.RegistryService/ListUnits", kReader},
    Permission{"hailong.v1.RegistryService/ImportPopulations", kOperator},
    Permission{"hailong.v1.RegistryService/ListPopulations", kReader},
    Permission{"hailong.v1.RegistryService/PublishQuestionnaire", kAdmin},
    Permission{"hailong.v1.RegistryService/ListQuestionnaires", kReader},
    Permission{"hailong.v1.RegistryService/OpenRound", kOperator},
    Permission{"hailong.v1.RegistryService/CloseRound", kOperator},
    Permission{"hailong.v1.RegistryService/SealRound", kOperator},
    Permission{"hailong.v1.RegistryService/DestroyRoundKey", kAdmin},
    Permission{"hailong.v1.RegistryService/GetRound", kReader},
    Permission{"hailong.v1.RegistryService/ListRounds", kReader},
    Permission{"hailong.v1.RegistryService/CreateCollector", kOperator},
    Permission{"hailong.v1.RegistryService/ListCollectors", kOperator},
    Permission{"hailong.v1.RegistryService/RotateCollectorCredential", kOperator},
    Permission{"hailong.v1.RegistryService/ConfigureKiosk", kOperator},
    Permission{"hailong.v1.RegistryService/ConfigureWeb", kOperator},
    Permission{"hailong.v1.RegistryService/RevokeCollector", kOperator},
    Permission{"hailong.v1.RegistryService/ListSequenceGaps", kOperator},
    Permission{"hailong.v1.RegistryService/CreateAccount", kAdmin},
    Permission{"hailong.v1.RegistryService/ListAccounts", kAdmin},
    Permission{"hailong.v1.RegistryService/RevokeAccount", kAdmin},

    Permission{"hailong.v1.ResultsService/GetSipas", kReader},
    Permission{"hailong.v1.ResultsService/ListUnitScores", kReader},
    Permission{"hailong.v1.ResultsService/GetParSurveyPoints", kReader},
    Permission{"hailong.v1.ResultsService/ListImprovements", kReader},
    Permission{"hailong.v1.ResultsService/WatchRound", kReader},
    Permission{"hailong.v1.ResultsService/ExportResponses", kReader},

    Permission{"hailong.v1.ZaloService/QueueInvitations", kOperator},
    Permission{"hailong.v1.ZaloService/ListSends", kReader},
    Permission{"hailong.v1.ZaloService/GetZaloState", kOperator},
    Permission{"hailong.v1.ZaloService/ResumeSending", kOperator},
};

const Permission* Find(std::string_view method) {
  const auto found = std::find_if(kTable.begin(), kTable.end(), [&](const Permission& permission) {
    return permission.method == method;
  });
  return found == kTable.end() ? nullptr : &*found;
}

}  // namespace

std::span<const Permission> AuthTable() { return kTable; }

bool IsAllowed(std::string_view method, v1::Role role) {
  const Permission* const permission = Find(method);
  return permission != nullptr && (permission->roles & Bit(role)) != 0;
}

bool IsWebOnly(std::string_view method) {
  const Permission* const permission = Find(method);
  return permission != nullptr && permission->web_only;
}

}  // namespace hailong::transport
