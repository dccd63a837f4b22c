// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/potential.hpp"
#include "host/structure.hpp"

namespace fusemd::validate {

struct StabilityOptions {
  double temperature = 500.0;  ///< K, of the Langevin thermostat
  double friction = 0.01;      ///< 1/fs
  double timestep = 0.5;       ///< fs
  double time = 250.0;         ///< ps
  int replicas = 4;
  int threads = 1;
  std::uint64_t seed = 1;
  const std::atomic<bool>* stop = nullptr;
};

/// A replica that stopped being the molecule it was.
struct Instability {
  std::int32_t replica = 0;
  double time = 0.0;   ///< ps, when it was seen first
  std::string reason;  ///< "C1-C2 at 2.41 Angstrom, 1.40 at the start"
};

struct Stability {
  std::int64_t replicas = 0;
  double time = 0.0;                  ///< ps, of each replica
  bool stopped = false;               ///< on request: time is shorter than asked for
  std::vector<Instability> unstable;  ///< at most one a replica
};

/// Runs replicas of a relaxed molecule at constant temperature and looks every 10 fs whether they
/// still are that molecule. Unstable is a replica
///   - whose temperature, averaged over 1 ps, is above twice the thermostat's;
///   - with a bond between heavy atoms longer than 1.5 times its length at the start;
///   - with a hydrogen that has no other atom within 1.5 times the length of its bond at the start;
///   - that the integrator stopped.
/// Bonds are those of the start: within 1.25 times the sum of covalent radii.
Stability measure_stability(const Potential& potential,
                            const Structure& relaxed,
                            const StabilityOptions& options);

}  // namespace fusemd::validate
