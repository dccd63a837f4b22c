// SPDX-License-Identifier: MIT
// Update block and readout on the atoms of a micro-batch: value, adjoint, tangent and gradient
// (docs/training.md (T1), (T2), (T3)).
#if defined(FUSEMD_TRAIN_NODES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_TRAIN_NODES_INL_HPP
#undef FUSEMD_TRAIN_NODES_INL_HPP
#else
#define FUSEMD_TRAIN_NODES_INL_HPP
#endif

#include "host/train/simd/messages-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::train::HWY_NAMESPACE {

/// One layer's update; `next` holds its output s, V.
template <class T>
struct UpdateTask {
  const Shared<T>& shared;
  const MessageRows<T>& m;
  std::size_t layer;
  LayerRows<T>& x;
  LayerRows<T>& next;

  const LayerSlots& slots() const { return shared.layout.layers[layer]; }
  const PackedLayer<T>& packed() const { return shared.packed.layers[layer]; }
  bool last() const { return layer + 1 == shared.layout.n_layers; }
};

/// (T1): n, q, c, gates and the layer's output.
template <class T>
HWY_NOINLINE void update_value(const UpdateTask<T>& task) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const MessageRows<T>& m = task.m;
  LayerRows<T>& x = task.x;
  const std::size_t n = m.work.n_atoms, h = m.h;
  const auto epsilon = static_cast<T>(task.shared.layout.config.norm_epsilon);
  const V epsilon2 = hn::Set(d, epsilon * epsilon);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const Three<V> v = load_three(d, x.vector.data() + i * m.wide + c, h);
      hn::Store(hn::Sqrt(hn::Add(dot(v, v), epsilon2)), d, x.joined.data() + i * m.joined + h + c);
    }
  }
  dense(n, x.joined.data(), m.joined, task.packed().update_in, x.hidden.data(), m.narrow);
  const T* HWY_RESTRICT bias = task.shared.parameters + task.slots().update_in.bias;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const std::size_t at = i * m.narrow + c;
      V s, s1, s2;
      silu_twice(d, hn::Add(hn::Load(d, x.hidden.data() + at), hn::Load(d, bias + c)), s, s1, s2);
      hn::Store(s, d, x.hidden.data() + at);
      hn::Store(s1, d, x.slope.data() + at);
      hn::Store(s2, d, x.curvature.data() + at);
    }
  }
  dense(n, x.hidden.data(), m.narrow, task.packed().update_out, x.gates.data(), m.joined);
  const T* HWY_RESTRICT gate_bias = task.shared.parameters + task.slots().update_out.bias;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      T* HWY_RESTRICT gates = x.gates.data() + i * m.joined + c;
      const V alpha = hn::Add(hn::Load(d, gates), hn::Load(d, gate_bias + c));
      hn::Store(hn::Add(hn::Load(d, x.joined.data() + i * m.joined + c), alpha), d,
                task.next.s.data() + i * m.narrow + c);
      if (task.last()) continue;
      const V beta = hn::Add(hn::Load(d, gates + h), hn::Load(d, gate_bias + h + c));
      hn::Store(beta, d, gates + h);
      const Three<V> v = load_three(d, x.vector.data() + i * m.wide + c, h);
      store_three(d, {{hn::Mul(v.of[0], beta), hn::Mul(v.of[1], beta), hn::Mul(v.of[2], beta)}},
                  task.next.v.data() + i * m.wide + c, h);
    }
  }
}

