// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/statistics.hpp"

namespace fusemd::benchmarks {

/// Where and how a report was measured.
struct ReportSetting {
  std::string machine, instruction_set, commit, version, date, command;
  std::size_t threads = 1;  ///< of the many-thread columns
  double fma_peak = 0.0;    ///< of one core, best of the run, GF/s
  double seconds = 0.0;     ///< that the report took
  bool quick = false;       ///< a rehearsal: figures say little
};

/// One number of threads and replicas.
struct BatchPoint {
  std::size_t replicas = 0, threads = 0;
  Summary rate;  ///< replica steps a second
};

struct ScalingPoint {
  std::size_t atoms = 0, pairs = 0, threads = 0;
  Summary seconds;  ///< of one evaluation
};

/// What was measured of one model. Seconds are wall-clock.
struct ModelReport {
  std::string name;
  std::size_t parameters = 0, live_parameters = 0;
  int channels = 0, layers = 0;
  std::size_t file_bytes = 0;

  Summary fresh_seconds;     ///< energy and forces of benzene, other positions before every call
  Summary repeated_seconds;  ///< the same positions again and again

  Summary step_rate;           ///< MD of benzene, one thread, steps/s
  Summary step_rate_per_peak;  ///< the same per GF/s of FMA peak of the same moment
  double share_of_peak = 0.0;

  double drift_picoseconds = 0.0;
  double drift = 0.0, drift_error = 0.0;                ///< meV/atom/ps
  double fluctuation = 0.0;                             ///< meV/atom
  std::vector<std::pair<double, double>> energy_curve;  ///< ps, meV/atom from the start

  Summary start_seconds;         ///< `fusemd run --steps 1`: from nothing to written files
  double peak_bytes = 0.0;       ///< resident, of that run
  double bytes_a_replica = 0.0;  ///< more for each further replica

  std::vector<BatchPoint> batch;
  std::vector<ScalingPoint> scaling;
};

struct MeasuredReport {
  ReportSetting setting;
  std::vector<ModelReport> models;
};

}  // namespace fusemd::benchmarks
