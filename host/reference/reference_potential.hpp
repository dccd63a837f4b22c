// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "host/potential.hpp"
#include "weights/model.hpp"

namespace fusemd::reference {

/// The reference engine: docs/model.md in double precision, exact filters, all pairs of atoms,
/// forces by the hand-derived backward pass. It is what every other engine is compared with.
///
///   E = sum_i (atomic energy of (14) + reference energy of the element)
///   F = -x_ of (B13);   virial as (15)
///
/// so the virial is dE/dstrain[a][b] for positions, as rows, turned into x (1 + strain).
///
/// Work     E edges: about 2 E L (R H + 3 H^2) multiply-adds forward and as much backward, plus n^2
///          distances: for checks, not for long runs.
/// Result   deterministic; sums in the order of edges and atoms. Forces within 1e-11 eV/Angstrom of
///          automatic differentiation in double.
/// Differs  from what Evaluator promises: it allocates scratch memory in every call.
std::unique_ptr<Potential> make_reference_potential(const Model& model);

}  // namespace fusemd::reference
