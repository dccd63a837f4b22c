// SPDX-License-Identifier: MIT
#include "host/cuda/loop_cost.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "host/cuda/loop_counts.hpp"
#include "kernels/launch.hpp"

namespace fusemd::cuda {
namespace {

/// The report's part whose units are most like the device's.
std::size_t part_like(int compute_capability) {
  constexpr std::size_t kConsumer = 0, kA100 = 1, kHopper = 2;
  if (compute_capability == 90 || compute_capability == 100) return kHopper;
  return compute_capability == 80 ? kA100 : kConsumer;
}

/// What the device says of itself, else what its part has.
struct Rates {
  Rates(const device::DeviceInfo& device, const PartCosts& part)
      : multiprocessors(device.multiprocessors > 0 ? device.multiprocessors : part.multiprocessors),
        cycles_per_us(device.clock_hz > 0 ? 1e-6 * device.clock_hz : part.cycles_per_us),
        l2_bytes(device.l2_bytes > 0 ? static_cast<double>(device.l2_bytes) : part.l2_bytes),
        bytes_per_us(device.bandwidth > 0 ? 1e-6 * device.bandwidth : part.bytes_per_us) {}

  double multiprocessors, cycles_per_us, l2_bytes, bytes_per_us;
};

double linear(double a, double b, double at) { return std::max(0.0, a + at * (b - a)); }

/// The counts of one replica of `atoms` atoms, from the rows of one loop and model.
LoopCounts between(const LoopCounts* first, const LoopCounts* last, double atoms) {
  const LoopCounts* above = first + 1;
  while (above + 1 != last && above->atoms < atoms) ++above;
  const LoopCounts &a = above[-1], &b = *above;
  // A molecule smaller than the first row's costs what that does: chains hardly get shorter.
  const double at = std::max(0.0, (atoms - a.atoms) / (b.atoms - a.atoms));
  LoopCounts result = a;
  for (std::size_t part = 0; part < kPartCosts.size(); ++part) {
    result.chain[part] = linear(a.chain[part], b.chain[part], at);
    result.chain_beyond_l2[part] = linear(a.chain_beyond_l2[part], b.chain_beyond_l2[part], at);
    result.busy[part] = linear(a.busy[part], b.busy[part], at);
  }
  result.bytes = linear(a.bytes, b.bytes, at);
  result.moved_bytes = linear(a.moved_bytes, b.moved_bytes, at);
  return result;
}

/// The rows of a loop come one after the other, those of a model by atoms.
LoopCounts counts_of(CountedLoop loop, const LoopLoad& load) {
  const auto distance = [&](const LoopCounts& row) {
    return std::abs(std::log(static_cast<double>(row.n_channels) / load.n_channels));
  };
  const LoopCounts* nearest = nullptr;
  for (const LoopCounts& row : kLoopCounts) {
    if (row.loop != loop) continue;
    if (nearest == nullptr || distance(row) < distance(*nearest)) nearest = &row;
  }
  const LoopCounts* last = nearest;
  while (last != kLoopCounts.end() && last->loop == loop &&
         last->n_channels == nearest->n_channels) {
    ++last;
  }
  return between(nearest, last, load.largest);
}

CountedLoop counted_as(LoopShape shape, const TeamShape& team) {
  if (shape == LoopShape::block) return CountedLoop::block;
  if (shape == LoopShape::graph) return CountedLoop::graph;
  return team.cluster ? CountedLoop::cluster : CountedLoop::cooperative;
}

}  // namespace

double loop_estimate(LoopShape shape,
                     const LoopLoad& load,
                     const device::DeviceInfo& device,
                     const TeamShape& team) {
  const std::size_t part = part_like(device.compute_capability);
  const PartCosts& costs = kPartCosts[part];
  const Rates rates(device, costs);
  const LoopCounts counts = counts_of(counted_as(shape, team), load);
  const double replicas = std::max(load.n_replicas, 1U), atoms = std::max(load.largest, 1U);

  double at_a_time = replicas, rounds = 1.0, repeated = 1.0, share = 1.0;
  if (shape == LoopShape::block) {
    at_a_time = std::min(replicas, rates.multiprocessors);
    rounds = std::ceil(replicas / rates.multiprocessors);
  } else if (shape == LoopShape::cooperative) {
    at_a_time = std::max(team.teams, 1U);
    rounds = std::ceil(replicas / at_a_time);
    const double own = std::ceil(atoms / std::max(team.blocks, 1U));
    repeated = std::ceil(own / std::max(team.tile_rows, 1U));
    share = own / atoms;
  } else {
    share = replicas / rates.multiprocessors;
  }
  const bool beyond_l2 = counts.fixed_bytes + at_a_time * counts.bytes > rates.l2_bytes;
  const double chain = beyond_l2 ? counts.chain_beyond_l2[part] : counts.chain[part];
  double us = rounds * std::max(repeated * chain, share * counts.busy[part]) / rates.cycles_per_us;
  if (beyond_l2) us = std::max(us, replicas * counts.moved_bytes / rates.bytes_per_us);
  us += rounds * counts.meetings * (team.cluster ? costs.cluster_barrier : costs.grid_barrier);
  return us +
         (counts.nodes > 0.0 ? counts.nodes * costs.graph_node : costs.launch / kStepsOfAnInterval);
}

}  // namespace fusemd::cuda
