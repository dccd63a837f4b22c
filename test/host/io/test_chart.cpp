// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>
#include <regex>
#include <string>
#include <vector>

#include "host/io/chart.hpp"
#include "host/io/html_page.hpp"
#include "test/support/catch.hpp"

namespace {

using fusemd::Chart;
using fusemd::ChartSeries;

/// Numbers of the first polyline, x and y in turn.
std::vector<double> polyline(const std::string& text) {
  std::smatch match;
  REQUIRE(std::regex_search(text, match, std::regex("<polyline[^>]* points=\"([^\"]*)\"")));
  const std::string points = match[1];
  std::vector<double> result;
  const std::regex number("-?[0-9.]+");
  for (std::sregex_iterator it(points.begin(), points.end(), number), end; it != end; ++it) {
    result.push_back(std::stod(it->str()));
  }
  return result;
}

/// A coordinate that is no number.
bool has_nonsense(const std::string& text) {
  return std::regex_search(text, std::regex("[ ,\"MhV>]-?(nan|inf)"));
}

Chart line_of(std::vector<std::pair<double, double>> points) {
  Chart chart;
  chart.series.push_back({.name = "", .points = std::move(points)});
  return chart;
}

TEST_CASE("points land where the axes say") {
  // Marks 0, 2, ..., 10 in both directions: the plot spans 72..624 and 348..36.
  const std::vector<double> places = polyline(svg(line_of({{0.0, 0.0}, {10.0, 10.0}, {5.0, 2.5}})));
  const std::vector<double> expected = {72.0, 348.0, 624.0, 36.0, 348.0, 270.0};
  REQUIRE(places.size() == expected.size());
  for (std::size_t k = 0; k < places.size(); ++k) {
    CHECK(std::abs(places[k] - expected[k]) < 0.051);  // one decimal is written
  }
}

TEST_CASE("logarithmic axes put decades at equal distances") {
  Chart chart = line_of({{1.0, 1e-3}, {10.0, 1e-2}, {100.0, 1e-1}});
  chart.log_x = chart.log_y = true;
  const std::vector<double> places = polyline(svg(chart));
  REQUIRE(places.size() == 6);
  CHECK(std::abs((places[2] - places[0]) - (places[4] - places[2])) < 0.11);
  CHECK(std::abs((places[3] - places[1]) - (places[5] - places[3])) < 0.11);
  CHECK(svg(chart).find(">0.001</text>") != std::string::npos);
}

TEST_CASE("values without a place are left out") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  Chart chart = line_of({{1.0, 1.0}, {2.0, nan}, {3.0, infinity}, {4.0, 0.0}, {5.0, 10.0}});
  chart.log_y = true;
  const std::string text = svg(chart);
  CHECK(polyline(text).size() == 4);
  CHECK_FALSE(has_nonsense(text));
  CHECK(svg(line_of({{nan, 1.0}})).find("no data") != std::string::npos);
  CHECK(svg(Chart{}).find("no data") != std::string::npos);
}

TEST_CASE("one point, and points of one height, make a chart") {
  for (const double y : {0.0, -3.0, 1e-12, 7e9}) {
    const std::string text = svg(line_of({{2.0, y}, {2.0, y}}));
    CHECK(polyline(text).size() == 4);
    CHECK_FALSE(has_nonsense(text));
  }
}

TEST_CASE("a parity chart has one range for both axes") {
  Chart chart = line_of({{0.0, 0.0}, {10.0, 5.0}});
  chart.diagonal = true;
  const std::vector<double> places = polyline(svg(chart));
  CHECK(std::abs(places[3] - 192.0) < 0.051);  // half way up, not at the top
}

TEST_CASE("bars stand on zero") {
  Chart chart = line_of({{0.0, 5.0}, {1.0, 10.0}});
  chart.series[0].style = ChartSeries::Style::bars;
  const std::string text = svg(chart);
  std::smatch match;
  REQUIRE(std::regex_search(text, match, std::regex("d=\"M[0-9.-]+ ([0-9.]+)V([0-9.]+)h")));
  CHECK(match[1] == "348.0");
  CHECK(match[2] == "192.0");
}

TEST_CASE("a page holds any text and stays one page") {
  fusemd::HtmlPage page("A <b> & \"c\" 'd'");
  page.paragraph("</p><script>alert(1)</script>\x01");
  page.table({"name", "x"}, {{"<td>", "-1.5"}, {"short"}});
  page.preformatted("one\ntwo <");
  page.chart(line_of({{0.0, 0.0}, {1.0, 1.0}}));
  const std::string text = page.text();
  CHECK(text.find("<script") == std::string::npos);
  CHECK(text.find("<title>A &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;</title>") !=
        std::string::npos);
  CHECK(text.find('\x01') == std::string::npos);
  CHECK(text.find("<td class=\"n\">-1.5</td>") != std::string::npos);
  CHECK(text.find("<td>short</td><td></td>") != std::string::npos);
  CHECK(text.find("<pre>one\ntwo &lt;\n</pre>") != std::string::npos);
  CHECK(text.find("<svg") != std::string::npos);
  CHECK(text.find("http://") == text.find("http://www.w3.org/2000/svg"));  // nothing is fetched
}

}  // namespace
