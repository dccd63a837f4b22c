// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/cuda/loop_cost.hpp"
#include "host/cuda/team_choice.hpp"
#include "kernels/dense.hpp"
#include "kernels/devices.hpp"

namespace fusemd::cuda {

/// "block", "cooperative", "graph", "host": the words of --loop.
std::string_view loop_name(LoopShape shape);

/// What the choice depends on.
struct LoopProblem {
  LoopLoad load;
  bool exact_filters = false;
  bool host_limits = false;  ///< limits that only the host looks at: bonds, pairs against training
  DenseKind dense = DenseKind::fma;
  device::DeviceInfo device;
  TeamChoice teams;  ///< how a cooperative loop would divide the device, if it can
};

struct LoopPlan {
  LoopShape shape = LoopShape::host;
  std::string reason;  ///< for the run's heading
};

/// Why this shape cannot run the problem; nothing if it can.
std::optional<std::string> loop_obstacle(LoopShape shape, const LoopProblem& problem);

/// Chooses the loop. `wanted` is --loop: auto, or a shape's name, which is then taken or refused,
/// never replaced by another. auto takes the loop on the device that can run the problem and has
/// the least loop_estimate(); the reason says how many times as much the others have, and why those
/// are out that cannot run it.
///
/// Errors   InputError with key "loop": an unknown word, or a shape that cannot run the problem,
///          with those that can.
LoopPlan plan_loop(const LoopProblem& problem, std::string_view wanted);

}  // namespace fusemd::cuda
