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
  const T* table;              ///< of this layer and block
  T* stored_filters;           ///< of this layer and block; null if not kept
  const T* in;                 ///< s, V of this block: [atom][4][32]; first layer: embeddings
  const std::uint32_t* in_at;  ///< first layer: where each atom's embedding starts
  T* out;                      ///< forward: s', V', started by start_sums
  const T* adjoint_out;        ///< backward: dE/ds', dE/dV'
  T* adjoint_in;               ///< backward: dE/ds, dE/dV, started by start_sums
  T* pair_gradient;  ///< backward: [pairs][4], set by the first call of a block, then added to
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
      // The weights sum to 1 and their slopes to 0, so differences to one coefficient do: three
      // products instead of four for each, and subtractions have units of their own.
      const V second = hn::Load(d, c + 3 * kBlock);
      const auto difference = [&](std::size_t m) FUSEMD_INLINE_LAMBDA {
        return hn::Sub(hn::Load(d, c + m * 3 * kBlock), second);
      };
      const V d0 = difference(0), d2 = difference(2), d3 = difference(3);
      value = hn::MulAdd(d0, hn::Set(d, weights[0]), second);
      slope = hn::Mul(d0, hn::Set(d, weights[4]));
      value = hn::MulAdd(d2, hn::Set(d, weights[2]), value);
      slope = hn::MulAdd(d2, hn::Set(d, weights[6]), slope);
      value = hn::MulAdd(d3, hn::Set(d, weights[3]), value);
      slope = hn::MulAdd(d3, hn::Set(d, weights[7]), slope);
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

/// An atom's features before the messages: of the first layer only s exists.
template <bool kFirst, class T>
HWY_INLINE const T* input_of(const MessageTask<T>& task, std::size_t atom) {
  return task.in + (kFirst ? task.in_at[atom] : atom * kFeatureStride);
}

/// Vectors in a block, all of them handled pair by pair, so that a table row is read once.
template <class T>
inline constexpr std::size_t kBlockVectors = kBlock / kLanes<T>;

/// Whether atom i's features and sums stay in registers while its pairs are walked: sixteen vectors
/// for two of channels. Otherwise they are read and written at each pair; they are in the
/// first-level cache.
template <class T>
inline constexpr bool kResident = kManyRegisters&& kBlockVectors<T> <= 2;

/// Calls body(v) for each vector of a block; unrolled where arrays indexed by v live in registers.
template <class T, class Body>
HWY_INLINE void for_block_vectors(const Body& body) {
  if constexpr (kResident<T>) {
    FUSEMD_UNROLL
    for (std::size_t v = 0; v < kBlockVectors<T>; ++v) body(v);
  } else {
    for (std::size_t v = 0; v < kBlockVectors<T>; ++v) body(v);
  }
}

/// Scalar channels and the three components of vector channels: one vector of each.
template <class V>
struct Features {
  V s, x, y, z;
};

