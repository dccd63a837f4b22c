// SPDX-License-Identifier: MIT
// One block a tile of atoms of one system. Bound: the dense layers' multiply-adds, or weights from
// L2 where chunks are short. Rejected: a filter evaluated for each direction (twice the work), and
// filters in global memory between a dense kernel and a gather (12 bytes a pair and channel,
// twice).
#include "kernels/exact_convolution.cuh"
#include "kernels/exact_convolution.hpp"

namespace fusemd {

// Named, so that the executor finds what nvcc made of them.
namespace exact_convolution_kernels {

constexpr unsigned kMaxThreads = 256;
// That must fit a multiprocessor at once. Two leave 128 registers, which the forward pass keeps to
// with tensor cores; with multiply-adds it would spill a few.
constexpr unsigned forward_blocks(DenseKind kind) { return kind == DenseKind::fma ? 1 : 2; }

/// Atoms of one block: part blockIdx.y of system blockIdx.x.
struct Tile {
  std::uint32_t first, last;
};
__device__ __forceinline__ Tile tile_of_block(const BatchView& batch, std::uint32_t tile_atoms) {
  const std::uint32_t begin = batch.system_start[blockIdx.x] + blockIdx.y * tile_atoms;
  const std::uint32_t end = batch.system_start[blockIdx.x + 1];
  return {begin, min(begin + tile_atoms, end)};
}

template <DenseKind kKind>
__global__ void __launch_bounds__(kMaxThreads, forward_blocks(kKind))
    exact_convolution_block_per_tile(FilterNetworkView network,
                                     ConvolutionOptions options,
                                     BatchView batch,
                                     std::uint32_t tile_atoms,
                                     unsigned rows,
                                     EdgesView edges,
                                     const float* __restrict__ features,
                                     float* __restrict__ messages) {
  const Tile tile = tile_of_block(batch, tile_atoms);
  if (tile.first >= tile.last) return;
  simt::DynamicShared shared;
  const simt::FilterChunk chunk = simt::take_chunk(shared, network, rows);
  simt::for_each_chunk<kKind, false>(
      chunk, network, tile.first, tile.last, edges, rows, [&](unsigned pairs, bool fresh) {
        if (options.first_layer) {
          simt::add_chunk_messages<true>(chunk, pairs, options, tile.first, tile.last, features,
                                         messages, fresh);
        } else {
          simt::add_chunk_messages<false>(chunk, pairs, options, tile.first, tile.last, features,
                                          messages, fresh);
        }
      });
}

template <DenseKind kKind, bool kVirial>
__global__ void __launch_bounds__(kMaxThreads, 1)
    exact_convolution_backward_block_per_tile(FilterNetworkView network,
                                              ConvolutionOptions options,
                                              BatchView batch,
                                              std::uint32_t tile_atoms,
                                              unsigned rows,
                                              EdgesView edges,
                                              const float* __restrict__ features,
                                              const float* __restrict__ adjoint_messages,
                                              float* __restrict__ adjoint_features,
                                              ForcesView forces,
                                              double* virials,
                                              bool add_to) {
  const Tile tile = tile_of_block(batch, tile_atoms);
  if (tile.first >= tile.last) return;
  simt::DynamicShared shared;
  const simt::FilterChunk chunk = simt::take_chunk(shared, network, rows);
  simt::for_each_chunk<kKind, true>(
      chunk, network, tile.first, tile.last, edges, rows, [&](unsigned pairs, bool fresh) {
        if (options.first_layer) {
          simt::add_chunk_adjoints<true, kVirial>(chunk, pairs, options, tile.first, tile.last,
                                                  features, adjoint_messages, adjoint_features,
                                                  forces, virials, add_to, fresh);
        } else {
          simt::add_chunk_adjoints<false, kVirial>(chunk, pairs, options, tile.first, tile.last,
                                                   features, adjoint_messages, adjoint_features,
                                                   forces, virials, add_to, fresh);
        }
      });
}

}  // namespace exact_convolution_kernels

std::size_t exact_convolution_shared_bytes(const FilterNetworkView& network, std::uint32_t rows) {
  return 2 * shared_bytes<std::uint32_t>(simt::kMaxPairs) +
         shared_bytes<float>(4 * simt::kMaxPairs) + shared_bytes<std::uint32_t>(simt::kChunkState) +
         shared_bytes<float>(std::size_t{rows} * dense_row_stride(network.hidden.k)) +
         shared_bytes<float>(std::size_t{rows} * dense_row_stride(network.output.k)) +
         shared_bytes<float>(std::size_t{rows} * network.output.n);
}

namespace {

LaunchShape block_per_tile(const FilterNetworkView& network,
                           const BatchView& batch,
                           std::uint32_t largest_system,
                           const LaunchPolicy& policy) {
  return {.grid = {batch.n_systems, ceil_div(largest_system, policy.filter_atoms)},
          .block = {policy.filter_threads},
          .shared_bytes = exact_convolution_shared_bytes(network, policy.filter_rows)};
}

}  // namespace

void exact_convolution(DenseKind kind,
                       const FilterNetworkView& network,
                       const ConvolutionOptions& options,
                       const BatchView& batch,
                       std::uint32_t largest_system,
                       const EdgesView& edges,
                       const float* features,
                       float* messages,
                       const LaunchPolicy& policy,
                       Stream stream) {
  if (batch.n_atoms == 0) return;
  const LaunchShape shape = block_per_tile(network, batch, largest_system, policy);
  with_dense_kind(kind, [&]<DenseKind kKind>() {
    simt::launch(shape, stream, exact_convolution_kernels::exact_convolution_block_per_tile<kKind>,
                 network, options, batch, policy.filter_atoms, policy.filter_rows, edges, features,
                 messages);
  });
}

void exact_convolution_backward(DenseKind kind,
                                const FilterNetworkView& network,
                                const ConvolutionOptions& options,
                                const BatchView& batch,
                                std::uint32_t largest_system,
                                const EdgesView& edges,
                                const float* features,
                                const float* adjoint_messages,
                                float* adjoint_features,
                                const ForcesView& forces,
                                double* virials,
                                Accumulate accumulate,
                                const LaunchPolicy& policy,
                                Stream stream) {
  if (batch.n_atoms == 0) return;
  const LaunchShape shape = block_per_tile(network, batch, largest_system, policy);
  with_dense_kind(kind, [&]<DenseKind kKind>() {
    using namespace exact_convolution_kernels;
    simt::launch(shape, stream,
                 virials == nullptr ? exact_convolution_backward_block_per_tile<kKind, false>
                                    : exact_convolution_backward_block_per_tile<kKind, true>,
                 network, options, batch, policy.filter_atoms, policy.filter_rows, edges, features,
                 adjoint_messages, adjoint_features, forces, virials,
                 accumulate == Accumulate::add);
  });
}

}  // namespace fusemd
