// SPDX-License-Identifier: MIT
// The shapes that kernels are launched with, by the launchers' own functions and the launch policy:
//
//   simt_launch_shapes ARCHITECTURE...
//
// prints a table: architecture, kernel (no template arguments), threads of a block, bytes of
// dynamic shared memory. Where these depend on the model they are the largest that a shipped one
// asks for, with systems that fill every tile.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/cuda/device_model.hpp"
#include "kernels/block_loop.cuh"
#include "kernels/cooperative_loop.hpp"
#include "kernels/exact_convolution.hpp"
#include "kernels/readout.hpp"
#include "kernels/tile.cuh"
#include "kernels/update.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

constexpr unsigned kManyAtoms = 1 << 20;
constexpr unsigned kWarp = 32;

struct Shape {
  unsigned threads = 0;
  std::size_t dynamic_shared = 0;
};
using Shapes = std::map<std::string, Shape>;

void add(Shapes& shapes, const std::string& kernel, const LaunchShape& shape) {
  Shape& known = shapes[kernel];
  known.threads = static_cast<unsigned>(shape.block.count());
  known.dynamic_shared = std::max(known.dynamic_shared, shape.shared_bytes);
}

/// A cluster with an atom a block, of as many as the part's shared memory holds.
LaunchShape cluster_shape(const cuda::DeviceModel& model) {
  LaunchShape shape{.block = {kMaxTeamThreads}};
  if (model.compute_capability() < 90) return shape;  // there the kernel is a trap
  const std::size_t most = (model.compute_capability() < 120 ? 227 : 99) * std::size_t{1024} -
                           kDynamicsDoubles * sizeof(double);
  const TeamShape team{.threads = kMaxTeamThreads, .tile_rows = 1, .cluster = true};
  for (unsigned atoms = kMaxClusterBlocks; atoms > 0; --atoms) {
    shape.shared_bytes = team_shared_bytes(model.weights(), atoms, team);
    if (shape.shared_bytes <= most) break;
  }
  return shape;
}

/// What a model asks for.
void add_model(Shapes& shapes, const cuda::DeviceModel& model) {
  const LaunchPolicy& policy = model.policy();
  const auto tile = [&](std::size_t row_floats) {
    return tile_shape(kManyAtoms, row_floats, policy).launch;
  };
  const StudentWeights& weights = model.weights();
  const UpdateShape update{weights.n_channels, weights.gates, weights.norm_epsilon};
  add(shapes, "update_kernels::update_forward_kernel", tile(update_row_floats(update)));
  add(shapes, "update_kernels::update_backward_kernel", tile(update_row_floats(update)));
  add(shapes, "readout_kernels::readout_kernel",
      tile(readout_row_floats({.n_channels = weights.n_channels, .weights = weights.readout})));
  // The op alone, as benchmarks see it: the widest layer of the update.
  add(shapes, "dense_kernels::dense_kernel", tile(dense_row_stride(2 * weights.n_channels)));
  add(shapes, "embedding_kernels::embed_kernel", tile(0));

  const BlockLoopLaunch loop = block_loop_launch(weights, kBlockLoopAtoms, kManyAtoms, policy);
  add(shapes, "block_loop_kernels::block_per_replica",
      {.block = {loop.threads},
       .shared_bytes = shared_bytes<BlockContext>(1) + loop.placement.shared_bytes});

  const TeamShape team{.threads = kMaxTeamThreads, .tile_rows = 1};
  add(shapes, "cooperative_loop_kernels::team_loop_kernel",
      {.block = {team.threads}, .shared_bytes = team_shared_bytes(weights, kTeamLoopAtoms, team)});
  add(shapes, "cluster_loop_kernels::cluster_loop_kernel", cluster_shape(model));

  const LaunchShape filters{
      .block = {policy.filter_threads},
      .shared_bytes = exact_convolution_shared_bytes(model.filter_network(0), policy.filter_rows)};
  add(shapes, "exact_convolution_kernels::exact_convolution_block_per_tile", filters);
  add(shapes, "exact_convolution_kernels::exact_convolution_backward_block_per_tile", filters);
}

/// What no model changes.
void add_fixed(Shapes& shapes, const LaunchPolicy& policy) {
  const std::vector<std::pair<unsigned, std::vector<const char*>>> by_width = {
      {policy.message_threads,
       {"tabulated_convolution_kernels::tabulated_convolution_warp_per_atom",
        "tabulated_convolution_kernels::tabulated_convolution_backward_warp_per_atom"}},
      {policy.neighbour_threads,
       {"neighbours_kernels::all_pairs_warp_per_atom",
        "radial_basis_kernels::radial_basis_warp_per_atom",
        "cell_list_kernels::cell_neighbours_warp_per_atom",
        "candidates_kernels::find_candidates_warp_per_atom",
        "candidates_kernels::edges_of_candidates_warp_per_atom",
        "cell_list_kernels::lists_due_block_per_system",
        "virial_kernels::sum_virials_block_per_system"}},
      {policy.dynamics_threads,
       {"graph_step_kernels::set_out_kernel", "graph_step_kernels::start_kernel",
        "graph_step_kernels::begin_kernel", "graph_step_kernels::finish_kernel",
        "graph_step_kernels::sample_kernel", "integrate_kernels::start_kernel",
        "integrate_kernels::begin_step_kernel", "integrate_kernels::finish_step_kernel",
        "system_energy_kernels::system_energies_kernel"}}};
  for (const auto& [threads, kernels] : by_width) {
    for (const char* kernel : kernels) add(shapes, kernel, {.block = {threads}});
  }
  add(shapes, "graph_step_kernels::go_on_kernel", {.block = {kWarp}});
  // Compiled for these widths, which the policy chooses among.
  add(shapes, "cell_list_kernels::build_cells_block_per_system<64u>",
      {.block = {kNarrowCellThreads}});
  add(shapes, "cell_list_kernels::build_cells_block_per_system<512u>",
      {.block = {kWideCellThreads}});
}

void print(int architecture) {
  Shapes shapes;
  add_fixed(shapes, launch_policy(architecture));
  for (const char* name : {"original", "tiny", "ultra_tiny"}) {
    add_model(shapes, cuda::DeviceModel(shipped_model(name), {.exact_filters = true,
                                                              .compute_capability = architecture}));
  }
  for (const auto& [kernel, shape] : shapes) {
    std::printf("%d,%s,%u,%zu\n", architecture, kernel.c_str(), shape.threads,
                shape.dynamic_shared);
  }
}

}  // namespace
}  // namespace fusemd::test

int main(int argc, char* argv[]) {
  try {
    std::printf("architecture,kernel,threads,dynamic_shared\n");
    for (int i = 1; i < argc; ++i) fusemd::test::print(std::stoi(argv[i]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
