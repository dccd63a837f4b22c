// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/io/chart.hpp"

namespace fusemd {

/// A report as one HTML file: headings, text, tables and charts, in the order they are added.
///
/// Self-contained: style and pictures stand in the page, no script, nothing is fetched. Every text
/// is escaped. Legible in light and dark, wide and narrow; prints.
class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title);

  void heading(std::string_view text);     ///< of a section
  void subheading(std::string_view text);  ///< inside one
  void paragraph(std::string_view text);
  /// Rows of cells. Cells that begin like a number stand right-aligned. A row shorter than the
  /// header leaves cells empty.
  void table(const std::vector<std::string>& header,
             const std::vector<std::vector<std::string>>& rows);
  void chart(const Chart& chart);
  void preformatted(std::string_view text);

  /// The whole page.
  std::string text() const;

 private:
  std::string body_;
};

}  // namespace fusemd