/// (T1): from s~, V~ of the output to s'~, V'~ (rows n and up of the gradient buffers).
template <class T>
HWY_NOINLINE void update_adjoint(const UpdateTask<T>& task) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const MessageRows<T>& m = task.m;
  LayerRows<T>& x = task.x;
  const std::size_t n = m.work.n_atoms, h = m.h;
  const T* HWY_RESTRICT out_s = task.next.grad_s.data() + n * m.narrow;
  const T* HWY_RESTRICT out_v = task.next.grad_v.data() + n * m.wide;
  T* HWY_RESTRICT gates = x.grad_gates.data() + n * m.joined;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      hn::Store(hn::Load(d, out_s + i * m.narrow + c), d, gates + i * m.joined + c);
      if (task.last()) continue;
      hn::Store(dot(load_three(d, out_v + i * m.wide + c, h),
                    load_three(d, x.vector.data() + i * m.wide + c, h)),
                d, gates + i * m.joined + h + c);
    }
  }
  dense(n, gates, m.joined, task.packed().update_out_back, x.hidden_adjoint.data(), m.narrow);
  T* HWY_RESTRICT q = x.grad_hidden_input.data() + n * m.narrow;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const std::size_t at = i * m.narrow + c;
      hn::Store(
          hn::Mul(hn::Load(d, x.slope.data() + at), hn::Load(d, x.hidden_adjoint.data() + at)), d,
          q + at);
    }
  }
  T* HWY_RESTRICT joined = x.grad_joined.data() + n * m.joined;
  dense(n, q, m.narrow, task.packed().update_in_back, joined, m.joined);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      T* HWY_RESTRICT row = joined + i * m.joined + c;
      hn::Store(hn::Add(hn::Load(d, row), hn::Load(d, out_s + i * m.narrow + c)), d, row);
      const V ratio =
          hn::Div(hn::Load(d, row + h), hn::Load(d, x.joined.data() + i * m.joined + h + c));
      const Three<V> v = load_three(d, x.vector.data() + i * m.wide + c, h);
      Three<V> result{{hn::Mul(ratio, v.of[0]), hn::Mul(ratio, v.of[1]), hn::Mul(ratio, v.of[2])}};
      if (!task.last()) {
        result = add_scaled(result, hn::Load(d, x.gates.data() + i * m.joined + h + c),
                            load_three(d, out_v + i * m.wide + c, h));
      }
      store_three(d, result, x.grad_vector.data() + (n + i) * m.wide + c, h);
    }
  }
}

/// (T2): n., q., c., gates. and the tangents of the output; curvature becomes S''(q) q.
template <class T>
HWY_NOINLINE void update_tangent(const UpdateTask<T>& task) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const MessageRows<T>& m = task.m;
  LayerRows<T>& x = task.x;
  const std::size_t n = m.work.n_atoms, h = m.h;
  T* HWY_RESTRICT joined = x.joined.data() + n * m.joined;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const Three<V> v = load_three(d, x.vector.data() + i * m.wide + c, h);
      const Three<V> dv = load_three(d, x.vector.data() + (n + i) * m.wide + c, h);
      hn::Store(hn::Div(dot(v, dv), hn::Load(d, x.joined.data() + i * m.joined + h + c)), d,
                joined + i * m.joined + h + c);
    }
  }
  T* HWY_RESTRICT hidden = x.hidden.data() + n * m.narrow;
  dense(n, joined, m.joined, task.packed().update_in, hidden, m.narrow);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const std::size_t at = i * m.narrow + c;
      const V q = hn::Load(d, hidden + at);
      T* HWY_RESTRICT curvature = x.curvature.data() + at;
      hn::Store(hn::Mul(hn::Load(d, curvature), q), d, curvature);
      hn::Store(hn::Mul(hn::Load(d, x.slope.data() + at), q), d, hidden + at);
    }
  }
  T* HWY_RESTRICT gates = x.gates.data() + n * m.joined;
  dense(n, hidden, m.narrow, task.packed().update_out, gates, m.joined);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      hn::Store(
          hn::Add(hn::Load(d, joined + i * m.joined + c), hn::Load(d, gates + i * m.joined + c)), d,
          task.next.s.data() + (n + i) * m.narrow + c);
      if (task.last()) continue;
      const V beta = hn::Load(d, x.gates.data() + i * m.joined + h + c);
      const V dbeta = hn::Load(d, gates + i * m.joined + h + c);
      const Three<V> v = load_three(d, x.vector.data() + i * m.wide + c, h);
      const Three<V> dv = load_three(d, x.vector.data() + (n + i) * m.wide + c, h);
      const Three<V> scaled{
          {hn::Mul(dbeta, v.of[0]), hn::Mul(dbeta, v.of[1]), hn::Mul(dbeta, v.of[2])}};
      store_three(d, add_scaled(scaled, beta, dv), task.next.v.data() + (n + i) * m.wide + c, h);
    }
  }
}

