// SPDX-License-Identifier: MIT
// The message step of a layer on a micro-batch: value, adjoint, tangent and gradient
// (docs/training.md (T1), (T2), (T3)). Each pair serves both directions; atom i's sums stay in
// registers while its pairs are walked, j's are read, added to and written back.
#if defined(FUSEMD_TRAIN_MESSAGES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_TRAIN_MESSAGES_INL_HPP
#undef FUSEMD_TRAIN_MESSAGES_INL_HPP
#else
#define FUSEMD_TRAIN_MESSAGES_INL_HPP
#endif

#include "host/train/simd/products-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::train::HWY_NAMESPACE {

/// Three Cartesian components of a vector of channels.
template <class V>
struct Three {
  V of[3];
};

template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE Three<V> load_three(D d, const T* HWY_RESTRICT p, std::size_t h) {
  return {{hn::Load(d, p), hn::Load(d, p + h), hn::Load(d, p + 2 * h)}};
}
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE void store_three(D d, const Three<V>& v, T* HWY_RESTRICT p, std::size_t h) {
  hn::Store(v.of[0], d, p);
  hn::Store(v.of[1], d, p + h);
  hn::Store(v.of[2], d, p + 2 * h);
}
template <class V>
HWY_INLINE V dot(const Three<V>& a, const Three<V>& b) {
  return hn::MulAdd(a.of[0], b.of[0], hn::MulAdd(a.of[1], b.of[1], hn::Mul(a.of[2], b.of[2])));
}
/// a + s b
template <class V>
HWY_INLINE Three<V> add_scaled(const Three<V>& a, V s, const Three<V>& b) {
  return {{hn::MulAdd(s, b.of[0], a.of[0]), hn::MulAdd(s, b.of[1], a.of[1]),
           hn::MulAdd(s, b.of[2], a.of[2])}};
}
/// a - s b
template <class V>
HWY_INLINE Three<V> subtract_scaled(const Three<V>& a, V s, const Three<V>& b) {
  return {{hn::NegMulAdd(s, b.of[0], a.of[0]), hn::NegMulAdd(s, b.of[1], a.of[1]),
           hn::NegMulAdd(s, b.of[2], a.of[2])}};
}
template <class D, class T, class V = hn::Vec<D>>
HWY_INLINE Three<V> broadcast_three(D d,
                                    const cpu::AlignedBuffer<T> (&components)[3],
                                    std::size_t pair) {
  return {{hn::Set(d, components[0][pair]), hn::Set(d, components[1][pair]),
           hn::Set(d, components[2][pair])}};
}

/// The strides and the pair list that all passes use.
template <class T>
struct MessageRows {
  MessageRows(const ParameterLayout& layout, const Workspace<T>& the_work)
      : work(the_work),
        h(layout.hidden),
        narrow(Workspace<T>::row(layout.hidden)),
        joined(Workspace<T>::row(2 * layout.hidden)),
        wide(Workspace<T>::row(3 * layout.hidden)) {}
  const Workspace<T>& work;
  std::size_t h, narrow, joined, wide;
};

/// Rows [first, first + n) of `to` = those of `from`, or 0 where there is none: the identity part
/// of (7), (8) and of their adjoints.
template <class T>
HWY_INLINE void copy_rows(const T* HWY_RESTRICT from,
                          std::size_t from_stride,
                          T* HWY_RESTRICT to,
                          std::size_t to_stride,
                          std::size_t rows,
                          std::size_t columns) {
  const Tag<T> d;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; c += kLanes<T>) {
      hn::Store(from == nullptr ? hn::Zero(d) : hn::Load(d, from + r * from_stride + c), d,
                to + r * to_stride + c);
    }
  }
}

