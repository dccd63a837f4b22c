// SPDX-License-Identifier: MIT
// kernels/block_loop.hpp with dense layers on tensor cores: as block_loop.cu. In a file of its own,
// because each of these kernels holds every stage, and takes nvcc some ten seconds an architecture.
#include "kernels/block_loop.cuh"
#include "kernels/block_loop.hpp"

namespace fusemd {

void block_loop_tensor_cores(DenseKind kind, const BlockLoopOp& op, Stream stream) {
  using namespace block_loop_kernels;
  simt::launch(block_loop_shape(op.launch), stream,
               kind == DenseKind::tf32 ? block_per_replica<DenseKind::tf32>
                                       : block_per_replica<DenseKind::tf32x3>,
               op);
}

}  // namespace fusemd
