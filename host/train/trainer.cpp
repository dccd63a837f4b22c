// SPDX-License-Identifier: MIT
#include "host/train/trainer.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <numbers>
#include <utility>

#include "host/cpu/aligned_buffer.hpp"
#include "host/io/state_bytes.hpp"
#include "host/train/frame.hpp"
#include "host/train/optimizer.hpp"
#include "host/train/shuffle.hpp"
#include "weights/error.hpp"

namespace fusemd::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr int kMostSetbacks = 10;
/// A validation this many times worse than the best one is no noise: the weights are running away,
/// and it may take long until a figure is not finite.
constexpr double kRunningAway = 10.0;
/// No more than this share of the run's frames goes into validation frames.
constexpr double kValidationShare = 0.15;
constexpr std::size_t kFewestValidated = 64;

/// A distance below all in the frames, for the first knot.
double first_knot(const std::vector<Frame>& frames) {
  double closest = 1.0;
  for (const Frame& frame : frames) {
    for (std::size_t i = 0; i < frame.size(); ++i) {
      for (std::uint32_t p = frame.pair_begin[i]; p < frame.pair_begin[i + 1]; ++p) {
        closest = std::min(closest, norm(frame.positions[i] - frame.positions[frame.pair_j[p]]));
      }
    }
  }
  return std::max(0.0, closest - 0.02);
}

constexpr std::string_view kCheckpointLine = "fusemd-training-checkpoint 1\n";

}  // namespace

struct Trainer::State {
  State(const Model& first, const TrainerOptions& how)
      : options(how), start(first), layout(first.config, first.elements) {}

  void prepare(const std::vector<Structure>& train_frames,
               const std::vector<Structure>& valid_frames) {
    train.reserve(train_frames.size());
    for (const Structure& frame : train_frames) {
      train.push_back(make_frame(frame, layout, start.reference_energies));
    }
    for (const Structure& frame : valid_frames) {
      valid.push_back(make_frame(frame, layout, start.reference_energies));
    }
    set = cpu::choose_instruction_set(options.instruction_set);
    gradient = std::make_unique<Gradient<float>>(
        layout, radial_basis(start),
        GradientOptions{.loss = options.loss,
                        .knots = options.knots,
                        .first_knot = options.knots > 0 ? first_knot(train) : 0.0,
                        .instruction_set = set,
                        .threads = options.threads});
    optimizer = make_optimizer(options.optimizer, layout, set);
    for (auto* array : {&parameters, &slope, &best, &kept_parameters}) array->ensure(layout.size);
    layout.gather(start, std::span<float>(parameters.data(), layout.size));
    std::copy_n(parameters.data(), layout.size, best.data());
    optimizer->reset(parameters.data());
    keep();
  }

  std::int64_t total_steps() const {
    const auto size = static_cast<std::int64_t>(options.batch);
    return std::max<std::int64_t>(1, (options.frames + size - 1) / size);
  }