/// (T1): s', V' from s, V and the filters. kFirst: V = 0.
template <bool kFirst, class T>
HWY_NOINLINE void messages_value(const MessageRows<T>& m, LayerRows<T>& x) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const Workspace<T>& work = m.work;
  const std::size_t n = work.n_atoms, h = m.h;
  copy_rows(x.s.data(), m.narrow, x.joined.data(), m.joined, n, h);
  copy_rows<T>(kFirst ? nullptr : x.v.data(), m.wide, x.vector.data(), m.wide, n, 3 * h);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const T* HWY_RESTRICT s = x.s.data() + c;
      const T* HWY_RESTRICT v = x.v.data() + c;
      T* HWY_RESTRICT s_out = x.joined.data() + c;
      T* HWY_RESTRICT v_out = x.vector.data() + c;
      const V s_i = hn::Load(d, s + i * m.narrow);
      Three<V> v_i;
      if constexpr (!kFirst) v_i = load_three(d, v + i * m.wide, h);
      V sum = hn::Load(d, s_out + i * m.joined);
      Three<V> sum_v = load_three(d, v_out + i * m.wide, h);
      for (std::size_t p = work.pair_begin[i]; p < work.pair_begin[i + 1]; ++p) {
        const std::size_t j = work.pair_j[p];
        const T* HWY_RESTRICT f = x.filters.filter.data() + p * m.wide + c;
        const Three<V> u = broadcast_three(d, work.direction, p);
        const V fs = hn::Load(d, f), f2 = hn::Load(d, f + h);
        const V s_j = hn::Load(d, s + j * m.narrow);
        sum = hn::MulAdd(fs, s_j, sum);
        hn::Store(hn::MulAdd(fs, s_i, hn::Load(d, s_out + j * m.joined)), d, s_out + j * m.joined);
        Three<V> to_j = load_three(d, v_out + j * m.wide, h);
        sum_v = add_scaled(sum_v, hn::Mul(f2, s_j), u);
        to_j = subtract_scaled(to_j, hn::Mul(f2, s_i), u);
        if constexpr (!kFirst) {
          const V f1 = hn::Load(d, f + 2 * h);
          sum_v = add_scaled(sum_v, f1, load_three(d, v + j * m.wide, h));
          to_j = add_scaled(to_j, f1, v_i);
        }
        store_three(d, to_j, v_out + j * m.wide, h);
      }
      hn::Store(sum, d, s_out + i * m.joined);
      store_three(d, sum_v, v_out + i * m.wide, h);
    }
  }
}

/// Adds a vector to what a pair's lane sums hold.
template <class D, class V, class T>
HWY_INLINE void add_to(D d, V value, T* HWY_RESTRICT sum) {
  hn::Store(hn::Add(hn::Load(d, sum), value), d, sum);
}

