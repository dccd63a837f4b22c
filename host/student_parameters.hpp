// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <vector>

#include "weights/model.hpp"

namespace fusemd {

// A student model's tensors widened to double under the names of docs/model.md. The tensors' own
// names stand in student_parameters.cpp and in weights/, nowhere else in host/.

/// A dense layer y = W x + b.
struct Linear {
  std::size_t n_out = 0, n_in = 0;
  std::vector<double> weight;  ///< [n_out][n_in]
  std::vector<double> bias;    ///< [n_out]
};

/// Gaussians of equation (2), [R] each.
///
/// The float32 numbers of the file are the model; they are widened, never recomputed: a linspace in
/// double would be another model, 1e-8 Angstrom away.
struct RadialBasis {
  std::vector<double> centers;  ///< mu_k, Angstrom
  std::vector<double> gammas;   ///< 1 / width_k^2, 1/Angstrom^2
};

/// The filter network of one layer, equations (5) and (6).
struct FilterNetwork {
  Linear hidden;  ///< W1, c1: R -> H
  Linear output;  ///< W2, c2: H -> 3H, blocks f^s, f^1, f^2
};

/// The update of one layer, equations (10), (11) and (13).
struct UpdateNetwork {
  Linear hidden;                   ///< U1, e1: 2H -> H, input s' then n
  Linear output;                   ///< U2, e2: H -> 3H, blocks alpha, beta, delta
  std::array<double, 9> mixing{};  ///< M, row-major; zeros if vector_mixing is none
};

/// Equation (14).
struct Readout {
  Linear first;   ///< A1, a1: H -> H/2
  Linear second;  ///< A2, a2: H/2 -> H/4
  Linear third;   ///< A3, a3: H/4 -> 1
};

/// Everything that the energy of a student model is computed from.
struct StudentParameters {
  StudentConfig config;
  RadialBasis basis;
  std::vector<double> embedding;       ///< [max_z + 1][H], row = atomic number
  std::vector<FilterNetwork> filters;  ///< [L]
  std::vector<UpdateNetwork> updates;  ///< [L]
  Readout readout;
  std::map<int, double> reference_energies;  ///< eV by atomic number; absent: 0
};

/// Needs a model whose tensors are those of student_tensor_shapes(): read_model() guarantees it.
StudentParameters student_parameters(const Model& model);

/// Parts of it, for callers that need no more.
RadialBasis radial_basis(const Model& model);
FilterNetwork filter_network(const Model& model, int layer);

}  // namespace fusemd
