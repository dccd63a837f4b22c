// SPDX-License-Identifier: MIT
// kernels/graph_step.hpp against kernels/integrate.hpp with the same forces: the same bits,
// whatever a device decides in between.
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/graph_step.hpp"
#include "test/simt/kernels/replica_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const std::vector<std::size_t> kSizes = {3, 33, 12};

/// Replicas that a graph would advance, step by step.
class GraphReplicas {
 public:
  GraphReplicas(const std::vector<std::unique_ptr<HostReplica>>& replicas,
                Ensemble ensemble,
                unsigned threads)
      : devices(pointers(replicas), block_of(threads)),
        kind_(cuda::dynamics_kind(ensemble)),
        policy_(block_of(threads)),
        due_(replicas.size()),
        underway_(replicas.size()),
        clock_(std::vector<GraphClock>(1)) {
    std::vector<double> x, y, z;
    for (const auto& r : replicas) {
      for (const Vec3& at : r->state.positions) {
        x.push_back(at.x);
        y.push_back(at.y);
        z.push_back(at.z);
      }
    }
    x_ = std::make_unique<DeviceArray<double>>(x);
    y_ = std::make_unique<DeviceArray<double>>(y);
    z_ = std::make_unique<DeviceArray<double>>(z);
  }

  void start() {
    devices.forces();
    graph_set_out(view(), policy_, nullptr);
    devices.forces();
    graph_start(view(), policy_, nullptr);
  }
  void go_on(std::int64_t n_steps) { graph_go_on(view(), n_steps, nullptr); }
  void begin() { graph_begin_step(kind_, view(), policy_, nullptr); }
  void finish() {
    devices.forces();
    graph_finish_step(kind_, view(), policy_, nullptr);
  }
  void step() {
    begin();
    finish();
  }

  /// As a search does that finds too little room; and as the host does when there is more.
  void set_halted(bool halted) {
    GraphClock clock = this->clock();
    clock.halted = halted ? 1 : 0;
    put(clock);
  }
  /// Candidates of one atom were found here.
  void set_found_at(std::size_t atom, double x) {
    device::copy_to_device(x_->data() + atom, &x, sizeof x, nullptr);
    device::synchronize(Stream{});
  }

  /// What graph_sample() writes, with atoms or without; every row of atoms in turn.
  std::pair<std::vector<ReplicaProgress>, std::vector<double>> sample(bool with_atoms) {
    const std::size_t n = x_->size(), replicas = due_.size();
    DeviceArray<ReplicaProgress> progress(replicas);
    DeviceArray<double> atoms(with_atoms ? 9 * n : 0);
    GraphClock clock = this->clock();
    clock.sample = {progress.data(), atoms.data()};
    put(clock);
    graph_sample(view(), policy_, nullptr);
    return {progress.download(), atoms.download()};
  }

  [[nodiscard]] GraphClock clock() const { return clock_.download()[0]; }
  [[nodiscard]] std::vector<std::uint32_t> due() const { return due_.download(); }
  [[nodiscard]] std::vector<std::uint32_t> underway() const { return underway_.download(); }

  DeviceReplicas devices;
  double may_move = 10.0;

 private:
  void put(const GraphClock& clock) {
    device::copy_to_device(clock_.data(), &clock, sizeof clock, nullptr);
    device::synchronize(Stream{});
  }
  GraphStepView view() {
    return {.dynamics = devices.view(),
            .found_at = {x_->data(), y_->data(), z_->data()},
            .may_move = may_move,
            .due = due_.data(),
            .underway = underway_.data(),
            .clock = clock_.data()};
  }

  DynamicsKind kind_;
  LaunchPolicy policy_;
  DeviceArray<std::uint32_t> due_, underway_;
  DeviceArray<GraphClock> clock_;
  std::unique_ptr<DeviceArray<double>> x_, y_, z_;
};