/// (T1): f~, u~, d~ and, behind the first layer, s~, V~ of the input.
template <bool kFirst, class T>
HWY_NOINLINE void messages_adjoint(const MessageRows<T>& m, Workspace<T>& out, LayerRows<T>& x) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const Workspace<T>& work = m.work;
  const std::size_t n = work.n_atoms, h = m.h;
  const T* adjoint_s = x.grad_joined.data() + n * m.joined;
  const T* adjoint_v = x.grad_vector.data() + n * m.wide;
  T* in_s = x.grad_s.data() + n * m.narrow;
  T* in_v = x.grad_v.data() + n * m.wide;
  if constexpr (!kFirst) {
    copy_rows(adjoint_s, m.joined, in_s, m.narrow, n, h);
    copy_rows(adjoint_v, m.wide, in_v, m.wide, n, 3 * h);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const T* HWY_RESTRICT s = x.s.data() + c;
      const T* HWY_RESTRICT v = x.v.data() + c;
      const V s_i = hn::Load(d, s + i * m.narrow);
      const V g_i = hn::Load(d, adjoint_s + i * m.joined + c);
      const Three<V> w_i = load_three(d, adjoint_v + i * m.wide + c, h);
      Three<V> v_i, sum_v;
      V sum;
      if constexpr (!kFirst) {
        v_i = load_three(d, v + i * m.wide, h);
        sum = hn::Load(d, in_s + i * m.narrow + c);
        sum_v = load_three(d, in_v + i * m.wide + c, h);
      }
      for (std::size_t p = work.pair_begin[i]; p < work.pair_begin[i + 1]; ++p) {
        const std::size_t j = work.pair_j[p];
        const T* HWY_RESTRICT f = x.filters.filter.data() + p * m.wide + c;
        const T* HWY_RESTRICT df = f + work.n_pairs * m.wide;
        T* HWY_RESTRICT f_out = x.filter_adjoint.data() + p * m.wide + c;
        const Three<V> u = broadcast_three(d, work.direction, p);
        const V s_j = hn::Load(d, s + j * m.narrow);
        const V g_j = hn::Load(d, adjoint_s + j * m.joined + c);
        const Three<V> w_j = load_three(d, adjoint_v + j * m.wide + c, h);
        const V f2 = hn::Load(d, f + h);
        const V along_i = dot(u, w_i), along_j = dot(u, w_j);
        const V to_i = hn::Mul(f2, s_j), to_j = hn::Mul(f2, s_i);
        T* HWY_RESTRICT lanes = out.along.data() + p * 4 * kLanes<T>;
        FUSEMD_UNROLL
        for (std::size_t a = 0; a < 3; ++a) {
          add_to(d, hn::MulSub(w_i.of[a], to_i, hn::Mul(w_j.of[a], to_j)), lanes + a * kLanes<T>);
        }
        const V adjoint_fs = hn::MulAdd(g_i, s_j, hn::Mul(g_j, s_i));
        const V adjoint_f2 = hn::MulSub(along_i, s_j, hn::Mul(along_j, s_i));
        hn::Store(adjoint_fs, d, f_out);
        hn::Store(adjoint_f2, d, f_out + h);
        V slope = hn::MulAdd(adjoint_fs, hn::Load(d, df), hn::Mul(adjoint_f2, hn::Load(d, df + h)));
        if constexpr (!kFirst) {
          const V fs = hn::Load(d, f), f1 = hn::Load(d, f + 2 * h);
          add_to(d, hn::MulAdd(g_i, fs, hn::Mul(along_i, f2)), in_s + j * m.narrow + c);
          sum = hn::MulAdd(g_j, fs, hn::NegMulAdd(along_j, f2, sum));
          const Three<V> v_j = load_three(d, v + j * m.wide, h);
          const V adjoint_f1 = hn::Add(dot(w_i, v_j), dot(w_j, v_i));
          T* HWY_RESTRICT in_j = in_v + j * m.wide + c;
          store_three(d, add_scaled(load_three(d, in_j, h), f1, w_i), in_j, h);
          sum_v = add_scaled(sum_v, f1, w_j);
          hn::Store(adjoint_f1, d, f_out + 2 * h);
          slope = hn::MulAdd(adjoint_f1, hn::Load(d, df + 2 * h), slope);
        }
        add_to(d, slope, lanes + 3 * kLanes<T>);
      }
      if constexpr (!kFirst) {
        hn::Store(sum, d, in_s + i * m.narrow + c);
        store_three(d, sum_v, in_v + i * m.wide + c, h);
      }
    }
  }
}

