// SPDX-License-Identifier: MIT
// The per-atom stages: update block (model.md (9) to (13), backward (B2) to (B5)) and readout
// ((14), (B1)), for up to a dozen atoms at a time, so that every intermediate of a dense layer
// stays in the first-level cache. Dense layers work on rows [atom][channel]; features are
// [block][atom][4][32].
#if defined(FUSEMD_NODES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef FUSEMD_NODES_INL_HPP
#undef FUSEMD_NODES_INL_HPP
#else
#define FUSEMD_NODES_INL_HPP
#endif

#include "host/cpu/simd/activation-inl.hpp"
#include "host/cpu/simd/dense-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::cpu::HWY_NAMESPACE {

/// Scratch rows of one thread. A row of `joined` is [norms ; s' ; SiLU(q)], so that the update's
/// first layer reads [norms ; s'] and the folded readout [s' ; SiLU(q)] without a copy.
template <class T>
struct NodeScratch {
  explicit NodeScratch(const PackedModel<T>& model)
      : joined(kRowsPerTile * 3 * model.hidden),
        wide(kRowsPerTile * 3 * model.hidden),
        back(kRowsPerTile * 2 * model.hidden),
        narrow(kRowsPerTile * model.hidden),
        slopes(kRowsPerTile * model.hidden),
        head_a(kRowsPerTile * model.head_1.n),
        head_a_slope(kRowsPerTile * model.head_1.n),
        head_b(kRowsPerTile * model.head_2.n) {}
  AlignedBuffer<T> joined, wide, back, narrow, slopes, head_a, head_a_slope, head_b;
};

/// The atoms [first, first + rows) of one layer.
template <class T>
struct NodeTask {
  const PackedModel<T>& model;
  Workspace<T>& work;
  std::size_t layer, first, rows;

  T* features(AlignedBuffer<T>& buffer, std::size_t block, std::size_t row) const {
    return buffer.data() + (block * work.n_atoms + first + row) * kFeatureStride;
  }
};

/// (9): norms of V' into `joined` (and kept, unless the last layer's), s' beside them.
template <bool kKeep, class T>
HWY_INLINE void gather_update_input(const NodeTask<T>& task, T* HWY_RESTRICT joined) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const std::size_t hidden = task.model.hidden;
  const auto epsilon = static_cast<T>(task.model.config.norm_epsilon);
  const V epsilon2 = hn::Set(d, epsilon * epsilon);
  for (std::size_t row = 0; row < task.rows; ++row) {
    T* HWY_RESTRICT norms = nullptr;
    if constexpr (kKeep) norms = task.work.norms[task.layer].data() + (task.first + row) * hidden;
    for (std::size_t block = 0; block < task.model.blocks; ++block) {
      const T* HWY_RESTRICT out = task.features(task.work.features_out[task.layer], block, row);
      T* HWY_RESTRICT norm_row = joined + row * 3 * hidden + block * kBlock;
      FUSEMD_UNROLL
      for (std::size_t c = 0; c < kBlock; c += kLanes<T>) {
        const V x = hn::Load(d, out + kBlock + c), y = hn::Load(d, out + 2 * kBlock + c),
                z = hn::Load(d, out + 3 * kBlock + c);
        const V norm = hn::Sqrt(hn::MulAdd(x, x, hn::MulAdd(y, y, hn::MulAdd(z, z, epsilon2))));
        hn::Store(norm, d, norm_row + c);
        if constexpr (kKeep) hn::Store(norm, d, norms + block * kBlock + c);
        hn::Store(hn::Load(d, out + c), d, norm_row + hidden + c);
      }
    }
  }
}

/// (10): q = U1 [s' ; n] + e1, then SiLU(q) into the third part of `joined`, its slope into
/// `slopes` [rows][hidden].
template <class T>
HWY_INLINE void first_update_layer(const NodeTask<T>& task,
                                   T* HWY_RESTRICT joined,
                                   T* HWY_RESTRICT slopes) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const std::size_t hidden = task.model.hidden;
  dense(task.rows, joined, 3 * hidden, task.model.layers[task.layer].update_in, joined + 2 * hidden,
        3 * hidden);
  for (std::size_t row = 0; row < task.rows; ++row) {
    T* HWY_RESTRICT q = joined + row * 3 * hidden + 2 * hidden;
    for (std::size_t c = 0; c < hidden; c += kLanes<T>) {
      V value, slope;
      silu(d, hn::Load(d, q + c), value, slope);
      hn::Store(value, d, q + c);
      hn::Store(slope, d, slopes + row * hidden + c);
    }
  }
}

