#include "analysis/cli/sheet.h"

#include <cairo/cairo-pdf.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "analysis/cli/qr_code.h"

namespace hailong::cli {
namespace {

// In points, 1/72 inch.
constexpr double kMm = 72 / 25.4;
constexpr double kPageWidth = 210 * kMm;
constexpr double kPageHeight = 297 * kMm;
constexpr std::size_t kColumns = 2;
constexpr std::size_t kRows = 4;
constexpr double kLabelWidth = kPageWidth / kColumns;
constexpr double kLabelHeight = kPageHeight / kRows;
constexpr double kMargin = 8 * kMm;  // what office printers leave white, and more
constexpr double kCode = 40 * kMm;
constexpr double kGap = 4 * kMm;  // also the light border that the code needs
constexpr double kMark = 4 * kMm;
constexpr char kFont[] = "Noto Sans, DejaVu Sans, sans-serif";

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;
using Context = std::unique_ptr<cairo_t, decltype(&cairo_destroy)>;
using Layout = std::unique_ptr<PangoLayout, decltype(&g_object_unref)>;
using Font = std::unique_ptr<PangoFontDescription, decltype(&pango_font_description_free)>;

cairo_status_t Append(void* pdf, const unsigned char* data, unsigned int size) {
  static_cast<std::string*>(pdf)->append(reinterpret_cast<const char*>(data), size);
  return CAIRO_STATUS_SUCCESS;
}

struct Style {
  double size;
  bool bold = false;
  bool by_letter = false;  // a link has no spaces to break at
};

// Writes a text no wider and higher than this, and says how high it came out.
double DrawText(cairo_t* page, const std::string& text, double x, double y, double width,
                double height, const Style& style) {
  const Layout layout(pango_cairo_create_layout(page), &g_object_unref);
  const Font font(pango_font_description_new(), &pango_font_description_free);
  pango_font_description_set_family(font.get(), kFont);
  pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
  if (style.bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
  pango_layout_set_height(layout.get(), static_cast<int>(std::max(0.0, height) * PANGO_SCALE));
  pango_layout_set_wrap(layout.get(), style.by_letter ? PANGO_WRAP_CHAR : PANGO_WRAP_WORD_CHAR);
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  int drawn = 0;
  pango_layout_get_size(layout.get(), nullptr, &drawn);
  cairo_move_to(page, x, y);
  pango_cairo_show_layout(page, layout.get());
  return static_cast<double>(drawn) / PANGO_SCALE;
}

absl::Status DrawCode(cairo_t* page, const std::string& link, double x, double y) {
  const auto modules = QrModules(link);
  if (!modules.ok()) return modules.status();
  const double module = kCode / static_cast<double>(modules->size());
  for (std::size_t row = 0; row < modules->size(); ++row) {
    for (std::size_t column = 0; column < modules->size(); ++column) {
      if (!(*modules)[row][column]) continue;
      cairo_rectangle(page, x + static_cast<double>(column) * module,
                      y + static_cast<double>(row) * module, module, module);
    }
  }
  // Neighbours share an edge: without smoothing no white line is left between them.
  cairo_set_antialias(page, CAIRO_ANTIALIAS_NONE);
  cairo_fill(page);
  cairo_set_antialias(page, CAIRO_ANTIALIAS_DEFAULT);
  return absl::OkStatus();
}

absl::Status DrawLabel(cairo_t* page, const std::string& heading, const Label& label, double x,
                       double y) {
  const double code_y = y + (kLabelHeight - kCode) / 2;
  if (absl::Status drawn = DrawCode(page, label.link, x + kMargin, code_y); !drawn.ok()) {
    return drawn;
  }
  const double text_x = x + kMargin + kCode + kGap;
  const double width = kLabelWidth - 2 * kMargin - kCode - kGap;
  const double bottom = y + kLabelHeight - kMargin;
  constexpr double kLinkHeight = 13 * kMm;
  double at = y + kMargin;
  at += DrawText(page, heading, text_x, at, width, 22 * kMm, {.size = 11, .bold = true}) + 2 * kMm;
  for (const std::string& line : label.lines) {
    if (line.empty() || at >= bottom - kLinkHeight) continue;
    at += DrawText(page, line, text_x, at, width, bottom - kLinkHeight - at, {.size = 9}) + kMm / 2;
  }
  DrawText(page, label.link, text_x, bottom - kLinkHeight, width, kLinkHeight,
           {.size = 6, .by_letter = true});
  return absl::OkStatus();
}

// Short lines where labels meet, clear of what is printed.
void DrawMarks(cairo_t* page) {
  cairo_set_line_width(page, 0.4);
  for (std::size_t row = 0; row <= kRows; ++row) {
    for (std::size_t column = 0; column <= kColumns; ++column) {
      const double x = static_cast<double>(column) * kLabelWidth;
      const double y = static_cast<double>(row) * kLabelHeight;
      cairo_move_to(page, x - kMark, y);
      cairo_line_to(page, x + kMark, y);
      cairo_move_to(page, x, y - kMark);
      cairo_line_to(page, x, y + kMark);
    }
  }
  cairo_stroke(page);
}

}  // namespace

absl::StatusOr<std::string> MakeSheet(const std::string& heading,
                                      const std::vector<Label>& labels) {
  std::string pdf;
  {
    const Surface surface(
        cairo_pdf_surface_create_for_stream(Append, &pdf, kPageWidth, kPageHeight),
        &cairo_surface_destroy);
    const Context page(cairo_create(surface.get()), &cairo_destroy);
    constexpr std::size_t kPerPage = kColumns * kRows;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::size_t place = i % kPerPage;
      const absl::Status drawn = DrawLabel(page.get(), heading, labels[i],
                                           static_cast<double>(place % kColumns) * kLabelWidth,
                                           static_cast<double>(place / kColumns) * kLabelHeight);
      if (!drawn.ok()) return drawn;
      if (place + 1 == kPerPage || i + 1 == labels.size()) {
        DrawMarks(page.get());
        cairo_show_page(page.get());
      }
    }
    cairo_surface_finish(surface.get());
    if (const cairo_status_t status = cairo_surface_status(surface.get());
        status != CAIRO_STATUS_SUCCESS) {
      return absl::InternalError(absl::StrCat("the PDF: ", cairo_status_to_string(status)));
    }
  }
  return pdf;
}

}  // namespace hailong::cli
