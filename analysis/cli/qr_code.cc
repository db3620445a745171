#include "analysis/cli/qr_code.h"

#include <qrencode.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace hailong::cli {
namespace {

constexpr int kQuietZone = 4;  // light modules around it, as the standard asks

constexpr char kBlackOnWhite[] = "\x1b[30;107m";
constexpr char kPlain[] = "\x1b[0m";

}  // namespace

absl::StatusOr<std::vector<std::vector<bool>>> QrModules(std::string_view text) {
  const std::string terminated(text);
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString(terminated.c_str(), /*version: the smallest*/ 0, QR_ECLEVEL_M, QR_MODE_8,
                          /*casesensitive=*/1),
      &QRcode_free);
  if (code == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("a text of ", text.size(), " bytes does not fit into a QR code"));
  }
  const auto width = static_cast<std::size_t>(code->width);
  std::vector<std::vector<bool>> rows(width, std::vector<bool>(width));
  for (std::size_t y = 0; y < width; ++y) {
    for (std::size_t x = 0; x < width; ++x) rows[y][x] = (code->data[y * width + x] & 1) != 0;
  }
  return rows;
}

absl::StatusOr<std::string> QrCode(std::string_view text) {
  const auto modules = QrModules(text);
  if (!modules.ok()) return modules.status();
  const int width = static_cast<int>(modules->size());
  const auto dark = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < width && y < width &&
           (*modules)[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
  };
  std::string lines;
  for (int y = -kQuietZone; y < width + kQuietZone; y += 2) {
    absl::StrAppend(&lines, kBlackOnWhite);
    for (int x = -kQuietZone; x < width + kQuietZone; ++x) {
      const bool upper = dark(x, y);
      const bool lower = dark(x, y + 1);
      absl::StrAppend(&lines, upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ");
    }
    absl::StrAppend(&lines, kPlain, "\n");
  }
  return lines;
}

}  // namespace hailong::cli
