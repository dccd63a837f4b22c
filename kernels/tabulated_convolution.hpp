// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "kernels/batch.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

/// One layer's filters as a cubic B-spline with uniform knots on [0, cutoff]; host code makes the
/// coefficients (host/filter_table.hpp has the formula) and rounds them to float once. The
/// spline gives the value and, as its own derivative, the slope.
struct FilterTable {
  const float* coefficients = nullptr;  ///< [n_intervals + 3][3][n_channels]: f^s, f^1, f^2
  std::uint32_t n_intervals = 0;
  float intervals_per_length = 0.0f;  ///< n_intervals / cutoff, 1/Angstrom
};

/// What a convolution needs to know of the model besides its filters.
struct ConvolutionOptions {
  std::uint32_t n_channels = 0;  ///< a multiple of 4
  bool first_layer = false;      ///< V = 0: no vectors are read, f^1 is not needed
  bool by_source = false;        ///< (8') in place of (8): directional_message filter_times_source
};

/// Continuous-filter convolution with tabulated filters: the message step of one layer.
///
///   s'_i = s_i + sum over j of  s_j * f^s(d_ij)
///   V'_i = V_i + sum over j of  V_j * f^1(d_ij) + u_ij (x) f^2(d_ij)       (8)
///                           or  V_j * f^1(d_ij) + u_ij (x) (f^2(d_ij) * s_j)  (8')
///
/// Source   docs/model.md (7), (8), (8'), with f the spline. After Schuett et al., NeurIPS 30
///          (2017), continuous-filter convolution. Differs from the paper: filters are tabulated,
///          and there are vectors.
/// Shapes   features, messages [n_atoms][4][n_channels]; messages is overwritten and is not
///          features.
/// Units    features have none; distances in Angstrom.
/// Needs    edges of these positions, none longer than the table; n_channels a multiple of 4.
/// Work     edges x channels x (12 + 8) fused multiply-adds, (12 + 1) in the first layer; an edge
///          reads 48 bytes of table (32 in the first layer) and 16 (4) of features a channel, from
///          L2 or L1, and 20 of its own. One warp an atom, four channels a lane; up to 64 channels,
///          several edges at a time. No scratch memory; nothing is written per edge.
/// Result   the same bits at every block width and in every batch; within 1e-5 of the largest
///          message of the double reference, for the float sums of up to some 100 edges.
/// Errors   DeviceError if a launch is refused. No atoms: nothing is launched.
/// Tests    test/simt/kernels/test_tabulated_convolution.cpp
void tabulated_convolution(const FilterTable& table,
                           const ConvolutionOptions& options,
                           std::uint32_t n_atoms,
                           const EdgesView& edges,
                           const float* features,
                           float* messages,
                           const LaunchPolicy& policy,
                           Stream stream);

/// Whether a backward pass sets or adds.
enum class Accumulate { set, add };

/// The backward pass of tabulated_convolution, by hand: adjoints of the layer's input, and the
/// layer's part of the forces.
///
///   dE/ds_j = dE/ds'_j + sum over i of  dE/ds'_i * f^s + p_ij * f^2        (B8), (B8')
///   dE/dV_j = dE/dV'_j + sum over i of  dE/dV'_i * f^1                     (B9)
///   F_i    += sum over j of  dE/dr_ij,   r_ij = x_j - x_i, both directions of the pair (B12)
///
/// with p_ij[c] = sum over a of dE/dV'_i[a,c] u_ij[a] for (8'), else 0.
///
/// Source   docs/model.md (B6) to (B9), (B12), (B13). Differs: (B10) and (B11) become dE/df df/dd,
///          the slope of the same spline, so forces are the gradient of the energy computed.
/// Shapes   features as above; adjoints of messages (in) and of features (out), as features; not
///          the same memory. In the first layer adjoint_features is not written and may be null.
/// Units    adjoints in eV; forces in eV/Angstrom; virials in eV.
/// Work     edges x channels x (24 + 42) fused multiply-adds: both ends of a pair work out its
///          gradient, which is what it costs to scatter nothing. An edge reads 48 bytes of table
///          and 32 of features and adjoints a channel (32 and 20 in the first layer). Mapping as
///          forward.
/// Result   the same bits at every block width and in every batch, with virials or without;
///          within 1e-5 of the largest force of the double reference.
///
/// forces    `set` for the layer that comes first in the backward pass, else `add`.
/// virials   null, or [n_atoms][9], set or added to like forces: the sum over j of
///           r_ij (x) dE/dr_ij / 2. A system's virial is the sum over its atoms.
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
                                    Stream stream);

}  // namespace fusemd
