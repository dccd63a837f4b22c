// SPDX-License-Identifier: MIT
// The gradient kernels, compiled once for every instruction set (docs/training.md).
#include "host/cpu/simd/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/train/simd/gradient.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

// Highway has to be set up before the texts that it compiles once for every instruction set.
#include <algorithm>
#include <cmath>

#include "host/cpu/workspace.hpp"
#include "host/train/kernels.hpp"
#include "host/train/simd/filters-inl.hpp"
#include "host/train/simd/messages-inl.hpp"
#include "host/train/simd/nodes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace fusemd::train::HWY_NAMESPACE {
namespace {

/// All passes over one micro-batch.
template <class T>
class MicroBatch {
 public:
  MicroBatch(const Shared<T>& shared, Workspace<T>& work)
      : shared_(shared), work_(work), rows_(shared.layout, work) {}

  void run(T* gradient, T* const* knot_gradient) {
    geometry();
    embed();
    for (std::size_t l = 0; l < layers(); ++l) {
      filters(l);
      l == 0 ? messages_value<true>(rows_, layer(l)) : messages_value<false>(rows_, layer(l));
      update_value(update(l));
    }
    readout_value(shared_, rows_, work_, work_.layers.back());
    std::fill_n(work_.along.data(), work_.n_pairs * 4 * kLanes<T>, T(0));
    for (std::size_t l = layers(); l-- > 0;) {
      update_adjoint(update(l));
      l == 0 ? messages_adjoint<true>(rows_, work_, layer(l))
             : messages_adjoint<false>(rows_, work_, layer(l));
    }
    sum_forces();
    sum_energies();
    if (gradient == nullptr) return;

    weigh_errors();
    tangents_of_pairs();
    for (std::size_t l = 0; l < layers(); ++l) {
      l == 0 ? messages_tangent<true>(rows_, layer(l)) : messages_tangent<false>(rows_, layer(l));
      update_tangent(update(l));
    }
    readout_gradient(shared_, rows_, work_, work_.layers.back(), gradient);
    for (std::size_t l = layers(); l-- > 0;) {
      update_gradient(update(l), gradient);
      l == 0 ? messages_gradient<true>(rows_, layer(l)) : messages_gradient<false>(rows_, layer(l));
      filter_gradient(l, gradient, knot_gradient);
    }
    embedding_gradient(gradient);
  }

 private:
  std::size_t layers() const { return shared_.layout.n_layers; }
  LayerRows<T>& layer(std::size_t l) { return work_.layers[l]; }
  UpdateTask<T> update(std::size_t l) {
    return {shared_, rows_, l, work_.layers[l], work_.layers[l + 1]};
  }
  bool exact() const { return !shared_.interpolated; }

  /// Concatenates the frames; differences of positions in double.
  void geometry() {
    std::size_t atoms = 0, pairs = 0;
    for (const Frame* frame : work_.frames) {
      atoms += frame->size();
      pairs += frame->pairs();
    }
    work_.n_atoms = atoms;
    work_.n_pairs = pairs;
    work_.ensure(shared_.layout, atoms, pairs, exact());
    work_.species.clear();
    work_.pair_begin.assign(1, 0);
    work_.pair_i.clear();
    work_.pair_j.clear();
    work_.knot.resize(padded(pairs));
    work_.forces.assign(3 * atoms, T(0));
    work_.atom_energies.assign(atoms, 0.0);
    for (const Frame* frame : work_.frames) {
      const auto offset = static_cast<std::uint32_t>(work_.species.size());
      for (std::size_t i = 0; i < frame->size(); ++i) {
        work_.species.push_back(frame->species[i]);
        for (std::uint32_t q = frame->pair_begin[i]; q < frame->pair_begin[i + 1]; ++q) {
          const std::size_t j = frame->pair_j[q];
          add_pair(frame->positions[j] - frame->positions[i]);
          work_.pair_i.push_back(offset + static_cast<std::uint32_t>(i));
          work_.pair_j.push_back(offset + static_cast<std::uint32_t>(j));
        }
        work_.pair_begin.push_back(static_cast<std::uint32_t>(work_.pair_j.size()));
      }
    }
    // Whole vectors are computed; what lies behind the last pair must be harmless.
    for (std::size_t p = pairs; p < padded(pairs); ++p) work_.distance[p] = T(1);
    if (exact()) {
      cutoff_functions(work_.distance.data(), padded(pairs), shared_.layout.config.cutoff,
                       work_.cutoff.data(), work_.cutoff_slope.data());
      radial_functions(shared_.basis, work_.distance.data(), pairs, work_.basis.data());
    } else {
      std::fill_n(work_.cutoff.data(), pairs, T(1));
      std::fill_n(work_.cutoff_slope.data(), pairs, T(0));
    }
  }

