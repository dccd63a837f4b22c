// SPDX-License-Identifier: MIT
#include "host/validate/stability.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <span>

#include "host/covalent_radii.hpp"
#include "host/elements.hpp"
#include "host/md/simulation.hpp"

namespace fusemd::validate {
namespace {

constexpr double kBetweenLooks = 10.0;  // fs
constexpr double kWindow = 1000.0;      // fs, of mean temperatures
constexpr double kHottest = 2.0;        // times the thermostat's temperature
constexpr double kLongest = 1.5;        // times the length at the start
constexpr double kBonded = 1.25;        // times the sum of covalent radii

struct Bond {
  std::size_t i = 0, j = 0;
  double length = 0.0;
};

std::string words(const char* format, double a, double b) {
  std::array<char, 96> text;
  std::snprintf(text.data(), text.size(), format, a, b);
  return text.data();
}

/// What makes the molecule: bonds between heavy atoms, and how far each hydrogen sits from its
/// partner.
class Skeleton {
 public:
  explicit Skeleton(const Structure& structure) : numbers_(structure.atomic_numbers) {
    const std::size_t n = structure.size();
    for (std::size_t i = 0; i < n; ++i) {
      double nearest = std::numeric_limits<double>::infinity();
      for (std::size_t j = 0; j < n; ++j) {
        if (i == j) continue;
        const double d = norm(structure.positions[i] - structure.positions[j]);
        nearest = std::min(nearest, d);
        const double bonded =
            kBonded * (covalent_radius(numbers_[i]) + covalent_radius(numbers_[j]));
        if (j < i && numbers_[i] > 1 && numbers_[j] > 1 && d < bonded) bonds_.push_back({i, j, d});
      }
      if (numbers_[i] == 1 && n > 1) hydrogens_.push_back({i, i, nearest});
    }
  }

  /// What is broken; empty: nothing.
  std::string broken(std::span<const Vec3> positions) const {
    for (const Bond& bond : bonds_) {
      const double d = norm(positions[bond.i] - positions[bond.j]);
      if (d <= kLongest * bond.length) continue;  // a NaN goes on
      return atom(bond.j) + "-" + atom(bond.i) +
             words(" at %.2f Angstrom, %.2f at the start", d, bond.length);
    }
    for (const Bond& hydrogen : hydrogens_) {
      double nearest = std::numeric_limits<double>::infinity();
      for (std::size_t j = 0; j < positions.size(); ++j) {
        if (j == hydrogen.i) continue;
        nearest = std::min(nearest, norm(positions[hydrogen.i] - positions[j]));
      }
      if (nearest <= kLongest * hydrogen.length) continue;
      return atom(hydrogen.i) + words(" has no atom within %.2f Angstrom, %.2f at the start",
                                      nearest, hydrogen.length);
    }
    return {};
  }

 private:
  std::string atom(std::size_t i) const {
    return std::string(element_symbol(numbers_[i])) + std::to_string(i + 1);
  }

  std::vector<int> numbers_;
  std::vector<Bond> bonds_, hydrogens_;
};

/// Looks at every frame and row.
class Watch : public SampleSink {
 public:
  Watch(const Structure& structure, const StabilityOptions& options)
      : skeleton_(structure),
        limit_(kHottest * options.temperature),
        replicas_(static_cast<std::size_t>(options.replicas)) {}

  void log(const LogRow& row) override {
    Replica& replica = replicas_[static_cast<std::size_t>(row.replica)];
    replica.sum += row.temperature;
    ++replica.rows;
    if (row.time < replica.window_end) return;
    const double mean = replica.sum / replica.rows;
    if (!(mean <= limit_)) {
      note(row.replica, row.time, words("%.0f K on average over 1 ps, above %.0f K", mean, limit_));
    }
    replica.sum = 0.0;
    replica.rows = 0.0;
    replica.window_end += kWindow;
  }

  void frame(const Frame& frame) override {
    if (!replicas_[static_cast<std::size_t>(frame.replica)].reason.empty()) return;
    const std::string broken = skeleton_.broken(frame.positions);
    if (!broken.empty()) note(frame.replica, frame.time, broken);
  }

  void note(std::int32_t number, double time, const std::string& reason) {
    Replica& replica = replicas_[static_cast<std::size_t>(number)];
    if (!replica.reason.empty()) return;
    replica.reason = reason;
    replica.time = time / 1000.0;
  }

  std::vector<Instability> found() const {
    std::vector<Instability> result;
    for (std::size_t k = 0; k < replicas_.size(); ++k) {
      if (replicas_[k].reason.empty()) continue;
      result.push_back({static_cast<std::int32_t>(k), replicas_[k].time, replicas_[k].reason});
    }
    return result;
  }

 private:
  struct Replica {
    double sum = 0.0, rows = 0.0, window_end = kWindow;
    double time = 0.0;
    std::string reason;
  };
  Skeleton skeleton_;
  double limit_;
  std::vector<Replica> replicas_;
};

}  // namespace

Stability measure_stability(const Potential& potential,
                            const Structure& relaxed,
                            const StabilityOptions& options) {
  SimulationOptions simulation;
  simulation.ensemble = Ensemble::langevin;
  simulation.timestep = options.timestep;
  simulation.friction = options.friction;
  simulation.steps = std::llround(options.time * 1000.0 / options.timestep);
  simulation.log_every = simulation.frame_every =
      std::max<std::int64_t>(1, std::llround(kBetweenLooks / options.timestep));
  simulation.replicas = options.replicas;
  simulation.temperatures = {options.temperature};
  simulation.seeds.assign(1, options.seed);
  simulation.use_given_velocities = false;
  simulation.threads = std::min(options.threads, options.replicas);
  simulation.stop = options.stop;
  Watch watch(relaxed, options);
  const SimulationResult run = Simulation(potential, std::span(&relaxed, 1), simulation).run(watch);
  for (const ReplicaFailure& failure : run.failures) {
    watch.note(failure.replica, static_cast<double>(failure.failure.step) * options.timestep,
               "the integrator stopped it: energy, force or temperature out of bounds");
  }
  Stability result;
  result.replicas = options.replicas;
  result.time = static_cast<double>(run.step) * options.timestep / 1000.0;
  result.stopped = run.stopped;
  result.unstable = watch.found();
  return result;
}

}  // namespace fusemd::validate
