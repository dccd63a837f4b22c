// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "host/md/replica_state.hpp"
#include "host/vec3.hpp"
#include "weights/model.hpp"

namespace fusemd {

struct StepFailure;

/// Beyond these a replica is stopped. Infinite: not looked at.
struct StepLimits {
  static constexpr double kNone = std::numeric_limits<double>::infinity();
  double force = kNone;        ///< eV/Angstrom, on any atom
  double energy_jump = kNone;  ///< eV/atom, of the conserved energy in one step
  /// Length of any bond of the start, in sums of covalent radii. Bonds are pairs nearer than
  /// kBonded of these sums.
  double bond = kNone;
  static constexpr double kBonded = 1.3;
};

/// What happens where atoms are closer than any of their elements were in training.
enum class OutsideTraining {
  ignore,
  count,  ///< ReplicaState::approaches
  stop,   ///< counted, and the replica is stopped
};

/// Looks at each step of replicas of one list of atoms, beside what the integrators see themselves.
///
/// Work     forces: one comparison an atom; bonds: one distance each. Pairs against training: all
/// of
///          them, but only at the multiples of pairs_every(n_atoms) steps, a small share of a step.
/// Result   a function of the step's state and of the conserved energy before it: a replica is
///          stopped at the same step however its run is cut or dealt to threads.
class StepWatch {
 public:
  /// Watches nothing.
  StepWatch() = default;

  /// Needs    positions of the start, one an atom.
  StepWatch(const StepLimits& limits,
            OutsideTraining outside_training,
            std::span<const TrainingDomain::ClosestPair> closest_pairs,
            std::span<const int> atomic_numbers,
            std::span<const Vec3> positions);

  bool idle() const { return idle_; }

  /// The first limit that the step just made has crossed; pairs that come closer than in training
  /// are counted in `state`.
  std::optional<StepFailure> look(ReplicaState& state, double conserved_before) const;

  /// 10, or n_atoms / 50 if that is more.
  static std::int64_t pairs_every(std::size_t n_atoms);

  /// Bonds of the start, as pairs of atoms and longest allowed length: what makes two watches of
  /// one list of atoms different.
  struct Bond {
    int i = 0, j = 0;
    double longest = 0.0;  // Angstrom
  };
  std::span<const Bond> bonds() const { return bonds_; }

  const StepLimits& limits() const { return limits_; }

 private:
  std::optional<StepFailure> look_at_pairs(ReplicaState& state) const;

  bool idle_ = true;
  StepLimits limits_;
  OutsideTraining outside_training_ = OutsideTraining::ignore;
  std::vector<Bond> bonds_;
  std::vector<int> elements_;        // atomic numbers that the atoms have, ascending
  std::vector<std::uint8_t> kinds_;  // index into elements_, one an atom
  std::vector<double> nearest2_;     // [kind][kind], Angstrom^2; 0: not in the training data
};

}  // namespace fusemd
