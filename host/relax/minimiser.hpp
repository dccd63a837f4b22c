// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "host/potential.hpp"
#include "host/vec3.hpp"

namespace fusemd {

/// Why a minimisation ended.
enum class RelaxEnd {
  converged,  ///< the largest force is at or below the limit
  steps,      ///< no steps left
  stalled,    ///< no step lowers the energy any more: the limit is below what the engine resolves
  diverged,   ///< energy or forces are not finite
  stopped,    ///< on request
};

struct RelaxOptions {
  double force_limit = 1e-3;   ///< eV/Angstrom, on the length of the largest force
  std::int64_t steps = 1'000;  ///< at most
  double longest_step = 0.2;   ///< Angstrom, that an atom moves in one step

  const std::atomic<bool>* stop = nullptr;  ///< seen before each step; null: never
  /// After each step: its number, energy (eV), largest force (eV/Angstrom).
  std::function<void(std::int64_t, double, double)> progress;
};

struct RelaxResult {
  RelaxEnd end = RelaxEnd::steps;
  std::int64_t steps = 0;
  double energy = 0.0;         ///< eV
  double largest_force = 0.0;  ///< eV/Angstrom
  std::vector<Vec3> forces;    ///< eV/Angstrom, at the last positions
};

/// Moves atoms downhill to a minimum of the energy; `positions` (Angstrom) hold the result.
///
/// Limited-memory BFGS with ten corrections; a step that does not lower the energy enough is
/// halved, and a direction that fails is replaced by the force. The energy never rises. Source
/// Nocedal & Wright, Numerical Optimization, 2nd ed., algorithms 7.4, 7.5 and condition
///          3.4 (c1 = 1e-4).
/// Needs    an engine in double precision to converge below about 1e-3 eV/Angstrom.
/// Work     mostly one evaluation a step. Result: a function of the start and the options.
RelaxResult relax(Evaluator& evaluator, std::vector<Vec3>& positions, const RelaxOptions& options);

}  // namespace fusemd
