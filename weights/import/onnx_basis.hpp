// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weights/import/onnx_graph.hpp"

namespace fusemd::checkpoint {

/// The radial basis of a graph: exp(-gamma_k (d - mu_k)^2).
struct OnnxBasis {
  StoredTensor centers;                ///< mu [R], as the graph has them
  std::optional<StoredTensor> widths;  ///< w [R], if the graph has them; else they follow:
  std::vector<float> computed_widths;  ///< w = 1 / sqrt(gamma) of a folded gamma
  std::optional<double> cutoff;        ///< what distances are compared with
};

/// Finds the basis behind the graph's Exp: a difference with R constants, squared, times a factor
/// that follows from constants. If the exporter folded the factor, w is the float32 whose gamma,
/// computed in float32 as the module does, is the one in the graph; of several, the even rc / R.
///
/// Errors   InputError without file: no such expression, or two.
OnnxBasis find_onnx_basis(const OnnxGraph& graph, std::size_t num_rbf);

}  // namespace fusemd::checkpoint
