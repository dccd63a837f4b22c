// SPDX-License-Identifier: MIT
// kernels/readout.hpp: blocks stride over tiles of atoms.
#include "kernels/readout.cuh"
#include "kernels/readout.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace readout_kernels {

template <DenseKind kKind>
__global__ void __launch_bounds__(kMaxNodeThreads)
    readout_kernel(ReadoutOp op, unsigned n_atoms, unsigned tile_rows) {
  simt::DynamicShared shared;
  float* scratch = shared.take<float>(tile_rows * readout_row_floats(op));
  for_each_tile(n_atoms, tile_rows, [&](unsigned first, unsigned rows) {
    readout_tile<kKind>(op, first, rows, scratch);
  });
}

}  // namespace readout_kernels

void readout(DenseKind kind,
             const ReadoutOp& op,
             unsigned n_atoms,
             const LaunchPolicy& policy,
             Stream stream) {
  if (n_atoms == 0) return;
  const TileShape tile = tile_shape(n_atoms, readout_row_floats(op), policy);
  with_dense_kind(kind, [&]<DenseKind kKind>() {
    simt::launch(tile.launch, stream, readout_kernels::readout_kernel<kKind>, op, n_atoms,
                 tile.rows);
  });
}

}  // namespace fusemd
