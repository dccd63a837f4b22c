// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "host/reference/matrix.hpp"
#include "host/student_parameters.hpp"
#include "host/vec3.hpp"

namespace fusemd::reference {

// The student architecture as docs/model.md writes it: double precision, one number after the
// other, nothing folded or skipped. Every intermediate stays readable, so that a faster engine can
// be compared stage by stage.
//
// Shapes use n atoms, E directed edges, H channels, R basis functions, L layers. A vector feature V
// is a Matrix of 3n rows: row 3 i + a holds component a (x, y, z) of atom i.

/// Equation (1): all ordered pairs of distinct atoms with d <= rc, ordered by source, then
/// destination.
struct Edges {
  std::vector<std::size_t> source, destination;     ///< [E]
  std::vector<std::array<double, 3>> displacement;  ///< r = x_source - x_destination, Angstrom
  std::vector<std::array<double, 3>> direction;     ///< u = r / (d + 1e-8)
  std::vector<double> distance;                     ///< d, Angstrom

  std::size_t size() const { return source.size(); }
};

/// One layer's values, in the order in which they are computed.
struct LayerValues {
  Matrix s_in;           ///< s [n][H]
  Matrix v_in;           ///< V [3n][H]
  Matrix filter_hidden;  ///< h [E][H], (5)
  Matrix filter_uncut;   ///< w [E][3H], (6'); equal to the filter if the basis is cut instead
  Matrix filter;         ///< f [E][3H], (6): blocks f^s, f^1, f^2
  Matrix s_message;      ///< s' [n][H], (7)
  Matrix v_message;      ///< V' [3n][H], (8)
  Matrix norm;           ///< n [n][H], (9)
  Matrix update_hidden;  ///< q [n][H], (10)
  Matrix gates;          ///< alpha, beta, delta [n][3H], (11)
  Matrix v_mixed;        ///< M V' [3n][H], (13); zero without mixing
};

/// The forward pass.
struct Values {
  Edges edges;
  std::vector<double> cutoff, cutoff_slope;  ///< fc, fc' [E], (3)
  Matrix basis;                              ///< b [E][R], (4) or (4')
  Matrix basis_slope;                        ///< db/dd [E][R]
  std::vector<LayerValues> layers;           ///< [L]
  Matrix s, v;                               ///< the last layer's output, (12) and (13)
  Matrix readout_first, readout_second;      ///< z1 [n][H/2], z2 [n][H/4], (14)
  std::vector<double> atomic_energies;       ///< [n], eV, without reference energies
};

/// dE/dX for each X of LayerValues that has a name of its own in the backward pass.
struct LayerGradients {
  Matrix gates;       ///< (B2) [n][3H]
  Matrix norm;        ///< (B4) [n][H]
  Matrix s_message;   ///< (B4) [n][H]
  Matrix v_message;   ///< (B5) [3n][H]
  Matrix filter;      ///< (B6) [E][3H]
  Matrix s_in, v_in;  ///< (B8), (B9); of layer 0: the gradient of the embedded atoms
};

/// The backward pass.
struct Gradients {
  Matrix s, v;                                      ///< (B1): of the last layer's output
  std::vector<LayerGradients> layers;               ///< [L]
  std::vector<std::array<double, 3>> direction;     ///< u_, (B7) [E]
  Matrix basis;                                     ///< b_, (B10) [E][R]
  std::vector<double> cutoff;                       ///< fc_, (B10') [E]; 0 if the basis is cut
  std::vector<double> distance;                     ///< d_, (B11) [E], eV/Angstrom
  std::vector<std::array<double, 3>> displacement;  ///< r_, (B12) [E], eV/Angstrom
};

/// Overwrites `values` with the forward pass. Its memory is kept from call to call.
///
/// Needs    atomic numbers within the embedding, finite positions (Angstrom), the same number of
/// both. Result   deterministic: sums run in the order of edges, atoms and channels.
void forward(const StudentParameters& parameters,
             std::span<const int> atomic_numbers,
             std::span<const Vec3> positions,
             Values& values);

/// Overwrites `gradients` with dE/dX, E the sum of the atomic energies.
///
/// Needs    `values` as forward() left them.
void backward(const StudentParameters& parameters, const Values& values, Gradients& gradients);

}  // namespace fusemd::reference
