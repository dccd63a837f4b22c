// SPDX-License-Identifier: MIT
// One warp an atom, whose row of edges lies in one piece: lane l writes numbers l, l + 32, ... of
// it. Bound: the bytes written. Every lane works the cutoff function out again; with (4') nothing
// reads it.
#include "kernels/radial_basis.cuh"
#include "kernels/radial_basis.hpp"
#include "kernels/warp.cuh"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace radial_basis_kernels {

constexpr unsigned kMaxThreads = 256;

__global__ void __launch_bounds__(kMaxThreads)
    radial_basis_warp_per_atom(RadialBasisView basis,
                               std::uint32_t n_atoms,
                               EdgesView edges,
                               float* __restrict__ values,
                               float* __restrict__ slopes) {
  const simt::Warps warps = simt::grid_warps();
  for (std::uint32_t i = warps.index; i < n_atoms; i += warps.count) {
    const std::uint32_t begin = edges.start[i];
    const std::uint32_t numbers = edges.count[i] * basis.n;
    for (std::uint32_t at = simt::lane_index(); at < numbers; at += simt::kWarpSize) {
      const std::uint32_t slot = begin + at / basis.n;
      const float d = edges.geometry[4 * std::size_t{slot} + 3];
      const simt::ValueAndSlope b =
          simt::basis_function(basis, at % basis.n, d, simt::cutoff_function(d, basis.cutoff));
      const std::size_t target = std::size_t{begin} * basis.n + at;
      values[target] = b.value;
      if (slopes != nullptr) slopes[target] = b.slope;
    }
  }
}

}  // namespace radial_basis_kernels

void radial_basis(const RadialBasisView& basis,
                  std::uint32_t n_atoms,
                  const EdgesView& edges,
                  float* values,
                  float* slopes,
                  const LaunchPolicy& policy,
                  Stream stream) {
  if (n_atoms == 0) return;
  const unsigned warps = policy.neighbour_threads / simt::kWarpSize;
  simt::launch({.grid = {ceil_div(n_atoms, warps)}, .block = {policy.neighbour_threads}}, stream,
               radial_basis_kernels::radial_basis_warp_per_atom, basis, n_atoms, edges, values,
               slopes);
}

}  // namespace fusemd
