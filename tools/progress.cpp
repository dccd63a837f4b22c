// SPDX-License-Identifier: MIT
#include "tools/progress.hpp"

#include <algorithm>
#include <cmath>

#include "tools/console.hpp"
#include "tools/text_format.hpp"

namespace fusemd {
namespace {

std::string numbers(const ProgressState& state) {
  std::string text =
      formatted("%3.0f %%  %s %s of %s", std::floor(100.0 * state.fraction), state.unit,
                with_commas(state.step).c_str(), with_commas(state.steps).c_str());
  if (state.rate > 0.0) {
    text += "  " + with_commas(std::llround(state.rate)) + " " + state.unit + "s/s";
    if (state.fraction > 0.0) {
      text += "  " + duration(state.seconds * (1.0 - state.fraction) / state.fraction) + " left";
    }
  }
  return text;
}

}  // namespace

std::string progress_bar(const ProgressState& state) {
  constexpr std::size_t width = 24;
  const double filled = std::clamp(state.fraction, 0.0, 1.0) * static_cast<double>(width);
  const auto full = static_cast<std::size_t>(filled);
  return "[" + std::string(full, '#') + std::string(width - full, '.') + "] " + numbers(state);
}

void ProgressReport::show(const ProgressState& state) {
  if (style_ == Style::bar) {
    print_note("\r\033[K" + progress_bar(state));
    on_screen_ = true;
  } else if (style_ == Style::lines && state.seconds >= next_line_) {
    print_note(numbers(state) + "\n");
    next_line_ = state.seconds + kSecondsBetweenLines;
  }
}

void ProgressReport::clear() {
  if (on_screen_) print_note("\r\033[K");
  on_screen_ = false;
}

}  // namespace fusemd
