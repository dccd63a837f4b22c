// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdio>
#include <map>
#include <string>

namespace fusemd::test {

/// The largest deviation that a program saw of each kind, printed when it ends: the figures of
/// benchmarks/RESULTS.md come from these lines, and no test depends on them.
class WorstSeen {
 public:
  /// `what` names the kind with its unit; NaN counts as larger than anything.
  static void note(const std::string& what, double deviation) {
    static WorstSeen all;
    double& worst = all.worst_[what];
    if (!(std::abs(deviation) <= worst)) worst = std::abs(deviation);
  }

 private:
  WorstSeen() = default;
  ~WorstSeen() {
    for (const auto& [what, worst] : worst_) {
      std::printf("worst: %-60s %.1e\n", what.c_str(), worst);
    }
  }

  std::map<std::string, double> worst_;
};

}  // namespace fusemd::test
