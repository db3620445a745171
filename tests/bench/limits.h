#pragma once

// What scoring is held against: the least that a machine must do to look at the same bytes.

#include <cstdint>
#include <string>

#include "analysis/frame/frame.h"

namespace hailong::bench {

// Milliseconds for one pass over the answers of all rows, held in memory as the frame holds them:
// how often each answer was given, by unit, question and step; on `threads` threads.
double HistogramMs(const frame::Frame& frame, int threads);

// Seconds for SQLite alone to give every row of the file in order of storing, adding up the bytes
// of its packed answers.
double ScanSeconds(const std::string& path);

}  // namespace hailong::bench
