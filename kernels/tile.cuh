// SPDX-License-Identifier: MIT
#pragma once
// Tiles of atoms: how per-atom ops are spread over a block's threads and over a grid.

#include <algorithm>

#include "kernels/dense.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/simt.cuh"

namespace fusemd {

/// Calls body(row, c) for each of `rows` rows and each c = 0, 4, ... below 4 `groups`: four
/// channels a call, neighbouring threads neighbouring channels. By all threads of the block.
template <class Body>
__device__ __forceinline__ void for_each_vector(unsigned rows, unsigned groups, const Body& body) {
  for (unsigned item = threadIdx.x; item < rows * groups; item += blockDim.x) {
    const unsigned row = item / groups;
    body(row, 4 * (item - row * groups));
  }
}

/// Sets columns [width, dense_padded(width)) of a tile's rows to 0: the weights there are 0, but 0
/// times whatever the memory held need not be.
__device__ __forceinline__ void clear_padding(float* rows,
                                              unsigned stride,
                                              unsigned n_rows,
                                              unsigned width) {
  for_each_vector(n_rows, (dense_padded(width) - width) / 4, [&](unsigned row, unsigned c) {
    simt::store_vector(rows + row * stride + width + c, make_float4(0.0f, 0.0f, 0.0f, 0.0f));
  });
}

/// Calls body(first, rows) for tiles number `tile`, tile + stride, ... of atoms 0 ... n_atoms - 1.
/// A barrier follows each, so that the next may use the same scratch.
template <class Body>
__device__ __forceinline__ void for_each_tile(unsigned n_atoms,
                                              unsigned tile_rows,
                                              unsigned tile,
                                              unsigned stride,
                                              const Body& body) {
  for (unsigned first = tile * tile_rows; first < n_atoms; first += stride * tile_rows) {
    body(first, min(tile_rows, n_atoms - first));
    __syncthreads();
  }
}

/// The same for the tiles that are this block's, where the whole grid shares the atoms.
template <class Body>
__device__ __forceinline__ void for_each_tile(unsigned n_atoms,
                                              unsigned tile_rows,
                                              const Body& body) {
  for_each_tile(n_atoms, tile_rows, blockIdx.x, gridDim.x, body);
}

/// The launch of a per-atom op whose tiles take `row_floats` floats of shared memory an atom.
struct TileShape {
  LaunchShape launch;
  unsigned rows = 0;  ///< atoms a tile
};

/// Tiles of policy.node_rows atoms, fewer where the policy's shared memory does not hold them or
/// where there are not so many; a block strides over tiles if there are more than node_blocks.
inline TileShape tile_shape(unsigned n_atoms, std::size_t row_floats, const LaunchPolicy& policy) {
  const std::size_t fitting =
      policy.node_shared_bytes / std::max<std::size_t>(1, row_floats * sizeof(float));
  TileShape tile;
  tile.rows = static_cast<unsigned>(std::max<std::size_t>(
      1, std::min({std::size_t{policy.node_rows}, fitting, std::size_t{n_atoms}})));
  tile.launch = {.grid = {std::min(ceil_div(n_atoms, tile.rows), policy.node_blocks)},
                 .block = {policy.node_threads},
                 .shared_bytes = shared_bytes<float>(tile.rows * row_floats)};
  return tile;
}

}  // namespace fusemd
