// SPDX-License-Identifier: MIT
// kernels/integrate.hpp against host/md, step by step, with the same forces.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/cuda/device_dynamics.hpp"
#include "host/md/degrees_of_freedom.hpp"
#include "host/md/dynamics.hpp"
#include "host/md/velocities.hpp"
#include "kernels/integrate.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Springs from each atom to where it started, and to the next atom. After `good_calls` calls it
/// answers what it was told to, once.
class Springs final : public Evaluator {
 public:
  explicit Springs(std::vector<Vec3> anchors) : anchors_(std::move(anchors)) {}

  struct Fault {
    int after = 0;  // good calls
    int atom = -1;  // whose force is wrong; -1: the energy is
    double value = 0.0;
  };
  std::optional<Fault> fault;

  double compute(std::span<const Vec3> x, std::span<Vec3> f, Virial* = nullptr) override {
    constexpr double kOwn = 2.0, kNext = 0.7;  // eV/Angstrom^2
    double energy = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Vec3 d = x[i] - anchors_[i];
      energy += 0.5 * kOwn * dot(d, d);
      f[i] = -kOwn * d;
    }
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const Vec3 d = (x[i + 1] - anchors_[i + 1]) - (x[i] - anchors_[i]);
      energy += 0.5 * kNext * dot(d, d);
      f[i] += kNext * d;
      f[i + 1] -= kNext * d;
    }
    if (fault && fault->after-- == 0) {
      if (fault->atom < 0) return fault->value;
      f[static_cast<std::size_t>(fault->atom)].y = fault->value;
    }
    return energy;
  }

 private:
  std::vector<Vec3> anchors_;
};

struct Options {
  Ensemble ensemble = Ensemble::nve;
  std::int64_t rigid_motion_every = 0;
  double temperature_limit = 1e5;
};

/// One replica as host/md has it.
struct HostReplica {
  HostReplica(std::size_t n_atoms, std::int32_t number, const Options& options) {
    Random random(100 + n_atoms);
    std::vector<double> masses;
    constexpr double kMasses[] = {1.008, 12.011, 15.999};
    for (std::size_t i = 0; i < n_atoms; ++i) {
      masses.push_back(kMasses[random.below(3)]);
      state.positions.push_back({1.1 * static_cast<double>(i) + random.uniform(-0.3, 0.3),
                                 random.uniform(-1.0, 1.0), random.uniform(-1.0, 1.0)});
    }
    DynamicsParameters parameters;
    parameters.ensemble = options.ensemble;
    parameters.friction = 0.02;
    parameters.csvr_time = 20.0;
    parameters.temperature_limit = options.temperature_limit;
    parameters.rigid_motion_every = options.rigid_motion_every;
    parameters.degrees_of_freedom = degrees_of_freedom(
        options.ensemble, n_atoms == 0 ? Shape::atom : shape_of(state.positions, masses),
        static_cast<std::int64_t>(n_atoms));
    dynamics = std::make_unique<Dynamics>(parameters, masses);
    state.replica = number;
    state.seed = 20240607;
    state.temperature = 300.0 + number;
    state.velocities.resize(n_atoms);
    // Any velocities, moving and turning as a whole: the thermostat has to take that out.
    for (Vec3& v : state.velocities) {
      v = {random.uniform(-0.02, 0.03), random.uniform(-0.02, 0.02), random.uniform(-0.01, 0.02)};
    }
    springs = std::make_unique<Springs>(state.positions);
    failure = compute_forces(state, *dynamics, *springs);
  }

  void step() {
    if (failure) return;
    const ReplicaState before = state;
    failure = advance(state, *dynamics, *springs, 1);
    if (failure) state = before;
  }

  ReplicaState state;
  std::unique_ptr<Dynamics> dynamics;
  std::unique_ptr<Springs> springs;
  std::optional<StepFailure> failure;
};

