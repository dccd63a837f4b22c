// SPDX-License-Identifier: MIT
// kernels/dense.hpp. Rows go through shared memory in tiles, as in the fused ops; the cost model
// stands in kernels/dense.cuh.
#include <algorithm>

#include "kernels/dense.cuh"
#include "kernels/dense.hpp"
#include "kernels/float4_math.cuh"
#include "kernels/tile.cuh"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace dense_kernels {

template <DenseKind kKind>
__global__ void __launch_bounds__(kMaxNodeThreads)
    dense_kernel(DenseView layer, const float* x, float* y, unsigned rows, unsigned tile_rows) {
  simt::DynamicShared shared;
  const unsigned stride = dense_row_stride(layer.k);
  float* staged = shared.take<float>(tile_rows * stride);
  const unsigned groups = layer.k / 4;
  for_each_tile(rows, tile_rows, [&](unsigned first, unsigned count) {
    for_each_vector(count, groups, [&](unsigned row, unsigned c) {
      const float4 value = simt::load_vector<float4>(x + std::size_t{first + row} * layer.k + c);
      simt::store_vector(staged + row * stride + c, value);
    });
    __syncthreads();
    dense_rows<kKind>(staged, stride, count, layer, [&](unsigned row, unsigned column, auto value) {
      simt::store(y + std::size_t{first + row} * layer.n + column, value);
    });
  });
}

}  // namespace dense_kernels

void dense(DenseKind kind,
           const DenseView& layer,
           DeviceSpan<const float> x,
           DeviceSpan<float> y,
           unsigned rows,
           const LaunchPolicy& policy,
           Stream stream) {
  if (rows == 0) return;
  const std::size_t row_floats = dense_row_stride(layer.k);
  const TileShape tile = tile_shape(rows, row_floats, policy);
  with_dense_kind(kind, [&]<DenseKind kKind>() {
    simt::launch(tile.launch, stream, dense_kernels::dense_kernel<kKind>, layer, x.data, y.data,
                 rows, tile.rows);
  });
}

}  // namespace fusemd