/// (11) to (13): gates, and the next layer's input.
template <class T>
HWY_NOINLINE void update_forward(const NodeTask<T>& task, NodeScratch<T>& scratch) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const PackedModel<T>& model = task.model;
  const PackedLayer<T>& layer = model.layers[task.layer];
  const std::size_t hidden = model.hidden, gate_stride = model.gates * hidden;
  T* HWY_RESTRICT joined = scratch.joined.data();
  gather_update_input<true>(task, joined);
  first_update_layer(task, joined, task.work.silu_slopes[task.layer].data() + task.first * hidden);
  T* HWY_RESTRICT gates = task.work.gates[task.layer].data() + task.first * gate_stride;
  dense(task.rows, joined + 2 * hidden, 3 * hidden, layer.update_out, gates, gate_stride);
  for (std::size_t row = 0; row < task.rows; ++row) {
    for (std::size_t block = 0; block < model.blocks; ++block) {
      const T* HWY_RESTRICT out = task.features(task.work.features_out[task.layer], block, row);
      T* HWY_RESTRICT in = task.features(task.work.features_in[task.layer + 1], block, row);
      const T* HWY_RESTRICT alpha = gates + row * gate_stride + block * kBlock;
      FUSEMD_UNROLL
      for (std::size_t c = 0; c < kBlock; c += kLanes<T>) {
        const V s = hn::Add(hn::Load(d, out + c), hn::Load(d, alpha + c));
        const V beta = hn::Load(d, alpha + hidden + c);
        const V x = hn::Load(d, out + kBlock + c), y = hn::Load(d, out + 2 * kBlock + c),
                z = hn::Load(d, out + 3 * kBlock + c);
        V next[3] = {hn::Mul(x, beta), hn::Mul(y, beta), hn::Mul(z, beta)};
        if (model.mixing) {
          const V delta = hn::Load(d, alpha + 2 * hidden + c);
          for (std::size_t a = 0; a < 3; ++a) {
            const T* m = layer.mixing + 3 * a;
            const V mixed = hn::MulAdd(
                hn::Set(d, m[0]), x, hn::MulAdd(hn::Set(d, m[1]), y, hn::Mul(hn::Set(d, m[2]), z)));
            next[a] = hn::MulAdd(mixed, delta, next[a]);
          }
        }
        hn::Store(s, d, in + c);
        for (std::size_t a = 0; a < 3; ++a) hn::Store(next[a], d, in + (a + 1) * kBlock + c);
      }
    }
  }
}

/// Row a of M^T (x, y, z).
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE V mixed_back(D d, const T* mixing, std::size_t a, V x, V y, V z) {
  const T* m = mixing + a;
  return hn::MulAdd(hn::Set(d, m[0]), x,
                    hn::MulAdd(hn::Set(d, m[3]), y, hn::Mul(hn::Set(d, m[6]), z)));
}

