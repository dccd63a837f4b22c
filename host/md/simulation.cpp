// SPDX-License-Identifier: MIT
#include "host/md/simulation.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "host/md/replica_setup.hpp"
#include "host/md/replica_trail.hpp"
#include "host/md/rounds.hpp"
#include "host/md/sample_buffer.hpp"
#include "host/thread_placement.hpp"

namespace fusemd {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kProgressSeconds = 0.1;
constexpr double kRoundBytes = 32e6;  // samples of one round; two rounds are in memory

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

/// What one thread has to itself.
struct Worker {
  std::vector<std::unique_ptr<Evaluator>> evaluators;  // one a composition, made when first needed
  /// The replica at hand. A step writes most of it, so a thread works on memory of its own: states
  /// of neighbouring replicas share cache lines.
  ReplicaState state;
};

struct Simulation::Parts {
  const Potential& potential;
  SimulationOptions options;
  CompositionTable table;
  std::vector<ReplicaState> states;
  std::vector<std::size_t> composition;  // of each replica
  std::vector<ReplicaTrail> own_trails;
  std::vector<ReplicaTrail>& trails;
  std::vector<Worker> workers;

  // Of the run in progress.
  SamplePlan plan;
  std::vector<SampleSource> sources;
  std::vector<SampleBuffer> buffers;
  std::int64_t run_begin = 0;  // step
  std::vector<ReplicaFailure> failures;
  std::exception_ptr error;
  std::mutex mutex;                       // guards failures, error, and make_evaluator
  std::atomic<std::size_t> n_failed = 0;  // replicas, of earlier runs too

  Parts(const Potential& chosen,
        std::span<const Structure> structures,
        SimulationOptions chosen_options)
      : potential(chosen),
        options(std::move(chosen_options)),
        trails(options.trails != nullptr ? *options.trails : own_trails) {
    check_options(options);
    trails.resize(static_cast<std::size_t>(options.replicas));
    table = make_compositions(structures, options);
    for (std::int32_t slot = 0; slot < options.replicas; ++slot) {
      composition.push_back(
          table.of_structure[structure_of(options.first_replica + slot, structures.size())]);
    }
    const auto threads = static_cast<std::size_t>(std::min(options.threads, options.replicas));
    workers.resize(threads);
    for (Worker& worker : workers) worker.evaluators.resize(table.compositions.size());
    // An element that the model does not know is found here and not in the middle of a run.
    for (const std::size_t c : composition) evaluator(workers[0], c);
  }

  Evaluator& evaluator(Worker& worker, std::size_t c) {
    if (!worker.evaluators[c]) {
      const std::lock_guard lock(mutex);
      const Composition& atoms = table.compositions[c];
      worker.evaluators[c] = potential.make_evaluator(atoms.atomic_numbers, atoms.cell);
    }
    return *worker.evaluators[c];
  }

  std::int64_t first_step() const {
    for (const ReplicaState& state : states) {
      if (!state.failed) return state.step;
    }
    return states.front().step;
  }

  void begin_run();
  void fail(std::size_t slot, ReplicaFailure failure);
  std::vector<ReplicaFailure::GoodStep> return_to_last_good(std::size_t slot,
                                                            Evaluator& forces,
                                                            std::int64_t last_good);
  std::int64_t advance_replica(Worker& worker,
                               std::size_t slot,
                               int buffer,
                               std::int64_t last_step);
  void work(Worker& worker, Rounds& rounds, const Rounds::Ticket& ticket);
  void serve(Worker& worker, Rounds& rounds);
  void collect(Rounds& rounds,
               SampleSink& samples,
               EnergyStatistics& statistics,
               Clock::time_point start);
  void keep_error(Rounds& rounds);
  bool all_failed() const { return n_failed.load(std::memory_order_relaxed) == states.size(); }
  Rounds::Plan rounds_plan();
  Progress progress(const Rounds& rounds, std::int64_t step, Clock::time_point start) const;
};

void Simulation::Parts::begin_run() {
  run_begin = first_step();
  failures.clear();
  error = nullptr;
  n_failed = static_cast<std::size_t>(
      std::count_if(states.begin(), states.end(), [](const ReplicaState& s) { return s.failed; }));
  plan = {.log_every = options.log_every,
          .frame_every = options.frame_every,
          .timestep = options.timestep};
  sources.clear();
  std::size_t first_atom = 0;
  for (const std::size_t c : composition) {
    const Composition& atoms = table.compositions[c];
    sources.push_back({.atomic_numbers = atoms.atomic_numbers,
                       .masses = own_masses(atoms),
                       .dynamics = &atoms.dynamics,
                       .first_atom = first_atom});
    first_atom += atoms.atomic_numbers.size();
  }
  buffers.assign(Rounds::kRoundsInFlight, SampleBuffer(plan, sources));
}

void Simulation::Parts::fail(std::size_t slot, ReplicaFailure failure) {
  states[slot].failed = true;
  failure.replica = states[slot].replica;
  n_failed.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex);
  failures.push_back(std::move(failure));
}

