// SPDX-License-Identifier: MIT
#include "host/io/html_page.hpp"

#include <cctype>

namespace fusemd {
namespace {

constexpr std::string_view kStyle =
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}"
    "h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem}h3{font-size:1rem}"
    "table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums;"
    "display:block;overflow-x:auto}"
    "th,td{padding:.2rem .7rem;border-bottom:1px solid #ccc;text-align:left}"
    "td.n{text-align:right}"
    "svg{width:100%;max-width:40rem;height:auto;display:block;margin:1rem 0}"
    "pre{overflow-x:auto;background:#8881;padding:.5rem}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}"
    "svg{filter:invert(.9) hue-rotate(180deg)}}";

std::string element(std::string_view name, std::string_view text) {
  const std::string tag(name);
  return "<" + tag + ">" + escaped(text) + "</" + tag + ">\n";
}

bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0;
}

}  // namespace

HtmlPage::HtmlPage(std::string_view title)
    : body_(
          "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n" +
          element("title", title) + "<style>" + std::string(kStyle) +
          "</style>\n</head>\n<body>\n" + element("h1", title)) {}

void HtmlPage::heading(std::string_view text) { body_ += element("h2", text); }

void HtmlPage::subheading(std::string_view text) { body_ += element("h3", text); }

void HtmlPage::paragraph(std::string_view text) { body_ += element("p", text); }

void HtmlPage::table(const std::vector<std::string>& header,
                     const std::vector<std::vector<std::string>>& rows) {
  body_ += "<table>\n<tr>";
  for (const std::string& cell : header) body_ += "<th>" + escaped(cell) + "</th>";
  body_ += "</tr>\n";
  for (const std::vector<std::string>& row : rows) {
    body_ += "<tr>";
    for (std::size_t k = 0; k < header.size(); ++k) {
      const std::string cell = k < row.size() ? row[k] : "";
      body_ += (is_number(cell) ? "<td class=\"n\">" : "<td>") + escaped(cell) + "</td>";
    }
    body_ += "</tr>\n";
  }
  body_ += "</table>\n";
}

void HtmlPage::chart(const Chart& chart) { body_ += svg(chart); }

void HtmlPage::preformatted(std::string_view text) {
  body_ += "<pre>";
  // escaped() joins lines: here they are kept.
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    body_ += escaped(text.substr(0, end)) + "\n";
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  body_ += "</pre>\n";
}

std::string HtmlPage::text() const { return body_ + "</body>\n</html>\n"; }

}  // namespace fusemd