/// (T3): from s^, V^ of the output to s'^, V'^, and the update's weight gradients.
template <class T>
HWY_NOINLINE void update_gradient(const UpdateTask<T>& task, T* HWY_RESTRICT gradient) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const MessageRows<T>& m = task.m;
  LayerRows<T>& x = task.x;
  const std::size_t n = m.work.n_atoms, h = m.h;
  const T* HWY_RESTRICT out_s = task.next.grad_s.data();
  const T* HWY_RESTRICT out_v = task.next.grad_v.data();
  const T* HWY_RESTRICT out_v_adjoint = out_v + n * m.wide;
  T* HWY_RESTRICT gates = x.grad_gates.data();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      hn::Store(hn::Load(d, out_s + i * m.narrow + c), d, gates + i * m.joined + c);
      if (task.last()) continue;
      const Three<V> v = load_three(d, x.vector.data() + i * m.wide + c, h);
      const Three<V> dv = load_three(d, x.vector.data() + (n + i) * m.wide + c, h);
      hn::Store(hn::Add(dot(load_three(d, out_v + i * m.wide + c, h), v),
                        dot(load_three(d, out_v_adjoint + i * m.wide + c, h), dv)),
                d, gates + i * m.joined + h + c);
    }
  }
  const LayerSlots& slots = task.slots();
  T* HWY_RESTRICT q = x.grad_hidden_input.data();
  dense(n, gates, m.joined, task.packed().update_out_back, q, m.narrow);
  add_weight_gradient(gates, m.joined, x.hidden.data(), m.narrow, 2 * n, slots.update_out.out, h,
                      gradient + slots.update_out.weight, h);
  add_column_sums(gates, m.joined, n, slots.update_out.out, gradient + slots.update_out.bias);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      const std::size_t at = i * m.narrow + c;
      const V slope = hn::Load(d, x.slope.data() + at), bend = hn::Load(d, x.curvature.data() + at);
      hn::Store(hn::MulAdd(slope, hn::Load(d, q + at),
                           hn::Mul(bend, hn::Load(d, x.hidden_adjoint.data() + at))),
                d, q + at);
    }
  }
  // n~ is still needed below; only the gradient rows are overwritten.
  T* HWY_RESTRICT joined = x.grad_joined.data();
  dense(n, q, m.narrow, task.packed().update_in_back, joined, m.joined);
  add_weight_gradient(q, m.narrow, x.joined.data(), m.joined, 2 * n, h, 2 * h,
                      gradient + slots.update_in.weight, 2 * h);
  add_column_sums(q, m.narrow, n, h, gradient + slots.update_in.bias);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t c = 0; c < h; c += kLanes<T>) {
      T* HWY_RESTRICT row = joined + i * m.joined + c;
      hn::Store(hn::Add(hn::Load(d, row), hn::Load(d, out_s + i * m.narrow + c)), d, row);
      const V inverse =
          hn::Div(hn::Set(d, T(1)), hn::Load(d, x.joined.data() + i * m.joined + h + c));
      const V tangent = hn::Load(d, x.joined.data() + (n + i) * m.joined + h + c);
      const V adjoint = hn::Mul(hn::Load(d, joined + (n + i) * m.joined + h + c), inverse);
      // [(n^ - n~ n./n) V' + n~ V'.] / n
      const V scale =
          hn::NegMulAdd(hn::Mul(adjoint, tangent), inverse, hn::Mul(hn::Load(d, row + h), inverse));
      const Three<V> v = load_three(d, x.vector.data() + i * m.wide + c, h);
      const Three<V> dv = load_three(d, x.vector.data() + (n + i) * m.wide + c, h);
      Three<V> result{{hn::Mul(scale, v.of[0]), hn::Mul(scale, v.of[1]), hn::Mul(scale, v.of[2])}};
      result = add_scaled(result, adjoint, dv);
      if (!task.last()) {
        const V beta = hn::Load(d, x.gates.data() + i * m.joined + h + c);
        const V dbeta = hn::Load(d, x.gates.data() + (n + i) * m.joined + h + c);
        result = add_scaled(result, beta, load_three(d, out_v + i * m.wide + c, h));
        result = add_scaled(result, dbeta, load_three(d, out_v_adjoint + i * m.wide + c, h));
      }
      store_three(d, result, x.grad_vector.data() + i * m.wide + c, h);
    }
  }
}