/// The same replicas on a device.
class DeviceReplicas {
 public:
  DeviceReplicas(const std::vector<HostReplica*>& replicas, const LaunchPolicy& policy)
      : replicas_(replicas), policy_(policy), start_(starts(replicas)) {
    const std::size_t n = start_.download().back();
    std::vector<ReplicaConstants> constants;
    std::vector<ReplicaProgress> progress;
    std::vector<double> mass, half_kick, inverse_sqrt_mass;
    for (const HostReplica* r : replicas_) {
      evaluators_.push_back(*r->springs);
      constants.push_back(cuda::replica_constants(r->state, *r->dynamics));
      // Nothing is known of energies yet.
      progress.push_back(cuda::replica_progress({.step = r->state.step}));
      const auto append = [](std::vector<double>& to, std::span<const double> values) {
        to.insert(to.end(), values.begin(), values.end());
      };
      append(mass, r->dynamics->masses());
      append(half_kick, r->dynamics->half_kicks());
      append(inverse_sqrt_mass, r->dynamics->inverse_sqrt_masses());
    }
    for (auto* array : {&x_, &y_, &z_, &vx_, &vy_, &vz_, &fx_, &fy_, &fz_}) {
      *array = std::make_unique<DeviceArray<double>>(n);
    }
    mass_ = std::make_unique<DeviceArray<double>>(mass);
    half_kick_ = std::make_unique<DeviceArray<double>>(half_kick);
    inverse_sqrt_mass_ = std::make_unique<DeviceArray<double>>(inverse_sqrt_mass);
    kept_ = std::make_unique<DeviceArray<double>>(9 * n);
    energies_ = std::make_unique<DeviceArray<double>>(replicas_.size());
    constants_ = std::make_unique<DeviceArray<ReplicaConstants>>(constants);
    progress_ = std::make_unique<DeviceArray<ReplicaProgress>>(progress);
    kept_progress_ = std::make_unique<DeviceArray<ReplicaProgress>>(replicas_.size());
    std::vector<Vec3> positions, velocities;
    for (const HostReplica* r : replicas_) {
      positions.insert(positions.end(), r->state.positions.begin(), r->state.positions.end());
      velocities.insert(velocities.end(), r->state.velocities.begin(), r->state.velocities.end());
    }
    upload(positions, *x_, *y_, *z_);
    upload(velocities, *vx_, *vy_, *vz_);
  }

  /// Computes forces as the host does, and judges them.
  void start() {
    forces();
    start_replicas(view(), policy_, nullptr);
  }

  void step() {
    const DynamicsKind kind =
        replicas_.empty() ? DynamicsKind::velocity_verlet
                          : cuda::dynamics_kind(replicas_[0]->dynamics->parameters().ensemble);
    begin_step(kind, view(), policy_, nullptr);
    forces();
    finish_step(kind, view(), policy_, nullptr);
  }

  void set_force_limit(std::size_t r, double limit) {
    std::vector<ReplicaConstants> constants = constants_->download();
    constants[r].force_limit = limit;
    constants_ = std::make_unique<DeviceArray<ReplicaConstants>>(constants);
  }

  [[nodiscard]] std::vector<Vec3> positions() const { return download(*x_, *y_, *z_); }
  [[nodiscard]] std::vector<Vec3> velocities() const { return download(*vx_, *vy_, *vz_); }
  [[nodiscard]] std::vector<Vec3> all_forces() const { return download(*fx_, *fy_, *fz_); }
  [[nodiscard]] std::vector<ReplicaProgress> progress() const { return progress_->download(); }
  [[nodiscard]] Springs& springs(std::size_t r) { return evaluators_[r]; }

 private:
  static DeviceArray<std::uint32_t> starts(const std::vector<HostReplica*>& replicas) {
    std::vector<std::uint32_t> start = {0};
    for (const HostReplica* r : replicas) {
      start.push_back(start.back() + static_cast<std::uint32_t>(r->state.positions.size()));
    }
    return DeviceArray<std::uint32_t>(start);
  }

