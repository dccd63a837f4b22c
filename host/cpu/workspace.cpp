// SPDX-License-Identifier: MIT
#include "host/cpu/workspace.hpp"

#include <algorithm>

namespace fusemd::cpu {
namespace {

/// Up to this many atoms every pair is tested; above it atoms are sorted into cells at each step. A
/// choice, not a measured crossing: 160 atoms are 12,720 tests, eight to a vector.
constexpr std::size_t kAllPairsUpTo = 160;

/// Widest vector in elements: kernels read and write whole vectors past the end of pair and atom
/// arrays.
constexpr std::size_t kSlack = 64;

/// Keeping filters costs 768 bytes a pair, block and layer in single precision. Past this they
/// would fill half of a second-level cache of 1 MB, and the table is evaluated again instead.
constexpr std::size_t kStoredFilterBytes = 512 * 1024;

}  // namespace

template <class T>
Workspace<T>::Workspace(const PackedModel<T>& model, std::span<const int> numbers)
    : n_atoms(numbers.size()), atomic_numbers(numbers.begin(), numbers.end()) {
  const std::size_t n = n_atoms;
  order.ensure(n + kSlack);
  for (std::size_t k = 0; k < n; ++k) order[k] = static_cast<std::uint32_t>(k);
  use_cells = n > kAllPairsUpTo;
  for (auto* coordinate : {&x, &y, &z}) coordinate->ensure(n + kSlack);
  pair_begin.ensure(n + 1);
  pair_end.ensure(n + 1);
  forces.ensure(4 * n + kSlack);
  atom_energies.ensure(n + kSlack);
  for (const int z_atom : numbers) {
    reference_energy += model.reference_energies[static_cast<std::size_t>(z_atom)];
  }

  const std::size_t features = model.blocks * n * kFeatureStride;
  const std::size_t layers = model.n_layers;
  features_in.resize(layers);
  features_out.resize(layers);
  norms.resize(layers);
  silu_slopes.resize(layers);
  gates.resize(layers);
  stored_filters.resize(layers);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    features_in[layer].ensure(features);
    features_out[layer].ensure(features);
    norms[layer].ensure(n * model.hidden);
    silu_slopes[layer].ensure(n * model.hidden);
    if (layer + 1 < layers) gates[layer].ensure(n * model.gates * model.hidden);
  }
  adjoint_out.ensure(features);
  adjoint_in.ensure(features);

  const std::size_t all_pairs = n * (n - std::min<std::size_t>(n, 1)) / 2;
  if (!use_cells) {
    const auto capacity = static_cast<std::uint32_t>(all_pairs + kPairSlack);
    slabs = {Slab{0, static_cast<std::uint32_t>(n), 0, capacity, 0}};
  }
  const std::size_t stored_bytes =
      all_pairs * model.blocks * layers * kStoredFilterStride * sizeof(T);
  store_filters = !model.tabulated || (model.table_layout == TableLayout::monomials &&
                                       stored_bytes <= kStoredFilterBytes);
  if (!use_cells) ensure_pairs(model, slabs[0].pair_capacity);
}

template <class T>
void Workspace<T>::ensure_pairs(const PackedModel<T>& model, std::size_t count) {
  if (count <= pair_capacity) return;
  pair_capacity = count;
  const std::size_t padded = count + kSlack;
  pair_j.ensure(padded);
  pair_interval.ensure(padded);
  pair_geometry.ensure(4 * padded);
  pair_inverse.ensure(padded);
  if (model.table_layout == TableLayout::rows) pair_weights.ensure(8 * padded);
  pair_gradient.ensure(model.blocks * 4 * padded);
  if (store_filters) {
    for (auto& filters : stored_filters) {
      filters.ensure(model.blocks * padded * kStoredFilterStride);
    }
  }
}

template struct Workspace<float>;
template struct Workspace<double>;

}  // namespace fusemd::cpu