  double learning_rate() const {
    const double done = static_cast<double>(step) / static_cast<double>(total_steps());
    const double warm =
        std::min(1.0, static_cast<double>(step + 1) /
                          static_cast<double>(std::min(options.warm_up, total_steps() / 5 + 1)));
    const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(1.0, done)));
    return options.learning_rate * rate_scale * warm *
           (cosine * (1.0 - options.last_rate) + options.last_rate);
  }

  /// The batch of a step: a stretch of the endless row of shuffled passes.
  void choose_batch(std::int64_t at) {
    batch.clear();
    auto index = static_cast<std::uint64_t>(at) * options.batch;
    for (std::size_t k = 0; k < options.batch; ++k, ++index) {
      const std::uint64_t pass = index / train.size();
      if (order.empty() || pass != order_pass) {
        order = shuffled(train.size(), options.seed, kFirstEpochStream + pass);
        order_pass = pass;
      }
      batch.push_back(&train[order[index % train.size()]]);
    }
  }

  double compute() {
    const double loss = gradient->compute(parameters.data(), batch, slope.data());
    if (options.freeze_embedding) {
      std::fill_n(slope.data() + layout.embedding, layout.elements.size() * layout.hidden, 0.0F);
    }
    return loss;
  }

  double optimize(double rate) {
    return optimizer->step(
        parameters.data(), slope.data(), rate,
        [this](std::size_t count, const auto& task) { gradient->parallel(count, task); });
  }

  /// The step after which the k-th of the validations is due.
  std::int64_t validation_step(std::int64_t k) const {
    return total_steps() * k / std::max<std::int64_t>(1, options.validations);
  }

  bool validation_due() const {
    if (step == total_steps()) return true;
    const auto next = static_cast<std::int64_t>(curve.size()) + 1;
    return step >= std::max<std::int64_t>(1, validation_step(next));
  }

  /// Every k-th frame, so that the run is not spent on validating.
  std::vector<const Frame*> validated() const {
    const double most = kValidationShare * static_cast<double>(options.frames) /
                        static_cast<double>(std::max<std::int64_t>(1, options.validations));
    const std::size_t count = std::min(
        valid.size(), std::max(kFewestValidated, static_cast<std::size_t>(std::max(0.0, most))));
    std::vector<const Frame*> frames;
    for (std::size_t k = 0; k < count; ++k) frames.push_back(&valid[k * valid.size() / count]);
    return frames;
  }

  /// What is wrong with the figures, or nothing.
  std::string validate() {
    CurveRow row;
    row.frames = step * static_cast<std::int64_t>(options.batch);
    row.learning_rate = learning_rate();
    row.loss = loss_steps > 0 ? loss_sum / static_cast<double>(loss_steps) : 0.0;
    const ErrorSums errors = gradient->evaluate(optimizer->average(), validated());
    row.force_mae = errors.force_mae();
    row.force_rmse = errors.force_rmse();
    row.energy_mae = errors.energy_mae();
    const double score = row.force_mae + options.loss.energy_weight * row.energy_mae;
    if (!std::isfinite(score) || !std::isfinite(row.loss)) return "validation is not finite";
    if (has_best && score > kRunningAway * best_score) return "validation is ten times the best";
    curve.push_back(row);
    loss_sum = 0.0;
    loss_steps = 0;
    improved = !has_best || score < best_score;
    if (improved) {
      has_best = true;
      best_score = score;
      best_row = row;
      std::copy_n(optimizer->average(), layout.size, best.data());
    }
    keep();
    return {};
  }

  /// Remembers the state to step back to.
  void keep() {
    kept_step = step;
    std::copy_n(parameters.data(), layout.size, kept_parameters.data());
    kept_arrays.clear();
    for (const auto& array : optimizer->state().arrays) {
      kept_arrays.emplace_back(array.begin(), array.end());
    }
    kept_steps = optimizer->state().steps;
  }

  void step_back() {
    step = kept_step;
    rate_scale *= 0.5;
    ++setbacks;
    loss_sum = 0.0;
    loss_steps = 0;
    return_to_kept();
  }

  void return_to_kept() {
    std::copy_n(kept_parameters.data(), layout.size, parameters.data());
    const OptimizerState state = optimizer->state();
    for (std::size_t k = 0; k < state.arrays.size(); ++k) {
      std::ranges::copy(kept_arrays[k], state.arrays[k].begin());
    }
    optimizer->set_steps(kept_steps);
  }

  /// Shows pass(span) all that a run needs to go on, for a checkpoint to take or to overwrite.
  template <class Pass>
  void pass_state(const Pass& pass) {
    const auto one = [&](auto& value) { pass(std::span(&value, 1)); };
    const auto all = [&](cpu::AlignedBuffer<float>& array) {
      pass(std::span<float>(array.data(), layout.size));
    };
    one(step);
    one(rate_scale);
    one(setbacks);
    one(loss_sum);
    one(loss_steps);
    one(has_best);
    one(best_score);
    one(best_row);
    std::size_t rows = curve.size();
    one(rows);
    curve.resize(rows);
    for (CurveRow& row : curve) one(row);
    all(parameters);
    all(best);
    std::int64_t steps = optimizer->state().steps;
    one(steps);
    optimizer->set_steps(steps);
    for (const std::span<float> array : optimizer->state().arrays) pass(array);
    one(kept_step);
    one(kept_steps);
    all(kept_parameters);
    for (std::vector<float>& array : kept_arrays) pass(std::span<float>(array));
  }

  /// Whatever decides the result: a checkpoint goes with nothing else.
  std::uint64_t fingerprint() const {
    StateWriter bytes("");
    bytes.put(static_cast<int>(options.loss.kind));
    bytes.put(options.loss.energy_weight);
    bytes.put(std::span<const char>(options.optimizer));
    bytes.put(options.batch);
    bytes.put(options.frames);
    bytes.put(options.learning_rate);
    bytes.put(options.warm_up);
    bytes.put(options.last_rate);
    bytes.put(options.validations);
    bytes.put(options.knots);
    bytes.put(options.freeze_embedding);
    bytes.put(options.seed);
    bytes.put(static_cast<int>(set));
    for (const auto* frames : {&train, &valid}) {
      bytes.put(frames->size());
      for (const Frame& frame : *frames) {
        bytes.put(frame.energy);
        for (const Vec3& r : frame.positions) bytes.put(r.x + 3.0 * r.y + 7.0 * r.z);
        for (const auto& f : frame.forces) bytes.put(f[0] + 3.0F * f[1] + 7.0F * f[2]);
      }
    }
    for (const auto& [name, tensor] : start.tensors) {
      bytes.put(std::span<const char>(name));
      bytes.put(std::span<const float>(tensor.values));
    }
    return hash_of(std::move(bytes).finish());
  }

  Model with(const float* values) const {
    Model model = start;
    layout.scatter(std::span<const float>(values, layout.size), model);
    return model;
  }

  TrainerOptions options;
  Model start;
  ParameterLayout layout;
  cpu::InstructionSet set = cpu::InstructionSet::sse4;
  std::vector<Frame> train, valid;
  std::unique_ptr<Gradient<float>> gradient;
  std::unique_ptr<Optimizer> optimizer;
  cpu::AlignedBuffer<float> parameters, slope;
  std::vector<const Frame*> batch;
  std::vector<std::size_t> order;
  std::uint64_t order_pass = 0;

  // The state of a run: what a checkpoint holds (pass_state).
  std::int64_t step = 0;
  double rate_scale = 1.0;
  std::int64_t setbacks = 0;
  double loss_sum = 0.0;
  std::int64_t loss_steps = 0;
  std::vector<CurveRow> curve;
  bool has_best = false, improved = false;
  double best_score = 0.0;
  CurveRow best_row;
  cpu::AlignedBuffer<float> best;

  // Where a setback goes.
  std::int64_t kept_step = 0, kept_steps = 0;
  cpu::AlignedBuffer<float> kept_parameters;
  std::vector<std::vector<float>> kept_arrays;
};

