// SPDX-License-Identifier: MIT
// The exact filter network on pairs (model.md (2) to (6)), value and slope together in forward
// mode, stored for the message kernels. The path of `--filters exact`: several times the cost of
// tables.
#if defined(FUSEMD_FILTERS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_FILTERS_INL_HPP
#undef FUSEMD_FILTERS_INL_HPP
#else
#define FUSEMD_FILTERS_INL_HPP
#endif

#include "host/cpu/simd/activation-inl.hpp"
#include "host/cpu/simd/dense-inl.hpp"
#include "host/cpu/workspace.hpp"
#include "host/student_math.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::cpu::HWY_NAMESPACE {

/// Pairs of one dense product: a row for the value and one for the slope of each.
inline constexpr std::size_t kPairsPerTile = kRowsPerTile / 2;

template <class T>
struct FilterScratch {
  explicit FilterScratch(const PackedModel<T>& model)
      : basis(kRowsPerTile * model.n_rbf),
        hidden(kRowsPerTile * model.hidden),
        filters(kRowsPerTile * 3 * model.hidden) {}
  AlignedBuffer<T> basis, hidden, filters;
  double cutoff[kPairsPerTile] = {}, cutoff_slope[kPairsPerTile] = {};  ///< fc, fc' of (3)
};

/// The radial basis of up to six pairs, (4) or (4'): a row of values and one of slopes each.
template <class T>
HWY_NOINLINE void expand_basis(const PackedModel<T>& model,
                               const Workspace<T>& work,
                               std::size_t first_pair,
                               std::size_t n_pairs,
                               FilterScratch<T>& scratch) {
  const bool cutoff_on_filter = model.config.cutoff_applied_to == CutoffAppliedTo::filter;
  for (std::size_t p = 0; p < n_pairs; ++p) {
    const double inverse = static_cast<double>(work.pair_inverse[first_pair + p]);
    const double distance = 1.0 / inverse - kDistanceEpsilon;
    const auto [cutoff, cutoff_slope] = cutoff_function(distance, model.cutoff);
    scratch.cutoff[p] = cutoff;
    scratch.cutoff_slope[p] = cutoff_slope;
    T* HWY_RESTRICT value = scratch.basis.data() + 2 * p * model.n_rbf;
    T* HWY_RESTRICT slope = value + model.n_rbf;
    for (std::size_t b = 0; b < model.n_rbf; ++b) {
      const auto [g, dg] = radial_gaussian(distance, model.basis.centers[b], model.basis.gammas[b]);
      value[b] = static_cast<T>(cutoff_on_filter ? g : g * cutoff);
      slope[b] = static_cast<T>(cutoff_on_filter ? dg : dg * cutoff + g * cutoff_slope);
    }
  }
}

/// Filters of up to six pairs of one layer.
template <class T>
HWY_NOINLINE void exact_filters(const PackedModel<T>& model,
                                Workspace<T>& work,
                                std::size_t layer,
                                std::size_t first_pair,
                                std::size_t n_pairs,
                                FilterScratch<T>& scratch) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const std::size_t hidden = model.hidden, rows = 2 * n_pairs;
  const PackedFilterNetwork<T>& network = model.layers[layer].filter_network;
  const bool cutoff_on_filter = model.config.cutoff_applied_to == CutoffAppliedTo::filter;
  expand_basis(model, work, first_pair, n_pairs, scratch);
  T* HWY_RESTRICT h = scratch.hidden.data();
  dense(rows, scratch.basis.data(), model.n_rbf, network.first, h, hidden);
  for (std::size_t p = 0; p < n_pairs; ++p) {
    T* HWY_RESTRICT value_row = h + 2 * p * hidden;
    T* HWY_RESTRICT slope_row = value_row + hidden;
    for (std::size_t c = 0; c < hidden; c += kLanes<T>) {
      V value, slope;
      silu(d, hn::Add(hn::Load(d, value_row + c), hn::Load(d, network.first.bias.data() + c)),
           value, slope);
      hn::Store(value, d, value_row + c);
      hn::Store(hn::Mul(slope, hn::Load(d, slope_row + c)), d, slope_row + c);
    }
  }
  T* HWY_RESTRICT f = scratch.filters.data();
  dense(rows, h, hidden, network.second, f, 3 * hidden);
  T* HWY_RESTRICT stored = work.stored_filters[layer].data();
  for (std::size_t p = 0; p < n_pairs; ++p) {
    const V fc = hn::Set(d, static_cast<T>(cutoff_on_filter ? scratch.cutoff[p] : 1.0));
    const V dfc = hn::Set(d, static_cast<T>(cutoff_on_filter ? scratch.cutoff_slope[p] : 0.0));
    for (std::size_t filter = 0; filter < 3; ++filter) {
      for (std::size_t c = 0; c < hidden; c += kLanes<T>) {
        const std::size_t column = filter * hidden + c;
        const V w = hn::Add(hn::Load(d, f + 2 * p * 3 * hidden + column),
                            hn::Load(d, network.second.bias.data() + column));
        const V dw = hn::Load(d, f + (2 * p + 1) * 3 * hidden + column);
        T* HWY_RESTRICT out =
            stored + ((c / kBlock) * work.pair_capacity + first_pair + p) * kStoredFilterStride +
            filter * kBlock + c % kBlock;
        hn::Store(hn::Mul(fc, w), d, out);
        hn::Store(hn::MulAdd(dfc, w, hn::Mul(fc, dw)), d, out + 3 * kBlock);
      }
    }
  }
}

}  // namespace fusemd::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
