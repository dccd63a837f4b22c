// SPDX-License-Identifier: MIT
#include "host/train/gradient.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>

#include "host/cpu/team.hpp"
#include "host/train/kernels.hpp"

namespace fusemd::train {
namespace {

/// Pairs of a micro-batch times channels, so that its rows stay in the second cache; but enough
/// pairs that their atoms fill the tiles of the dense products.
constexpr std::size_t kPairChannels = 12'800, kFewestPairs = 200;
/// Frames of a lane, about, and how many lanes: one is a thread's work between two meetings of all,
/// and costs the sum of another gradient.
constexpr std::size_t kFramesPerLane = 8;
constexpr std::size_t kFewestLanes = 2, kMostLanes = 16;
constexpr std::size_t kFramesPerEvaluation = 32;
/// Elements of the gradient that a thread adds up at a time.
constexpr std::size_t kSumChunk = 8192;
/// Knots that a thread evaluates at a time.
constexpr std::size_t kKnotChunk = 48;

/// One matrix to be packed from the flat parameters.
template <class T>
struct PackTask {
  std::size_t offset, stride;
  bool transposed;
  cpu::PackedMatrix<T>* matrix;
};

}  // namespace

double ErrorSums::force_rmse() const { return std::sqrt(squared_force / components); }
double ErrorSums::energy_rmse() const { return std::sqrt(squared_energy / frames); }
double ErrorSums::force_r2() const {
  const double mean = label_force / components;
  return 1.0 - squared_force / (squared_label - components * mean * mean);
}

template <class T>
struct Gradient<T>::State {
  /// A part of the batch that is summed by itself.
  struct Lane {
    std::vector<const Frame*> frames;
    cpu::AlignedBuffer<T> gradient;
    std::vector<cpu::AlignedBuffer<T>> knot_gradient;  ///< a layer
    double loss = 0.0;
    ErrorSums errors;
    std::size_t pairs = 0;
  };

  State(const ParameterLayout& layout, const RadialBasis& basis, const GradientOptions& how)
      : options(how),
        run(kernels<T>(how.instruction_set)),
        shared(layout),
        team(how.threads),
        workspaces(how.threads) {
    shared.basis = basis;
    shared.loss = options.loss;
    plan_packing();
    if (options.knots > 0) make_knots();
  }

  void plan_packing() {
    const ParameterLayout& layout = shared.layout;
    shared.packed.layers.resize(layout.n_layers);
    const auto plan = [&](std::size_t offset, std::size_t stride, bool transposed, std::size_t k,
                          std::size_t n, cpu::PackedMatrix<T>& matrix) {
      matrix.k = k;
      matrix.n = n;
      matrix.values.ensure(k * n);
      packing.push_back({offset, stride, transposed, &matrix});
    };
    const auto both = [&](const DenseSlot& slot, cpu::PackedMatrix<T>& forward,
                          cpu::PackedMatrix<T>& back) {
      plan(slot.weight, slot.in, true, slot.in, slot.out, forward);
      plan(slot.weight, slot.in, false, slot.out, slot.in, back);
    };
    for (std::size_t l = 0; l < layout.n_layers; ++l) {
      const LayerSlots& slots = layout.layers[l];
      PackedLayer<T>& packed = shared.packed.layers[l];
      plan(slots.basis_weight, layout.hidden, false, layout.n_rbf, layout.hidden, packed.basis);
      both(slots.filter, packed.filter, packed.filter_back);
      both(slots.update_in, packed.update_in, packed.update_in_back);
      both(slots.update_out, packed.update_out, packed.update_out_back);
    }
    both(layout.head_1, shared.packed.head_1, shared.packed.head_1_back);
    both(layout.head_2, shared.packed.head_2, shared.packed.head_2_back);
  }

  void make_knots() {
    KnotTable<T>& knots = shared.knots;
    const std::size_t h = shared.layout.hidden, rows = padded(options.knots);
    knots.count = options.knots;
    knots.first = options.first_knot;
    knots.spacing =
        (shared.layout.config.cutoff - knots.first) / static_cast<double>(knots.count - 1);
    knots.basis.ensure(2 * rows * padded(shared.layout.n_rbf));
    knots.cutoff.ensure(rows);
    knots.cutoff_slope.ensure(rows);
    knots.layers.resize(shared.layout.n_layers);
    for (FilterRows<T>& layer : knots.layers) {
      layer.hidden.ensure(2 * rows * Workspace<T>::row(h));
      layer.slope.ensure(rows * Workspace<T>::row(h));
      layer.curvature.ensure(rows * Workspace<T>::row(h));
      layer.filter.ensure(knot_rows());
    }
    knot_scratch.resize(options.threads);
    for (auto& scratch : knot_scratch) scratch.ensure(2 * rows * Workspace<T>::row(h));
    run.prepare_knots(shared);
  }

  /// Elements of a layer's filters, or their gradients, on the knots.
  std::size_t knot_rows() const {
    return 2 * padded(shared.knots.count) * Workspace<T>::row(3 * shared.layout.hidden);
  }

