// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "benchmarks/micro/case.hpp"
#include "host/cpu/kernels.hpp"

namespace fusemd::benchmarks {

/// What decides a stage's work.
struct StageSize {
  std::size_t n_atoms = 0, n_pairs = 0;
  std::size_t n_tested = 0;  ///< pairs whose distance is looked at; 0: only those within the cutoff
  std::size_t n_table_rows = 0;  ///< table_rows()
  bool filters_kept = false;  ///< the forward pass stores filters and slopes for the backward pass
};

/// Rows of coefficients of a channel and filter that the pairs of an evaluation read, each counted
/// once.
std::size_t table_rows(const cpu::PackedModel<float>& model, const cpu::Workspace<float>& work);

/// Flops and bytes that the result of a stage needs, by formula; the whole of an evaluation is the
/// sum over its stages, 2 n ((L-1) 8 H^2 + 6.25 H^2) + p H (65 + 127 (L-1)) flops with kept tables
/// beside small terms.
///
/// A flop is an addition or a multiplication in single precision. Double-precision ones of the
/// geometry count twice, SiLU as 20, a Gaussian of the radial basis as 40 (in double).
Work stage_work(const cpu::PackedModel<float>& model,
                const StageSize& size,
                cpu::Stage stage,
                std::size_t layer);

/// All stages of an evaluation.
Work evaluation_work(const cpu::PackedModel<float>& model, const StageSize& size);

}  // namespace fusemd::benchmarks
