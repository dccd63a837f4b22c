// SPDX-License-Identifier: MIT
// Filters of pairs and their slopes, exact or interpolated between knots, and the way back from
// their gradients to the filter network's weights (docs/training.md (T0), (T3)).
#if defined(FUSEMD_TRAIN_FILTERS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_TRAIN_FILTERS_INL_HPP
#undef FUSEMD_TRAIN_FILTERS_INL_HPP
#else
#define FUSEMD_TRAIN_FILTERS_INL_HPP
#endif

#include "host/train/simd/products-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::train::HWY_NAMESPACE {

/// Distances handled between the dense products of a filter network, so that their rows stay in
/// the second cache.
inline constexpr std::size_t kFilterChunk = 48;

/// sin(x) and cos(x) for |x| <= pi/2 by their Taylor series: the first term left out is 6e-8 in
/// float (x^13 / 13!) and 1e-17 in double.
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE void sine_cosine(D d, V x, V& sine, V& cosine) {
  constexpr int kTerms = sizeof(T) == 4 ? 6 : 11;
  const V x2 = hn::Mul(x, x);
  V s = hn::Set(d, T(0)), c = hn::Set(d, T(0));
  double factorial = 1.0;  // (2 kTerms)!
  for (int k = 2; k <= 2 * kTerms; ++k) factorial *= k;
  for (int k = kTerms; k >= 0; --k) {
    const double sign = k % 2 == 0 ? 1.0 : -1.0;
    c = hn::MulAdd(c, x2, hn::Set(d, static_cast<T>(sign / factorial)));
    s = hn::MulAdd(s, x2, hn::Set(d, static_cast<T>(sign / (factorial * (2 * k + 1)))));
    if (k > 0) factorial /= (2.0 * k) * (2.0 * k - 1.0);
  }
  sine = hn::Mul(s, x);
  cosine = c;
}

/// fc and fc' of whole vectors of distances; 0 from the cutoff on.
template <class T>
HWY_NOINLINE void cutoff_functions(const T* HWY_RESTRICT distance,
                                   std::size_t count,
                                   double cutoff,
                                   T* HWY_RESTRICT value,
                                   T* HWY_RESTRICT slope) {
  const Tag<T> d;
  const auto half = hn::Set(d, T(0.5)), pi = hn::Set(d, T(3.14159265358979323846));
  const auto inverse = hn::Set(d, static_cast<T>(1.0 / cutoff));
  const auto scale = hn::Set(d, static_cast<T>(-0.5 * 3.14159265358979323846 / cutoff));
  for (std::size_t p = 0; p < count; p += kLanes<T>) {
    const auto r = hn::Load(d, distance + p);
    // cos(pi d / rc) = -sin(t) and sin(pi d / rc) = cos(t) with t = pi (d / rc - 1/2).
    auto t = hn::Mul(pi, hn::MulSub(r, inverse, half));
    t = hn::Min(t, hn::Mul(pi, half));
    hn::Vec<Tag<T>> sine, cosine;
    sine_cosine(d, t, sine, cosine);
    const auto inside = hn::Lt(r, hn::Set(d, static_cast<T>(cutoff)));
    hn::Store(hn::IfThenElseZero(inside, hn::NegMulAdd(half, sine, half)), d, value + p);
    hn::Store(hn::IfThenElseZero(inside, hn::Mul(scale, cosine)), d, slope + p);
  }
}

/// (T0): g and g' = dg/dd of `count` distances: [2 count][R padded].
template <class T>
HWY_NOINLINE void radial_functions(const RadialBasis& radial,
                                   const T* HWY_RESTRICT distance,
                                   std::size_t count,
                                   T* HWY_RESTRICT basis) {
  const Tag<T> d;
  const std::size_t n = radial.centers.size(), stride = padded(n);
  constexpr std::size_t kMost = 256;  // ModelBounds::kMaxRbf
  HWY_ALIGN T centers[kMost] = {};
  HWY_ALIGN T gammas[kMost] = {};
  for (std::size_t k = 0; k < n; ++k) {
    centers[k] = static_cast<T>(radial.centers[k]);
    gammas[k] = static_cast<T>(radial.gammas[k]);
  }
  // Further out the Gaussian is as good as 0, and its exponential would leave the normal numbers.
  const auto least = hn::Set(d, sizeof(T) == 4 ? T(-87) : T(-700));
  for (std::size_t p = 0; p < count; ++p) {
    const auto r = hn::Set(d, distance[p]);
    for (std::size_t k = 0; k < stride; k += kLanes<T>) {
      const auto x = hn::Sub(r, hn::Load(d, centers + k));
      const auto gx = hn::Mul(hn::Load(d, gammas + k), x);
      const auto g = cpu::HWY_NAMESPACE::exponential(d, hn::Max(hn::Neg(hn::Mul(gx, x)), least));
      hn::Store(g, d, basis + p * stride + k);
      hn::Store(hn::Mul(hn::Mul(hn::Set(d, T(-2)), gx), g), d, basis + (count + p) * stride + k);
    }
  }
}

