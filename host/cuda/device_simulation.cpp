// SPDX-License-Identifier: MIT
#include "host/cuda/device_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <tuple>
#include <utility>

#include "host/cuda/device_dynamics.hpp"
#include "host/cuda/owned_stream.hpp"
#include "host/cuda/sample_ring.hpp"
#include "host/element_check.hpp"
#include "host/md/replica_setup.hpp"
#include "host/md/sample_buffer.hpp"
#include "kernels/devices.hpp"

namespace fusemd::cuda {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kProgressSeconds = 0.1;
constexpr std::size_t kRingBytes = std::size_t{32} << 20U;  // on either side
constexpr std::size_t kFewestSlots = 2;  // one is written while another is handed on
constexpr std::size_t kMostSlots = 8;

// Where samples are far apart an interval ends before the next one, so that a stop request and
// progress need not wait for it: after about this time, by the speed so far.
constexpr double kIntervalSeconds = 0.1;
constexpr std::int64_t kFirstInterval = 256;  // steps
constexpr std::int64_t kGrowth = 8;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::size_t ring_slots(std::size_t slot_bytes) {
  return std::clamp(kRingBytes / std::max<std::size_t>(slot_bytes, 1), kFewestSlots, kMostSlots);
}

}  // namespace

struct DeviceSimulation::Parts {
  SimulationOptions options;
  CompositionTable table;
  std::vector<std::size_t> composition;  // of each replica
  std::vector<ReplicaState> states;
  std::shared_ptr<const DeviceModel> model;
  LoopMaker make_loop;

  SamplePlan plan;
  std::vector<SampleSource> sources;

  // Of the run in progress.
  OwnedStream stream;
  std::optional<DeviceReplicas> replicas;
  std::unique_ptr<ResidentLoop> loop;
  std::optional<SampleRing> ring;
  std::optional<SampleBuffer> buffer;
  std::int64_t run_begin = 0, run_end = 0;  // steps
  std::int64_t enqueued = 0;                // up to this step
  std::int64_t longest = kFirstInterval;    // steps of an interval
  std::int64_t replica_steps = 0;
  std::int64_t reached = 0;  // step
  bool stopping = false;
  std::vector<bool> starting;  // replicas whose first sample is the start itself
  std::vector<ReplicaFailure> failures;
  Clock::time_point start, last_progress, last_drained;

  std::size_t going_on() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(states, [](const ReplicaState& s) { return !s.failed; }));
  }
  std::int64_t first_step() const {
    for (const ReplicaState& state : states) {
      if (!state.failed) return state.step;
    }
    return states.front().step;
  }

  void describe_replicas();
  void begin_run();
  bool start_forces();
  void put_into_stream(const Interval& interval, bool with_atoms);
  void fill_ring();
  void hand_on(SampleSink& samples, EnergyStatistics& statistics);
  void take_in(const RingSample& sample);
  bool paused(const RingSample& sample) const;
  void make_room(const RingSample& sample);
  void adapt(const Interval& interval);
  void show_progress(bool always);
  void keep_last_good();
  void abandon() noexcept;
};

/// What samples of each replica say of its atoms.
void DeviceSimulation::Parts::describe_replicas() {
  plan = {.log_every = options.log_every,
          .frame_every = options.frame_every,
          .timestep = options.timestep};
  std::size_t first_atom = 0;
  for (const std::size_t c : composition) {
    const Composition& atoms = table.compositions[c];
    sources.push_back({.atomic_numbers = atoms.atomic_numbers,
                       .masses = own_masses(atoms),
                       .dynamics = &atoms.dynamics,
                       .first_atom = first_atom});
    first_atom += atoms.atomic_numbers.size();
  }
}

void DeviceSimulation::Parts::begin_run() {
  device::use_device(model->device());
  start = last_progress = last_drained = Clock::now();
  loop.reset();
  replicas.emplace(table, composition, states);
  loop = make_loop(model, *replicas);
  const bool frames = options.frame_every > 0;
  const std::size_t slot = SampleRing::bytes(states.size(), replicas->n_atoms(), frames);
  ring.emplace(states.size(), replicas->n_atoms(), ring_slots(slot), frames);
  buffer.emplace(plan, sources);
  run_begin = enqueued = reached = first_step();
  run_end = std::max(options.steps, run_begin);
  longest = kFirstInterval;
  replica_steps = 0;
  stopping = false;
  starting.assign(states.size(), false);
  failures.clear();
}

