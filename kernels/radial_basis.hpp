// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "kernels/batch.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

/// Gaussians of distance and the cutoff function, as a model defines them.
struct RadialBasisView {
  const float* centers = nullptr;  ///< mu_k, [n], Angstrom
  const float* gammas = nullptr;   ///< [n], 1/Angstrom^2
  std::uint32_t n = 0;
  float cutoff = 0.0f;     ///< rc, Angstrom
  bool cut_basis = false;  ///< (4), the seed's: the cutoff function multiplies the basis, else (4')
};

/// Expands every edge's distance in the radial basis: the stage alone, as benchmarks and tests see
/// it. Inside the exact convolution (kernels/exact_convolution.hpp) it is fused and writes nothing.
///
///   b_k = exp(-gamma_k (d - mu_k)^2) fc(d),   fc(d) = (cos(pi d / rc) + 1) / 2 for d < rc, else 0
///
/// with (4); without the factor fc with (4').
///
/// Source   docs/model.md (2) to (4'). The expansion is that of Schuett et al., NeurIPS 30 (2017),
///          the cutoff that of Behler & Parrinello, PRL 98, 146401 (2007). Differs: none.
/// Shapes   values, slopes [start[n_atoms]][n], row k of slot k; slots without an edge are left
///          alone. slopes, db/dd, may be null.
/// Units    distances in Angstrom; values have none, slopes 1/Angstrom.
/// Work     an edge and function: one exponential, about 6 flops, 4 (8) bytes written: bound by
///          those. One warp an atom, a lane a number.
/// Result   the same bits at every block width; within 1e-6 of the value in double (the exponent's
///          rounding and the special-function unit), slopes within 1e-5.
/// Errors   DeviceError if the launch is refused. No atoms: nothing is launched.
/// Tests    test/simt/kernels/test_radial_basis.cpp
void radial_basis(const RadialBasisView& basis,
                  std::uint32_t n_atoms,
                  const EdgesView& edges,
                  float* values,
                  float* slopes,
                  const LaunchPolicy& policy,
                  Stream stream);

}  // namespace fusemd