  /// Frames to lanes, the largest first, each to the lane with the least work so far.
  void deal(std::span<const Frame* const> batch) {
    n_lanes =
        std::min(batch.size(), std::clamp(batch.size() / kFramesPerLane, kFewestLanes, kMostLanes));
    if (lanes.size() < n_lanes) lanes.resize(n_lanes);
    std::vector<std::size_t> order(batch.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(
        order, [&](std::size_t a, std::size_t b) { return batch[a]->pairs() > batch[b]->pairs(); });
    for (std::size_t l = 0; l < n_lanes; ++l) {
      lanes[l].frames.clear();
      lanes[l].pairs = 0;
    }
    for (const std::size_t k : order) {
      Lane& lane = *std::ranges::min_element(
          lanes.begin(), lanes.begin() + static_cast<std::ptrdiff_t>(n_lanes), {}, &Lane::pairs);
      lane.frames.push_back(batch[k]);
      lane.pairs += batch[k]->pairs() + 1;
    }
  }

  /// Calls visit(workspace) for each micro-batch of a lane, after the kernels have run on it.
  template <class Visit>
  void micro_batches(std::span<const Frame* const> frames,
                     std::size_t rank,
                     T* gradient,
                     T* const* knot_gradient,
                     const Visit& visit) {
    const std::size_t limit = std::max(kFewestPairs, kPairChannels / shared.layout.hidden);
    Workspace<T>& work = workspaces[rank];
    for (std::size_t begin = 0; begin < frames.size();) {
      std::size_t end = begin + 1, pairs = frames[begin]->pairs();
      while (end < frames.size() && pairs + frames[end]->pairs() <= limit) {
        pairs += frames[end++]->pairs();
      }
      work.frames = frames.subspan(begin, end - begin);
      run.process(shared, work, gradient, knot_gradient);
      visit(work);
      begin = end;
    }
  }

  void pack(std::size_t rank) {
    for (std::size_t k = rank; k < packing.size(); k += team.size()) {
      const PackTask<T>& task = packing[k];
      run.pack(shared.parameters + task.offset, task.stride, task.transposed, *task.matrix);
    }
    team.barrier();
  }

  void compute(std::size_t rank) {
    const ParameterLayout& layout = shared.layout;
    pack(rank);
    if (shared.interpolated) evaluate_knots(rank);
    for (std::size_t l; (l = next++) < n_lanes;) compute_lane(lanes[l], rank);
    team.barrier();
    if (shared.interpolated) reverse_knots(rank);

    std::vector<const T*> sources;
    for (std::size_t l = 0; l < n_lanes; ++l) sources.push_back(lanes[l].gradient.data());
    if (shared.interpolated) sources.push_back(filter_gradient.data());
    std::vector<const T*> shifted(sources.size());
    for (std::size_t k = rank * kSumChunk; k < layout.size; k += team.size() * kSumChunk) {
      for (std::size_t s = 0; s < sources.size(); ++s) shifted[s] = sources[s] + k;
      run.sum(shifted.data(), shifted.size(), std::min(kSumChunk, layout.size - k), result + k);
    }
    team.barrier();
    if (rank != 0) return;
    for (const auto& [begin, end] : layout.padding) std::fill(result + begin, result + end, T(0));
  }

  void compute_lane(Lane& lane, std::size_t rank) {
    const ParameterLayout& layout = shared.layout;
    lane.loss = 0.0;
    lane.gradient.ensure(layout.size);
    std::fill_n(lane.gradient.data(), layout.size, T(0));
    std::vector<T*> knot_gradient;
    if (shared.interpolated) {
      lane.knot_gradient.resize(layout.n_layers);
      for (auto& rows : lane.knot_gradient) {
        rows.ensure(knot_rows());
        std::fill_n(rows.data(), knot_rows(), T(0));
        knot_gradient.push_back(rows.data());
      }
    }
    micro_batches(lane.frames, rank, lane.gradient.data(), knot_gradient.data(),
                  [&](const Workspace<T>& work) { lane.loss += work.loss; });
  }

  void evaluate_knots(std::size_t rank) {
    const std::size_t chunks = (shared.knots.count + kKnotChunk - 1) / kKnotChunk;
    for (std::size_t k = rank; k < chunks * shared.layout.n_layers; k += team.size()) {
      const std::size_t begin = k % chunks * kKnotChunk;
      run.knot_filters(shared, k / chunks, begin, std::min(begin + kKnotChunk, shared.knots.count));
    }
    team.barrier();
  }

  /// Adds up the lanes' knot gradients and takes them to the filter networks.
  void reverse_knots(std::size_t rank) {
    if (rank == 0) {
      filter_gradient.ensure(shared.layout.size);
      std::fill_n(filter_gradient.data(), shared.layout.size, T(0));
    }
    team.barrier();
    // The last layers first: the first one has less to do.
    for (std::size_t k = rank; k < shared.layout.n_layers; k += team.size()) {
      const std::size_t l = shared.layout.n_layers - 1 - k;
      std::vector<const T*> sources;
      for (std::size_t lane = 0; lane < n_lanes; ++lane) {
        sources.push_back(lanes[lane].knot_gradient[l].data());
      }
      T* rows = lanes[0].knot_gradient[l].data();
      run.sum(sources.data(), sources.size(), knot_rows(), rows);
      run.knot_gradient(shared, l, rows, knot_scratch[rank].data(), filter_gradient.data());
    }
    team.barrier();
  }

  void evaluate(std::size_t rank) {
    pack(rank);
    for (std::size_t l; (l = next++) < n_lanes;) {
      Lane& lane = lanes[l];
      lane.errors = {};
      micro_batches(lane.frames, rank, nullptr, nullptr,
                    [&](const Workspace<T>& work) { add_errors(work, lane.errors); });
    }
  }

  void add_errors(const Workspace<T>& work, ErrorSums& sums) const {
    std::size_t atom = 0;
    for (std::size_t k = 0; k < work.frames.size(); ++k) {
      const Frame& frame = *work.frames[k];
      const double energy =
          (work.frame_energies[k] - frame.energy) / static_cast<double>(frame.size());
      sums.frames += 1.0;
      sums.absolute_energy += std::abs(energy);
      sums.squared_energy += energy * energy;
      for (std::size_t i = 0; i < frame.size(); ++i, ++atom) {
        for (std::size_t a = 0; a < 3; ++a) {
          const auto label = static_cast<double>(frame.forces[i][a]);
          const double error = static_cast<double>(work.forces[3 * atom + a]) - label;
          sums.components += 1.0;
          sums.absolute_force += std::abs(error);
          sums.squared_force += error * error;
          sums.label_force += label;
          sums.squared_label += label * label;
        }
      }
    }
  }

  void run_tasks(std::size_t /*rank*/) {
    for (std::size_t k; (k = next++) < n_tasks;) (*task_body)(k);
  }

  template <void (State::*kFunction)(std::size_t)>
  void together() {
    next = 0;
    team.run([](void* self, std::size_t rank) { (static_cast<State*>(self)->*kFunction)(rank); },
             this);
  }

  GradientOptions options;
  const Kernels<T>& run;
  Shared<T> shared;
  cpu::Team team;
  std::vector<PackTask<T>> packing;
  std::vector<Workspace<T>> workspaces;             ///< a thread
  std::vector<cpu::AlignedBuffer<T>> knot_scratch;  ///< a thread
  std::vector<Lane> lanes;
  std::size_t n_lanes = 0;
  cpu::AlignedBuffer<T> filter_gradient;
  T* result = nullptr;
  std::size_t n_tasks = 0;
  const std::function<void(std::size_t)>* task_body = nullptr;
  std::atomic<std::size_t> next{0};
};

template <class T>
Gradient<T>::Gradient(const ParameterLayout& layout,
                      const RadialBasis& basis,
                      const GradientOptions& options)
    : state_(std::make_unique<State>(layout, basis, options)) {}

template <class T>
Gradient<T>::~Gradient() = default;

template <class T>
double Gradient<T>::compute(const T* parameters, std::span<const Frame* const> batch, T* gradient) {
  State& state = *state_;
  double atoms = 0.0;
  for (const Frame* frame : batch) atoms += static_cast<double>(frame->size());
  state.shared.parameters = parameters;
  state.shared.interpolated = state.shared.knots.count > 0;
  state.shared.inverse_atoms = 1.0 / atoms;
  state.shared.inverse_frames = 1.0 / static_cast<double>(batch.size());
  state.result = gradient;
  state.deal(batch);
  state.template together<&State::compute>();
  double loss = 0.0;
  for (std::size_t l = 0; l < state.n_lanes; ++l) loss += state.lanes[l].loss;
  return loss;
}

template <class T>
void Gradient<T>::parallel(std::size_t count, const std::function<void(std::size_t)>& task) {
  state_->n_tasks = count;
  state_->task_body = &task;
  state_->template together<&State::run_tasks>();
}

template <class T>
ErrorSums Gradient<T>::evaluate(const T* parameters, std::span<const Frame* const> frames) {
  State& state = *state_;
  state.shared.parameters = parameters;
  state.shared.interpolated = false;
  state.n_lanes = (frames.size() + kFramesPerEvaluation - 1) / kFramesPerEvaluation;
  if (state.lanes.size() < state.n_lanes) state.lanes.resize(state.n_lanes);
  for (std::size_t l = 0; l < state.n_lanes; ++l) {
    const auto part =
        frames.subspan(l * kFramesPerEvaluation,
                       std::min(kFramesPerEvaluation, frames.size() - l * kFramesPerEvaluation));
    state.lanes[l].frames.assign(part.begin(), part.end());
  }
  state.template together<&State::evaluate>();
  ErrorSums total;
  for (std::size_t l = 0; l < state.n_lanes; ++l) {
    const ErrorSums& part = state.lanes[l].errors;
    total.frames += part.frames;
    total.components += part.components;
    total.absolute_force += part.absolute_force;
    total.squared_force += part.squared_force;
    total.label_force += part.label_force;
    total.squared_label += part.squared_label;
    total.absolute_energy += part.absolute_energy;
    total.squared_energy += part.squared_energy;
  }
  return total;
}

template class Gradient<float>;
template class Gradient<double>;

}  // namespace fusemd::train
