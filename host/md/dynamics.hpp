// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/md/ensemble.hpp"
#include "host/md/replica_state.hpp"
#include "host/md/step_watch.hpp"
#include "host/potential.hpp"

namespace fusemd {

struct DynamicsParameters {
  Ensemble ensemble = Ensemble::nve;
  double timestep = 0.5;           ///< fs
  double friction = 0.01;          ///< Langevin, 1/fs
  double csvr_time = 100.0;        ///< CSVR, fs
  double temperature_limit = 1e5;  ///< K; a replica that is hotter is stopped
  std::int64_t degrees_of_freedom = 0;

  /// CSVR: momentum and angular momentum are taken out at the multiples of this step number
  /// (csvr.hpp tells why); 0: never, for atoms in an external field, which conserves neither.
  std::int64_t rigid_motion_every = 0;
};

/// What the steps of every replica of one list of atoms have in common, worked out once.
class Dynamics {
 public:
  /// Needs    masses > 0, timestep > 0, friction >= 0, csvr_time > 0: Simulation checks them.
  Dynamics(const DynamicsParameters& parameters,
           std::span<const double> masses,
           StepWatch watch = {});

  const DynamicsParameters& parameters() const { return parameters_; }
  std::span<const double> masses() const { return masses_; }
  std::span<const double> half_kicks() const { return half_kicks_; }
  std::span<const double> inverse_sqrt_masses() const { return inverse_sqrt_masses_; }

  const StepWatch& watch() const { return watch_; }

  /// Kinetic energy (eV) at temperature_limit.
  double kinetic_limit() const { return kinetic_limit_; }

  double temperature(const ReplicaState& state) const;

 private:
  DynamicsParameters parameters_;
  std::vector<double> masses_;
  std::vector<double> half_kicks_;  // dt / 2m: velocity for a force, Angstrom/fs per eV/Angstrom
  std::vector<double> inverse_sqrt_masses_;  // amu^-1/2
  double kinetic_limit_ = 0.0;
  StepWatch watch_;
};

/// Why a replica cannot go on.
struct StepFailure {
  enum class Quantity {
    energy,            ///< not finite; eV
    force,             ///< not finite; eV/Angstrom
    temperature,       ///< above the limit; K
    large_force,       ///< StepLimits::force; eV/Angstrom
    energy_jump,       ///< StepLimits::energy_jump; eV/atom
    bond,              ///< StepLimits::bond; Angstrom
    outside_training,  ///< OutsideTraining::stop; Angstrom
    position,          ///< an atom is lost, on a device; Angstrom
  };
  Quantity quantity = Quantity::energy;
  std::int64_t step = 0;
  int atom = -1;  ///< of the force or pair, or the fastest; -1: no single one
  double value = 0.0;
  int other_atom = -1;  ///< of a pair
};

/// Energy and forces of a replica that has none yet (its start, or edited positions).
std::optional<StepFailure> compute_forces(ReplicaState& state,
                                          const Dynamics& dynamics,
                                          Evaluator& evaluator);

/// Advances `state` by `n_steps` of the ensemble's integrator (velocity_verlet.hpp,
/// langevin.hpp, csvr.hpp), one compute() a step.
///
/// Needs    state.has_forces.
/// Result   k steps at once or in pieces give the same bits. Allocates nothing.
/// Errors   a step whose energy, force or temperature is not finite, whose temperature is above the
///          limit, or that StepWatch refuses, ends the call: the state is then that bad step's, and
///          the reason is returned.
std::optional<StepFailure> advance(ReplicaState& state,
                                   const Dynamics& dynamics,
                                   Evaluator& evaluator,
                                   std::int64_t n_steps);

}  // namespace fusemd
