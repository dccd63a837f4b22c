// SPDX-License-Identifier: MIT
// One warp an atom: the atom's sums stay in registers, its neighbours' features and the table's
// rows come from L1 and L2, four channels a load, and nothing is scattered. Bound: loads from L2,
// then fused multiply-adds; an edge of 128 channels reads 8 KiB and does 2 560 of them.
//
// Rejected: walking each pair once and adding to both atoms. It halves the table's reads and saves
// a third of the arithmetic, but needs either atomics, whose order changes sums, or all atoms' sums
// in one block's shared memory.
#include "kernels/tabulated_convolution.cuh"

namespace fusemd {
namespace tabulated_convolution_kernels {

constexpr unsigned kMaxThreads = 128;
// Blocks that must fit a multiprocessor at once. It bounds registers: more blocks, and ptxas
// spills.
constexpr unsigned kForwardBlocks = 4;
constexpr unsigned kBackwardBlocks = 2;

template <unsigned kChannels, bool kFirst>
__global__ void __launch_bounds__(kMaxThreads, kForwardBlocks)
    tabulated_convolution_warp_per_atom(FilterTable table,
                                        ConvolutionOptions options,
                                        std::uint32_t n_atoms,
                                        EdgesView edges,
                                        const float* __restrict__ features,
                                        float* __restrict__ messages) {
  simt::tabulated_messages<kChannels, kFirst>(table, options, 0, n_atoms, edges, features, messages,
                                              simt::grid_warps());
}

template <unsigned kChannels, bool kFirst, bool kVirial>
__global__ void __launch_bounds__(kMaxThreads, kBackwardBlocks)
    tabulated_convolution_backward_warp_per_atom(FilterTable table,
                                                 ConvolutionOptions options,
                                                 std::uint32_t n_atoms,
                                                 EdgesView edges,
                                                 const float* __restrict__ features,
                                                 const float* __restrict__ adjoint_messages,
                                                 float* __restrict__ adjoint_features,
                                                 ForcesView forces,
                                                 double* virials,
                                                 bool add_to) {
  simt::tabulated_messages_backward<kChannels, kFirst, kVirial>(
      table, options, 0, n_atoms, edges, features, adjoint_messages, adjoint_features, forces,
      virials, add_to, simt::grid_warps());
}

}  // namespace tabulated_convolution_kernels

namespace {

LaunchShape warp_per_atom(std::uint32_t n_atoms, const LaunchPolicy& policy) {
  const unsigned warps = policy.message_threads / simt::kWarpSize;
  return {.grid = {ceil_div(n_atoms, warps)}, .block = {policy.message_threads}};
}

template <unsigned kChannels>
void forward(const FilterTable& table,
             const ConvolutionOptions& options,
             std::uint32_t n_atoms,
             const EdgesView& edges,
             const float* features,
             float* messages,
             const LaunchPolicy& policy,
             Stream stream) {
  simt::launch(
      warp_per_atom(n_atoms, policy), stream,
      options.first_layer
          ? tabulated_convolution_kernels::tabulated_convolution_warp_per_atom<kChannels, true>
          : tabulated_convolution_kernels::tabulated_convolution_warp_per_atom<kChannels, false>,
      table, options, n_atoms, edges, features, messages);
}

template <unsigned kChannels, bool kVirial>
void backward(const FilterTable& table,
              const ConvolutionOptions& options,
              std::uint32_t n_atoms,
              const EdgesView& edges,
              const float* features,
              const float* adjoint_messages,
              float* adjoint_features,
              const ForcesView& forces,
              double* virials,
              Accumulate accumulate,
              const LaunchPolicy& policy,
              Stream stream) {
  simt::launch(warp_per_atom(n_atoms, policy), stream,
               options.first_layer
                   ? tabulated_convolution_kernels::tabulated_convolution_backward_warp_per_atom<
                         kChannels, true, kVirial>
                   : tabulated_convolution_kernels::tabulated_convolution_backward_warp_per_atom<
                         kChannels, false, kVirial>,
               table, options, n_atoms, edges, features, adjoint_messages, adjoint_features, forces,
               virials, accumulate == Accumulate::add);
}

/// The usual sizes of models as fusemd ships them have kernels of their own, 0 stands for all
/// others.
std::uint32_t kernel_channels(const ConvolutionOptions& options) {
  const std::uint32_t n = options.n_channels;
  return options.by_source && (n == 32 || n == 64 || n == 128) ? n : 0;
}

}  // namespace

void tabulated_convolution(const FilterTable& table,
                           const ConvolutionOptions& options,
                           std::uint32_t n_atoms,
                           const EdgesView& edges,
                           const float* features,
                           float* messages,
                           const LaunchPolicy& policy,
                           Stream stream) {
  if (n_atoms == 0) return;
  const std::uint32_t channels = kernel_channels(options);
  const auto run = channels == 128  ? forward<128>
                   : channels == 64 ? forward<64>
                   : channels == 32 ? forward<32>
                                    : forward<0>;
  run(table, options, n_atoms, edges, features, messages, policy, stream);
}

void tabulated_convolution_backward(const FilterTable& table,
                                    const ConvolutionOptions& options,
                                    std::uint32_t n_atoms,
                                    const EdgesView& edges,
                                    const float* features,
                                    const float* adjoint_messages,
                                    float* adjoint_features,
                                    const ForcesView& forces,
                                    double* virials,
                                    Accumulate accumulate,
                                    const LaunchPolicy& policy,
                                    Stream stream) {
  if (n_atoms == 0) return;
  // Virials are wanted now and then: no kernel of their own for each number of channels.
  const std::uint32_t channels = kernel_channels(options);
  const auto run = virials != nullptr ? backward<0, true>
                   : channels == 128  ? backward<128, false>
                   : channels == 64   ? backward<64, false>
                   : channels == 32   ? backward<32, false>
                                      : backward<0, false>;
  run(table, options, n_atoms, edges, features, adjoint_messages, adjoint_features, forces, virials,
      accumulate, policy, stream);
}

}  // namespace fusemd