/// A list of `total` distances, of which a filter network sees [begin, end).
template <class T>
struct FilterTask {
  const Shared<T>& shared;
  std::size_t layer, total, begin, end;
  const T* basis;
  const T* cutoff;
  const T* cutoff_slope;
};

/// (T0): a, a', S'(h), S''(h) h', f, f'.
template <class T>
HWY_NOINLINE void filters_forward(const FilterTask<T>& task, FilterRows<T>& out) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const ParameterLayout& layout = task.shared.layout;
  const LayerSlots& slots = layout.layers[task.layer];
  const PackedLayer<T>& packed = task.shared.packed.layers[task.layer];
  const std::size_t h = layout.hidden, width = slots.filter.out, stride = Workspace<T>::row(h),
                    wide = Workspace<T>::row(3 * h), rbf = padded(layout.n_rbf);
  const T* HWY_RESTRICT bias_1 = task.shared.parameters + slots.basis_bias;
  const T* HWY_RESTRICT bias_2 = task.shared.parameters + slots.filter.bias;
  for (std::size_t begin = task.begin; begin < task.end; begin += kFilterChunk) {
    const std::size_t rows = std::min(kFilterChunk, task.end - begin);
    T* HWY_RESTRICT value = out.hidden.data() + begin * stride;
    T* HWY_RESTRICT slope = out.hidden.data() + (task.total + begin) * stride;
    T* HWY_RESTRICT first = out.slope.data() + begin * stride;
    T* HWY_RESTRICT second = out.curvature.data() + begin * stride;
    dense(rows, task.basis + begin * rbf, rbf, packed.basis, value, stride);
    dense(rows, task.basis + (task.total + begin) * rbf, rbf, packed.basis, slope, stride);
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t c = 0; c < h; c += kLanes<T>) {
        const std::size_t at = r * stride + c;
        V s, s1, s2;
        silu_twice(d, hn::Add(hn::Load(d, value + at), hn::Load(d, bias_1 + c)), s, s1, s2);
        const V h_slope = hn::Load(d, slope + at);
        hn::Store(s, d, value + at);
        hn::Store(hn::Mul(s1, h_slope), d, slope + at);
        hn::Store(s1, d, first + at);
        hn::Store(hn::Mul(s2, h_slope), d, second + at);
      }
    }
    T* HWY_RESTRICT f = out.filter.data() + begin * wide;
    T* HWY_RESTRICT df = out.filter.data() + (task.total + begin) * wide;
    dense(rows, value, stride, packed.filter, f, wide);
    dense(rows, slope, stride, packed.filter, df, wide);
    for (std::size_t r = 0; r < rows; ++r) {
      const V fc = hn::Set(d, task.cutoff[begin + r]),
              dfc = hn::Set(d, task.cutoff_slope[begin + r]);
      for (std::size_t c = 0; c < width; c += kLanes<T>) {
        const std::size_t at = r * wide + c;
        const V w = hn::Add(hn::Load(d, f + at), hn::Load(d, bias_2 + c));
        hn::Store(hn::Mul(fc, w), d, f + at);
        hn::Store(hn::MulAdd(fc, hn::Load(d, df + at), hn::Mul(dfc, w)), d, df + at);
      }
    }
  }
}

/// (T3), filters: from w^, w'^ in `gradients` [2 total][row(3H)] to W2^, c2^, W1^, c1^.
/// `scratch` [2 total][row(H)] takes h^, h'^.
template <class T>
HWY_NOINLINE void filters_reverse(const Shared<T>& shared,
                                  std::size_t layer,
                                  std::size_t total,
                                  const FilterRows<T>& rows,
                                  const T* HWY_RESTRICT basis,
                                  const T* HWY_RESTRICT gradients,
                                  T* HWY_RESTRICT scratch,
                                  T* HWY_RESTRICT gradient) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const ParameterLayout& layout = shared.layout;
  const LayerSlots& slots = layout.layers[layer];
  const std::size_t h = layout.hidden, width = slots.filter.out, stride = Workspace<T>::row(h),
                    wide = Workspace<T>::row(3 * h), rbf = padded(layout.n_rbf);
  dense(2 * total, gradients, wide, shared.packed.layers[layer].filter_back, scratch, stride);
  add_weight_gradient(gradients, wide, rows.hidden.data(), stride, 2 * total, width, h,
                      gradient + slots.filter.weight, h);
  add_column_sums(gradients, wide, total, width, gradient + slots.filter.bias);
  T* HWY_RESTRICT value = scratch;
  T* HWY_RESTRICT slope = scratch + total * stride;
  for (std::size_t r = 0; r < total; ++r) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const std::size_t at = r * stride + c;
      const V s1 = hn::Load(d, rows.slope.data() + at),
              s2 = hn::Load(d, rows.curvature.data() + at);
      const V a = hn::Load(d, value + at), da = hn::Load(d, slope + at);
      hn::Store(hn::MulAdd(s1, a, hn::Mul(s2, da)), d, value + at);
      hn::Store(hn::Mul(s1, da), d, slope + at);
    }
  }
  add_weight_gradient(basis, rbf, scratch, stride, 2 * total, layout.n_rbf, h,
                      gradient + slots.basis_weight, h);
  add_column_sums(scratch, stride, total, h, gradient + slots.basis_bias);
}

