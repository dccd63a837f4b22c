// SPDX-License-Identifier: MIT
#include "host/md/step_watch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/md/dynamics.hpp"

namespace fusemd {
namespace {

// Cordero et al., Dalton Trans. 2008, 2832, table 2, H to Kr (C sp3; Mn, Fe, Co low spin).
// Angstrom.
constexpr std::array kCovalentRadii =
    std::to_array<double>({0.31, 0.28, 1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58, 1.66, 1.41,
                           1.21, 1.11, 1.07, 1.05, 1.02, 1.06, 2.03, 1.76, 1.70, 1.60, 1.53, 1.39,
                           1.39, 1.32, 1.26, 1.24, 1.32, 1.22, 1.22, 1.20, 1.19, 1.20, 1.20, 1.16});

/// 0 for elements beyond the table: no bonds.
double covalent_radius(int atomic_number) {
  const auto row = static_cast<std::size_t>(atomic_number - 1);
  return row < kCovalentRadii.size() ? kCovalentRadii[row] : 0.0;
}

CloseApproach& approach_of(ReplicaState& state, int z_a, int z_b) {
  for (CloseApproach& approach : state.approaches) {
    if (approach.z_a == z_a && approach.z_b == z_b) return approach;
  }
  state.approaches.push_back({.z_a = z_a, .z_b = z_b, .first_step = state.step});
  return state.approaches.back();
}

}  // namespace

std::int64_t StepWatch::pairs_every(std::size_t n_atoms) {
  return std::max<std::int64_t>(10, static_cast<std::int64_t>(n_atoms / 50));
}

StepWatch::StepWatch(const StepLimits& limits,
                     OutsideTraining outside_training,
                     std::span<const TrainingDomain::ClosestPair> closest_pairs,
                     std::span<const int> atomic_numbers,
                     std::span<const Vec3> positions)
    : limits_(limits), outside_training_(outside_training) {
  const std::size_t n = atomic_numbers.size();
  if (std::isfinite(limits.bond)) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i + 1; j < n; ++j) {
        const double radii =
            covalent_radius(atomic_numbers[i]) + covalent_radius(atomic_numbers[j]);
        if (norm(positions[i] - positions[j]) > StepLimits::kBonded * radii) continue;
        bonds_.push_back({static_cast<int>(i), static_cast<int>(j), limits.bond * radii});
      }
    }
  }
  if (closest_pairs.empty()) outside_training_ = OutsideTraining::ignore;
  if (outside_training_ != OutsideTraining::ignore) {
    elements_.assign(atomic_numbers.begin(), atomic_numbers.end());
    std::sort(elements_.begin(), elements_.end());
    elements_.erase(std::unique(elements_.begin(), elements_.end()), elements_.end());
    const auto kind_of = [&](int z) {
      return static_cast<std::size_t>(std::lower_bound(elements_.begin(), elements_.end(), z) -
                                      elements_.begin());
    };
    for (const int z : atomic_numbers) kinds_.push_back(static_cast<std::uint8_t>(kind_of(z)));
    nearest2_.assign(elements_.size() * elements_.size(), 0.0);
    for (const TrainingDomain::ClosestPair& pair : closest_pairs) {
      const std::size_t a = kind_of(pair.z_a), b = kind_of(pair.z_b);
      if (a == elements_.size() || elements_[a] != pair.z_a) continue;
      if (b == elements_.size() || elements_[b] != pair.z_b) continue;
      nearest2_[a * elements_.size() + b] = nearest2_[b * elements_.size() + a] =
          pair.distance * pair.distance;
    }
  }
  idle_ = !std::isfinite(limits.force) && !std::isfinite(limits.energy_jump) && bonds_.empty() &&
          outside_training_ == OutsideTraining::ignore;
}

std::optional<StepFailure> StepWatch::look(ReplicaState& state, double conserved_before) const {
  using Quantity = StepFailure::Quantity;
  for (std::size_t i = 0; i < state.forces.size(); ++i) {
    if (dot(state.forces[i], state.forces[i]) > limits_.force * limits_.force) {
      return StepFailure{.quantity = Quantity::large_force,
                         .step = state.step,
                         .atom = static_cast<int>(i),
                         .value = norm(state.forces[i])};
    }
  }
  const double jump = std::abs(state.conserved_energy() - conserved_before) /
                      static_cast<double>(state.positions.size());
  if (jump > limits_.energy_jump) {
    return StepFailure{.quantity = Quantity::energy_jump, .step = state.step, .value = jump};
  }
  for (const Bond& bond : bonds_) {
    const Vec3 r = state.positions[static_cast<std::size_t>(bond.i)] -
                   state.positions[static_cast<std::size_t>(bond.j)];
    if (dot(r, r) > bond.longest * bond.longest) {
      return StepFailure{.quantity = Quantity::bond,
                         .step = state.step,
                         .atom = bond.i,
                         .value = norm(r),
                         .other_atom = bond.j};
    }
  }
  if (outside_training_ == OutsideTraining::ignore ||
      state.step % pairs_every(state.positions.size()) != 0) {
    return {};
  }
  return look_at_pairs(state);
}

std::optional<StepFailure> StepWatch::look_at_pairs(ReplicaState& state) const {
  std::optional<StepFailure> failure;
  const std::size_t n = state.positions.size(), n_kinds = elements_.size();
  for (std::size_t i = 0; i < n; ++i) {
    const Vec3 at = state.positions[i];
    const double* nearest2 = nearest2_.data() + kinds_[i] * n_kinds;
    for (std::size_t j = i + 1; j < n; ++j) {
      const Vec3 r = state.positions[j] - at;
      const double distance2 = dot(r, r);
      if (distance2 >= nearest2[kinds_[j]]) continue;
      const auto [z_a, z_b] = std::minmax(elements_[kinds_[i]], elements_[kinds_[j]]);
      CloseApproach& approach = approach_of(state, z_a, z_b);
      const double distance = std::sqrt(distance2);
      if (approach.last_step != state.step) ++approach.looks;
      approach.last_step = state.step;
      approach.closest = std::min(approach.closest, distance);
      if (outside_training_ == OutsideTraining::stop && !failure) {
        failure = StepFailure{.quantity = StepFailure::Quantity::outside_training,
                              .step = state.step,
                              .atom = static_cast<int>(i),
                              .value = distance,
                              .other_atom = static_cast<int>(j)};
      }
    }
  }
  return failure;
}

}  // namespace fusemd
