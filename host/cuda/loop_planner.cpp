// SPDX-License-Identifier: MIT
#include "host/cuda/loop_planner.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "kernels/block_loop.hpp"
#include "kernels/cooperative_loop.hpp"
#include "weights/error.hpp"

namespace fusemd::cuda {
namespace {

constexpr std::array kShapes{LoopShape::block, LoopShape::cooperative, LoopShape::graph,
                             LoopShape::host};

/// "block, host": the shapes that can run the problem.
std::string possible_names(const LoopProblem& problem) {
  std::string names = "auto";
  for (const LoopShape shape : kShapes) {
    if (!loop_obstacle(shape, problem)) names += ", " + std::string(loop_name(shape));
  }
  return names;
}

/// "1.7": two digits.
std::string times(double factor) {
  char text[32];
  (void)std::snprintf(text, sizeof text, factor < 10.0 ? "%.1f" : "%.0f", factor);
  return text;
}

/// The loop with the least estimate.
LoopPlan cheapest(const LoopProblem& problem) {
  struct Bid {
    LoopShape shape;
    double estimate;
  };
  std::vector<Bid> bids;
  std::string out;
  for (const LoopShape shape : {LoopShape::block, LoopShape::cooperative, LoopShape::graph}) {
    if (const auto obstacle = loop_obstacle(shape, problem)) {
      out += "; not " + std::string(loop_name(shape)) + ": " + *obstacle;
      continue;
    }
    bids.push_back(
        {shape, loop_estimate(shape, problem.load, problem.device, problem.teams.shape)});
  }
  const Bid least = *std::ranges::min_element(bids, {}, &Bid::estimate);
  std::string reason;
  if (least.shape == LoopShape::cooperative) reason = problem.teams.reason + "; ";
  if (bids.size() == 1) return {least.shape, reason + "the one that can run this" + out};
  reason += "least in the static cost model";
  for (const Bid& bid : bids) {
    if (bid.shape == least.shape) continue;
    reason += ", " + std::string(loop_name(bid.shape)) + " " +
              times(bid.estimate / least.estimate) + " times as much";
  }
  return {least.shape, reason + out};
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
      if (problem.load.largest > kBlockLoopAtoms) {
        return "one block takes up to " + std::to_string(kBlockLoopAtoms) +
               " atoms, a replica has " + std::to_string(problem.load.largest);
      }
      return {};
    case LoopShape::cooperative:
      if (problem.exact_filters) return "it has filter tables only, not --filters exact";
      if (problem.dense != DenseKind::fma) {
        return "its blocks have too few atoms for tensor cores: --dense fma only";
      }
      if (problem.load.largest > kTeamLoopAtoms) {
        return "every block keeps the whole replica, up to " + std::to_string(kTeamLoopAtoms) +
               " atoms, a replica has " + std::to_string(problem.load.largest);
      }
      if (problem.teams.shape.blocks == 0) return problem.teams.reason;
      return {};
    case LoopShape::graph:
    case LoopShape::host:
      return {};
  }
  return {};
}

LoopPlan plan_loop(const LoopProblem& problem, std::string_view wanted) {
  if (wanted == "auto") {
    if (!problem.host_limits) return cheapest(problem);
    return {LoopShape::host, *loop_obstacle(LoopShape::block, problem)};
  }
  for (const LoopShape shape : kShapes) {
    if (wanted != loop_name(shape)) continue;
    if (const auto obstacle = loop_obstacle(shape, problem)) {
      throw InputError({.key = "loop",
                        .problem = "this loop cannot run this: " + *obstacle,
                        .expected = possible_names(problem),
                        .found = std::string(wanted)});
    }
    if (shape == LoopShape::cooperative) return {shape, "asked for; " + problem.teams.reason};
    return {shape, "asked for"};
  }
  throw InputError({.key = "loop",
                    .problem = "there is no such loop",
                    .expected = possible_names(problem),
                    .found = std::string(wanted)});
}

}  // namespace fusemd::cuda