  static void upload(const std::vector<Vec3>& values,
                     DeviceArray<double>& x,
                     DeviceArray<double>& y,
                     DeviceArray<double>& z) {
    std::vector<double> component(values.size());
    const auto copy = [&](double Vec3::*member, DeviceArray<double>& to) {
      std::ranges::transform(values, component.begin(), [&](const Vec3& v) { return v.*member; });
      device::copy_to_device(to.data(), component.data(), to.size() * sizeof(double), nullptr);
      device::synchronize(Stream{});
    };
    copy(&Vec3::x, x);
    copy(&Vec3::y, y);
    copy(&Vec3::z, z);
  }

  static std::vector<Vec3> download(const DeviceArray<double>& x,
                                    const DeviceArray<double>& y,
                                    const DeviceArray<double>& z) {
    const std::vector<double> xs = x.download(), ys = y.download(), zs = z.download();
    std::vector<Vec3> values(xs.size());
    for (std::size_t i = 0; i < xs.size(); ++i) values[i] = {xs[i], ys[i], zs[i]};
    return values;
  }

  void forces() {
    const std::vector<std::uint32_t> start = start_.download();
    const std::vector<Vec3> x = positions();
    std::vector<Vec3> f(x.size());
    std::vector<double> energies(replicas_.size());
    for (std::size_t r = 0; r < replicas_.size(); ++r) {
      const std::size_t n = start[r + 1] - start[r];
      energies[r] = evaluators_[r].compute(std::span(x).subspan(start[r], n),
                                           std::span(f).subspan(start[r], n));
    }
    upload(f, *fx_, *fy_, *fz_);
    energies_ = std::make_unique<DeviceArray<double>>(energies);
  }

  DynamicsView view() {
    DynamicsView v;
    v.batch = {.n_systems = static_cast<std::uint32_t>(replicas_.size()),
               .n_atoms = static_cast<std::uint32_t>(x_->size()),
               .system_start = start_.data()};
    if (!replicas_.empty())
      v.constants = cuda::dynamics_constants(replicas_[0]->dynamics->parameters());
    v.atoms = {.n_atoms = v.batch.n_atoms,
               .x = x_->data(),
               .y = y_->data(),
               .z = z_->data(),
               .vx = vx_->data(),
               .vy = vy_->data(),
               .vz = vz_->data(),
               .fx = fx_->data(),
               .fy = fy_->data(),
               .fz = fz_->data(),
               .mass = mass_->data(),
               .half_kick = half_kick_->data(),
               .inverse_sqrt_mass = inverse_sqrt_mass_->data(),
               .constants = constants_->data(),
               .progress = progress_->data(),
               .kept = kept_->data(),
               .kept_progress = kept_progress_->data()};
    v.energies = energies_->data();
    return v;
  }

  std::vector<HostReplica*> replicas_;
  LaunchPolicy policy_;
  DeviceArray<std::uint32_t> start_;
  std::vector<Springs> evaluators_;
  std::unique_ptr<DeviceArray<double>> x_, y_, z_, vx_, vy_, vz_, fx_, fy_, fz_;
  std::unique_ptr<DeviceArray<double>> mass_, half_kick_, inverse_sqrt_mass_, kept_, energies_;
  std::unique_ptr<DeviceArray<ReplicaConstants>> constants_;
  std::unique_ptr<DeviceArray<ReplicaProgress>> progress_, kept_progress_;
};

LaunchPolicy block_of(unsigned threads) {
  LaunchPolicy policy = launch_policy(75);
  policy.dynamics_threads = threads;
  return policy;
}

/// A host replica of each size, numbered 5, 6, ...
std::vector<std::unique_ptr<HostReplica>> replicas_of(const std::vector<std::size_t>& sizes,
                                                      const Options& options) {
  std::vector<std::unique_ptr<HostReplica>> replicas;
  for (const std::size_t n : sizes) {
    replicas.push_back(
        std::make_unique<HostReplica>(n, 5 + static_cast<std::int32_t>(replicas.size()), options));
  }
  return replicas;
}

