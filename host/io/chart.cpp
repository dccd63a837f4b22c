// SPDX-License-Identifier: MIT
#include "host/io/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace fusemd {
namespace {

constexpr double kWidth = 640.0, kHeight = 400.0;
constexpr double kLeft = 72.0, kRight = 16.0, kTop = 36.0, kBottom = 52.0;
/// Okabe and Ito's colours, which people who see few colours can tell apart.
constexpr std::array kColours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                 "#e69f00", "#56b4e9", "#000000"};

std::string number(const char* format, double value) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

/// A coordinate in the picture.
std::string place(double value) { return number("%.1f", value); }

/// One direction of the chart: from values to places in the picture.
class Axis {
 public:
  Axis(bool logarithmic, double begin, double end)
      : logarithmic_(logarithmic), begin_(begin), end_(end) {}

  bool shows(double value) const { return std::isfinite(value) && (!logarithmic_ || value > 0.0); }
  void include(double value) {
    if (!shows(value)) return;
    const double v = scaled(value);
    low_ = empty_ ? v : std::min(low_, v);
    high_ = empty_ ? v : std::max(high_, v);
    empty_ = false;
  }
  bool empty() const { return empty_; }

  /// Widens the range to whole marks and chooses those.
  void choose_marks() {
    if (!(high_ > low_)) {
      const double margin = logarithmic_ || low_ == 0.0 ? 0.5 : 0.1 * std::abs(low_);
      low_ -= margin;
      high_ += margin;
    }
    const double least = logarithmic_ ? 1.0 : 0.0;
    const double rough = std::max((high_ - low_) / 5.0, least);
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    step_ = 10.0 * power;
    for (const double factor : {1.0, 2.0, 5.0}) {
      if (factor * power >= rough * 0.999) {
        step_ = factor * power;
        break;
      }
    }
    low_ = step_ * std::floor(low_ / step_ + 1e-9);
    high_ = step_ * std::ceil(high_ / step_ - 1e-9);
  }
  std::vector<double> marks() const {  // values
    std::vector<double> result;
    const auto count = static_cast<int>(std::lround((high_ - low_) / step_));
    for (int k = 0; k <= count; ++k) {
      const double v = low_ + step_ * k;
      result.push_back(logarithmic_ ? std::pow(10.0, v) : std::abs(v) < 1e-9 * step_ ? 0.0 : v);
    }
    return result;
  }
  double at(double value) const {
    return begin_ + (end_ - begin_) * (scaled(value) - low_) / (high_ - low_);
  }
  /// Where columns stand: at zero, or at the end of the axis that is nearest to it.
  double base() const {
    const double zero = logarithmic_ ? low_ : std::clamp(0.0, low_, high_);
    return begin_ + (end_ - begin_) * (zero - low_) / (high_ - low_);
  }
  void unite(Axis& other) {
    low_ = other.low_ = std::min(low_, other.low_);
    high_ = other.high_ = std::max(high_, other.high_);
  }

 private:
  double scaled(double value) const { return logarithmic_ ? std::log10(value) : value; }

  bool logarithmic_, empty_ = true;
  double begin_, end_;
  double low_ = 0.0, high_ = 0.0, step_ = 1.0;
};

std::string words(double x, double y, std::string_view text, std::string_view more) {
  return "<text x=\"" + place(x) + "\" y=\"" + place(y) + "\" " + std::string(more) + ">" +
         escaped(text) + "</text>\n";
}

std::string segment(double x1, double y1, double x2, double y2, std::string_view more) {
  return "<line x1=\"" + place(x1) + "\" y1=\"" + place(y1) + "\" x2=\"" + place(x2) + "\" y2=\"" +
         place(y2) + "\" " + std::string(more) + "/>\n";
}

std::string grid(const Chart& chart, const Axis& x, const Axis& y) {
  std::string text;
  for (const double mark : y.marks()) {
    text += segment(kLeft, y.at(mark), kWidth - kRight, y.at(mark), "stroke=\"#ddd\"");
    text += words(kLeft - 6.0, y.at(mark), number("%.4g", mark),
                  "text-anchor=\"end\" dominant-baseline=\"middle\"");
  }
  for (const double mark : x.marks()) {
    text += segment(x.at(mark), kTop, x.at(mark), kHeight - kBottom, "stroke=\"#ddd\"");
    text +=
        words(x.at(mark), kHeight - kBottom + 16.0, number("%.4g", mark), "text-anchor=\"middle\"");
  }
  text += words(0.5 * (kLeft + kWidth - kRight), kHeight - 12.0, chart.x_label,
                "text-anchor=\"middle\"");
  const std::string middle = place(0.5 * (kTop + kHeight - kBottom));
  text += "<text transform=\"translate(16 " + middle + ") rotate(-90)\" text-anchor=\"middle\">" +
          escaped(chart.y_label) + "</text>\n";
  return text;
}

