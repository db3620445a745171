#pragma once

// Which servers are this machine: the only ones that plain text may be sent to. Thread-safe.

#include <string_view>

namespace hailong::base {

// `server` is HOST or HOST:PORT, an IPv6 address in brackets if a port follows. True for the name
// "localhost" as it is written here, an address of 127.0.0.0/8 and ::1; anything else, also what
// some resolver would take for one of these, is another machine.
bool IsLoopback(std::string_view server);

}  // namespace hailong::base
