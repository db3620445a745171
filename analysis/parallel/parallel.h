// Work in parts, on a few threads.
//
// Parts are handed out as threads come for them, so what a part computes may depend on its number
// alone: then a result has the same bits for any number of threads.
//
// Threads: starts its own, and has joined them when it returns.
#pragma once

#include <cstddef>
#include <functional>

namespace hailong::parallel {

// Runs work(part) for each part below `parts`, on at most `threads` threads, of which the caller's
// is one. `work` is called from several threads at once.
void ForEach(size_t parts, size_t threads, const std::function<void(size_t part)>& work);

}  // namespace hailong::parallel
