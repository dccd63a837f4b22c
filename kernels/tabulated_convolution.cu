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

/// Calls choose.operator()<kChannels>(): the usual sizes of models as fusemd ships them have
/// kernels of their own, 0 stands for all others.
template <class Choose>
auto with_channels(const ConvolutionOptions& options, const Choose& choose) {
  const std::uint32_t n = options.by_source ? options.n_channels : 0;
  if (n == 128) return choose.template operator()<128>();
  if (n == 64) return choose.template operator()<64>();
  if (n == 32) return choose.template operator()<32>();
  return choose.template operator()<0>();
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
  const auto kernel = with_channels(options, [&]<unsigned kChannels>() {
    using namespace tabulated_convolution_kernels;
    return options.first_layer ? tabulated_convolution_warp_per_atom<kChannels, true>
                               : tabulated_convolution_warp_per_atom<kChannels, false>;
  });
  simt::launch(warp_per_atom(n_atoms, policy), stream, kernel, table, options, n_atoms, edges,
               features, messages);
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
  using namespace tabulated_convolution_kernels;
  auto kernel = options.first_layer ? tabulated_convolution_backward_warp_per_atom<0, true, true>
                                    : tabulated_convolution_backward_warp_per_atom<0, false, true>;
  // Virials are wanted now and then: no kernel of their own for each number of channels.
  if (virials == nullptr) {
    kernel = with_channels(options, [&]<unsigned kChannels>() {
      return options.first_layer
                 ? tabulated_convolution_backward_warp_per_atom<kChannels, true, false>
                 : tabulated_convolution_backward_warp_per_atom<kChannels, false, false>;
    });
  }
  simt::launch(warp_per_atom(n_atoms, policy), stream, kernel, table, options, n_atoms, edges,
               features, adjoint_messages, adjoint_features, forces, virials,
               accumulate == Accumulate::add);
}

}  // namespace fusemd
