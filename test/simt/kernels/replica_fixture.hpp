// SPDX-License-Identifier: MIT
#pragma once
// The same replicas on the host and on a device, with the same forces, for the cases of
// integrators.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "host/cuda/device_dynamics.hpp"
#include "host/md/degrees_of_freedom.hpp"
#include "host/md/dynamics.hpp"
#include "kernels/integrate.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/support/systems.hpp"

namespace fusemd::test {

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

struct ReplicaOptions {
  Ensemble ensemble = Ensemble::nve;
  std::int64_t rigid_motion_every = 0;
  double temperature_limit = 1e5;
};

/// One replica as host/md has it.
struct HostReplica {
  HostReplica(std::size_t n_atoms, std::int32_t number, const ReplicaOptions& options) {
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

  /// Computes forces as the host does.
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

  [[nodiscard]] DynamicsView view() {
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

  std::vector<HostReplica*> replicas_;
  LaunchPolicy policy_;
  DeviceArray<std::uint32_t> start_;
  std::vector<Springs> evaluators_;
  std::unique_ptr<DeviceArray<double>> x_, y_, z_, vx_, vy_, vz_, fx_, fy_, fz_;
  std::unique_ptr<DeviceArray<double>> mass_, half_kick_, inverse_sqrt_mass_, kept_, energies_;
  std::unique_ptr<DeviceArray<ReplicaConstants>> constants_;
  std::unique_ptr<DeviceArray<ReplicaProgress>> progress_, kept_progress_;
};

inline LaunchPolicy block_of(unsigned threads) {
  LaunchPolicy policy = launch_policy(75);
  policy.dynamics_threads = threads;
  return policy;
}

/// A host replica of each size, numbered 5, 6, ...
inline std::vector<std::unique_ptr<HostReplica>> replicas_of(const std::vector<std::size_t>& sizes,
                                                             const ReplicaOptions& options) {
  std::vector<std::unique_ptr<HostReplica>> replicas;
  for (const std::size_t n : sizes) {
    replicas.push_back(
        std::make_unique<HostReplica>(n, 5 + static_cast<std::int32_t>(replicas.size()), options));
  }
  return replicas;
}

inline std::vector<HostReplica*> pointers(
    const std::vector<std::unique_ptr<HostReplica>>& replicas) {
  std::vector<HostReplica*> result;
  for (const auto& r : replicas) result.push_back(r.get());
  return result;
}

}  // namespace fusemd::test
