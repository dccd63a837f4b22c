// SPDX-License-Identifier: MIT
// kernels/update.hpp: blocks stride over tiles of atoms.
#include "kernels/update.cuh"
#include "kernels/update.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace update_kernels {

template <DenseKind kKind>
__global__ void __launch_bounds__(kMaxNodeThreads)
    update_forward_kernel(UpdateForward op, unsigned n_atoms, unsigned tile_rows) {
  simt::DynamicShared shared;
  float* scratch = shared.take<float>(tile_rows * update_row_floats(op.shape));
  for_each_tile(n_atoms, tile_rows, [&](unsigned first, unsigned rows) {
    update_forward_tile<kKind>(op, first, rows, scratch);
  });
}

template <DenseKind kKind>
__global__ void __launch_bounds__(kMaxNodeThreads)
    update_backward_kernel(UpdateBackward op, unsigned n_atoms, unsigned tile_rows) {
  simt::DynamicShared shared;
  float* scratch = shared.take<float>(tile_rows * update_row_floats(op.shape));
  for_each_tile(n_atoms, tile_rows, [&](unsigned first, unsigned rows) {
    update_backward_tile<kKind>(op, first, rows, scratch);
  });
}

}  // namespace update_kernels

void update_forward(DenseKind kind,
                    const UpdateForward& op,
                    unsigned n_atoms,
                    const LaunchPolicy& policy,
                    Stream stream) {
  if (n_atoms == 0) return;
  const TileShape tile = tile_shape(n_atoms, update_row_floats(op.shape), policy);
  with_dense_kind(kind, [&]<DenseKind kKind>() {
    simt::launch(tile.launch, stream, update_kernels::update_forward_kernel<kKind>, op, n_atoms,
                 tile.rows);
  });
}

void update_backward(DenseKind kind,
                     const UpdateBackward& op,
                     unsigned n_atoms,
                     const LaunchPolicy& policy,
                     Stream stream) {
  if (n_atoms == 0) return;
  const TileShape tile = tile_shape(n_atoms, update_row_floats(op.shape), policy);
  with_dense_kind(kind, [&]<DenseKind kKind>() {
    simt::launch(tile.launch, stream, update_kernels::update_backward_kernel<kKind>, op, n_atoms,
                 tile.rows);
  });
}

}  // namespace fusemd
