// Calls about many invitations, in as many parts as the contract asks for.
//
// Thread promise: one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analysis/cli/session.h"

namespace hailong::cli {

// Those of these invitations that the collector has, by id.
RpcStatus FindInvited(const std::string& collector_id, const std::vector<std::string>& ids,
                      Session& session, std::map<std::string, v1::Invitation>* known);

RpcStatus RevokeAll(const std::string& collector_id, const std::vector<std::string>& ids,
                    Session& session);

}  // namespace hailong::cli