/// (T2): s'., V'. from the tangents of s, V, filters and directions. kFirst: V = V. = s. = 0.
template <bool kFirst, class T>
HWY_NOINLINE void messages_tangent(const MessageRows<T>& m, LayerRows<T>& x) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const Workspace<T>& work = m.work;
  const std::size_t n = work.n_atoms, h = m.h;
  const T* tangent_s = x.s.data() + n * m.narrow;
  const T* tangent_v = x.v.data() + n * m.wide;
  T* out_s = x.joined.data() + n * m.joined;
  T* out_v = x.vector.data() + n * m.wide;
  copy_rows<T>(kFirst ? nullptr : tangent_s, m.narrow, out_s, m.joined, n, h);
  copy_rows<T>(kFirst ? nullptr : tangent_v, m.wide, out_v, m.wide, n, 3 * h);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const T* HWY_RESTRICT s = x.s.data() + c;
      const T* HWY_RESTRICT v = x.v.data() + c;
      T* HWY_RESTRICT s_out = out_s + c;
      T* HWY_RESTRICT v_out = out_v + c;
      const V s_i = hn::Load(d, s + i * m.narrow);
      V ds_i;
      Three<V> v_i, dv_i;
      if constexpr (!kFirst) {
        ds_i = hn::Load(d, tangent_s + i * m.narrow + c);
        v_i = load_three(d, v + i * m.wide, h);
        dv_i = load_three(d, tangent_v + i * m.wide + c, h);
      }
      V sum = hn::Load(d, s_out + i * m.joined);
      Three<V> sum_v = load_three(d, v_out + i * m.wide, h);
      for (std::size_t p = work.pair_begin[i]; p < work.pair_begin[i + 1]; ++p) {
        const std::size_t j = work.pair_j[p];
        const T* HWY_RESTRICT f = x.filters.filter.data() + p * m.wide + c;
        const T* HWY_RESTRICT df = f + work.n_pairs * m.wide;
        const V t = hn::Set(d, work.distance_tangent[p]);
        const Three<V> u = broadcast_three(d, work.direction, p);
        const Three<V> du = broadcast_three(d, work.direction_tangent, p);
        const V f2 = hn::Load(d, f + h);
        const V dfs = hn::Mul(t, hn::Load(d, df)), df2 = hn::Mul(t, hn::Load(d, df + h));
        const V s_j = hn::Load(d, s + j * m.narrow);
        V to_i = hn::Mul(dfs, s_j), to_j = hn::Mul(dfs, s_i);
        V turn_i = hn::Mul(df2, s_j), turn_j = hn::Mul(df2, s_i);
        if constexpr (!kFirst) {
          const V fs = hn::Load(d, f);
          const V ds_j = hn::Load(d, tangent_s + j * m.narrow + c);
          to_i = hn::MulAdd(fs, ds_j, to_i);
          to_j = hn::MulAdd(fs, ds_i, to_j);
          turn_i = hn::MulAdd(f2, ds_j, turn_i);
          turn_j = hn::MulAdd(f2, ds_i, turn_j);
        }
        sum = hn::Add(sum, to_i);
        add_to(d, to_j, s_out + j * m.joined);
        Three<V> v_j = load_three(d, v_out + j * m.wide, h);
        sum_v = add_scaled(add_scaled(sum_v, hn::Mul(f2, s_j), du), turn_i, u);
        v_j = subtract_scaled(subtract_scaled(v_j, hn::Mul(f2, s_i), du), turn_j, u);
        if constexpr (!kFirst) {
          const V f1 = hn::Load(d, f + 2 * h), df1 = hn::Mul(t, hn::Load(d, df + 2 * h));
          sum_v = add_scaled(sum_v, f1, load_three(d, tangent_v + j * m.wide + c, h));
          sum_v = add_scaled(sum_v, df1, load_three(d, v + j * m.wide, h));
          v_j = add_scaled(add_scaled(v_j, f1, dv_i), df1, v_i);
        }
        store_three(d, v_j, v_out + j * m.wide, h);
      }
      hn::Store(sum, d, s_out + i * m.joined);
      store_three(d, sum_v, v_out + i * m.wide, h);
    }
  }
}

