#include "base/gzip/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/status.h"

namespace hailong::base {
namespace {

// zlib's way to say: with gzip's head and tail instead of its own.
constexpr int kGzipWindow = 15 + 16;
constexpr int kMemoryLevel = 9;

Bytef* In(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

std::string Gzip(std::string_view text) {
  z_stream stream{};
  HAILONG_CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                             Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = In(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = In(out);
  stream.avail_out = static_cast<uInt>(out.size());
  HAILONG_CHECK(stream.avail_in == text.size() && deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

absl::StatusOr<std::string> Gunzip(std::string_view bytes, size_t bytes_max) {
  z_stream stream{};
  HAILONG_CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK);
  stream.next_in = In(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  HAILONG_CHECK(stream.avail_in == bytes.size());
  std::string out;
  std::array<char, 16 << 10> piece;
  int result = Z_OK;
  while (result == Z_OK && out.size() <= bytes_max) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  const bool whole = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (out.size() > bytes_max) {
    return absl::ResourceExhaustedError(Cat("gzip: more than ", bytes_max, " bytes come out"));
  }
  if (!whole) return absl::InvalidArgumentError("gzip: found bytes that are not one whole gzip");
  return out;
}

}  // namespace hailong::base
