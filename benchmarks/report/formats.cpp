// SPDX-License-Identifier: MIT
#include <algorithm>

#include "benchmarks/report/sections.hpp"
#include "host/io/html_page.hpp"
#include "tools/text_format.hpp"

namespace fusemd::benchmarks {
namespace {

constexpr const char* kTitle = "fusemd: benchmark report";

/// Characters as a terminal shows them: continuation bytes of UTF-8 take no place.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string aligned(const ReportTable& table) {
  std::vector<std::size_t> widths;
  for (const std::string& cell : table.header) widths.push_back(width(cell));
  for (const auto& row : table.rows) {
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], width(row[k]));
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells) {
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const std::string fill(widths[k] - width(cells[k]), ' ');
      text += k == 0 ? cells[k] + fill : "  " + fill + cells[k];
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  };
  line(table.header);
  std::vector<std::string> rule;
  for (const std::size_t w : widths) rule.emplace_back(w, '-');
  line(rule);
  for (const auto& row : table.rows) line(row);
  return text;
}

}  // namespace

std::string as_text(const std::vector<ReportSection>& sections) {
  std::string text = std::string(kTitle) + "\n" + std::string(width(kTitle), '=') + "\n";
  for (const ReportSection& section : sections) {
    text += "\n" + section.title + "\n" + std::string(width(section.title), '-') + "\n";
    for (const std::string& paragraph : section.paragraphs) {
      text += "\n" + wrapped(paragraph, 0) + "\n";
    }
    for (const ReportTable& table : section.tables) text += "\n" + aligned(table);
    for (const std::string& note : section.notes) text += "\n" + wrapped(note, 0) + "\n";
    for (const ReportFigure& figure : section.figures) {
      text += "\nFigure: " + figure.file + ".svg, " + figure.file + ".png\n";
    }
  }
  return text;
}

std::string as_markdown(const std::vector<ReportSection>& sections) {
  std::string text = "# " + std::string(kTitle) + "\n\nWritten by `fusemd-bench report`.\n";
  const auto line = [&](const std::vector<std::string>& cells) {
    text += "|";
    for (const std::string& cell : cells) text += " " + cell + " |";
    text += "\n";
  };
  for (const ReportSection& section : sections) {
    text += "\n## " + section.title + "\n";
    for (const std::string& paragraph : section.paragraphs) {
      text += "\n" + wrapped(paragraph, 0, 118) + "\n";
    }
    for (const ReportTable& table : section.tables) {
      text += "\n";
      line(table.header);
      line(std::vector<std::string>(table.header.size(), "---"));
      for (const auto& row : table.rows) line(row);
    }
    for (const std::string& note : section.notes) text += "\n" + wrapped(note, 0, 118) + "\n";
  }
  return text;
}

std::string as_html(const std::vector<ReportSection>& sections) {
  HtmlPage page(kTitle);
  for (const ReportSection& section : sections) {
    page.heading(section.title);
    for (const std::string& paragraph : section.paragraphs) page.paragraph(paragraph);
    for (const ReportTable& table : section.tables) page.table(table.header, table.rows);
    for (const std::string& note : section.notes) page.paragraph(note);
    for (const ReportFigure& figure : section.figures) page.chart(figure.chart);
  }
  return page.text();
}

}  // namespace fusemd::benchmarks