/// Leaves states[slot] at step `last_good`, and answers the last steps up to there.
std::vector<ReplicaFailure::GoodStep> Simulation::Parts::return_to_last_good(
    std::size_t slot,
    Evaluator& forces,
    std::int64_t last_good) {
  const Dynamics& dynamics = table.compositions[composition[slot]].dynamics;
  auto steps = trails[slot].steps_up_to(last_good, states[slot], dynamics, forces);
  if (last_good > states[slot].step) states[slot] = steps.back().state;
  trails[slot].clear();
  return steps;
}

/// Returns the number of steps made. After a bad step the replica stays at its last good one: the
/// steps before are made again from its trail, which gives the same bits and costs nothing while
/// all is well.
std::int64_t Simulation::Parts::advance_replica(Worker& worker,
                                                std::size_t slot,
                                                int buffer,
                                                std::int64_t last_step) {
  if (states[slot].failed) return 0;
  const std::size_t c = composition[slot];
  const Dynamics& dynamics = table.compositions[c].dynamics;
  Evaluator& forces = evaluator(worker, c);
  SampleBuffer& samples = buffers[static_cast<std::size_t>(buffer)];

  const bool is_start = states[slot].step == 0 && !states[slot].has_forces;
  if (!states[slot].has_forces) {
    if (const auto failure = compute_forces(states[slot], dynamics, forces)) {
      fail(slot, {.failure = *failure});
      return 0;
    }
  }
  ReplicaState& state = worker.state;
  state = states[slot];
  if (is_start && (plan.logs_at(0) || plan.frames_at(0))) samples.record(slot, state);

  const std::int64_t first_step = state.step;
  while (state.step < last_step) {
    const std::int64_t next = plan.next(state.step, last_step);
    if (const auto failure = advance(state, dynamics, forces, next - state.step)) {
      fail(slot, {.failure = *failure,
                  .last_good = return_to_last_good(slot, forces, failure->step - 1)});
      return failure->step - first_step;
    }
    if (plan.logs_at(state.step) || plan.frames_at(state.step)) samples.record(slot, state);
  }
  trails[slot].leave(states[slot], last_step);
  states[slot] = state;
  return last_step - first_step;
}

void Simulation::Parts::work(Worker& worker, Rounds& rounds, const Rounds::Ticket& ticket) {
  const auto start = Clock::now();
  std::int64_t steps = 0;
  for (std::size_t slot = ticket.first_replica; slot < ticket.last_replica; ++slot) {
    steps += advance_replica(worker, slot, ticket.slot, ticket.last_step);
  }
  rounds.done(ticket, steps, seconds_since(start));
}

void Simulation::Parts::keep_error(Rounds& rounds) {
  {
    const std::lock_guard lock(mutex);
    if (!error) error = std::current_exception();
  }
  rounds.give_up();
}

/// A worker thread.
void Simulation::Parts::serve(Worker& worker, Rounds& rounds) {
  try {
    while (const auto ticket = rounds.take()) work(worker, rounds, *ticket);
  } catch (...) {
    keep_error(rounds);
  }
}

/// The calling thread: advances replicas like the others, and alone hands samples and progress on.
void Simulation::Parts::collect(Rounds& rounds,
                                SampleSink& samples,
                                EnergyStatistics& statistics,
                                Clock::time_point start) {
  auto last_progress = start;
  std::int64_t collected_step = run_begin;
  for (;;) {
    const Rounds::Task task = rounds.take_or_collect();
    if (task.kind == Rounds::Task::Kind::finished) break;
    if (task.kind == Rounds::Task::Kind::advance) {
      work(workers[0], rounds, task.ticket);
    } else {
      buffers[static_cast<std::size_t>(task.slot)].emit(samples, statistics);
      collected_step = task.last_step;
      rounds.collected();
    }
    if (options.progress && seconds_since(last_progress) >= kProgressSeconds) {
      last_progress = Clock::now();
      options.progress(progress(rounds, collected_step, start));
    }
  }
  if (options.progress) options.progress(progress(rounds, collected_step, start));
}

