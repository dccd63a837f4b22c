// SPDX-License-Identifier: MIT
#pragma once
// The steps of a batch that a captured graph advances: kernels/integrate.hpp's, with the questions
// that a host would answer between them answered on the device.

#include <cstdint>

#include "kernels/candidates.hpp"
#include "kernels/integrate.hpp"

namespace fusemd {

/// Where a sample goes: device memory, overwritten.
struct GraphSample {
  ReplicaProgress* progress = nullptr;  ///< [n_systems]
  double* atoms = nullptr;              ///< null, or [9][n_atoms]: x, y, z, v_x, ..., F_z
};

/// What the host tells a graph, and what the graph tells the host. One, in device memory.
struct GraphClock {
  std::int64_t until = 0;    ///< the step that every replica goes to
  std::uint32_t halted = 0;  ///< 1: a list had too little room, and no replica goes on
  GraphSample sample;
};

struct GraphStepView {
  DynamicsView dynamics;
  PositionsView found_at;  ///< positions at which the candidate lists were made
  double may_move = 0.0;   ///< Angstrom: an atom that moves further makes its system's list due
  std::uint32_t* due = nullptr;       ///< [n_systems] 1: list to be made in this step
  std::uint32_t* underway = nullptr;  ///< [n_systems] 1: the step was begun and has to be finished
  GraphClock* clock = nullptr;
};

/// One step is graph_begin_step, build_cells and find_candidates of the systems that are due,
/// edges_of_candidates, forces and energies, graph_finish_step.
///
/// graph_set_out       keeps every replica's state; nothing is due, nothing under way
/// graph_start         start_replicas(), and keeps what it found
/// graph_go_on         clock.until += n_steps, unless halted
/// graph_begin_step    begin_step() of every replica that is not stopped, not halted and not yet at
///                     clock.until; then due[s] = 1 if one of its atoms is further than may_move
///                     from where its candidates were found
/// graph_finish_step   finish_step() of those that began; if halted meanwhile, all of them go back
///                     to the last good step instead. Replicas that are stopped or halted get back
///                     the forces that belong to their positions, so that forces may be computed
///                     for the whole batch again.
/// graph_sample        writes clock.sample: what every replica is now
///
/// So replicas that go on are always at one step; a step that a replica takes no part in leaves its
/// bits as they are; and a graph may have more steps than are left to go.
///
/// Needs    graph_set_out before all others, with the replicas that go on at one step; clock.halted
///          is that of find_candidates().
/// Work     as kernels/integrate.hpp, 9 operations in double an atom more.
/// Result   deterministic; a replica has the same bits in any batch, and those that it would have
///          had if the lists had been large enough.
/// Errors   DeviceError if a launch is refused. No replicas: returns without launching.
/// Tests    test/simt/kernels/test_graph_step.cpp
void graph_set_out(const GraphStepView& view, const LaunchPolicy& policy, Stream stream);
void graph_start(const GraphStepView& view, const LaunchPolicy& policy, Stream stream);
void graph_go_on(const GraphStepView& view, std::int64_t n_steps, Stream stream);
void graph_begin_step(DynamicsKind kind,
                      const GraphStepView& view,
                      const LaunchPolicy& policy,
                      Stream stream);
void graph_finish_step(DynamicsKind kind,
                       const GraphStepView& view,
                       const LaunchPolicy& policy,
                       Stream stream);
void graph_sample(const GraphStepView& view, const LaunchPolicy& policy, Stream stream);

}  // namespace fusemd