/// The readout's value and adjoint: atom energies, and s~ of the last layer's output.
template <class T>
HWY_NOINLINE void readout_value(const Shared<T>& shared,
                                const MessageRows<T>& m,
                                Workspace<T>& work,
                                LayerRows<T>& x) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const ParameterLayout& layout = shared.layout;
  const std::size_t n = work.n_atoms;
  const std::size_t half = layout.head_1.out, half_row = Workspace<T>::row(half);
  const std::size_t quarter = layout.head_2.out, quarter_row = Workspace<T>::row(quarter);
  const auto activate = [&](cpu::AlignedBuffer<T>& values, cpu::AlignedBuffer<T>& slopes,
                            cpu::AlignedBuffer<T>& curvatures, std::size_t bias,
                            std::size_t width) {
    const std::size_t stride = Workspace<T>::row(width);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t c = 0; c < width; c += kLanes<T>) {
        T* HWY_RESTRICT at = values.data() + i * stride + c;
        V s, s1, s2;
        silu_twice(d, hn::Add(hn::Load(d, at), hn::Load(d, shared.parameters + bias + c)), s, s1,
                   s2);
        hn::Store(s, d, at);
        hn::Store(s1, d, slopes.data() + i * stride + c);
        hn::Store(s2, d, curvatures.data() + i * stride + c);
      }
    }
  };
  dense(n, x.s.data(), m.narrow, shared.packed.head_1, work.head_1.data(), half_row);
  activate(work.head_1, work.slope_1, work.curvature_1, layout.head_1.bias, half);
  dense(n, work.head_1.data(), half_row, shared.packed.head_2, work.head_2.data(), quarter_row);
  activate(work.head_2, work.slope_2, work.curvature_2, layout.head_2.bias, quarter);

  const T* HWY_RESTRICT weights = shared.parameters + layout.head_3;
  T* HWY_RESTRICT z2 = work.grad_2.data() + n * quarter_row;
  T* HWY_RESTRICT z1 = work.grad_1.data() + n * half_row;
  for (std::size_t i = 0; i < n; ++i) {
    V energy = hn::Zero(d);
    for (std::size_t c = 0; c < quarter; c += kLanes<T>) {
      const std::size_t at = i * quarter_row + c;
      const V weight = hn::Load(d, weights + c);
      energy = hn::MulAdd(hn::Load(d, work.head_2.data() + at), weight, energy);
      hn::Store(hn::Neg(hn::Mul(weight, hn::Load(d, work.slope_2.data() + at))), d, z2 + at);
    }
    work.atom_energies[i] = static_cast<double>(hn::GetLane(hn::SumOfLanes(d, energy))) +
                            static_cast<double>(shared.parameters[layout.head_bias]);
  }
  dense(n, z2, quarter_row, shared.packed.head_2_back, work.adjoint_p1.data(), half_row);
  for (std::size_t k = 0; k < n * half_row; k += kLanes<T>) {
    hn::Store(
        hn::Mul(hn::Load(d, work.slope_1.data() + k), hn::Load(d, work.adjoint_p1.data() + k)), d,
        z1 + k);
  }
  dense(n, z1, half_row, shared.packed.head_1_back, x.grad_s.data() + n * m.narrow, m.narrow);
}

