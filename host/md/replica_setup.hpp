// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/md/dynamics.hpp"
#include "host/md/replica_state.hpp"
#include "host/md/simulation_options.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// One distinct list of atoms: replicas that share it share evaluators and constants of the
/// step.
struct Composition {
  std::vector<int> atomic_numbers;
  std::optional<Cell> cell;
  Dynamics dynamics;
};

/// The structures' compositions, each once.
struct CompositionTable {
  std::vector<Composition> compositions;
  std::vector<std::size_t> of_structure;  ///< index into compositions, one a structure
};

/// Errors   InputError that names the option as it is called in run.json.
void check_options(const SimulationOptions& options);

/// Errors   InputError that names the structure: no atoms, lengths that do not agree, masses
///          that are not positive, positions that are not finite.
CompositionTable make_compositions(std::span<const Structure> structures,
                                   const SimulationOptions& options);

/// The states at step 0: positions and velocities, no forces yet.
/// Needs    options and structures that passed the checks above.
std::vector<ReplicaState> start_states(std::span<const Structure> structures,
                                       const CompositionTable& table,
                                       const SimulationOptions& options);

/// Errors   InputError: states that do not fit structures and options, or are not all at one
///          step.
void check_states(std::span<const ReplicaState> states,
                  std::span<const Structure> structures,
                  const SimulationOptions& options);

/// Masses that a reader of the trajectory could not guess: empty where all are standard.
std::span<const double> own_masses(const Composition& atoms);

/// Which structure a replica starts from: its global number modulo the number of structures.
std::size_t structure_of(std::int32_t replica, std::size_t n_structures);

}  // namespace fusemd