/// From dE/dq to dE/ds' and dE/dV' of the layer, in place of s' and V': (B3) second half, (B4),
/// (B5).
///
/// `grad_q` [rows][hidden]; `grad_s` is dE/ds of the layer's output, [rows] grad_s_stride apart;
/// norms of V' are norms_stride apart. kGates: not the last layer, whose V' goes nowhere else;
/// adjoint_in then holds dE/dV of the next layer's input.
template <bool kGates, class T>
HWY_INLINE void finish_update_backward(const NodeTask<T>& task,
                                       const T* HWY_RESTRICT grad_q,
                                       const T* HWY_RESTRICT grad_s,
                                       std::size_t grad_s_stride,
                                       const T* HWY_RESTRICT norms,
                                       std::size_t norms_stride,
                                       T* HWY_RESTRICT wide) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const PackedModel<T>& model = task.model;
  const PackedLayer<T>& layer = model.layers[task.layer];
  const std::size_t hidden = model.hidden, gate_stride = model.gates * hidden;
  dense(task.rows, grad_q, hidden, layer.update_in_transposed, wide, 2 * hidden);
  const T* HWY_RESTRICT gates = nullptr;
  if constexpr (kGates) gates = task.work.gates[task.layer].data() + task.first * gate_stride;
  for (std::size_t row = 0; row < task.rows; ++row) {
    for (std::size_t block = 0; block < model.blocks; ++block) {
      T* HWY_RESTRICT features = task.features(task.work.features_out[task.layer], block, row);
      const T* HWY_RESTRICT grad_in = task.features(task.work.adjoint_in, block, row);
      const T* HWY_RESTRICT grad_norm = wide + row * 2 * hidden + block * kBlock;
      FUSEMD_UNROLL
      for (std::size_t c = 0; c < kBlock; c += kLanes<T>) {
        const V norm = hn::Load(d, norms + row * norms_stride + block * kBlock + c);
        // Without norm_epsilon a vanishing vector has no direction; its subgradient is 0 (B5).
        const V along = hn::IfThenElseZero(hn::Gt(norm, hn::Zero(d)),
                                           hn::Div(hn::Load(d, grad_norm + c), norm));
        const V s = hn::Add(hn::Load(d, grad_norm + hidden + c),
                            hn::Load(d, grad_s + row * grad_s_stride + block * kBlock + c));
        V vector[3];
        if constexpr (kGates) {
          const T* HWY_RESTRICT alpha = gates + row * gate_stride + block * kBlock + c;
          const V gx = hn::Load(d, grad_in + kBlock + c),
                  gy = hn::Load(d, grad_in + 2 * kBlock + c),
                  gz = hn::Load(d, grad_in + 3 * kBlock + c);
          const V beta = hn::Load(d, alpha + hidden);
          vector[0] = hn::Mul(gx, beta);
          vector[1] = hn::Mul(gy, beta);
          vector[2] = hn::Mul(gz, beta);
          if (model.mixing) {
            const V delta = hn::Load(d, alpha + 2 * hidden);
            for (std::size_t a = 0; a < 3; ++a) {
              vector[a] = hn::MulAdd(mixed_back(d, layer.mixing, a, gx, gy, gz), delta, vector[a]);
            }
          }
        }
        hn::Store(s, d, features + c);
        FUSEMD_UNROLL
        for (std::size_t a = 0; a < 3; ++a) {
          T* HWY_RESTRICT component = features + (a + 1) * kBlock + c;
          const V value = hn::Load(d, component);
          const V sum = kGates ? hn::MulAdd(along, value, vector[a]) : hn::Mul(along, value);
          hn::Store(sum, d, component);
        }
      }
    }
  }
}

/// (B2) to (B5): from dE/ds, dE/dV of the next layer's input to dE/ds', dE/dV' of this one.
template <class T>
HWY_NOINLINE void update_backward(const NodeTask<T>& task, NodeScratch<T>& scratch) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const PackedModel<T>& model = task.model;
  const PackedLayer<T>& layer = model.layers[task.layer];
  const std::size_t hidden = model.hidden, gate_stride = model.gates * hidden;
  T* HWY_RESTRICT grad_gates = scratch.wide.data();
  for (std::size_t row = 0; row < task.rows; ++row) {
    for (std::size_t block = 0; block < model.blocks; ++block) {
      const T* HWY_RESTRICT out = task.features(task.work.features_out[task.layer], block, row);
      const T* HWY_RESTRICT grad_in = task.features(task.work.adjoint_in, block, row);
      T* HWY_RESTRICT grad_alpha = grad_gates + row * gate_stride + block * kBlock;
      FUSEMD_UNROLL
      for (std::size_t c = 0; c < kBlock; c += kLanes<T>) {
        const V gx = hn::Load(d, grad_in + kBlock + c), gy = hn::Load(d, grad_in + 2 * kBlock + c),
                gz = hn::Load(d, grad_in + 3 * kBlock + c);
        const V x = hn::Load(d, out + kBlock + c), y = hn::Load(d, out + 2 * kBlock + c),
                z = hn::Load(d, out + 3 * kBlock + c);
        hn::Store(hn::Load(d, grad_in + c), d, grad_alpha + c);
        hn::Store(hn::MulAdd(gx, x, hn::MulAdd(gy, y, hn::Mul(gz, z))), d, grad_alpha + hidden + c);
        if (model.mixing) {
          const V component[3] = {x, y, z};
          V grad_delta = hn::Zero(d);
          for (std::size_t a = 0; a < 3; ++a) {
            grad_delta =
                hn::MulAdd(mixed_back(d, layer.mixing, a, gx, gy, gz), component[a], grad_delta);
          }
          hn::Store(grad_delta, d, grad_alpha + 2 * hidden + c);
        }
      }
    }
  }
  T* HWY_RESTRICT grad_q = scratch.narrow.data();
  dense(task.rows, grad_gates, gate_stride, layer.update_out_transposed, grad_q, hidden);
  const T* HWY_RESTRICT slopes = task.work.silu_slopes[task.layer].data() + task.first * hidden;
  for (std::size_t k = 0; k < task.rows * hidden; k += kLanes<T>) {
    hn::Store(hn::Mul(hn::Load(d, grad_q + k), hn::Load(d, slopes + k)), d, grad_q + k);
  }
  // dE/ds of the output is dE/dalpha, still in grad_gates.
  finish_update_backward<true>(task, grad_q, grad_gates, gate_stride,
                               task.work.norms[task.layer].data() + task.first * hidden, hidden,
                               scratch.back.data());
}

