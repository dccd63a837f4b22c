// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "benchmarks/report/companions.hpp"
#include "benchmarks/report/measured.hpp"
#include "host/io/chart.hpp"

namespace fusemd::benchmarks {

struct ReportTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};

/// A figure and the name of its file.
struct ReportFigure {
  std::string file;  ///< without extension
  Chart chart;
};

struct ReportSection {
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<ReportTable> tables;
  std::vector<std::string> notes;  ///< below the tables
  std::vector<ReportFigure> figures;
};

/// The report in words, tables and figures, whatever format it ends in. `peers` null: not measured.
std::vector<ReportSection> sections(const MeasuredReport& report,
                                    const PeersReport* peers,
                                    const std::vector<AccuracyRow>& accuracy);

// The formats.
std::string as_text(const std::vector<ReportSection>& sections);
std::string as_markdown(const std::vector<ReportSection>& sections);
std::string as_html(const std::vector<ReportSection>& sections);

}  // namespace fusemd::benchmarks