Trainer::Trainer(const Model& start,
                 const std::vector<Structure>& train,
                 const std::vector<Structure>& valid,
                 const TrainerOptions& options)
    : state_(std::make_unique<State>(start, options)) {
  state_->prepare(train, valid);
}

Trainer::~Trainer() = default;

double Trainer::measure_rate(double seconds) {
  State& state = *state_;
  state.choose_batch(0);
  state.compute();
  const auto start = Clock::now();
  std::int64_t steps = 0;
  do {
    state.choose_batch(++steps);
    state.compute();
    state.optimize(1e-9);
  } while (seconds_since(start) < seconds);
  const double taken = seconds_since(start);
  state.return_to_kept();
  return static_cast<double>(steps) * static_cast<double>(state.options.batch) / taken;
}

void Trainer::set_frames(std::int64_t frames) { state_->options.frames = frames; }
std::int64_t Trainer::frames() const { return state_->options.frames; }

TrainerResult Trainer::run() {
  State& state = *state_;
  const auto begin = Clock::now();
  const std::int64_t total = state.total_steps();
  const auto batch = static_cast<std::int64_t>(state.options.batch);
  TrainingProgress now;
  now.frames_total = total * batch;
  std::int64_t steps_done = 0;
  const auto report = [&](const CurveRow* row, const std::string& message) {
    now.frames = state.step * batch;
    now.seconds = seconds_since(begin);
    now.rate = static_cast<double>(steps_done * batch) / std::max(1e-9, now.seconds);
    now.row = row;
    now.best = row != nullptr && state.improved;
    now.message = message;
    if (progress) progress(now);
  };
  bool stopped = false;
  while (state.step < total) {
    if (stop != nullptr && stop->load()) {
      stopped = true;
      break;
    }
    const std::int64_t failed_at = (state.step + 1) * batch;
    state.choose_batch(state.step);
    const double rate = state.learning_rate();
    const double loss = state.compute();
    std::string problem;
    if (!std::isfinite(loss) || !std::isfinite(state.optimize(rate))) {
      problem = "the loss is not finite";
    } else {
      ++state.step;
      ++steps_done;
      state.loss_sum += loss;
      ++state.loss_steps;
      report(nullptr, "");
      if (!state.validation_due()) continue;
      problem = state.validate();
    }
    if (problem.empty()) {
      report(&state.curve.back(), "");
      if (checkpoint) checkpoint(*this);
      continue;
    }
    state.step_back();
    if (state.setbacks > kMostSetbacks) {
      throw TrainingDiverged(problem + ", however small the learning rate");
    }
    report(nullptr, problem + " at frame " + std::to_string(failed_at) + ": back to frame " +
                        std::to_string(state.step * batch) + " with half the learning rate");
  }
  if (stopped && checkpoint) checkpoint(*this);
  TrainerResult result;
  result.stopped = stopped;
  result.frames = state.step * batch;
  result.best = state.best_row;
  result.curve = state.curve;
  result.setbacks = static_cast<int>(state.setbacks);
  return result;
}