/// Cubic Hermite weights at t of an interval: of value and slope at both ends, for the value (0 to
/// 3) and for the derivative (4 to 7).
template <class T>
struct HermiteWeights {
  T of[8];
  HermiteWeights(T t, T spacing) {
    const T t2 = t * t, rest = T(1) - t;
    of[0] = T(1) + t2 * (T(2) * t - T(3));
    of[1] = spacing * t * rest * rest;
    of[2] = t2 * (T(3) - T(2) * t);
    of[3] = -spacing * t2 * rest;
    of[4] = T(-6) * t * rest / spacing;
    of[5] = T(1) + t * (T(3) * t - T(4));
    of[6] = -of[4];
    of[7] = t * (T(3) * t - T(2));
  }
};

/// f and f' of the pairs from the knots of a layer.
template <class T>
HWY_NOINLINE void interpolate_filters(const Shared<T>& shared,
                                      const Workspace<T>& work,
                                      std::size_t layer,
                                      T* HWY_RESTRICT f) {
  const Tag<T> d;
  const std::size_t width = shared.layout.layers[layer].filter.out,
                    wide = Workspace<T>::row(3 * shared.layout.hidden);
  const T* HWY_RESTRICT table = shared.knots.layers[layer].filter.data();
  for (std::size_t p = 0; p < work.n_pairs; ++p) {
    const HermiteWeights<T> w(work.knot_position[p], static_cast<T>(shared.knots.spacing));
    const T* HWY_RESTRICT value = table + work.knot[p] * wide;
    const T* HWY_RESTRICT slope = value + shared.knots.count * wide;
    T* HWY_RESTRICT out = f + p * wide;
    T* HWY_RESTRICT out_slope = out + work.n_pairs * wide;
    for (std::size_t c = 0; c < width; c += kLanes<T>) {
      const auto y0 = hn::Load(d, value + c), y1 = hn::Load(d, value + wide + c);
      const auto m0 = hn::Load(d, slope + c), m1 = hn::Load(d, slope + wide + c);
      const auto combine = [&](std::size_t k) {
        return hn::MulAdd(hn::Set(d, w.of[k]), y0,
                          hn::MulAdd(hn::Set(d, w.of[k + 1]), m0,
                                     hn::MulAdd(hn::Set(d, w.of[k + 2]), y1,
                                                hn::Mul(hn::Set(d, w.of[k + 3]), m1))));
      };
      hn::Store(combine(0), d, out + c);
      hn::Store(combine(4), d, out_slope + c);
    }
  }
}

/// The transpose: adds f^ and f'^ of the pairs to the gradients of the knots.
template <class T>
HWY_NOINLINE void scatter_to_knots(const Shared<T>& shared,
                                   const Workspace<T>& work,
                                   std::size_t layer,
                                   const T* HWY_RESTRICT f,
                                   T* HWY_RESTRICT table) {
  const Tag<T> d;
  const std::size_t width = shared.layout.layers[layer].filter.out,
                    wide = Workspace<T>::row(3 * shared.layout.hidden);
  for (std::size_t p = 0; p < work.n_pairs; ++p) {
    const HermiteWeights<T> w(work.knot_position[p], static_cast<T>(shared.knots.spacing));
    T* HWY_RESTRICT value = table + work.knot[p] * wide;
    T* HWY_RESTRICT slope = value + shared.knots.count * wide;
    const T* HWY_RESTRICT in = f + p * wide;
    const T* HWY_RESTRICT in_slope = in + work.n_pairs * wide;
    for (std::size_t c = 0; c < width; c += kLanes<T>) {
      const auto x = hn::Load(d, in + c), dx = hn::Load(d, in_slope + c);
      const auto add = [&](T* HWY_RESTRICT to, std::size_t k) {
        hn::Store(hn::MulAdd(hn::Set(d, w.of[k]), x,
                             hn::MulAdd(hn::Set(d, w.of[k + 4]), dx, hn::Load(d, to))),
                  d, to);
      };
      add(value + c, 0);
      add(slope + c, 1);
      add(value + wide + c, 2);
      add(slope + wide + c, 3);
    }
  }
}

}  // namespace fusemd::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
