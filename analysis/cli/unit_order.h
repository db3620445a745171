// Puts units in an order in which they can be imported in pieces.
//
// Thread promise: a function of its argument; any thread.
#pragma once

#include <vector>

#include "hailong/v1/registry_service.pb.h"

namespace hailong::cli {

// Parents before children, otherwise in the order given. Units in a circle, which the server
// refuses, come last.
void SortParentsFirst(std::vector<v1::Unit>& units);

}  // namespace hailong::cli
