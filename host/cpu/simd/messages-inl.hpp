// SPDX-License-Identifier: MIT
// The message step of a layer (model.md (7), (8)) and its backward pass ((B6) to (B9)): each pair
// is visited once and serves both directions, because a filter depends on the distance alone. Atom
// i's sums stay in registers while its pairs (j behind i) are walked; j's are read, added to and
// written back.
#if defined(FUSEMD_MESSAGES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_MESSAGES_INL_HPP
#undef FUSEMD_MESSAGES_INL_HPP
#else
#define FUSEMD_MESSAGES_INL_HPP
#endif

#include "host/cpu/packed_model.hpp"
#include "host/cpu/simd/vector-inl.hpp"
#include "host/cpu/workspace.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::cpu::HWY_NAMESPACE {

/// Where a pair's filters come from.
enum class FilterSource { rows, monomials, stored };

/// One block of channels and a range of atoms.
template <class T>
struct MessageTask {
  std::size_t first_atom, last_atom;
  const std::uint32_t* pair_begin;
  const std::uint32_t* pair_end;
  const std::uint32_t* pair_j;
  const std::uint32_t* pair_interval;
  const T* pair_geometry;
  const T* pair_weights;
  const T* table;        ///< of this layer and block
  T* stored_filters;     ///< of this layer and block; null if not kept
  const T* in;           ///< s, V of this block: [atom][4][32]
  T* out;                ///< forward: s', V', holding s, V (identity part) on entry
  const T* adjoint_out;  ///< backward: dE/ds', dE/dV'
  T* adjoint_in;         ///< backward: dE/ds, dE/dV, holding the identity part on entry
  T* pair_gradient;      ///< backward: [pairs][4], set by the first call of a block, then added to
};

template <class V>
struct FilterVectors {
  V scalar, vector, direction;  ///< f^s, f^1, f^2
};

/// Reads a pair's filters (and slopes) for one vector of channels.
template <FilterSource kSource, class T>
struct FilterReader {
  const T* base;     ///< table row or stored filters of the pair, at the first channel
  const T* weights;  ///< rows: B_m(t), dB_m/dt; monomials: t

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V value(D d, std::size_t filter) const {
    if constexpr (kSource == FilterSource::stored) {
      return hn::Load(d, base + filter * kBlock);
    } else if constexpr (kSource == FilterSource::rows) {
      const T* HWY_RESTRICT c = base + filter * kBlock;
      V sum = hn::Mul(hn::Load(d, c), hn::Set(d, weights[0]));
      FUSEMD_UNROLL
      for (std::size_t m = 1; m < 4; ++m) {
        sum = hn::MulAdd(hn::Load(d, c + m * 3 * kBlock), hn::Set(d, weights[m]), sum);
      }
      return sum;
    } else {
      const T* HWY_RESTRICT c = base + filter * 4 * kBlock;
      const V t = hn::Set(d, weights[0]);
      V sum = hn::MulAdd(hn::Load(d, c + 3 * kBlock), t, hn::Load(d, c + 2 * kBlock));
      sum = hn::MulAdd(sum, t, hn::Load(d, c + kBlock));
      return hn::MulAdd(sum, t, hn::Load(d, c));
    }
  }

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE void value_and_slope(D d, std::size_t filter, V& value, V& slope) const {
    if constexpr (kSource == FilterSource::stored) {
      value = hn::Load(d, base + filter * kBlock);
      slope = hn::Load(d, base + (3 + filter) * kBlock);
    } else if constexpr (kSource == FilterSource::rows) {
      const T* HWY_RESTRICT c = base + filter * kBlock;
      const V first = hn::Load(d, c);
      value = hn::Mul(first, hn::Set(d, weights[0]));
      slope = hn::Mul(first, hn::Set(d, weights[4]));
      FUSEMD_UNROLL
      for (std::size_t m = 1; m < 4; ++m) {
        const V coefficient = hn::Load(d, c + m * 3 * kBlock);
        value = hn::MulAdd(coefficient, hn::Set(d, weights[m]), value);
        slope = hn::MulAdd(coefficient, hn::Set(d, weights[4 + m]), slope);
      }
    } else {
      // Synthetic division: the partial results of Horner's rule are the slope's coefficients.
      const T* HWY_RESTRICT c = base + filter * 4 * kBlock;
      const V t = hn::Set(d, weights[0]);
      const V c3 = hn::Load(d, c + 3 * kBlock);
      const V h2 = hn::MulAdd(c3, t, hn::Load(d, c + 2 * kBlock));
      const V h1 = hn::MulAdd(h2, t, hn::Load(d, c + kBlock));
      value = hn::MulAdd(h1, t, hn::Load(d, c));
      slope = hn::MulAdd(hn::MulAdd(c3, t, h2), t, h1);
    }
  }
};

