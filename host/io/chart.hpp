// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fusemd {

/// One set of points of a chart.
struct ChartSeries {
  enum class Style {
    line,
    dots,
    bars
  };  ///< bars: a column from the axis to y, as wide as the step

  std::string name;  ///< for the legend; empty: none
  std::vector<std::pair<double, double>> points;
  Style style = Style::line;
};

/// A diagram of x and y.
struct Chart {
  std::string title, x_label, y_label;
  bool log_x = false, log_y = false;
  bool diagonal = false;     ///< both axes have one range, and a line marks y = x: a parity plot
  bool legend_left = false;  ///< names of series at the top left, for curves that rise to the right
  std::vector<ChartSeries> series;
};

/// The chart as one SVG element of 640 x 400 units, which scales to the width it is given.
///
/// Axes get round marks (powers of ten where logarithmic). Points that are not finite, or not above
/// zero on a logarithmic axis, are left out; with no point left the chart says "no data".
/// Result   a function of the chart. Names, titles and labels may be any text.
std::string svg(const Chart& chart);

/// Text with the five characters that mean something in HTML and XML replaced, and control
/// characters, which neither may hold, taken out.
std::string escaped(std::string_view text);

}  // namespace fusemd
