#include "analysis/cli/invited.h"

#include <algorithm>

namespace hailong::cli {
namespace {

constexpr std::size_t kIdsMax = 1000;  // of the contract, of one call

}  // namespace

RpcStatus FindInvited(const std::string& collector_id, const std::vector<std::string>& ids,
                      Session& session, std::map<std::string, v1::Invitation>* known) {
  for (std::size_t first = 0; first < ids.size(); first += kIdsMax) {
    v1::ListInvitationsRequest request;
    request.set_collector_id(collector_id);
    for (std::size_t i = first; i < std::min(ids.size(), first + kIdsMax); ++i) {
      request.add_invitation_ids(ids[i]);
    }
    v1::ListInvitationsResponse response;
    RpcStatus status = session.Call(&InvitationStub::ListInvitations, request, &response);
    if (!status.ok()) return status;
    for (const v1::Invitation& one : response.invitations()) {
      (*known)[one.invitation_id()] = one;
    }
  }
  return {};
}

RpcStatus RevokeAll(const std::string& collector_id, const std::vector<std::string>& ids,
                    Session& session) {
  for (std::size_t first = 0; first < ids.size(); first += kIdsMax) {
    v1::RevokeInvitationsRequest request;
    request.set_collector_id(collector_id);
    for (std::size_t i = first; i < std::min(ids.size(), first + kIdsMax); ++i) {
      request.add_invitation_ids(ids[i]);
    }
    v1::RevokeInvitationsResponse response;
    RpcStatus status = session.Call(&InvitationStub::RevokeInvitations, request, &response);
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace hailong::cli