/// Up to this many dots are large enough to be found.
constexpr std::size_t kFewDots = 20;

std::string drawn(const ChartSeries& series, const Axis& x, const Axis& y, const char* colour) {
  std::vector<std::pair<double, double>> places;
  for (const auto& [px, py] : series.points) {
    if (x.shows(px) && y.shows(py)) places.emplace_back(x.at(px), y.at(py));
  }
  if (places.empty()) return {};
  std::string text;
  switch (series.style) {
    case ChartSeries::Style::line:
      text = "<polyline fill=\"none\" stroke-width=\"1.5\" stroke=\"" + std::string(colour) +
             "\" points=\"";
      for (const auto& [px, py] : places) text += place(px) + "," + place(py) + " ";
      text.back() = '"';
      return text + "/>\n";
    case ChartSeries::Style::dots:
      // One path of dots of no length and round ends: a tenth of the text that circles would need.
      text = "<path stroke-linecap=\"round\" stroke-opacity=\"0.5\" stroke-width=\"" +
             std::string(places.size() > kFewDots ? "2.5" : "9") + "\" stroke=\"" +
             std::string(colour) + "\" d=\"";
      for (const auto& [px, py] : places) text += "M" + place(px) + " " + place(py) + "h0";
      return text + "\"/>\n";
    case ChartSeries::Style::bars: {
      double width = places.size() < 2 ? 20.0 : kWidth;
      for (std::size_t k = 1; k < places.size(); ++k) {
        width = std::min(width, std::abs(places[k].first - places[k - 1].first));
      }
      width = std::max(0.5, 0.92 * width);
      text = "<path fill=\"" + std::string(colour) + "\" fill-opacity=\"0.7\" d=\"";
      for (const auto& [px, py] : places) {
        text += "M" + place(px - 0.5 * width) + " " + place(y.base()) + "V" + place(py) + "h" +
                place(width) + "V" + place(y.base()) + "z";
      }
      return text + "\"/>\n";
    }
  }
  return text;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 && c != '\x7f') result += c;
        if (c == '\n' || c == '\t') result += ' ';
    }
  }
  return result;
}

std::string svg(const Chart& chart) {
  std::string text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" "
      "font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n"
      "<rect width=\"640\" height=\"400\" fill=\"white\"/>\n";
  text += words(kLeft, 22.0, chart.title, "font-size=\"14\"");
  Axis x(chart.log_x, kLeft, kWidth - kRight), y(chart.log_y, kHeight - kBottom, kTop);
  for (const ChartSeries& series : chart.series) {
    for (const auto& [px, py] : series.points) {
      if (!x.shows(px) || !y.shows(py)) continue;
      x.include(px);
      y.include(py);
      if (series.style == ChartSeries::Style::bars) y.include(0.0);
    }
  }
  if (x.empty()) {
    return text + words(0.5 * kWidth, 0.5 * kHeight, "no data", "text-anchor=\"middle\"") +
           "</svg>\n";
  }
  if (chart.diagonal) x.unite(y);
  x.choose_marks();
  y.choose_marks();
  text += grid(chart, x, y);
  if (chart.diagonal) {
    const double low = x.marks().front(), high = x.marks().back();
    text += segment(x.at(low), y.at(low), x.at(high), y.at(high), "stroke=\"#888\"");
  }
  double legend = kTop + 16.0;
  for (std::size_t k = 0; k < chart.series.size(); ++k) {
    const char* colour = kColours[k % kColours.size()];
    text += drawn(chart.series[k], x, y, colour);
    if (chart.series[k].name.empty()) continue;
    text +=
        words(chart.legend_left ? kLeft + 8.0 : kWidth - kRight - 8.0, legend, chart.series[k].name,
              "text-anchor=\"" + std::string(chart.legend_left ? "start" : "end") + "\" fill=\"" +
                  std::string(colour) + "\"");
    legend += 16.0;
  }
  return text + "</svg>\n";
}

}  // namespace fusemd