std::vector<HostReplica*> pointers(const std::vector<std::unique_ptr<HostReplica>>& replicas) {
  std::vector<HostReplica*> result;
  for (const auto& r : replicas) result.push_back(r.get());
  return result;
}

/// exact: positions and velocities have the host's bits.
void compare(const HostReplica& host,
             const Vec3* positions,
             const Vec3* velocities,
             const ReplicaProgress& progress,
             bool exact) {
  const std::string name = std::to_string(host.state.positions.size()) + " atoms: ";
  const Tolerance near{
      .absolute = 1e-12, .relative = 1e-12, .why = "thermostat factors from sums in another order"};
  for (std::size_t i = 0; i < host.state.positions.size(); ++i) {
    if (exact) {
      expect(positions[i] == host.state.positions[i] && velocities[i] == host.state.velocities[i],
             name + "atom " + std::to_string(i) + " has other bits than on the host");
      continue;
    }
    for (const auto member : {&Vec3::x, &Vec3::y, &Vec3::z}) {
      expect_close(positions[i].*member, host.state.positions[i].*member, near, name + "position");
      expect_close(velocities[i].*member, host.state.velocities[i].*member, near,
                   name + "velocity");
    }
  }
  const Tolerance sum{
      .absolute = 1e-13, .relative = exact ? 1e-13 : 1e-11, .why = "sums in another order"};
  expect(progress.step == host.state.step, name + "step");
  expect_close(progress.potential_energy, host.state.potential_energy, sum, name + "potential");
  expect_close(progress.kinetic_energy, host.state.kinetic_energy, sum, name + "kinetic");
  expect_close(progress.heat, host.state.heat, sum, name + "heat");
  expect(progress.stopped == StopReason::none, name + "stopped");
}

void check(const std::vector<std::size_t>& sizes,
           const Options& options,
           unsigned threads,
           int n_steps) {
  const auto replicas = replicas_of(sizes, options);
  DeviceReplicas devices(pointers(replicas), block_of(threads));
  devices.start();
  const bool exact = options.ensemble != Ensemble::csvr;
  for (int step = 0; step <= n_steps; ++step) {
    if (step > 0) {
      devices.step();
      for (const auto& r : replicas) r->step();
    }
    const std::vector<Vec3> x = devices.positions(), v = devices.velocities();
    const std::vector<ReplicaProgress> progress = devices.progress();
    std::size_t begin = 0;
    for (std::size_t r = 0; r < replicas.size(); ++r) {
      compare(*replicas[r], &x[begin], &v[begin], progress[r], exact);
      begin += sizes[r];
    }
    same_bits(x);
    same_bits(v);
    for (const ReplicaProgress& p : progress) {
      same_bits(std::vector<double>{p.kinetic_energy, p.heat});
    }
  }
}

const std::vector<std::size_t> kSizes = {1, 2, 3, 12, 31, 32, 33, 101};

/// Positions and velocities after some steps.
std::vector<Vec3> run_alone(HostReplica& replica, unsigned threads, int n_steps) {
  DeviceReplicas devices({&replica}, block_of(threads));
  devices.start();
  for (int step = 0; step < n_steps; ++step) devices.step();
  std::vector<Vec3> result = devices.positions();
  const std::vector<Vec3> v = devices.velocities();
  result.insert(result.end(), v.begin(), v.end());
  return result;
}

}  // namespace