/// (T3): s^, V^ of the input, and w^, w'^ in place of f, f'.
template <bool kFirst, class T>
HWY_NOINLINE void messages_gradient(const MessageRows<T>& m, LayerRows<T>& x) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const Workspace<T>& work = m.work;
  const std::size_t n = work.n_atoms, h = m.h;
  const T* grad_s = x.grad_joined.data();
  const T* adjoint_s = grad_s + n * m.joined;
  const T* grad_v = x.grad_vector.data();
  const T* adjoint_v = grad_v + n * m.wide;
  const T* tangent_s = x.s.data() + n * m.narrow;
  const T* tangent_v = x.v.data() + n * m.wide;
  copy_rows(grad_s, m.joined, x.grad_s.data(), m.narrow, n, h);
  if constexpr (!kFirst) copy_rows(grad_v, m.wide, x.grad_v.data(), m.wide, n, 3 * h);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const T* HWY_RESTRICT s = x.s.data() + c;
      const T* HWY_RESTRICT v = x.v.data() + c;
      T* HWY_RESTRICT in_s = x.grad_s.data() + c;
      T* HWY_RESTRICT in_v = x.grad_v.data() + c;
      const V s_i = hn::Load(d, s + i * m.narrow);
      const V g_i = hn::Load(d, grad_s + i * m.joined + c);
      const V k_i = hn::Load(d, adjoint_s + i * m.joined + c);
      const Three<V> w_i = load_three(d, grad_v + i * m.wide + c, h);
      const Three<V> z_i = load_three(d, adjoint_v + i * m.wide + c, h);
      V sum = hn::Load(d, in_s + i * m.narrow), ds_i;
      Three<V> v_i, dv_i, sum_v;
      if constexpr (!kFirst) {
        ds_i = hn::Load(d, tangent_s + i * m.narrow + c);
        v_i = load_three(d, v + i * m.wide, h);
        dv_i = load_three(d, tangent_v + i * m.wide + c, h);
        sum_v = load_three(d, in_v + i * m.wide, h);
      }
      for (std::size_t p = work.pair_begin[i]; p < work.pair_begin[i + 1]; ++p) {
        const std::size_t j = work.pair_j[p];
        T* HWY_RESTRICT f = x.filters.filter.data() + p * m.wide + c;
        T* HWY_RESTRICT df = f + work.n_pairs * m.wide;
        const T* HWY_RESTRICT f_adjoint = x.filter_adjoint.data() + p * m.wide + c;
        const V t = hn::Set(d, work.distance_tangent[p]);
        const Three<V> u = broadcast_three(d, work.direction, p);
        const Three<V> du = broadcast_three(d, work.direction_tangent, p);
        const V fs = hn::Load(d, f), f2 = hn::Load(d, f + h);
        const V dfs = hn::Mul(t, hn::Load(d, df)), df2 = hn::Mul(t, hn::Load(d, df + h));
        const V s_j = hn::Load(d, s + j * m.narrow);
        const V g_j = hn::Load(d, grad_s + j * m.joined + c);
        const V k_j = hn::Load(d, adjoint_s + j * m.joined + c);
        const Three<V> w_j = load_three(d, grad_v + j * m.wide + c, h);
        const Three<V> z_j = load_three(d, adjoint_v + j * m.wide + c, h);
        // P^ and P~ of both directions; the reverse one, with -u and -u., is subtracted.
        const V along_i = hn::Add(dot(w_i, u), dot(z_i, du)), adjoint_i = dot(z_i, u);
        const V along_j = hn::Add(dot(w_j, u), dot(z_j, du)), adjoint_j = dot(z_j, u);

        V grad_fs = hn::MulAdd(g_i, s_j, hn::Mul(g_j, s_i));
        V grad_f2 = hn::MulSub(along_i, s_j, hn::Mul(along_j, s_i));
        if constexpr (!kFirst) {
          const V ds_j = hn::Load(d, tangent_s + j * m.narrow + c);
          grad_fs = hn::MulAdd(k_i, ds_j, hn::MulAdd(k_j, ds_i, grad_fs));
          grad_f2 = hn::MulAdd(adjoint_i, ds_j, hn::NegMulAdd(adjoint_j, ds_i, grad_f2));
        }
        V to_j = hn::MulAdd(g_i, fs, hn::Mul(k_i, dfs));
        to_j = hn::MulAdd(along_i, f2, hn::MulAdd(adjoint_i, df2, to_j));
        add_to(d, to_j, in_s + j * m.narrow);
        sum = hn::MulAdd(g_j, fs, hn::MulAdd(k_j, dfs, sum));
        sum = hn::NegMulAdd(along_j, f2, hn::NegMulAdd(adjoint_j, df2, sum));

        // w^ = fc f^ + fc' d. f~, w'^ = fc d. f~; with knots fc = 1 and fc' = 0.
        const V fc = hn::Set(d, work.cutoff[p]);
        const V fc_t = hn::Mul(fc, t), dfc_t = hn::Mul(hn::Set(d, work.cutoff_slope[p]), t);
        const auto finish = [&](V grad, std::size_t block) {
          const V adjoint = hn::Load(d, f_adjoint + block * h);
          hn::Store(hn::MulAdd(fc, grad, hn::Mul(dfc_t, adjoint)), d, f + block * h);
          hn::Store(hn::Mul(fc_t, adjoint), d, df + block * h);
        };
        if constexpr (!kFirst) {
          const V f1 = hn::Load(d, f + 2 * h), df1 = hn::Mul(t, hn::Load(d, df + 2 * h));
          const Three<V> v_j = load_three(d, v + j * m.wide, h);
          const Three<V> dv_j = load_three(d, tangent_v + j * m.wide + c, h);
          T* HWY_RESTRICT in_j = in_v + j * m.wide;
          store_three(d, add_scaled(add_scaled(load_three(d, in_j, h), f1, w_i), df1, z_i), in_j,
                      h);
          sum_v = add_scaled(add_scaled(sum_v, f1, w_j), df1, z_j);
          finish(hn::Add(hn::Add(dot(w_i, v_j), dot(z_i, dv_j)),
                         hn::Add(dot(w_j, v_i), dot(z_j, dv_i))),
                 2);
        }
        finish(grad_fs, 0);
        finish(grad_f2, 1);
      }
      hn::Store(sum, d, in_s + i * m.narrow);
      if constexpr (!kFirst) store_three(d, sum_v, in_v + i * m.wide, h);
    }
  }
}

}  // namespace fusemd::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
