// SPDX-License-Identifier: MIT
#include "host/cpu/workspace.hpp"

#include <algorithm>

namespace fusemd::cpu {
namespace {

/// Up to this many atoms every pair is tested; above it atoms are sorted into cells at each step.
/// Measured with 0 and 999 here, `fusemd-bench sizes`, Zen 4, AVX-512, us an evaluation, all
/// pairs against cells: 156 atoms 2548 / 2543 (original), 569 / 580 (tiny), 246 / 245 (ultra_tiny);
/// 204 atoms 3663 / 3644, 806 / 794, 342 / 346; 504 atoms 10331 / 10172, 2580 / 2328, 1067 / 1007.
/// So the two meet between 150 and 200 atoms.
constexpr std::size_t kAllPairsUpTo = 160;

/// Widest vector in elements: kernels read and write whole vectors past the end of pair and atom
/// arrays.
constexpr std::size_t kSlack = 64;

/// Keeping filters costs 768 bytes a pair, block and layer in single precision. Past this, counted
/// as if all pairs were within the cutoff, they crowd the second-level cache, and the backward pass
/// evaluates the table again. Measured with 0 and 100 MB here, `fusemd-bench sizes`, Zen 4,
/// AVX-512, us an evaluation, kept against evaluated again (rows): tiny 27.3 / 27.8 at 12 atoms
/// (0.2 MB), 61.0 / 62.0 at 24 (0.8 MB), 133 / 131 at 48 (3.5 MB), 312 / 299 at 96 (14 MB);
/// original 651 / 589 at 48 (14 MB). AVX2, MD of benzene (0.6 MB): original 58.8 / 57.4 steps/s per
/// GF/s.
constexpr std::size_t kStoredFilterBytes = std::size_t{1} << 20U;

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
  embedding_at.ensure(n + kSlack);
  features_in.resize(layers);
  features_out.resize(layers);
  norms.resize(layers - 1);
  silu_slopes.resize(layers - 1);
  gates.resize(layers - 1);
  stored_filters.resize(layers);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    if (layer > 0) features_in[layer].ensure(features);
    features_out[layer].ensure(features);
    if (layer + 1 == layers) break;
    norms[layer].ensure(n * model.hidden);
    silu_slopes[layer].ensure(n * model.hidden);
    gates[layer].ensure(n * model.gates * model.hidden);
  }
  adjoint_in.ensure(features);

  const std::size_t all_pairs = n * (n - std::min<std::size_t>(n, 1)) / 2;
  if (!use_cells) {
    const auto capacity = static_cast<std::uint32_t>(all_pairs + kPairSlack);
    slabs = {Slab{0, static_cast<std::uint32_t>(n), 0, capacity, 0}};
  }
  const std::size_t stored_bytes =
      all_pairs * model.blocks * layers * kStoredFilterStride * sizeof(T);
  store_filters = !model.tabulated || stored_bytes <= kStoredFilterBytes;
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
