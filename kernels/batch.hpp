// SPDX-License-Identifier: MIT
#pragma once
// How a batch of structures lies in device memory: the views that kernels and launchers share.
// Each is a few bare pointers, passed to kernels by value; somebody else owns the memory.

#include <cstddef>
#include <cstdint>

#include "kernels/platform.hpp"

namespace fusemd {

/// Which atoms form which system. Systems are molecules, replicas or structures of one batch; atoms
/// are concatenated, system s owning [system_start[s], system_start[s + 1]).
///
/// What a kernel computes for a system never depends on the others nor on its place in the batch.
struct BatchView {
  std::uint32_t n_systems = 0;
  std::uint32_t n_atoms = 0;
  const std::uint32_t* system_start = nullptr;  ///< [n_systems + 1], ascending, first 0
  const std::uint32_t* system = nullptr;        ///< [n_atoms]: the system that an atom belongs to
  const std::uint32_t* element = nullptr;       ///< [n_atoms]: row of the embedding
};

/// Positions in Angstrom, [n_atoms] each.
struct PositionsView {
  const double* x = nullptr;
  const double* y = nullptr;
  const double* z = nullptr;
};

/// Forces in eV/Angstrom, [n_atoms] each.
struct ForcesView {
  double* x = nullptr;
  double* y = nullptr;
  double* z = nullptr;
};

/// Features of atoms: [n_atoms][4][n_channels] floats, the components s, V_x, V_y, V_z in rows of
/// n_channels. Features, messages and the adjoints of both (dE/ds, dE/dV) all lie like this.
/// n_channels is a multiple of 4 and the base is aligned to 16 bytes, so that four channels are one
/// load.
inline constexpr std::uint32_t kFeatureComponents = 4;

/// Where an atom's features begin.
[[nodiscard]] FUSEMD_HD constexpr std::size_t feature_offset(std::uint32_t atom,
                                                             std::uint32_t n_channels) {
  return std::size_t{atom} * kFeatureComponents * n_channels;
}

/// Directed edges by receiver: row i holds the neighbours j of atom i, slots start[i] to start[i] +
/// count[i]. start, made once by the host, says how much room a row has; count is made by a
/// neighbour search. Both directions of a pair are in the list, each in its receiver's row.
///
///   geometry = (u_x, u_y, u_z, d),   r = x_j - x_i,  d = |r| in Angstrom,  u = r / (d + 1e-8)
///
/// (equation (1) of docs/model.md: j is the source, i the destination), computed in double and
/// rounded once, so that the two directions of a pair have the same d and exactly opposite u.
struct EdgesView {
  const std::uint32_t* start = nullptr;  ///< [n_atoms + 1], ascending, first 0
  const std::uint32_t* count = nullptr;  ///< [n_atoms]
  const std::uint32_t* j = nullptr;      ///< [start[n_atoms]]
  const float* geometry = nullptr;       ///< [start[n_atoms]][4], aligned to 16 bytes
};

/// The same for those who write it.
struct MutableEdges {
  const std::uint32_t* start = nullptr;
  std::uint32_t* count = nullptr;
  std::uint32_t* j = nullptr;
  float* geometry = nullptr;

  FUSEMD_HD operator EdgesView() const {  // NOLINT(google-explicit-constructor): as T* to const T*
    return {start, count, j, geometry};
  }
};

/// eps of equation (1), Angstrom.
inline constexpr double kDistanceEpsilon = 1e-8;

}  // namespace fusemd
