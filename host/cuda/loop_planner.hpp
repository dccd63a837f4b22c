// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/dense.hpp"

namespace fusemd::cuda {

/// Where the steps between two samples are made.
enum class LoopShape {
  block,        ///< one kernel, a thread block a replica (kernels/block_loop.hpp)
  cooperative,  ///< one kernel, a replica on many blocks
  graph,        ///< a captured graph of the stage kernels
  host,         ///< the host's loop, a launch a stage
};

/// "block", "cooperative", "graph", "host": the words of --loop.
std::string_view loop_name(LoopShape shape);

/// What the choice depends on.
struct LoopProblem {
  std::uint32_t largest = 0;     ///< atoms of the largest replica
  std::uint32_t n_replicas = 0;  ///< 1 or more
  unsigned n_channels = 0;
  unsigned n_layers = 0;
  bool exact_filters = false;
  bool host_limits = false;  ///< limits that only the host looks at: bonds, pairs against training
  DenseKind dense = DenseKind::fma;
  int compute_capability = 0;  ///< 10 major + minor
  int multiprocessors = 0;
};

struct LoopPlan {
  LoopShape shape = LoopShape::host;
  std::string reason;  ///< "12 atoms fit one block"; for the run's heading
};

/// Why this shape cannot run the problem; nothing if it can.
std::optional<std::string> loop_obstacle(LoopShape shape, const LoopProblem& problem);

/// Chooses the loop. `wanted` is --loop: auto, or a shape's name, which is then taken or refused,
/// never replaced by another.
///
/// Errors   InputError with key "loop": an unknown word, or a shape that cannot run the problem,
///          with those that can.
LoopPlan plan_loop(const LoopProblem& problem, std::string_view wanted);

}  // namespace fusemd::cuda