FUSEMD_KERNEL_CASE("velocity Verlet of 1 to 101 atoms has the host's bits") {
  check(kSizes, {.ensemble = Ensemble::nve}, 32, 3);
  check(kSizes, {.ensemble = Ensemble::nve}, 96, 2);
}
FUSEMD_KERNEL_CASE("Langevin of 1 to 101 atoms has the host's bits") {
  check(kSizes, {.ensemble = Ensemble::langevin}, 64, 3);
  check(kSizes, {.ensemble = Ensemble::langevin}, 128, 2);
}
FUSEMD_KERNEL_CASE("CSVR of 1 to 101 atoms, rigid motion out every 3 steps") {
  check(kSizes, {.ensemble = Ensemble::csvr, .rigid_motion_every = 3}, 64, 5);
  check(kSizes, {.ensemble = Ensemble::csvr, .rigid_motion_every = 2}, 96, 3);
}
FUSEMD_KERNEL_CASE("CSVR of 12 atoms for 150 steps, rigid motion out every 100") {
  check({12}, {.ensemble = Ensemble::csvr, .rigid_motion_every = 100}, 32, 150);
}
FUSEMD_KERNEL_CASE("1 100 atoms are more than one pass of the strands") {
  check({1100, 3}, {.ensemble = Ensemble::langevin}, 256, 1);
}

FUSEMD_KERNEL_CASE("a replica has the same bits alone, in a batch and with any block width") {
  for (const Options& options : {Options{.ensemble = Ensemble::langevin},
                                 Options{.ensemble = Ensemble::csvr, .rigid_motion_every = 2}}) {
    const auto replicas = replicas_of({3, 33, 12}, options);
    DeviceReplicas batch(pointers(replicas), block_of(64));
    batch.start();
    for (int step = 0; step < 4; ++step) batch.step();
    const std::vector<Vec3> x = batch.positions(), v = batch.velocities();
    std::size_t begin = 0;
    for (const auto& r : replicas) {
      const std::size_t n = r->state.positions.size();
      for (const unsigned threads : {32u, 128u}) {
        const std::vector<Vec3> alone = run_alone(*r, threads, 4);
        for (std::size_t i = 0; i < n; ++i) {
          expect(alone[i] == x[begin + i] && alone[n + i] == v[begin + i], "other bits alone");
        }
      }
      begin += n;
    }
    same_bits(x);
  }
}

FUSEMD_KERNEL_CASE("CSVR takes out momentum and angular momentum") {
  const auto replicas = replicas_of({12}, {.ensemble = Ensemble::csvr, .rigid_motion_every = 1});
  // Two steps: the second begins without rigid motion but for what the springs add in one step; the
  // host does the same, so it is enough that the host's state has none after the same call.
  HostReplica& host = *replicas[0];
  DeviceReplicas devices({&host}, block_of(32));
  devices.start();
  const double before = devices.progress()[0].kinetic_energy;
  devices.step();
  host.step();
  expect(std::abs(host.state.heat) > 1e-3 * before, "there is nothing to take out in this case");
  expect_close(devices.progress()[0].heat, host.state.heat,
               {.relative = 1e-12, .why = "sums in another order"}, "heat");
}

namespace {

/// One bad step in the middle replica of three: it must stop as the host says, with the state of
/// the step before, and the others must not notice.
void check_stop(const Options& options, std::optional<Springs::Fault> fault) {
  const std::vector<std::size_t> sizes = {3, 33, 12};
  const auto replicas = replicas_of(sizes, options);
  const auto undisturbed = replicas_of(sizes, options);
  DeviceReplicas good(pointers(undisturbed), block_of(64));
  DeviceReplicas devices(pointers(replicas), block_of(64));
  devices.start();
  good.start();
  replicas[1]->springs->fault = fault;
  devices.springs(1).fault = fault;
  for (int step = 0; step < 4; ++step) {
    devices.step();
    good.step();
    for (const auto& r : replicas) r->step();
  }
  const std::vector<ReplicaProgress> progress = devices.progress();
  const std::vector<Vec3> x = devices.positions(), v = devices.velocities(),
                          f = devices.all_forces();
  expect(replicas[1]->failure.has_value(), "the host has not failed");
  expect(progress[1].stopped != StopReason::none, "the replica has not stopped");
  const StepFailure expected = *replicas[1]->failure;
  const StepFailure actual = cuda::step_failure(progress[1]);
  expect(actual.quantity == expected.quantity && actual.step == expected.step &&
             actual.atom == expected.atom,
         "another failure than on the host");
  if (std::isfinite(expected.value)) {
    expect_close(actual.value, expected.value, {.relative = 1e-12, .why = "a sum"}, "value");
  } else {
    expect(std::isnan(actual.value) == std::isnan(expected.value), "value");
  }
  const HostReplica& host = *replicas[1];
  expect(progress[1].step == host.state.step, "not the last good step");
  expect_close(progress[1].kinetic_energy, host.state.kinetic_energy,
               {.relative = 1e-12, .why = "a sum"}, "kinetic energy of the last good step");
  const bool exact = options.ensemble != Ensemble::csvr;
  for (std::size_t i = 0; i < 33; ++i) {
    const Tolerance near{.absolute = exact ? 0.0 : 1e-12, .why = "the host's last good state"};
    expect_close(x[3 + i].y, host.state.positions[i].y, near, "position");
    expect_close(v[3 + i].y, host.state.velocities[i].y, near, "velocity");
  }
  const std::vector<Vec3> good_x = good.positions(), good_v = good.velocities();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (i >= 3 && i < 36) continue;
    expect(x[i] == good_x[i] && v[i] == good_v[i], "another replica noticed");
  }
  same_bits(x);
}

}  // namespace