std::string Trainer::save() const {
  State& state = *state_;
  StateWriter bytes(kCheckpointLine);
  bytes.put(state.options.frames);
  bytes.put(state.fingerprint());
  state.pass_state([&](auto values) {
    bytes.put(std::span<const typename decltype(values)::value_type>(values));
  });
  return std::move(bytes).finish();
}

void Trainer::restore(std::string_view text, const std::string& path) {
  State& state = *state_;
  StateReader bytes(text, kCheckpointLine,
                    {.file = path,
                     .kind = "training checkpoint",
                     .hint = "--overwrite starts over from the beginning"});
  const auto frames = bytes.get<std::int64_t>();
  if (state.options.frames == 0) state.options.frames = frames;
  if (bytes.get<std::uint64_t>() != state.fingerprint()) {
    bytes.refuse("it is of other data or other options");
  }
  state.pass_state([&](auto values) { bytes.get(values); });
  bytes.finish();
}

Model Trainer::best_model() const { return state_->with(state_->best.data()); }
Model Trainer::last_model() const { return state_->with(state_->optimizer->average()); }
const std::vector<CurveRow>& Trainer::curve() const { return state_->curve; }

ErrorSums Trainer::test(const std::vector<Structure>& frames) const {
  std::vector<Frame> prepared;
  for (const Structure& frame : frames) {
    prepared.push_back(make_frame(frame, state_->layout, state_->start.reference_energies));
  }
  std::vector<const Frame*> pointers;
  for (const Frame& frame : prepared) pointers.push_back(&frame);
  return state_->gradient->evaluate(state_->best.data(), pointers);
}

}  // namespace fusemd::train
