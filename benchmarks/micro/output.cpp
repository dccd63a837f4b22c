// SPDX-License-Identifier: MIT
#include "benchmarks/micro/output.hpp"

#include <algorithm>

#include "tools/text_format.hpp"

namespace fusemd::benchmarks {

std::string time_text(double seconds) {
  for (const auto& [factor, unit] : {std::pair{1e9, "ns"}, {1e6, "us"}, {1e3, "ms"}}) {
    const double value = seconds * factor;
    if (value >= 1000.0) continue;
    return formatted(value < 10.0 ? "%.3f %s" : value < 100.0 ? "%.2f %s" : "%.1f %s", value, unit);
  }
  return formatted("%.3f s", seconds);
}

std::string micro_table(const std::vector<MicroResult>& results) {
  std::size_t width = 4;
  for (const MicroResult& result : results) width = std::max(width, result.subject.name.size());
  std::string text =
      formatted("%-*s %10s %10s %7s %8s %8s %10s %7s  %s\n", static_cast<int>(width), "case",
                "median", "p1", "spread", "GF/s", "GB/s", "floor", "ratio", "check");
  for (const MicroResult& result : results) {
    text += formatted("%-*s ", static_cast<int>(width), result.subject.name.c_str());
    if (!result.check.passes()) {
      text += formatted("WRONG: off by %.1e, allowed %.1e, against %s\n", result.check.error,
                        result.check.tolerance, result.check.against.c_str());
      continue;
    }
    const Summary& t = result.seconds;
    text += formatted("%10s %10s %6.1f%% %8.1f %8.1f %10s %7.2f  %.0e\n",
                      time_text(t.median).c_str(), time_text(t.p1).c_str(), 100.0 * t.spread,
                      1e-9 * result.subject.work.flops / t.median,
                      1e-9 * result.subject.work.bytes / t.median, time_text(result.floor).c_str(),
                      t.p1 / result.floor, result.check.error);
  }
  return text;
}

std::string micro_csv(const std::vector<MicroResult>& results) {
  std::string text =
      "case,stage,shape,size,instruction_set,median_s,p1_s,spread,windows,flops,bytes,"
      "working_set_bytes,peak_flops_per_s,load_bytes_per_s,working_set_bytes_per_s,floor_s,p1_over_"
      "floor,"
      "check_error,check_tolerance\n";
  for (const MicroResult& result : results) {
    const MicroCase& c = result.subject;
    text += c.name + "," + c.stage + "," + c.shape + "," + c.size + "," + c.set;
    const Summary& t = result.seconds;
    text += result.check.passes()
                ? formatted(",%.6g,%.6g,%.4g,%zu", t.median, t.p1, t.spread, t.count)
                : ",,,,";
    text += formatted(",%.6g,%.6g,%.6g", c.work.flops, c.work.bytes, c.work.working_set);
    text += result.check.passes()
                ? formatted(",%.6g,%.6g,%.6g,%.6g,%.4g", result.peak_flops, result.load_bandwidth,
                            result.bandwidth, result.floor, t.p1 / result.floor)
                : ",,,,,";
    text += formatted(",%.3g,%.3g\n", result.check.error, result.check.tolerance);
  }
  return text;
}

}  // namespace fusemd::benchmarks