FUSEMD_KERNEL_CASE("a force that is not a number stops its replica alone") {
  for (const Ensemble ensemble : {Ensemble::nve, Ensemble::langevin, Ensemble::csvr}) {
    const Options options{.ensemble = ensemble, .rigid_motion_every = 2};
    check_stop(options, Springs::Fault{.after = 2, .atom = 17, .value = kNaN});
  }
  check_stop(
      {}, Springs::Fault{.after = 0, .atom = 0, .value = -std::numeric_limits<double>::infinity()});
}
FUSEMD_KERNEL_CASE("an energy that is not finite stops its replica alone") {
  check_stop({}, Springs::Fault{.after = 1, .atom = -1, .value = kNaN});
  check_stop(
      {}, Springs::Fault{.after = 1, .atom = -1, .value = std::numeric_limits<double>::infinity()});
}
FUSEMD_KERNEL_CASE("a replica that gets too hot stops alone") {
  check_stop({.temperature_limit = 1e6}, Springs::Fault{.after = 1, .atom = 9, .value = 3e4});
}

FUSEMD_KERNEL_CASE("a force beyond its limit stops the replica") {
  const auto replicas = replicas_of({12, 12}, {});
  DeviceReplicas devices(pointers(replicas), block_of(32));
  devices.start();
  devices.set_force_limit(1, 2.0);
  devices.springs(0).fault = Springs::Fault{.after = 1, .atom = 4, .value = -2.5};
  devices.springs(1).fault = Springs::Fault{.after = 1, .atom = 4, .value = -2.5};
  for (int step = 0; step < 3; ++step) devices.step();
  const std::vector<ReplicaProgress> progress = devices.progress();
  expect(progress[0].stopped == StopReason::none && progress[0].step == 3, "it had no limit");
  expect(progress[1].stopped == StopReason::force && progress[1].step == 1 &&
             progress[1].stop_step == 2 && progress[1].stop_atom == 4,
         "it had a limit");
  expect(progress[1].stop_value == -2.5, "value");
}

FUSEMD_KERNEL_CASE("start_replicas judges the forces of step 0") {
  const auto replicas = replicas_of({3, 12}, {});
  DeviceReplicas devices(pointers(replicas), block_of(32));
  devices.springs(1).fault = Springs::Fault{.after = 0, .atom = 7, .value = kNaN};
  devices.start();
  const std::vector<ReplicaProgress> progress = devices.progress();
  expect(progress[0].stopped == StopReason::none, "the first is good");
  expect(progress[1].stopped == StopReason::force && progress[1].stop_atom == 7 &&
             progress[1].stop_step == 0,
         "the second is not");
}

FUSEMD_KERNEL_CASE("no replicas, no launch") {
  DeviceReplicas devices({}, block_of(32));
  devices.start();
  devices.step();
}

}  // namespace fusemd::test