  /// Of the pair about to be appended; r points from i to j.
  void add_pair(const Vec3& r) {
    const std::size_t p = work_.pair_j.size();
    const double distance = norm(r), inverse = 1.0 / (distance + cpu::kDistanceEpsilon);
    work_.distance[p] = static_cast<T>(distance);
    work_.inverse[p] = static_cast<T>(inverse);
    work_.stretch[p] = static_cast<T>((distance + cpu::kDistanceEpsilon) / distance);
    work_.direction[0][p] = static_cast<T>(r.x * inverse);
    work_.direction[1][p] = static_cast<T>(r.y * inverse);
    work_.direction[2][p] = static_cast<T>(r.z * inverse);
    if (exact()) return;
    const KnotTable<T>& knots = shared_.knots;
    const double at = std::max(0.0, (distance - knots.first) / knots.spacing);
    const auto interval = std::min(static_cast<std::size_t>(at), knots.count - 2);
    work_.knot[p] = static_cast<std::uint32_t>(interval);
    work_.knot_position[p] = static_cast<T>(at - static_cast<double>(interval));
  }

  void embed() {
    const Tag<T> d;
    const std::size_t h = rows_.h;
    for (std::size_t i = 0; i < work_.n_atoms; ++i) {
      const T* from = shared_.parameters + shared_.layout.embedding + work_.species[i] * h;
      T* to = layer(0).s.data() + i * rows_.narrow;
      for (std::size_t c = 0; c < h; c += kLanes<T>) hn::Store(hn::Load(d, from + c), d, to + c);
    }
  }

  void filters(std::size_t l) {
    if (!exact()) {
      interpolate_filters(shared_, work_, l, layer(l).filters.filter.data());
      return;
    }
    filters_forward(FilterTask<T>{shared_, l, work_.n_pairs, 0, work_.n_pairs, work_.basis.data(),
                                  work_.cutoff.data(), work_.cutoff_slope.data()},
                    layer(l).filters);
  }

  /// (B12), (B13) with the adjoint's sign: F = x~.
  void sum_forces() {
    const Tag<T> d;
    for (std::size_t p = 0; p < work_.n_pairs; ++p) {
      const T* lanes = work_.along.data() + p * 4 * kLanes<T>;
      HWY_ALIGN T sum[4];
      cpu::HWY_NAMESPACE::store_four_sums<false>(
          d, hn::Load(d, lanes), hn::Load(d, lanes + kLanes<T>), hn::Load(d, lanes + 2 * kLanes<T>),
          hn::Load(d, lanes + 3 * kLanes<T>), sum);
      const T u[3] = {work_.direction[0][p], work_.direction[1][p], work_.direction[2][p]};
      const T inverse = work_.inverse[p];
      const T along = u[0] * sum[0] + u[1] * sum[1] + u[2] * sum[2];
      const T radial = work_.stretch[p] * (sum[3] - inverse * along);
      for (std::size_t a = 0; a < 3; ++a) {
        const T r = inverse * sum[a] + radial * u[a];
        work_.forces[3 * work_.pair_j[p] + a] += r;
        work_.forces[3 * work_.pair_i[p] + a] -= r;
      }
    }
  }

  void sum_energies() {
    work_.frame_energies.clear();
    std::size_t atom = 0;
    for (const Frame* frame : work_.frames) {
      double energy = 0.0;
      for (std::size_t i = 0; i < frame->size(); ++i) energy += work_.atom_energies[atom++];
      work_.frame_energies.push_back(energy);
    }
  }

  /// The loss, v = dL/dF and dL/dE.
  void weigh_errors() {
    work_.force_weights.resize(3 * work_.n_atoms);
    work_.energy_weights.resize(work_.n_atoms);
    work_.loss = 0.0;
    std::size_t atom = 0;
    for (std::size_t k = 0; k < work_.frames.size(); ++k) {
      const Frame& frame = *work_.frames[k];
      const auto n = static_cast<double>(frame.size());
      const double error = (work_.frame_energies[k] - frame.energy) / n;
      const LossTerm energy = energy_loss(shared_.loss.kind, error * error);
      const double scale = shared_.loss.energy_weight * shared_.inverse_frames;
      work_.loss += scale * energy.value;
      const double energy_weight = scale * energy.factor * error / n;
      for (std::size_t i = 0; i < frame.size(); ++i, ++atom) {
        double e[3], squared = 0.0;
        for (std::size_t a = 0; a < 3; ++a) {
          e[a] = static_cast<double>(work_.forces[3 * atom + a]) -
                 static_cast<double>(frame.forces[i][a]);
          squared += e[a] * e[a];
        }
        const LossTerm force = force_loss(shared_.loss.kind, squared);
        work_.loss += force.value * shared_.inverse_atoms;
        for (std::size_t a = 0; a < 3; ++a) {
          work_.force_weights[3 * atom + a] =
              static_cast<T>(force.factor * shared_.inverse_atoms * e[a]);
        }
        work_.energy_weights[atom] = static_cast<T>(energy_weight);
      }
    }
  }

