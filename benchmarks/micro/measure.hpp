// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "benchmarks/micro/case.hpp"
#include "benchmarks/statistics.hpp"

namespace fusemd::benchmarks {

struct MeasureOptions {
  int blocks = 9;                        ///< each with memory of its own, spread over the whole run
  double seconds = 0.25;                 ///< at most for one case, all blocks together
  double window = 0.5e-3;                ///< seconds of one timed run of repeats
  double enough = 0.003;                 ///< a block ends at this relative error of its median
  std::string handicap;                  ///< cases with this in their name do a tenth more work
  std::function<void(double)> progress;  ///< the share that is done; may be empty
};

/// What was measured of one case.
struct MicroResult {
  MicroCase subject;
  Check check;
  Summary seconds;              ///< processor time of one call, all windows
  double peak_flops = 0.0;      ///< best FMA rate during the run, flops a second
  double load_bandwidth = 0.0;  ///< bytes a second of loads and stores that hit
  double bandwidth = 0.0;       ///< and from a buffer as large as the working set
  /// Seconds: the largest of flops / peak, bytes / load_bandwidth and working set / bandwidth.
  double floor = 0.0;

  /// One number a block: the fastest tenth of its windows, in multiples of what one flop costs at
  /// the FMA peak of the same moment. A core that slows down slows both. Windows that another
  /// program interrupted count only where there are no others: they find the caches emptied.
  std::vector<double> blocks;

  double wall_over_processor = 1.0;  ///< median of the windows: 2 if half of the core was ours
};

/// Checks every case, then times all of them in turns. Cases that fail their check are not timed.
///
/// Measurement   blocks x [ every case: new memory, warm-up, windows until the stopping rule holds
/// ].
///               Each window of `window` seconds lies between two of the FMA peak; the faster
///               counts.
std::vector<MicroResult> measure(std::vector<MicroCase> cases, const MeasureOptions& options);

}  // namespace fusemd::benchmarks