/// All of a batch's numbers.
struct State {
  std::vector<Vec3> x, v, f;
  std::vector<std::vector<double>> progress;
  friend bool operator==(const State&, const State&) = default;
};

State state_of(const DeviceReplicas& devices) {
  State state{devices.positions(), devices.velocities(), devices.all_forces(), {}};
  for (const ReplicaProgress& p : devices.progress()) {
    state.progress.push_back({static_cast<double>(p.step), p.potential_energy, p.kinetic_energy,
                              p.heat, static_cast<double>(p.stopped)});
  }
  return state;
}

/// What kernels/integrate.hpp makes of the replicas.
State after_steps(const ReplicaOptions& options, int n_steps) {
  const auto replicas = replicas_of(kSizes, options);
  DeviceReplicas devices(pointers(replicas), block_of(64));
  devices.start();
  for (int step = 0; step < n_steps; ++step) devices.step();
  return state_of(devices);
}

const ReplicaOptions kOptions[] = {{.ensemble = Ensemble::nve},
                                   {.ensemble = Ensemble::langevin},
                                   {.ensemble = Ensemble::csvr, .rigid_motion_every = 2}};

FUSEMD_KERNEL_CASE("graph steps have the bits of integrate, and end where they are told to") {
  for (const ReplicaOptions& options : kOptions) {
    const auto replicas = replicas_of(kSizes, options);
    GraphReplicas graph(replicas, options.ensemble, 64);
    graph.start();
    expect(state_of(graph.devices) == after_steps(options, 0), "the start");
    graph.step();
    expect(state_of(graph.devices) == after_steps(options, 0), "no step before there is a goal");
    graph.go_on(3);
    for (int step = 0; step < 5; ++step) graph.step();
    const State found = state_of(graph.devices);
    expect(found == after_steps(options, 3), "three steps, and no more");
    graph.go_on(1);
    graph.step();
    expect(state_of(graph.devices) == after_steps(options, 4), "a fourth");
    same_bits(found.x);
  }
}

// A list finds too little room in step 2: all go back to step 1, nobody begins another; with more
// room all end as if nothing had been. One replica stopped before that.
FUSEMD_KERNEL_CASE("graph steps roll back and halt where there is no room, and go on") {
  for (const ReplicaOptions& options : kOptions) {
    const auto replicas = replicas_of(kSizes, options);
    GraphReplicas graph(replicas, options.ensemble, 96);
    graph.start();
    graph.go_on(4);
    graph.devices.springs(2).fault = Springs::Fault{.after = 0, .atom = 1, .value = kNaN};
    graph.step();
    graph.begin();
    graph.set_halted(true);
    graph.finish();
    const State none = after_steps(options, 0), one = after_steps(options, 1);
    const auto expect_last_good = [&](const State& now, const State& others) {
      for (std::size_t i = 0; i < now.x.size(); ++i) {
        const State& expected = i >= 36 ? none : others;
        expect(now.x[i] == expected.x[i] && now.v[i] == expected.v[i] && now.f[i] == expected.f[i],
               "atom " + std::to_string(i) + " is not at its last good step");
      }
      expect(now.progress[0] == others.progress[0] && now.progress[1] == others.progress[1],
             "progress");
    };
    for (int more = 0; more < 3; ++more) {
      expect_last_good(state_of(graph.devices), one);
      expect(graph.clock().until == 4, "on the way to step 4");
      // Steps and intervals that were put into the stream already.
      if (more > 0) graph.go_on(4);
      graph.devices.springs(1).fault = Springs::Fault{.after = 0, .atom = 5, .value = 7.0};
      graph.step();
      expect(graph.underway() == std::vector<std::uint32_t>{0, 0, 0}, "nobody begins a step");
    }
    graph.set_halted(false);
    for (int step = 0; step < 4; ++step) graph.step();
    expect_last_good(state_of(graph.devices), after_steps(options, 4));
    same_bits(state_of(graph.devices).x);
  }
}

