// SPDX-License-Identifier: MIT
#include "tools/time_span.hpp"

#include "host/io/text.hpp"

namespace fusemd {

std::optional<double> time_span(const std::string& text) {
  if (text.empty()) return {};
  const char last = text.back();
  const double unit = last == 'h' ? 3600.0 : last == 'm' ? 60.0 : 1.0;
  const bool has_unit = last == 'h' || last == 'm' || last == 's';
  const auto value = parse_real(has_unit ? text.substr(0, text.size() - 1) : text);
  if (!value || !(*value > 0.0) || *value * unit > 1e7) return {};
  return *value * unit;
}

}  // namespace fusemd
