// SPDX-License-Identifier: MIT
#include "host/train/curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "host/io/text.hpp"

namespace fusemd::train {
namespace {

constexpr double kWidth = 640.0, kHeight = 360.0, kLeft = 70.0, kRight = 20.0, kTop = 40.0,
                 kBottom = 50.0;

std::string number(const char* format, double value) {
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    result += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
  }
  return result;
}

/// From numbers to places in the picture; y is logarithmic.
class Axes {
 public:
  Axes(double last, double low, double high)
      : last_(last), low_(std::floor(std::log10(low))), high_(std::ceil(std::log10(high))) {
    if (high_ <= low_) high_ = low_ + 1.0;
  }
  std::string x(double frames) const {
    return number("%.1f", kLeft + (kWidth - kLeft - kRight) * frames / last_);
  }
  std::string y(double value) const {
    const double share = (std::log10(value) - low_) / (high_ - low_);
    return number("%.1f", kHeight - kBottom - (kHeight - kTop - kBottom) * share);
  }
  int lowest() const { return static_cast<int>(low_); }
  int highest() const { return static_cast<int>(high_); }

 private:
  double last_, low_, high_;
};

template <class Value>
std::string line(std::span<const CurveRow> rows,
                 const Axes& axes,
                 const char* colour,
                 const Value& value) {
  std::string points;
  for (const CurveRow& row : rows) {
    if (!(value(row) > 0.0)) continue;
    points += (points.empty() ? "" : " ") + axes.x(static_cast<double>(row.frames)) + "," +
              axes.y(value(row));
  }
  return "<polyline fill=\"none\" stroke=\"" + std::string(colour) +
         "\" stroke-width=\"1.5\" points=\"" + points + "\"/>\n";
}

std::string label(const std::string& x,
                  const std::string& y,
                  const std::string& text,
                  const char* more = "") {
  return "<text x=\"" + x + "\" y=\"" + y + "\" " + more + ">" + escaped(text) + "</text>\n";
}

}  // namespace

std::string curve_csv(std::span<const CurveRow> rows) {
  std::string text =
      "frames,learning_rate,training_loss,valid_force_mae_eV_per_Angstrom,"
      "valid_force_rmse_eV_per_Angstrom,valid_energy_mae_eV_per_atom\n";
  for (const CurveRow& row : rows) {
    text += std::to_string(row.frames);
    for (const double value :
         {row.learning_rate, row.loss, row.force_mae, row.force_rmse, row.energy_mae}) {
      text += ',';
      append_real(text, value);
    }
    text += '\n';
  }
  return text;
}

std::string curve_svg(std::span<const CurveRow> rows, const std::string& title) {
  double low = 1e300, high = 0.0, last = 1.0;
  for (const CurveRow& row : rows) {
    for (const double value : {row.loss, row.force_mae}) {
      if (!(value > 0.0)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
    last = std::max(last, static_cast<double>(row.frames));
  }
  if (high == 0.0) low = high = 1.0;
  const Axes axes(last, low, high);
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 360\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"640\" height=\"360\" fill=\"white\"/>\n";
  svg += label("70", "22", title, "font-size=\"14\"");
  for (int power = axes.lowest(); power <= axes.highest(); ++power) {
    const std::string y = axes.y(std::pow(10.0, power));
    svg += "<line x1=\"70\" x2=\"620\" y1=\"" + y + "\" y2=\"" + y + "\" stroke=\"#ccc\"/>\n";
    svg += label("64", y, number("%g", std::pow(10.0, power)),
                 "text-anchor=\"end\" dominant-baseline=\"middle\"");
  }
  for (int k = 0; k <= 4; ++k) {
    svg += label(axes.x(last * k / 4.0), "328", number("%.3g", last * k / 4.0),
                 "text-anchor=\"middle\"");
  }
  svg += label("345", "350", "training frames", "text-anchor=\"middle\"");
  svg += line(rows, axes, "#888", [](const CurveRow& row) { return row.loss; });
  svg += line(rows, axes, "#06c", [](const CurveRow& row) { return row.force_mae; });
  svg += label("610", "56", "force MAE of validation, eV/Angstrom",
               "text-anchor=\"end\" fill=\"#06c\"");
  svg += label("610", "72", "training loss", "text-anchor=\"end\" fill=\"#888\"");
  return svg + "</svg>\n";
}

}  // namespace fusemd::train