/// The readout's tangent and gradient: s^ of the last layer's output and the head's weights.
template <class T>
HWY_NOINLINE void readout_gradient(const Shared<T>& shared,
                                   const MessageRows<T>& m,
                                   Workspace<T>& work,
                                   LayerRows<T>& x,
                                   T* HWY_RESTRICT gradient) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const ParameterLayout& layout = shared.layout;
  const std::size_t n = work.n_atoms;
  const std::size_t half = layout.head_1.out, half_row = Workspace<T>::row(half);
  const std::size_t quarter = layout.head_2.out, quarter_row = Workspace<T>::row(quarter);
  // z1. to p1., with S''(z1) z1. kept; likewise z2.
  const auto differentiate = [&](cpu::AlignedBuffer<T>& values, const cpu::AlignedBuffer<T>& slopes,
                                 cpu::AlignedBuffer<T>& curvatures, std::size_t stride) {
    T* HWY_RESTRICT tangent = values.data() + n * stride;
    for (std::size_t k = 0; k < n * stride; k += kLanes<T>) {
      const V z = hn::Load(d, tangent + k);
      T* HWY_RESTRICT curvature = curvatures.data() + k;
      hn::Store(hn::Mul(hn::Load(d, curvature), z), d, curvature);
      hn::Store(hn::Mul(hn::Load(d, slopes.data() + k), z), d, tangent + k);
    }
  };
  dense(n, x.s.data() + n * m.narrow, m.narrow, shared.packed.head_1,
        work.head_1.data() + n * half_row, half_row);
  differentiate(work.head_1, work.slope_1, work.curvature_1, half_row);
  dense(n, work.head_1.data() + n * half_row, half_row, shared.packed.head_2,
        work.head_2.data() + n * quarter_row, quarter_row);
  differentiate(work.head_2, work.slope_2, work.curvature_2, quarter_row);

  const T* HWY_RESTRICT weights = shared.parameters + layout.head_3;
  T* HWY_RESTRICT grad_weights = gradient + layout.head_3;
  T bias_gradient = T(0);
  for (std::size_t i = 0; i < n; ++i) {
    const T energy_weight = work.energy_weights[i];
    bias_gradient += energy_weight;
    const V e = hn::Set(d, energy_weight);
    for (std::size_t c = 0; c < quarter; c += kLanes<T>) {
      const std::size_t at = i * quarter_row + c;
      const V value = hn::Load(d, work.head_2.data() + at);
      const V tangent = hn::Load(d, work.head_2.data() + n * quarter_row + at);
      add_to(d, hn::MulSub(e, value, tangent), grad_weights + c);
      const V z2 = hn::MulSub(e, hn::Load(d, work.slope_2.data() + at),
                              hn::Load(d, work.curvature_2.data() + at));
      hn::Store(hn::Mul(hn::Load(d, weights + c), z2), d, work.grad_2.data() + at);
    }
  }
  gradient[layout.head_bias] += bias_gradient;
  dense(n, work.grad_2.data(), quarter_row, shared.packed.head_2_back, work.grad_1.data(),
        half_row);
  add_weight_gradient(work.grad_2.data(), quarter_row, work.head_1.data(), half_row, 2 * n, quarter,
                      half, gradient + layout.head_2.weight, half);
  add_column_sums(work.grad_2.data(), quarter_row, n, quarter, gradient + layout.head_2.bias);
  for (std::size_t k = 0; k < n * half_row; k += kLanes<T>) {
    T* HWY_RESTRICT z1 = work.grad_1.data() + k;
    hn::Store(hn::MulAdd(hn::Load(d, work.slope_1.data() + k), hn::Load(d, z1),
                         hn::Mul(hn::Load(d, work.curvature_1.data() + k),
                                 hn::Load(d, work.adjoint_p1.data() + k))),
              d, z1);
  }
  dense(n, work.grad_1.data(), half_row, shared.packed.head_1_back, x.grad_s.data(), m.narrow);
  add_weight_gradient(work.grad_1.data(), half_row, x.s.data(), m.narrow, 2 * n, half, m.h,
                      gradient + layout.head_1.weight, m.h);
  add_column_sums(work.grad_1.data(), half_row, n, half, gradient + layout.head_1.bias);
}

}  // namespace fusemd::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