template <FilterSource kSource, class T>
HWY_INLINE FilterReader<kSource, T> filter_reader(const MessageTask<T>& task,
                                                  std::size_t pair,
                                                  std::size_t channel) {
  if constexpr (kSource == FilterSource::stored) {
    return {task.stored_filters + pair * kStoredFilterStride + channel, nullptr};
  } else if constexpr (kSource == FilterSource::rows) {
    return {task.table + task.pair_interval[pair] * (3 * kBlock) + channel,
            task.pair_weights + pair * 8};
  } else {
    return {task.table + task.pair_interval[pair] * (12 * kBlock) + channel,
            task.pair_geometry + pair * 4 + 3};
  }
}

/// Vectors of channels that a pass over the pairs handles at a time.
inline constexpr std::size_t kPassVectors = kManyRegisters ? 2 : 1;

/// kFirst: the first layer, where V = 0, so f^1 is not needed. kTimesSource: filter_times_source.
/// kKeep: also evaluate slopes and store both for the backward pass.
template <FilterSource kSource, bool kFirst, bool kTimesSource, bool kKeep, class T>
HWY_NOINLINE void messages_forward(const MessageTask<T>& shared) {
  const MessageTask<T> task = shared;  // a local copy: stores to T cannot alias its pointers
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  constexpr std::size_t kVectors = kPassVectors, kWidth = kLanes<T>;
  for (std::size_t channel = 0; channel < kBlock; channel += kVectors * kWidth) {
    for (std::size_t i = task.first_atom; i < task.last_atom; ++i) {
      std::size_t pair = task.pair_begin[i];
      const std::size_t pair_end = task.pair_end[i];
      if (pair == pair_end) continue;
      const T* HWY_RESTRICT in_i = task.in + i * kFeatureStride + channel;
      T* HWY_RESTRICT out_i = task.out + i * kFeatureStride + channel;
      V s[kVectors], vx[kVectors], vy[kVectors], vz[kVectors];
      V sum[kVectors], sum_x[kVectors], sum_y[kVectors], sum_z[kVectors];
      FUSEMD_UNROLL
      for (std::size_t v = 0; v < kVectors; ++v) {
        s[v] = hn::Load(d, in_i + v * kWidth);
        if constexpr (!kFirst) {
          vx[v] = hn::Load(d, in_i + kBlock + v * kWidth);
          vy[v] = hn::Load(d, in_i + 2 * kBlock + v * kWidth);
          vz[v] = hn::Load(d, in_i + 3 * kBlock + v * kWidth);
        }
        sum[v] = hn::Load(d, out_i + v * kWidth);
        sum_x[v] = hn::Load(d, out_i + kBlock + v * kWidth);
        sum_y[v] = hn::Load(d, out_i + 2 * kBlock + v * kWidth);
        sum_z[v] = hn::Load(d, out_i + 3 * kBlock + v * kWidth);
      }
      for (; pair < pair_end; ++pair) {
        const std::size_t j = task.pair_j[pair];
        const T* HWY_RESTRICT in_j = task.in + j * kFeatureStride + channel;
        T* HWY_RESTRICT out_j = task.out + j * kFeatureStride + channel;
        const T* HWY_RESTRICT geometry = task.pair_geometry + pair * 4;
        const V ux = hn::Set(d, geometry[0]), uy = hn::Set(d, geometry[1]),
                uz = hn::Set(d, geometry[2]);
        FUSEMD_UNROLL
        for (std::size_t v = 0; v < kVectors; ++v) {
          const std::size_t at = v * kWidth;
          const auto filters = filter_reader<kSource>(task, pair, channel + at);
          V fs, f1, f2;
          if constexpr (kKeep) {
            T* HWY_RESTRICT kept = task.stored_filters + pair * kStoredFilterStride + channel + at;
            V slope;
            filters.value_and_slope(d, 0, fs, slope);
            hn::Store(fs, d, kept);
            hn::Store(slope, d, kept + 3 * kBlock);
            if constexpr (!kFirst) {
              filters.value_and_slope(d, 1, f1, slope);
              hn::Store(f1, d, kept + kBlock);
              hn::Store(slope, d, kept + 4 * kBlock);
            }
            filters.value_and_slope(d, 2, f2, slope);
            hn::Store(f2, d, kept + 2 * kBlock);
            hn::Store(slope, d, kept + 5 * kBlock);
          } else {
            fs = filters.value(d, 0);
            if constexpr (!kFirst) f1 = filters.value(d, 1);
            f2 = filters.value(d, 2);
          }
          const V s_j = hn::Load(d, in_j + at);
          sum[v] = hn::MulAdd(fs, s_j, sum[v]);
          hn::Store(hn::MulAdd(fs, s[v], hn::Load(d, out_j + at)), d, out_j + at);
          // u points from i (destination) to j (source); the other direction has -u.
          V to_i = f2, to_j = f2;
          if constexpr (kTimesSource) {
            to_i = hn::Mul(f2, s_j);
            to_j = hn::Mul(f2, s[v]);
          }
          V next_x = hn::NegMulAdd(to_j, ux, hn::Load(d, out_j + at + kBlock));
          V next_y = hn::NegMulAdd(to_j, uy, hn::Load(d, out_j + at + 2 * kBlock));
          V next_z = hn::NegMulAdd(to_j, uz, hn::Load(d, out_j + at + 3 * kBlock));
          sum_x[v] = hn::MulAdd(to_i, ux, sum_x[v]);
          sum_y[v] = hn::MulAdd(to_i, uy, sum_y[v]);
          sum_z[v] = hn::MulAdd(to_i, uz, sum_z[v]);
          if constexpr (!kFirst) {
            sum_x[v] = hn::MulAdd(f1, hn::Load(d, in_j + at + kBlock), sum_x[v]);
            sum_y[v] = hn::MulAdd(f1, hn::Load(d, in_j + at + 2 * kBlock), sum_y[v]);
            sum_z[v] = hn::MulAdd(f1, hn::Load(d, in_j + at + 3 * kBlock), sum_z[v]);
            next_x = hn::MulAdd(f1, vx[v], next_x);
            next_y = hn::MulAdd(f1, vy[v], next_y);
            next_z = hn::MulAdd(f1, vz[v], next_z);
          }
          hn::Store(next_x, d, out_j + at + kBlock);
          hn::Store(next_y, d, out_j + at + 2 * kBlock);
          hn::Store(next_z, d, out_j + at + 3 * kBlock);
        }
      }
      FUSEMD_UNROLL
      for (std::size_t v = 0; v < kVectors; ++v) {
        hn::Store(sum[v], d, out_i + v * kWidth);
        hn::Store(sum_x[v], d, out_i + kBlock + v * kWidth);
        hn::Store(sum_y[v], d, out_i + 2 * kBlock + v * kWidth);
        hn::Store(sum_z[v], d, out_i + 3 * kBlock + v * kWidth);
      }
    }
  }
}

