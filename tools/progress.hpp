// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace fusemd {

/// How far a run is, as one line of text: "[####......]  41 %  step 8,200 of 20,000  3,210 steps/s
/// 3.7 s left". `fraction` in [0, 1]; `rate` in replica steps per second, 0 if not known yet.
struct ProgressState {
  std::int64_t step = 0;
  std::int64_t steps = 0;
  double fraction = 0.0;
  double rate = 0.0;
  double seconds = 0.0;       ///< since the run began
  const char* unit = "step";  ///< what is counted
};
std::string progress_bar(const ProgressState& state);

/// Shows progress on standard error: a bar that is drawn over on a terminal, else a plain line
/// every ten seconds, else nothing.
class ProgressReport {
 public:
  enum class Style { bar, lines, none };

  explicit ProgressReport(Style style) : style_(style) {}

  void show(const ProgressState& state);
  /// Takes the bar off the screen, so that what follows starts on a clean line.
  void clear();

 private:
  Style style_;
  bool on_screen_ = false;
  double next_line_ = kSecondsBetweenLines;
  static constexpr double kSecondsBetweenLines = 10.0;
};

}  // namespace fusemd
