#pragma once

// Which role each call needs, and which way it comes: the one place. A call that is not here is
// refused to everyone, and a test fails. ROLE_UNSPECIFIED is a caller without a credential.

#include <cstdint>
#include <span>
#include <string_view>

#include "hailong/v1/registry_service.pb.h"

namespace hailong::transport {

struct Permission {
  std::string_view method;  // "hailong.v1.CollectionService/SubmitResponse"
  uint32_t roles;           // bit (Role): may call it
  bool web_only = false;    // served to the web gateway alone, which knows rates and challenges
};

std::span<const Permission> AuthTable();

// False also for a method that is not in the table.
bool IsAllowed(std::string_view method, v1::Role role);
bool IsWebOnly(std::string_view method);

}  // namespace hailong::transport
