// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "weights/model.hpp"

namespace fusemd {

/// One layer's filter as a function of distance, and its exact derivative: what filter tables are
/// built from and measured against.
///
///   cutoff_applied_to = rbf:     f(d) = W2 SiLU(W1 (g(d) fc(d)) + c1) + c2
///   cutoff_applied_to = filter:  f(d) = fc(d) (W2 SiLU(W1 g(d) + c1) + c2)
///
/// Source   docs/model.md (2) to (6), (4') and (6'); the derivative by the chain rule in forward
/// mode. Shapes   distances [n]; f, df [n][3H], overwritten: blocks f^s, f^1, f^2. An empty df is
/// left out,
///          which halves the work.
/// Units    distances in Angstrom; f has no unit, df is 1/Angstrom.
/// Needs    0 <= layer < L; 0 <= d <= rc. At d = rc both are the limits from inside. There fc and
/// fc'
///          are 0, so with `filter` f = df = 0, while with `rbf` df = 0 but f = W2 SiLU(c1) + c2:
///          not 0, and the energy jumps where a pair crosses the cutoff.
/// Work     n (R H + 3 H^2) multiply-adds in double, twice that with df. 513 distances, three
/// layers of
///          the largest shipped model (H = 128), values only: 79 million.
/// Result   depends on one distance alone: a row has the same bits in any batch.
void evaluate_filters(const Model& model,
                      int layer,
                      std::span<const double> distances,
                      std::span<double> f,
                      std::span<double> df);

}  // namespace fusemd