/// Forces of replicas that have none. Returns whether there were any.
bool DeviceSimulation::Parts::start_forces() {
  const bool any =
      std::ranges::any_of(states, [](const ReplicaState& s) { return !s.has_forces && !s.failed; });
  if (!any) return false;
  loop->start(stream);
  // Saved forces stay as they are, so that a run that goes on has the bits it would have had.
  for (std::size_t r = 0; r < states.size(); ++r) {
    if (states[r].has_forces || states[r].failed) {
      device::synchronize(stream);
      replicas->put(r, states[r], stream);
    } else {
      starting[r] = states[r].step == 0;
    }
  }
  return true;
}

void DeviceSimulation::Parts::put_into_stream(const Interval& interval, bool with_atoms) {
  const SampleTarget target = ring->claim(interval, with_atoms);
  loop->advance(interval, target, stream);
  ring->commit(stream);
  enqueued = interval.last;
}

/// Puts intervals into the stream as long as there are slots for their samples.
void DeviceSimulation::Parts::fill_ring() {
  while (!ring->full() && !stopping && enqueued < run_end) {
    if (options.stop != nullptr && options.stop->load(std::memory_order_relaxed)) {
      stopping = true;
      break;
    }
    const std::int64_t next = std::min(plan.next(enqueued, run_end), enqueued + longest);
    put_into_stream({enqueued, next}, plan.frames_at(next));
  }
}

/// Whether the loop had no room for some replica: it goes on, but is not where it should be.
bool DeviceSimulation::Parts::paused(const RingSample& sample) const {
  return std::ranges::any_of(sample.progress, [&](const ReplicaProgress& p) {
    return p.stopped == StopReason::none && p.step < sample.interval.last;
  });
}

/// Everything behind the pause is void: the loop stands where `sample` says and goes on from there.
void DeviceSimulation::Parts::make_room(const RingSample& sample) {
  for (const ReplicaProgress& p : sample.progress) {
    if (p.stopped == StopReason::none) enqueued = p.step;
  }
  device::synchronize(stream);
  while (!ring->empty()) ring->release();
  const std::string line = loop->make_room(stream);
  if (options.note) options.note(line);
}

/// The oldest sample goes to the sink, and into the states.
void DeviceSimulation::Parts::hand_on(SampleSink& samples, EnergyStatistics& statistics) {
  const RingSample sample = ring->front();
  if (paused(sample)) {
    make_room(sample);
    return;
  }
  const Interval interval = sample.interval;
  buffer->begin(interval.first, interval.last);
  take_in(sample);
  ring->release();
  buffer->emit(samples, statistics);
  reached = interval.last;
  adapt(interval);
  if (going_on() == 0) stopping = true;
}

void DeviceSimulation::Parts::take_in(const RingSample& sample) {
  const std::int64_t step = sample.interval.last;
  const bool due = plan.logs_at(step) || plan.frames_at(step);
  const bool is_start = sample.interval.first == step;
  for (std::size_t r = 0; r < states.size(); ++r) {
    ReplicaState& state = states[r];
    const ReplicaProgress& progress = sample.progress[r];
    if (state.failed) continue;
    replica_steps += progress.step - state.step;
    read_progress(progress, state);
    if (state.failed) {
      failures.push_back({state.replica, step_failure(progress, state.positions.size())});
      continue;
    }
    if (!due || (is_start && !starting[r])) continue;
    if (!sample.atoms.empty()) {
      const std::size_t n = replicas->n_atoms(), begin = replicas->system_start()[r];
      read_vectors(sample.atoms, n, 0, begin, state.positions);
      read_vectors(sample.atoms, n, 3, begin, state.velocities);
      read_vectors(sample.atoms, n, 6, begin, state.forces);
      // Counts pairs nearer than in training; limits were looked at on the device.
      const StepWatch& watch = table.compositions[composition[r]].dynamics.watch();
      if (!watch.idle()) (void)watch.look(state, state.conserved_energy());
    }
    buffer->record(r, state);
  }
}