/// Adjoints of the layer's input (unless it is the embedding) and the pair gradients dE/du, dE/dd.
/// kAccumulate: pair_gradient already holds other layers' parts.
template <FilterSource kSource, bool kFirst, bool kTimesSource, bool kAccumulate, class T>
HWY_NOINLINE void messages_backward(const MessageTask<T>& shared) {
  const MessageTask<T> task = shared;
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  constexpr std::size_t kVectors = kPassVectors, kWidth = kLanes<T>;
  for (std::size_t channel = 0; channel < kBlock; channel += kVectors * kWidth) {
    const bool add_to_gradient = kAccumulate || channel > 0;
    for (std::size_t i = task.first_atom; i < task.last_atom; ++i) {
      std::size_t pair = task.pair_begin[i];
      const std::size_t pair_end = task.pair_end[i];
      if (pair == pair_end) continue;
      const T* HWY_RESTRICT in_i = task.in + i * kFeatureStride + channel;
      const T* HWY_RESTRICT grad_i = task.adjoint_out + i * kFeatureStride + channel;
      T* HWY_RESTRICT result_i = task.adjoint_in + i * kFeatureStride + channel;
      V gs[kVectors], gx[kVectors], gy[kVectors], gz[kVectors];
      V sum[kVectors], sum_x[kVectors], sum_y[kVectors], sum_z[kVectors];
      FUSEMD_UNROLL
      for (std::size_t v = 0; v < kVectors; ++v) {
        gs[v] = hn::Load(d, grad_i + v * kWidth);
        gx[v] = hn::Load(d, grad_i + kBlock + v * kWidth);
        gy[v] = hn::Load(d, grad_i + 2 * kBlock + v * kWidth);
        gz[v] = hn::Load(d, grad_i + 3 * kBlock + v * kWidth);
        if constexpr (!kFirst) {
          sum[v] = hn::Load(d, result_i + v * kWidth);
          sum_x[v] = hn::Load(d, result_i + kBlock + v * kWidth);
          sum_y[v] = hn::Load(d, result_i + 2 * kBlock + v * kWidth);
          sum_z[v] = hn::Load(d, result_i + 3 * kBlock + v * kWidth);
        }
      }
      for (; pair < pair_end; ++pair) {
        const std::size_t j = task.pair_j[pair];
        const T* HWY_RESTRICT in_j = task.in + j * kFeatureStride + channel;
        const T* HWY_RESTRICT grad_j = task.adjoint_out + j * kFeatureStride + channel;
        T* HWY_RESTRICT result_j = task.adjoint_in + j * kFeatureStride + channel;
        const T* HWY_RESTRICT geometry = task.pair_geometry + pair * 4;
        const V ux = hn::Set(d, geometry[0]), uy = hn::Set(d, geometry[1]),
                uz = hn::Set(d, geometry[2]);
        V along_x, along_y, along_z, along_d;  // dE/du and dE/dd of this pass's channels
        FUSEMD_UNROLL
        for (std::size_t v = 0; v < kVectors; ++v) {
          const std::size_t at = v * kWidth;
          const auto filters = filter_reader<kSource>(task, pair, channel + at);
          V fs, f1, f2, slope_s, slope_1, slope_2;
          filters.value_and_slope(d, 0, fs, slope_s);
          if constexpr (!kFirst) filters.value_and_slope(d, 1, f1, slope_1);
          filters.value_and_slope(d, 2, f2, slope_2);
          const V gs_j = hn::Load(d, grad_j + at);
          const V gx_j = hn::Load(d, grad_j + at + kBlock);
          const V gy_j = hn::Load(d, grad_j + at + 2 * kBlock);
          const V gz_j = hn::Load(d, grad_j + at + 3 * kBlock);
          const V s_i = hn::Load(d, in_i + at), s_j = hn::Load(d, in_j + at);

          // (B6), both directions: the reverse one has -u.
          const V adjoint_s = hn::MulAdd(gs[v], s_j, hn::Mul(gs_j, s_i));
          V wx, wy, wz;  // dE/du = sum over channels of f^2 w (B7); dE/df^2 = w . u
          if constexpr (kTimesSource) {
            wx = hn::MulSub(gx[v], s_j, hn::Mul(gx_j, s_i));
            wy = hn::MulSub(gy[v], s_j, hn::Mul(gy_j, s_i));
            wz = hn::MulSub(gz[v], s_j, hn::Mul(gz_j, s_i));
          } else {
            wx = hn::Sub(gx[v], gx_j);
            wy = hn::Sub(gy[v], gy_j);
            wz = hn::Sub(gz[v], gz_j);
          }
          const V adjoint_2 = hn::MulAdd(wx, ux, hn::MulAdd(wy, uy, hn::Mul(wz, uz)));
          V slope = hn::MulAdd(adjoint_s, slope_s, hn::Mul(adjoint_2, slope_2));
          along_x = v == 0 ? hn::Mul(f2, wx) : hn::MulAdd(f2, wx, along_x);
          along_y = v == 0 ? hn::Mul(f2, wy) : hn::MulAdd(f2, wy, along_y);
          along_z = v == 0 ? hn::Mul(f2, wz) : hn::MulAdd(f2, wz, along_z);

          if constexpr (!kFirst) {
            const V vx_i = hn::Load(d, in_i + at + kBlock), vx_j = hn::Load(d, in_j + at + kBlock);
            const V vy_i = hn::Load(d, in_i + at + 2 * kBlock),
                    vy_j = hn::Load(d, in_j + at + 2 * kBlock);
            const V vz_i = hn::Load(d, in_i + at + 3 * kBlock),
                    vz_j = hn::Load(d, in_j + at + 3 * kBlock);
            V adjoint_1 = hn::MulAdd(gx[v], vx_j, hn::Mul(gx_j, vx_i));
            adjoint_1 = hn::MulAdd(gy[v], vy_j, hn::MulAdd(gy_j, vy_i, adjoint_1));
            adjoint_1 = hn::MulAdd(gz[v], vz_j, hn::MulAdd(gz_j, vz_i, adjoint_1));
            slope = hn::MulAdd(adjoint_1, slope_1, slope);

            // (B8), (B9), and (B8') for filter_times_source
            V next = hn::MulAdd(gs[v], fs, hn::Load(d, result_j + at));
            sum[v] = hn::MulAdd(gs_j, fs, sum[v]);
            if constexpr (kTimesSource) {
              const V p_i = hn::MulAdd(gx[v], ux, hn::MulAdd(gy[v], uy, hn::Mul(gz[v], uz)));
              const V p_j =
                  hn::MulAdd(gx_j, ux, hn::MulAdd(gy_j, uy, hn::Mul(gz_j, uz)));  // u reversed
              next = hn::MulAdd(p_i, f2, next);
              sum[v] = hn::NegMulAdd(p_j, f2, sum[v]);
            }
            hn::Store(next, d, result_j + at);
            hn::Store(hn::MulAdd(gx[v], f1, hn::Load(d, result_j + at + kBlock)), d,
                      result_j + at + kBlock);
            hn::Store(hn::MulAdd(gy[v], f1, hn::Load(d, result_j + at + 2 * kBlock)), d,
                      result_j + at + 2 * kBlock);
            hn::Store(hn::MulAdd(gz[v], f1, hn::Load(d, result_j + at + 3 * kBlock)), d,
                      result_j + at + 3 * kBlock);
            sum_x[v] = hn::MulAdd(gx_j, f1, sum_x[v]);
            sum_y[v] = hn::MulAdd(gy_j, f1, sum_y[v]);
            sum_z[v] = hn::MulAdd(gz_j, f1, sum_z[v]);
          }
          along_d = v == 0 ? slope : hn::Add(along_d, slope);
        }
        T* HWY_RESTRICT gradient = task.pair_gradient + pair * 4;
        if (add_to_gradient) {
          store_four_sums<true>(d, along_x, along_y, along_z, along_d, gradient);
        } else {
          store_four_sums<false>(d, along_x, along_y, along_z, along_d, gradient);
        }
      }
      if constexpr (!kFirst) {
        FUSEMD_UNROLL
        for (std::size_t v = 0; v < kVectors; ++v) {
          hn::Store(sum[v], d, result_i + v * kWidth);
          hn::Store(sum_x[v], d, result_i + kBlock + v * kWidth);
          hn::Store(sum_y[v], d, result_i + 2 * kBlock + v * kWidth);
          hn::Store(sum_z[v], d, result_i + 3 * kBlock + v * kWidth);
        }
      }
    }
  }
}

}  // namespace fusemd::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