/// Last layer: update, readout, and back to dE/ds', dE/dV'; atom energies.
template <class T>
HWY_NOINLINE void readout(const NodeTask<T>& task, NodeScratch<T>& scratch) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const PackedModel<T>& model = task.model;
  const std::size_t hidden = model.hidden, half = model.head_1.n, quarter = model.head_2.n;
  T* HWY_RESTRICT joined = scratch.joined.data();
  T* HWY_RESTRICT slopes = scratch.slopes.data();
  gather_update_input<false>(task, joined);
  first_update_layer(task, joined, slopes);

  T* HWY_RESTRICT a = scratch.head_a.data();
  T* HWY_RESTRICT a_slope = scratch.head_a_slope.data();
  T* HWY_RESTRICT b = scratch.head_b.data();
  dense(task.rows, joined + hidden, 3 * hidden, model.head_1, a, half);
  for (std::size_t k = 0; k < task.rows * half; k += kLanes<T>) {
    V value, slope;
    silu(d, hn::Load(d, a + k), value, slope);
    hn::Store(value, d, a + k);
    hn::Store(slope, d, a_slope + k);
  }
  dense(task.rows, a, half, model.head_2, b, quarter);
  for (std::size_t row = 0; row < task.rows; ++row) {
    V energy = hn::Zero(d);
    for (std::size_t c = 0; c < quarter; c += kLanes<T>) {
      V value, slope;
      silu(d, hn::Load(d, b + row * quarter + c), value, slope);
      const V weight = hn::Load(d, model.head_3.data() + c);
      energy = hn::MulAdd(value, weight, energy);
      hn::Store(hn::Mul(weight, slope), d, b + row * quarter + c);
    }
    task.work.atom_energies[task.first + row] =
        static_cast<double>(hn::GetLane(hn::SumOfLanes(d, energy))) + model.head_3_bias;
  }
  // (B1) through the folded matrix: dE/ds' directly, and dE/d SiLU(q) instead of dE/ds.
  dense(task.rows, b, quarter, model.head_2_transposed, a, half);
  for (std::size_t k = 0; k < task.rows * half; k += kLanes<T>) {
    hn::Store(hn::Mul(hn::Load(d, a + k), hn::Load(d, a_slope + k)), d, a + k);
  }
  T* HWY_RESTRICT grads = scratch.wide.data();  // [rows][s' ; SiLU(q)]
  dense(task.rows, a, half, model.head_1_transposed, grads, 2 * hidden);
  T* HWY_RESTRICT grad_q = scratch.narrow.data();
  for (std::size_t row = 0; row < task.rows; ++row) {
    for (std::size_t c = 0; c < hidden; c += kLanes<T>) {
      const V grad = hn::Load(d, grads + row * 2 * hidden + hidden + c);
      hn::Store(hn::Mul(grad, hn::Load(d, slopes + row * hidden + c)), d,
                grad_q + row * hidden + c);
    }
  }
  finish_update_backward<false>(task, grad_q, grads, 2 * hidden, joined, 3 * hidden,
                                scratch.back.data());
}

}  // namespace fusemd::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