  /// (T2): r. = v_j - v_i, d. and u.
  void tangents_of_pairs() {
    for (std::size_t p = 0; p < work_.n_pairs; ++p) {
      const T* v_i = work_.force_weights.data() + 3 * work_.pair_i[p];
      const T* v_j = work_.force_weights.data() + 3 * work_.pair_j[p];
      T r[3], distance = T(0);
      for (std::size_t a = 0; a < 3; ++a) {
        r[a] = v_j[a] - v_i[a];
        distance += work_.direction[a][p] * r[a];
      }
      distance *= work_.stretch[p];
      work_.distance_tangent[p] = distance;
      for (std::size_t a = 0; a < 3; ++a) {
        work_.direction_tangent[a][p] =
            work_.inverse[p] * (r[a] - work_.direction[a][p] * distance);
      }
    }
  }

  void filter_gradient(std::size_t l, T* gradient, T* const* knot_gradient) {
    const T* rows = layer(l).filters.filter.data();
    if (!exact()) {
      scatter_to_knots(shared_, work_, l, rows, knot_gradient[l]);
      return;
    }
    filters_reverse(shared_, l, work_.n_pairs, layer(l).filters, work_.basis.data(), rows,
                    work_.filter_scratch.data(), gradient);
  }

  void embedding_gradient(T* gradient) {
    const Tag<T> d;
    const std::size_t h = rows_.h;
    for (std::size_t i = 0; i < work_.n_atoms; ++i) {
      const T* from = layer(0).grad_s.data() + i * rows_.narrow;
      T* to = gradient + shared_.layout.embedding + work_.species[i] * h;
      for (std::size_t c = 0; c < h; c += kLanes<T>) add_to(d, hn::Load(d, from + c), to + c);
    }
  }

  const Shared<T>& shared_;
  Workspace<T>& work_;
  MessageRows<T> rows_;
};

}  // namespace

template <class T>
void process(const Shared<T>& shared, Workspace<T>& work, T* gradient, T* const* knot_gradient) {
  MicroBatch<T>(shared, work).run(gradient, knot_gradient);
}

template <class T>
void prepare_knots(Shared<T>& shared) {
  KnotTable<T>& knots = shared.knots;
  cpu::AlignedBuffer<T> distance(padded(knots.count));
  for (std::size_t k = 0; k < padded(knots.count); ++k) {
    distance[k] = static_cast<T>(knots.first + static_cast<double>(k) * knots.spacing);
  }
  // The last knot lies on the cutoff, whatever the rounding says.
  distance[knots.count - 1] = static_cast<T>(shared.layout.config.cutoff);
  cutoff_functions(distance.data(), padded(knots.count), shared.layout.config.cutoff,
                   knots.cutoff.data(), knots.cutoff_slope.data());
  radial_functions(shared.basis, distance.data(), knots.count, knots.basis.data());
}

template <class T>
void knot_filters(Shared<T>& shared, std::size_t layer, std::size_t begin, std::size_t end) {
  KnotTable<T>& knots = shared.knots;
  filters_forward(FilterTask<T>{shared, layer, knots.count, begin, end, knots.basis.data(),
                                knots.cutoff.data(), knots.cutoff_slope.data()},
                  knots.layers[layer]);
}

template <class T>
void knot_gradient(Shared<T>& shared, std::size_t layer, T* rows, T* scratch, T* gradient) {
  const Tag<T> d;
  const KnotTable<T>& knots = shared.knots;
  const std::size_t width = shared.layout.layers[layer].filter.out,
                    wide = Workspace<T>::row(3 * shared.layout.hidden);
  // w^ = fc f^ + fc' f'^ and w'^ = fc f'^.
  for (std::size_t k = 0; k < knots.count; ++k) {
    const auto fc = hn::Set(d, knots.cutoff[k]), dfc = hn::Set(d, knots.cutoff_slope[k]);
    T* HWY_RESTRICT value = rows + k * wide;
    T* HWY_RESTRICT slope = value + knots.count * wide;
    for (std::size_t c = 0; c < width; c += kLanes<T>) {
      const auto y = hn::Load(d, slope + c);
      hn::Store(hn::MulAdd(fc, hn::Load(d, value + c), hn::Mul(dfc, y)), d, value + c);
      hn::Store(hn::Mul(fc, y), d, slope + c);
    }
  }
  filters_reverse(shared, layer, knots.count, knots.layers[layer], knots.basis.data(), rows,
                  scratch, gradient);
}