FUSEMD_KERNEL_CASE("graph steps sample what the replicas are") {
  const auto replicas = replicas_of(kSizes, kOptions[2]);
  GraphReplicas graph(replicas, Ensemble::csvr, 32);
  graph.start();
  graph.go_on(2);
  graph.step();
  graph.step();
  const auto [progress, atoms] = graph.sample(true);
  const State now = state_of(graph.devices);
  const std::size_t n = now.x.size();
  for (std::size_t i = 0; i < n; ++i) {
    const Vec3 rows[] = {now.x[i], now.v[i], now.f[i]};
    for (std::size_t k = 0; k < 3; ++k) {
      expect(Vec3{atoms[3 * k * n + i], atoms[(3 * k + 1) * n + i], atoms[(3 * k + 2) * n + i]} ==
                 rows[k],
             "rows of the sample");
    }
  }
  const auto [without, nothing] = graph.sample(false);
  expect(nothing.empty(), "no atoms were asked for");
  for (std::size_t r = 0; r < progress.size(); ++r) {
    expect(progress[r].step == 2 && progress[r].heat == now.progress[r][3] &&
               without[r].kinetic_energy == now.progress[r][2],
           "progress in the sample");
  }
  same_bits(atoms);
}

FUSEMD_KERNEL_CASE("graph steps leave a stopped replica with the forces of its positions") {
  for (const ReplicaOptions& options : kOptions) {
    const auto replicas = replicas_of(kSizes, options);
    GraphReplicas graph(replicas, options.ensemble, 64);
    graph.start();
    graph.go_on(4);
    graph.devices.springs(1).fault = Springs::Fault{.after = 1, .atom = 17, .value = kNaN};
    for (int step = 0; step < 4; ++step) {
      if (step == 3) {
        graph.devices.springs(1).fault = Springs::Fault{.after = 0, .atom = 2, .value = kNaN};
      }
      graph.step();
    }
    const State now = state_of(graph.devices);
    const State one = after_steps(options, 1), four = after_steps(options, 4);
    for (std::size_t i = 0; i < now.x.size(); ++i) {
      const State& expected = i >= 3 && i < 36 ? one : four;
      expect(now.x[i] == expected.x[i] && now.v[i] == expected.v[i] && now.f[i] == expected.f[i],
             "atom " + std::to_string(i));
    }
    const ReplicaProgress progress = graph.devices.progress()[1];
    expect(progress.stopped == StopReason::force && progress.stop_step == 2 &&
               progress.stop_atom == 17,
           "why it stopped");
    same_bits(now.f);
  }
}

FUSEMD_KERNEL_CASE("graph steps see which lists are due") {
  const auto replicas = replicas_of(kSizes, {});
  GraphReplicas graph(replicas, Ensemble::nve, 64);
  graph.start();
  expect(graph.due() == std::vector<std::uint32_t>{0, 0, 0}, "cleared by the start");
  graph.go_on(4);
  graph.begin();
  expect(graph.due() == std::vector<std::uint32_t>{0, 0, 0}, "nobody has moved far");
  graph.finish();
  graph.set_found_at(3 + 32, kNaN);
  graph.begin();
  expect(graph.due() == std::vector<std::uint32_t>{0, 1, 0}, "no number: never made");
  graph.finish();
  expect(graph.due() == std::vector<std::uint32_t>{0, 0, 0}, "cleared by the end of the step");
  graph.set_found_at(3 + 32, replicas[1]->state.positions[32].x + 10.5);
  graph.set_found_at(1, replicas[0]->state.positions[1].x - 9.5);
  graph.begin();
  expect(graph.due() == std::vector<std::uint32_t>{0, 1, 0}, "further than an atom may move");
  graph.finish();
}

FUSEMD_KERNEL_CASE("graph steps of nothing") {
  GraphReplicas graph({}, Ensemble::nve, 32);
  graph.start();
  graph.go_on(1);
  graph.step();
}

}  // namespace
}  // namespace fusemd::test