template <class D, class T = hn::TFromD<D>>
HWY_INLINE Features<hn::Vec<D>> load_features(D d, const T* HWY_RESTRICT from) {
  return {hn::Load(d, from), hn::Load(d, from + kBlock), hn::Load(d, from + 2 * kBlock),
          hn::Load(d, from + 3 * kBlock)};
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_features(D d, const Features<hn::Vec<D>>& f, T* HWY_RESTRICT to) {
  hn::Store(f.s, d, to);
  hn::Store(f.x, d, to + kBlock);
  hn::Store(f.y, d, to + 2 * kBlock);
  hn::Store(f.z, d, to + 3 * kBlock);
}

/// Starts the sums of atoms [first, last) with their identity part: (7), (8) with the input (the
/// embedding and V = 0 in the first layer); backward (B8), (B9) with dE/ds', dE/dV'. Done as late
/// as that, for atoms whose messages follow, so that sums are in a cache when they grow.
template <class T>
HWY_NOINLINE void start_sums(const MessageTask<T>& task,
                             std::size_t first,
                             std::size_t last,
                             bool first_layer,
                             bool backward) {
  const Tag<T> d;
  if (first_layer && backward) return;  // nothing asks for dE/d(embedding)
  if (first_layer) {
    for (std::size_t i = first; i < last; ++i) {
      const T* HWY_RESTRICT in = input_of<true>(task, i);
      T* HWY_RESTRICT sum = task.out + i * kFeatureStride;
      for (std::size_t c = 0; c < kBlock; c += kLanes<T>) {
        hn::Store(hn::Load(d, in + c), d, sum + c);
        for (std::size_t a = 1; a < 4; ++a) hn::Store(hn::Zero(d), d, sum + a * kBlock + c);
      }
    }
    return;
  }
  const T* HWY_RESTRICT in = backward ? task.adjoint_out : task.in;
  T* HWY_RESTRICT sum = backward ? task.adjoint_in : task.out;
  for (std::size_t k = first * kFeatureStride; k < last * kFeatureStride; k += kLanes<T>) {
    hn::Store(hn::Load(d, in + k), d, sum + k);
  }
}

/// kFirst: the first layer, where V = 0, so f^1 is not needed. kTimesSource: filter_times_source.
/// kKeep: also evaluate slopes and store both for the backward pass.
template <FilterSource kSource, bool kFirst, bool kTimesSource, bool kKeep, class T>
HWY_NOINLINE void messages_forward(const MessageTask<T>& shared) {
  const MessageTask<T> task = shared;  // a local copy: stores to T cannot alias its pointers
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  constexpr std::size_t kWidth = kLanes<T>;
  for (std::size_t i = task.first_atom; i < task.last_atom; ++i) {
    std::size_t pair = task.pair_begin[i];
    const std::size_t pair_end = task.pair_end[i];
    if (pair == pair_end) continue;
    const T* HWY_RESTRICT in_i = input_of<kFirst>(task, i);
    T* HWY_RESTRICT out_i = task.out + i * kFeatureStride;
    const auto load_own = [&](std::size_t v) -> Features<V> {
      if constexpr (!kFirst) return load_features(d, in_i + v * kWidth);
      const V zero = hn::Zero(d);
      return {hn::Load(d, in_i + v * kWidth), zero, zero, zero};
    };
    Features<V> resident_own[kBlockVectors<T>], resident_sum[kBlockVectors<T>];
    if constexpr (kResident<T>) {
      for_block_vectors<T>([&](std::size_t v) FUSEMD_INLINE_LAMBDA {
        resident_own[v] = load_own(v);
        resident_sum[v] = load_features(d, out_i + v * kWidth);
      });
    }
    for (; pair < pair_end; ++pair) {
      const std::size_t j = task.pair_j[pair];
      const T* HWY_RESTRICT in_j = input_of<kFirst>(task, j);
      T* HWY_RESTRICT out_j = task.out + j * kFeatureStride;
      const T* HWY_RESTRICT geometry = task.pair_geometry + pair * 4;
      const V ux = hn::Set(d, geometry[0]), uy = hn::Set(d, geometry[1]),
              uz = hn::Set(d, geometry[2]);
      for_block_vectors<T>([&](std::size_t v) FUSEMD_INLINE_LAMBDA {
        const std::size_t at = v * kWidth;
        const auto filters = filter_reader<kSource>(task, pair, at);
        V fs, f1, f2;
        if constexpr (kKeep) {
          T* HWY_RESTRICT kept = task.stored_filters + pair * kStoredFilterStride + at;
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
        const Features<V> own = kResident<T> ? resident_own[v] : load_own(v);
        Features<V> sum = kResident<T> ? resident_sum[v] : load_features(d, out_i + at);
        Features<V> next = load_features(d, out_j + at);
        const V s_j = hn::Load(d, in_j + at);
        sum.s = hn::MulAdd(fs, s_j, sum.s);
        next.s = hn::MulAdd(fs, own.s, next.s);
        // u points from i (destination) to j (source); the other direction has -u.
        V to_i = f2, to_j = f2;
        if constexpr (kTimesSource) {
          to_i = hn::Mul(f2, s_j);
          to_j = hn::Mul(f2, own.s);
        }
        next.x = hn::NegMulAdd(to_j, ux, next.x);
        next.y = hn::NegMulAdd(to_j, uy, next.y);
        next.z = hn::NegMulAdd(to_j, uz, next.z);
        sum.x = hn::MulAdd(to_i, ux, sum.x);
        sum.y = hn::MulAdd(to_i, uy, sum.y);
        sum.z = hn::MulAdd(to_i, uz, sum.z);
        if constexpr (!kFirst) {
          sum.x = hn::MulAdd(f1, hn::Load(d, in_j + at + kBlock), sum.x);
          sum.y = hn::MulAdd(f1, hn::Load(d, in_j + at + 2 * kBlock), sum.y);
          sum.z = hn::MulAdd(f1, hn::Load(d, in_j + at + 3 * kBlock), sum.z);
          next.x = hn::MulAdd(f1, own.x, next.x);
          next.y = hn::MulAdd(f1, own.y, next.y);
          next.z = hn::MulAdd(f1, own.z, next.z);
        }
        store_features(d, next, out_j + at);
        if constexpr (kResident<T>) {
          resident_sum[v] = sum;
        } else {
          store_features(d, sum, out_i + at);
        }
      });
    }
    if constexpr (kResident<T>) {
      for_block_vectors<T>([&](std::size_t v) FUSEMD_INLINE_LAMBDA {
        store_features(d, resident_sum[v], out_i + v * kWidth);
      });
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
  constexpr std::size_t kWidth = kLanes<T>;
  for (std::size_t i = task.first_atom; i < task.last_atom; ++i) {
    std::size_t pair = task.pair_begin[i];
    const std::size_t pair_end = task.pair_end[i];
    if (pair == pair_end) continue;
    const T* HWY_RESTRICT in_i = input_of<kFirst>(task, i);
    const T* HWY_RESTRICT grad_i = task.adjoint_out + i * kFeatureStride;
    T* HWY_RESTRICT result_i = task.adjoint_in + i * kFeatureStride;
    Features<V> resident_grad[kBlockVectors<T>], resident_sum[kBlockVectors<T>];
    if constexpr (kResident<T>) {
      for_block_vectors<T>([&](std::size_t v) FUSEMD_INLINE_LAMBDA {
        resident_grad[v] = load_features(d, grad_i + v * kWidth);
        if constexpr (!kFirst) resident_sum[v] = load_features(d, result_i + v * kWidth);
      });
    }
    for (; pair < pair_end; ++pair) {
      const std::size_t j = task.pair_j[pair];
      const T* HWY_RESTRICT in_j = input_of<kFirst>(task, j);
      const T* HWY_RESTRICT grad_j = task.adjoint_out + j * kFeatureStride;
      T* HWY_RESTRICT result_j = task.adjoint_in + j * kFeatureStride;
      const T* HWY_RESTRICT geometry = task.pair_geometry + pair * 4;
      const V ux = hn::Set(d, geometry[0]), uy = hn::Set(d, geometry[1]),
              uz = hn::Set(d, geometry[2]);
      V along_x = hn::Zero(d), along_y = along_x, along_z = along_x;  // dE/du of these channels
      V along_d = along_x;                                            // and dE/dd
      for_block_vectors<T>([&](std::size_t v) FUSEMD_INLINE_LAMBDA {
        const std::size_t at = v * kWidth;
        const auto filters = filter_reader<kSource>(task, pair, at);
        V fs, f1, f2, slope_s, slope_1, slope_2;
        filters.value_and_slope(d, 0, fs, slope_s);
        if constexpr (!kFirst) filters.value_and_slope(d, 1, f1, slope_1);
        filters.value_and_slope(d, 2, f2, slope_2);
        const Features<V> g = kResident<T> ? resident_grad[v] : load_features(d, grad_i + at);
        const Features<V> g_j = load_features(d, grad_j + at);
        const V s_i = hn::Load(d, in_i + at), s_j = hn::Load(d, in_j + at);

        // (B6), both directions: the reverse one has -u.
        const V adjoint_s = hn::MulAdd(g.s, s_j, hn::Mul(g_j.s, s_i));
        V adjoint_2;                  // (B7)
        [[maybe_unused]] V p_i, p_j;  // dE/dV'_i . u and dE/dV'_j . u
        if constexpr (kTimesSource && !kFirst) {
          // dE/du = f^2 (s_j dE/dV'_i - s_i dE/dV'_j); (B8') needs the products with u anyway.
          p_i = hn::MulAdd(g.x, ux, hn::MulAdd(g.y, uy, hn::Mul(g.z, uz)));
          p_j = hn::MulAdd(g_j.x, ux, hn::MulAdd(g_j.y, uy, hn::Mul(g_j.z, uz)));
          adjoint_2 = hn::MulSub(p_i, s_j, hn::Mul(p_j, s_i));
          const V f_j = hn::Mul(f2, s_j), f_i = hn::Mul(f2, s_i);
          along_x = hn::NegMulAdd(f_i, g_j.x, hn::MulAdd(f_j, g.x, along_x));
          along_y = hn::NegMulAdd(f_i, g_j.y, hn::MulAdd(f_j, g.y, along_y));
          along_z = hn::NegMulAdd(f_i, g_j.z, hn::MulAdd(f_j, g.z, along_z));
        } else {
          V wx, wy, wz;  // dE/du = f^2 w
          if constexpr (kTimesSource) {
            wx = hn::MulSub(g.x, s_j, hn::Mul(g_j.x, s_i));
            wy = hn::MulSub(g.y, s_j, hn::Mul(g_j.y, s_i));
            wz = hn::MulSub(g.z, s_j, hn::Mul(g_j.z, s_i));
          } else {
            wx = hn::Sub(g.x, g_j.x);
            wy = hn::Sub(g.y, g_j.y);
            wz = hn::Sub(g.z, g_j.z);
          }
          adjoint_2 = hn::MulAdd(wx, ux, hn::MulAdd(wy, uy, hn::Mul(wz, uz)));
          along_x = hn::MulAdd(f2, wx, along_x);
          along_y = hn::MulAdd(f2, wy, along_y);
          along_z = hn::MulAdd(f2, wz, along_z);
        }
        V slope = hn::MulAdd(adjoint_s, slope_s, hn::Mul(adjoint_2, slope_2));

        if constexpr (!kFirst) {
          const V vx_i = hn::Load(d, in_i + at + kBlock), vx_j = hn::Load(d, in_j + at + kBlock);
          const V vy_i = hn::Load(d, in_i + at + 2 * kBlock),
                  vy_j = hn::Load(d, in_j + at + 2 * kBlock);
          const V vz_i = hn::Load(d, in_i + at + 3 * kBlock),
                  vz_j = hn::Load(d, in_j + at + 3 * kBlock);
          V adjoint_1 = hn::MulAdd(g.x, vx_j, hn::Mul(g_j.x, vx_i));
          adjoint_1 = hn::MulAdd(g.y, vy_j, hn::MulAdd(g_j.y, vy_i, adjoint_1));
          adjoint_1 = hn::MulAdd(g.z, vz_j, hn::MulAdd(g_j.z, vz_i, adjoint_1));
          slope = hn::MulAdd(adjoint_1, slope_1, slope);

          // (B8), (B9), and (B8') for filter_times_source
          Features<V> sum = kResident<T> ? resident_sum[v] : load_features(d, result_i + at);
          Features<V> next = load_features(d, result_j + at);
          next.s = hn::MulAdd(g.s, fs, next.s);
          sum.s = hn::MulAdd(g_j.s, fs, sum.s);
          if constexpr (kTimesSource) {
            next.s = hn::MulAdd(p_i, f2, next.s);
            sum.s = hn::NegMulAdd(p_j, f2, sum.s);  // the other direction has -u
          }
          next.x = hn::MulAdd(g.x, f1, next.x);
          next.y = hn::MulAdd(g.y, f1, next.y);
          next.z = hn::MulAdd(g.z, f1, next.z);
          sum.x = hn::MulAdd(g_j.x, f1, sum.x);
          sum.y = hn::MulAdd(g_j.y, f1, sum.y);
          sum.z = hn::MulAdd(g_j.z, f1, sum.z);
          store_features(d, next, result_j + at);
          if constexpr (kResident<T>) {
            resident_sum[v] = sum;
          } else {
            store_features(d, sum, result_i + at);
          }
        }
        along_d = hn::Add(along_d, slope);
      });
      T* HWY_RESTRICT gradient = task.pair_gradient + pair * 4;
      store_four_sums<kAccumulate>(d, along_x, along_y, along_z, along_d, gradient);
    }
    if constexpr (kResident<T> && !kFirst) {
      for_block_vectors<T>([&](std::size_t v) FUSEMD_INLINE_LAMBDA {
        store_features(d, resident_sum[v], result_i + v * kWidth);
      });
    }
  }
}

}  // namespace fusemd::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
