// SPDX-License-Identifier: MIT
#pragma once
// What a step costs in each loop by the static cost model: the planner's numbers. They follow from
// counts and are no times: docs/cuda-cost.md.

#include <cstdint>

#include "kernels/cooperative_loop.hpp"
#include "kernels/devices.hpp"

namespace fusemd::cuda {

/// Where the steps between two samples are made.
enum class LoopShape {
  block,        ///< one kernel, a thread block a replica (kernels/block_loop.hpp)
  cooperative,  ///< one kernel, a replica on many blocks
  graph,        ///< a captured graph of the stage kernels
  host,         ///< the host's loop, a launch a stage
};

/// The run, as far as its cost depends on it.
struct LoopLoad {
  std::uint32_t largest = 0;     ///< atoms of the largest replica
  std::uint32_t n_replicas = 0;  ///< 1 or more
  unsigned n_channels = 0;       ///< of the model
};

/// The modelled estimate of one step of all replicas, microseconds:
///
///   block        rounds x max(chain, busy)
///   cooperative  rounds x (max(chain x tiles, busy x own atoms / atoms) + 2 L barriers)
///   graph        nodes x gap + max(chain, busy x replicas / multiprocessors)
///
/// with as many rounds as the blocks or teams that are resident need for all replicas, and the
/// bytes that a step moves over the bandwidth of device memory, if they do not stay in L2. chain is
/// the longest chain of dependent instructions, busy what the busiest unit of one multiprocessor
/// takes for one replica.
///
/// Source   host/cuda/loop_counts.hpp, generated with docs/cuda-cost.md; between its numbers of
///          atoms linear, beyond them proportional to the last stretch; the shipped model nearest
///          in channels. Differs from the report's estimate: kernels of a graph are taken together,
///          and replicas are alike.
/// device   its multiprocessors, clock, L2 and bandwidth; where it does not say, those of the part
///          of the report that is most like it, whose units and latencies it gets in any case.
/// team     cooperative only: how the device is divided.
[[nodiscard]] double loop_estimate(LoopShape shape,
                                   const LoopLoad& load,
                                   const device::DeviceInfo& device,
                                   const TeamShape& team = {});

}  // namespace fusemd::cuda