/// How long intervals without a sample may be, by the time that this one took.
void DeviceSimulation::Parts::adapt(const Interval& interval) {
  const double seconds = seconds_since(last_drained);
  last_drained = Clock::now();
  const std::int64_t steps = interval.last - interval.first;
  if (steps == 0 || !(seconds > 0.0)) return;
  const double fitting = kIntervalSeconds * static_cast<double>(steps) / seconds;
  const double most = static_cast<double>(kGrowth * longest);
  longest = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min(fitting, most)));
}

void DeviceSimulation::Parts::show_progress(bool always) {
  if (!options.progress || (!always && seconds_since(last_progress) < kProgressSeconds)) return;
  last_progress = Clock::now();
  Progress now;
  now.step = reached;
  now.replica_steps = replica_steps;
  now.replica_steps_total = (run_end - run_begin) * static_cast<std::int64_t>(states.size());
  now.failed_replicas = static_cast<std::int64_t>(states.size() - going_on());
  now.seconds = seconds_since(start);
  now.rate = now.seconds > 0.0 ? static_cast<double>(now.replica_steps) / now.seconds : 0.0;
  options.progress(now);
}

/// The device keeps one good step of a replica that stopped.
void DeviceSimulation::Parts::keep_last_good() {
  for (ReplicaFailure& failure : failures) {
    const auto r = static_cast<std::size_t>(failure.replica - options.first_replica);
    const Dynamics& dynamics = table.compositions[composition[r]].dynamics;
    failure.last_good = {{.state = states[r], .temperature = dynamics.temperature(states[r])}};
  }
}

/// Waits for what is still in the stream, so that memory may go. Its errors do not matter any more.
void DeviceSimulation::Parts::abandon() noexcept {
  try {
    device::synchronize(stream);
  } catch (const std::exception&) {
  }
  ring.reset();
}

DeviceSimulation::DeviceSimulation(const Source& source,
                                   std::span<const Structure> structures,
                                   SimulationOptions options,
                                   std::vector<ReplicaState> states)
    : parts_((device::use_device(source.model->device()), std::make_unique<Parts>())) {
  Parts& p = *parts_;
  p.options = std::move(options);
  p.model = source.model;
  p.make_loop = source.make_loop;
  check_options(p.options);
  p.table = make_compositions(structures, p.options);
  for (std::int32_t slot = 0; slot < p.options.replicas; ++slot) {
    const std::size_t s = structure_of(p.options.first_replica + slot, structures.size());
    p.composition.push_back(p.table.of_structure[s]);
    const Composition& atoms = p.table.compositions[p.composition.back()];
    require_trained_elements(atoms.atomic_numbers, source.elements, source.model_name);
    require_not_periodic(atoms.cell);
  }
  p.describe_replicas();
  if (states.empty()) {
    p.states = start_states(structures, p.table, p.options);
  } else {
    check_states(states, structures, p.options);
    p.states = std::move(states);
  }
}

DeviceSimulation::~DeviceSimulation() = default;

std::span<const ReplicaState> DeviceSimulation::states() const { return parts_->states; }

SimulationResult DeviceSimulation::run(SampleSink& samples) {
  Parts& p = *parts_;
  EnergyStatistics of_this_run(p.states.size());
  EnergyStatistics& statistics = p.options.statistics ? *p.options.statistics : of_this_run;
  p.begin_run();
  try {
    if (p.start_forces()) {
      p.put_into_stream({p.run_begin, p.run_begin}, p.plan.frames_at(p.run_begin));
    }
    p.fill_ring();
    while (!p.ring->empty()) {
      p.hand_on(samples, statistics);
      p.fill_ring();
      p.show_progress(false);
    }
  } catch (...) {
    p.abandon();
    throw;
  }
  p.show_progress(true);
  p.replicas->get(p.states, p.stream);
  p.keep_last_good();

  std::ranges::sort(p.failures, [](const ReplicaFailure& a, const ReplicaFailure& b) {
    return std::tie(a.failure.step, a.replica) < std::tie(b.failure.step, b.replica);
  });
  SimulationResult result;
  result.step = p.first_step();
  result.replica_steps = p.replica_steps;
  result.seconds = seconds_since(p.start);
  result.stopped = p.reached < p.run_end && p.going_on() > 0;
  result.energies = statistics.summary();
  result.failures = p.failures;
  return result;
}

}  // namespace fusemd::cuda
