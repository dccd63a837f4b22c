// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

#include "host/cuda/candidate_lists.hpp"
#include "host/cuda/device_model.hpp"
#include "host/cuda/device_replicas.hpp"
#include "host/cuda/resident_loop.hpp"

namespace fusemd::cuda {

struct GraphLoopOptions {
  CandidateOptions candidates;
  /// Nodes of a graph at most, so that neither its memory nor the time to make it grows with the
  /// sample interval. A step has 4 L + 5.
  std::size_t most_nodes = 8192;
};

/// The loop for systems of any size: the stages of an evaluation and of the integrator, one kernel
/// each, captured as a graph of many steps and launched without host work in between.
///
/// An interval whose length comes up twice in a row has a graph of its own, if that has few enough
/// nodes: one launch. Other intervals are put together from graphs of 1, 2, 4, ... steps.
/// Neighbours come from lists with a skin, made anew when the device finds that an atom has moved
/// too far; where a list has too little room, the loop pauses (make_room()).
///
/// Result   as ResidentLoop; and the same bits whatever the room of the lists, their age, and the
///          graphs that an interval is made of.
/// Cost     device memory of NetworkStages and CandidateLists. Launches of an interval: see above;
/// no
///          wait, no allocation once its graphs are there.
/// Errors   DeviceError: out of memory.
std::unique_ptr<ResidentLoop> make_graph_loop(std::shared_ptr<const DeviceModel> model,
                                              DeviceReplicas& replicas,
                                              const GraphLoopOptions& options = {});

}  // namespace fusemd::cuda
