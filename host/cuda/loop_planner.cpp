// SPDX-License-Identifier: MIT
#include "host/cuda/loop_planner.hpp"

#include <array>

#include "kernels/block_loop.hpp"
#include "kernels/cooperative_loop.hpp"
#include "weights/error.hpp"

namespace fusemd::cuda {
namespace {

constexpr std::array kShapes{LoopShape::block, LoopShape::cooperative, LoopShape::graph,
                             LoopShape::host};

std::string atoms(std::uint32_t n) { return std::to_string(n) + (n == 1 ? " atom" : " atoms"); }

/// "block, host": the shapes that can run the problem.
std::string possible_names(const LoopProblem& problem) {
  std::string names = "auto";
  for (const LoopShape shape : kShapes) {
    if (!loop_obstacle(shape, problem)) names += ", " + std::string(loop_name(shape));
  }
  return names;
}

}  // namespace

std::string_view loop_name(LoopShape shape) {
  switch (shape) {
    case LoopShape::block:
      return "block";
    case LoopShape::cooperative:
      return "cooperative";
    case LoopShape::graph:
      return "graph";
    case LoopShape::host:
      return "host";
  }
  return {};
}

std::optional<std::string> loop_obstacle(LoopShape shape, const LoopProblem& problem) {
  if (problem.host_limits && shape != LoopShape::host) {
    return "--bond-limit and --outside-training stop are the host's to look at";
  }
  switch (shape) {
    case LoopShape::block:
      if (problem.exact_filters) return "it has filter tables only, not --filters exact";
      if (problem.largest > kBlockLoopAtoms) {
        return "one block takes up to " + std::to_string(kBlockLoopAtoms) +
               " atoms, a replica has " + std::to_string(problem.largest);
      }
      return {};
    case LoopShape::cooperative:
      if (problem.exact_filters) return "it has filter tables only, not --filters exact";
      if (problem.dense != DenseKind::fma) {
        return "its blocks have too few atoms for tensor cores: --dense fma only";
      }
      if (problem.largest > kTeamLoopAtoms) {
        return "every block keeps the whole replica, up to " + std::to_string(kTeamLoopAtoms) +
               " atoms, a replica has " + std::to_string(problem.largest);
      }
      return {};
    case LoopShape::graph:
    case LoopShape::host:
      return {};
  }
  return {};
}

LoopPlan plan_loop(const LoopProblem& problem, std::string_view wanted) {
  if (wanted == "auto") {
    const auto obstacle = loop_obstacle(LoopShape::block, problem);
    if (obstacle && problem.host_limits) return {LoopShape::host, *obstacle};
    if (obstacle) return {LoopShape::graph, *obstacle};
    return {LoopShape::block, atoms(problem.largest) + " at most fit one block"};
  }
  for (const LoopShape shape : kShapes) {
    if (wanted != loop_name(shape)) continue;
    if (const auto obstacle = loop_obstacle(shape, problem)) {
      throw InputError({.key = "loop",
                        .problem = "this loop cannot run this: " + *obstacle,
                        .expected = possible_names(problem),
                        .found = std::string(wanted)});
    }
    return {shape, "asked for"};
  }
  throw InputError({.key = "loop",
                    .problem = "there is no such loop",
                    .expected = possible_names(problem),
                    .found = std::string(wanted)});
}

}  // namespace fusemd::cuda
