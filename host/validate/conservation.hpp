// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

#include "host/potential.hpp"
#include "host/structure.hpp"

namespace fusemd::validate {

struct ConservationOptions {
  double temperature = 300.0;  ///< K, that the molecule has on average
  double timestep = 0.5;       ///< fs
  double time = 100.0;         ///< ps
  std::uint64_t seed = 1;
  const std::atomic<bool>* stop = nullptr;
};

/// How well a constant-energy run keeps its energy.
struct Conservation {
  double time = 0.0;         ///< ps, simulated
  double slope = 0.0;        ///< meV/atom/ps
  double slope_error = 0.0;  ///< its standard error (host/md/drift.hpp)
  double rms = 0.0;          ///< meV/atom, about the mean
  double order_ratio = 0.0;  ///< RMS with twice the step / RMS, over the same few ps: 4 for an
                             ///< integrator of second order on a smooth energy
  double temperature = 0.0;  ///< K, mean of the run
  bool failed = false;       ///< energy, force or temperature left what is finite or sane
};

/// Runs velocity Verlet from `relaxed`, a minimum of the potential, with velocities of twice the
/// temperature, of which half goes into the potential.
Conservation measure_conservation(const Potential& potential,
                                  const Structure& relaxed,
                                  const ConservationOptions& options);

}  // namespace fusemd::validate
