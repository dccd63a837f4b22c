// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/cpu/aligned_buffer.hpp"
#include "host/cpu/packed_model.hpp"
#include "host/potential.hpp"

namespace fusemd::cpu {

/// Atoms of one dense product: 12 rows by two vectors of columns fill the AVX-512 register file.
inline constexpr std::size_t kRowsPerTile = 12;

/// The epsilon of docs/model.md (1): u = r / (d + eps), in Angstrom.
inline constexpr double kDistanceEpsilon = 1e-8;

/// Kernels write whole vectors of pairs: every slab keeps this much room behind its last pair.
inline constexpr std::size_t kPairSlack = 16;

/// Features of one atom and block: scalars, then x, y, z of the vectors, 32 channels each.
inline constexpr std::size_t kFeatureStride = 4 * kBlock;

/// Stored filters of one pair and block: f^s, f^1, f^2 and then their slopes, 32 channels each.
inline constexpr std::size_t kStoredFilterStride = 6 * kBlock;

/// A contiguous range of atoms (in the engine's order) and the memory of their pairs. Slabs are at
/// least one cutoff thick, so a pair joins atoms of one slab or of two neighbouring ones: even
/// slabs can be worked on at the same time without touching the same atom, then the odd ones.
struct Slab {
  std::uint32_t first_atom = 0, last_atom = 0;      ///< [first, last)
  std::uint32_t first_pair = 0, pair_capacity = 0;  ///< where the pairs lie, and room for how many
  std::uint32_t n_pairs = 0;  ///< found; more than the capacity: not all written
};

/// Cells of a large system, one row of `nz` cells an (slab, y) pair; see cell_order.hpp.
struct CellGrid {
  std::uint32_t slabs = 1, ny = 1, nz = 1;
  AlignedBuffer<std::uint32_t> start;  ///< [slabs ny nz + 1] first atom (rank) of each cell
  AlignedBuffer<std::uint32_t> cell;   ///< [n] cell of each atom, by rank
};

/// Everything that one evaluation writes. Atoms are in the engine's own order (rank); `order` maps
/// a rank to the caller's index.
template <class T>
struct Workspace {
  Workspace(const PackedModel<T>& model, std::span<const int> atomic_numbers);

  std::size_t n_atoms = 0;
  std::vector<int> atomic_numbers;  ///< by the caller's index
  double reference_energy = 0.0;    ///< eV, the constant part of the energy
  bool store_filters = false;       ///< the forward pass keeps filters for the backward pass

  // Order, slabs and cells: a function of the positions alone.
  AlignedBuffer<std::uint32_t> order;  ///< [n] rank -> caller's index
  std::vector<Slab> slabs;
  bool use_cells = false;
  CellGrid grid;

  // Geometry, double; padded so that whole vectors can be read past the end.
  AlignedBuffer<double> x, y, z;

  // Pairs (i before j in the order, d <= cutoff), grouped by i.
  AlignedBuffer<std::uint32_t> pair_begin, pair_end;  ///< [n]
  AlignedBuffer<std::uint32_t> pair_j;                ///< [pairs]
  AlignedBuffer<std::uint32_t> pair_interval;         ///< [pairs] table interval k
  AlignedBuffer<T> pair_geometry;                     ///< [pairs][4]: u_x, u_y, u_z, t
  AlignedBuffer<T> pair_inverse;                      ///< [pairs] 1 / (d + 1e-8), 1/Angstrom
  AlignedBuffer<T> pair_weights;                      ///< [pairs][8]: B_m(t), then dB_m/dt
  AlignedBuffer<T> pair_gradient;  ///< [blocks][pairs][4]: dE/du (3), dE/dd in table units
  std::size_t pair_capacity = 0;

  // Features and their adjoints: [block][atom][4][32]. A large system's stream through the caches
  // at every stage, so nothing is kept that can be read elsewhere or has been used.
  AlignedBuffer<std::uint32_t> embedding_at;   ///< [n] by rank: where the atom's embedding starts
  std::vector<AlignedBuffer<T>> features_in;   ///< s, V of docs/model.md, an entry a layer; the
                                               ///< first, the embedding, is empty
  std::vector<AlignedBuffer<T>> features_out;  ///< s', V'; once used, dE/ds', dE/dV' in their place
  AlignedBuffer<T> adjoint_in;                 ///< dE/ds, dE/dV of the layer's input

  // What the update's backward pass needs of its forward pass, all layers but the last:
  // [layer][atom][hidden].
  std::vector<AlignedBuffer<T>> norms, silu_slopes;
  std::vector<AlignedBuffer<T>> gates;  ///< [layer][atom][gates][hidden]

  std::vector<AlignedBuffer<T>> stored_filters;  ///< [layer][block][pairs][6][32], if kept

  AlignedBuffer<T> forces;              ///< [n][4], by rank
  AlignedBuffer<double> atom_energies;  ///< [n], by rank

  /// Room for this many pairs (never fewer than before). Growing loses the pairs.
  void ensure_pairs(const PackedModel<T>& model, std::size_t count);
};

extern template struct Workspace<float>;
extern template struct Workspace<double>;

}  // namespace fusemd::cpu
