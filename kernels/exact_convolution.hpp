// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/batch.hpp"
#include "kernels/dense.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"
#include "kernels/radial_basis.hpp"
#include "kernels/tabulated_convolution.hpp"

namespace fusemd {

/// One layer's filter network.
///
///   f(d) = W2 SiLU(W1 b(d) + c1) + c2,  times fc(d) unless the basis is cut
struct FilterNetworkView {
  RadialBasisView basis;
  DenseView hidden;  ///< W1, c1: R to H
  DenseView output;  ///< W2, c2: H to 3H, f^s, f^1, f^2; its k is the padded n of `hidden`
};

/// Continuous-filter convolution with the filter network itself, in one kernel: radial basis, dense
/// layer, SiLU, dense layer, cutoff, gather, multiplication and sum over neighbours. The message
/// step of one layer, as tabulated_convolution(), without the table's error.
///
/// A block takes a tile of atoms of one system, and their pairs in chunks. A pair inside the tile
/// is evaluated once and serves both directions; with tiles as large as the system, every pair is.
///
/// Source   docs/model.md (2) to (8), with the primed forms. After Schuett et al., NeurIPS 30
/// (2017). Shapes   as tabulated_convolution(). Needs    edges of these positions; batch.n_atoms
/// features; largest_system, the number of atoms
///          of the largest system of the batch (or more).
/// Work     pairs x (R H + 3 H^2) multiply-adds by `kind`, and what the messages cost; the weights,
///          4 (R H + 3 H^2) bytes, come from L2 once a chunk of policy.filter_rows pairs. Per pair
///          and direction 20 bytes of list and 16 bytes of features a channel; no filter, hidden
///          layer or basis leaves the block. Shared memory: exact_convolution_shared_bytes().
/// Result   the same bits at every block width and in every batch; within 1e-5 of the largest
///          message of the double reference with `fma` and `tf32x3`, 2e-3 with `tf32`.
/// Errors   DeviceError if a launch is refused: the shared memory does not fit the device, for one.
///          No atoms: nothing is launched.
/// Tests    test/simt/kernels/test_exact_convolution.cpp
void exact_convolution(DenseKind kind,
                       const FilterNetworkView& network,
                       const ConvolutionOptions& options,
                       const BatchView& batch,
                       std::uint32_t largest_system,
                       const EdgesView& edges,
                       const float* features,
                       float* messages,
                       const LaunchPolicy& policy,
                       Stream stream);

/// The backward pass of exact_convolution, by hand, as tabulated_convolution_backward(). The slope
/// of the filters by distance goes through the same dense layers beside the value (forward-mode
/// derivative), so that dE/dd needs neither a transposed weight nor anything kept from the forward
/// pass:
///
///   df/dd = fc' (W2 SiLU(h) + c2) + fc W2 (SiLU'(h) * (W1 db/dd)),   dE/dd = sum of dE/df df/dd
///
/// which is (B10) and (B11) with the sums in another order.
///
/// Work     twice the dense layers of the forward pass, for half as many pairs a chunk.
/// Result   as forward; forces within 1e-5 of the largest one (fma, tf32x3).
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
                                Stream stream);

/// Dynamic shared memory of one block: rows x (R + 4 H floats) and the chunk's list.
[[nodiscard]] std::size_t exact_convolution_shared_bytes(const FilterNetworkView& network,
                                                         std::uint32_t rows);

}  // namespace fusemd