Rounds::Plan Simulation::Parts::rounds_plan() {
  Rounds::Plan rounds;
  rounds.n_replicas = states.size();
  rounds.n_threads = static_cast<int>(workers.size());
  rounds.first_step = run_begin;
  rounds.last_step = std::max(options.steps, rounds.first_step);

  // As many steps as fit the memory for samples; one sample of every replica always must.
  std::size_t n_atoms = 0;
  for (const SampleSource& source : sources) n_atoms += source.atomic_numbers.size();
  const double bytes = SampleBuffer::bytes(plan, states.size(), n_atoms, 1.0);
  const double all = static_cast<double>(std::max<std::int64_t>(options.steps, 1));
  rounds.longest_round =
      static_cast<std::int64_t>(bytes > 0.0 ? std::min(kRoundBytes / bytes, all) : all);
  rounds.longest_round = std::max<std::int64_t>(rounds.longest_round, 1);

  rounds.begin_round = [this](int slot, std::int64_t first, std::int64_t last) {
    buffers[static_cast<std::size_t>(slot)].begin(first, last);
  };
  rounds.stop_requested = [this] {
    return (options.stop != nullptr && options.stop->load(std::memory_order_relaxed)) ||
           all_failed();
  };
  return rounds;
}

Progress Simulation::Parts::progress(const Rounds& rounds,
                                     std::int64_t step,
                                     Clock::time_point start) const {
  Progress now;
  now.step = step;
  now.replica_steps = rounds.replica_steps();
  now.replica_steps_total = std::max<std::int64_t>(options.steps - run_begin, 0) *
                            static_cast<std::int64_t>(states.size());
  now.seconds = seconds_since(start);
  now.rate = now.seconds > 0.0 ? static_cast<double>(now.replica_steps) / now.seconds : 0.0;
  now.failed_replicas = static_cast<std::int64_t>(n_failed.load(std::memory_order_relaxed));
  return now;
}

Simulation::Simulation(const Potential& potential,
                       std::span<const Structure> structures,
                       SimulationOptions options)
    : parts_(std::make_unique<Parts>(potential, structures, std::move(options))) {
  parts_->states = start_states(structures, parts_->table, parts_->options);
}

Simulation::Simulation(const Potential& potential,
                       std::span<const Structure> structures,
                       SimulationOptions options,
                       std::vector<ReplicaState> states)
    : parts_(std::make_unique<Parts>(potential, structures, std::move(options))) {
  check_states(states, structures, parts_->options);
  parts_->states = std::move(states);
}

Simulation::~Simulation() = default;

std::span<const ReplicaState> Simulation::states() const { return parts_->states; }

SimulationResult Simulation::run(SampleSink& samples) {
  Parts& p = *parts_;
  const auto start = Clock::now();
  p.begin_run();
  EnergyStatistics of_this_run(p.states.size());
  EnergyStatistics& statistics = p.options.statistics ? *p.options.statistics : of_this_run;
  Rounds rounds(p.rounds_plan());
  {
    ThreadPlacement placement;
    if (p.workers.size() > 1) placement.settle();
    std::vector<std::jthread> threads;  // joined at the end of this block
    try {
      for (std::size_t w = 1; w < p.workers.size(); ++w) {
        threads.emplace_back([&p, &rounds, &placement, w] {
          placement.settle();
          p.serve(p.workers[w], rounds);
        });
      }
      p.collect(rounds, samples, statistics, start);
    } catch (...) {
      p.keep_error(rounds);
    }
  }
  if (p.error) std::rethrow_exception(p.error);

  std::sort(p.failures.begin(), p.failures.end(),
            [](const ReplicaFailure& a, const ReplicaFailure& b) {
              return std::tie(a.failure.step, a.replica) < std::tie(b.failure.step, b.replica);
            });
  SimulationResult result;
  result.step = p.first_step();
  result.replica_steps = rounds.replica_steps();
  result.seconds = seconds_since(start);
  result.stopped = rounds.stopped() && !p.all_failed();
  result.energies = statistics.summary();
  result.failures = p.failures;
  return result;
}

}  // namespace fusemd