template <class T>
void sum(const T* const* sources, std::size_t n_sources, std::size_t count, T* target) {
  const Tag<T> d;
  for (std::size_t k = 0; k < count; k += kLanes<T>) {
    auto total = hn::Load(d, sources[0] + k);
    for (std::size_t s = 1; s < n_sources; ++s) total = hn::Add(total, hn::Load(d, sources[s] + k));
    hn::Store(total, d, target + k);
  }
}

template <class T>
void add_product(const T* a,
                 std::size_t a_stride,
                 const T* b,
                 std::size_t b_stride,
                 std::size_t count,
                 std::size_t rows,
                 std::size_t columns,
                 T* c,
                 std::size_t c_stride) {
  add_weight_gradient(a, a_stride, b, b_stride, count, rows, columns, c, c_stride);
}

template <class T>
double squares(const T* values, std::size_t count) {
  const Tag<T> d;
  // Short runs in T, added up in double: 1e-6 relative in single precision.
  constexpr std::size_t kRun = 64 * kPadding;
  double total = 0.0;
  for (std::size_t begin = 0; begin < count; begin += kRun) {
    const std::size_t end = std::min(begin + kRun, count);
    auto even = hn::Zero(d), odd = hn::Zero(d);
    for (std::size_t k = begin; k < end; k += kPadding) {
      for (std::size_t v = 0; v < kPadding; v += kLanes<T>) {
        const auto x = hn::Load(d, values + k + v);
        if (k / kPadding % 2 == 0) {
          even = hn::MulAdd(x, x, even);
        } else {
          odd = hn::MulAdd(x, x, odd);
        }
      }
    }
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(even, odd))));
  }
  return total;
}

void adam(const AdamStep& step, std::size_t begin, std::size_t end) {
  const Tag<float> d;
  const auto scale = hn::Set(d, step.gradient_scale);
  const auto keep_1 = hn::Set(d, step.beta_1), add_1 = hn::Set(d, 1.0F - step.beta_1);
  const auto keep_2 = hn::Set(d, step.beta_2), add_2 = hn::Set(d, 1.0F - step.beta_2);
  const auto rate = hn::Set(d, step.step_size), epsilon = hn::Set(d, step.epsilon);
  const auto blend = hn::Set(d, 1.0F - step.average_decay);
  for (std::size_t k = begin; k < end; k += kLanes<float>) {
    const auto g = hn::Mul(scale, hn::Load(d, step.gradient + k));
    const auto m = hn::MulAdd(add_1, g, hn::Mul(keep_1, hn::Load(d, step.first + k)));
    const auto v = hn::MulAdd(add_2, hn::Mul(g, g), hn::Mul(keep_2, hn::Load(d, step.second + k)));
    const auto change = hn::Div(hn::Mul(rate, m), hn::Add(hn::Sqrt(v), epsilon));
    const auto x = hn::Sub(hn::Load(d, step.parameters + k), change);
    const auto average = hn::Load(d, step.average + k);
    hn::Store(m, d, step.first + k);
    hn::Store(v, d, step.second + k);
    hn::Store(x, d, step.parameters + k);
    hn::Store(hn::MulAdd(blend, hn::Sub(x, average), average), d, step.average + k);
  }
}

template <class T>
const Kernels<T>& table() {
  static const Kernels<T> kernels{cpu::HWY_NAMESPACE::kPanelWidth<T>,
                                  &pack<T>,
                                  &prepare_knots<T>,
                                  &knot_filters<T>,
                                  &knot_gradient<T>,
                                  &process<T>,
                                  &sum<T>,
                                  &add_product<T>,
                                  &squares<T>,
                                  &adam};
  return kernels;
}

const Kernels<float>& float_kernels() { return table<float>(); }
const Kernels<double>& double_kernels() { return table<double>(); }

}  // namespace fusemd::train::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fusemd::train {

template <>
const Kernels<float>& kernels<float>(cpu::InstructionSet set) {
  switch (set) {
    case cpu::InstructionSet::sse4:
      return N_SSE4::float_kernels();
    case cpu::InstructionSet::avx2:
      return N_AVX2::float_kernels();
    case cpu::InstructionSet::avx512:
      break;
  }
  return N_AVX3::float_kernels();
}

template <>
const Kernels<double>& kernels<double>(cpu::InstructionSet set) {
  switch (set) {
    case cpu::InstructionSet::sse4:
      return N_SSE4::double_kernels();
    case cpu::InstructionSet::avx2:
      return N_AVX2::double_kernels();
    case cpu::InstructionSet::avx512:
      break;
  }
  return N_AVX3::double_kernels();
}

}  // namespace fusemd::train
#endif  // HWY_ONCE
