// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/potential.hpp"

namespace fusemd {

/// How far the members of a committee are apart at one structure.
struct CommitteeDeviation {
  double force =
      0.0;  ///< largest over atoms of sqrt(mean over members of |F_m - F|^2), eV/Angstrom
  double energy = 0.0;  ///< standard deviation over members, eV; NaN or infinity stay what they are
};

/// Several models as one: energy, forces and virial are the means of theirs.
///
///   F_i = 1/M sum_m F_im,   s_i = sqrt(1/M sum_m |F_im - F_i|^2)
///
/// Where the members disagree the models know no better than chance: with a limit, a structure with
/// an s_i above it has a non-finite energy, so that a run stops the replica at that very step.
/// Source   query by committee, Seung, Opper & Sompolinsky (1992); Smith et al., J. Chem. Phys.
/// 148,
///          241733 (2018) for potentials.
/// Result   as of the members: a function of the positions alone.
class CommitteePotential : public Potential {
 public:
  /// Needs    two members or more. A limit of 0 is none.
  CommitteePotential(std::vector<std::unique_ptr<Potential>> members, double limit);

  std::unique_ptr<Evaluator> make_evaluator(std::span<const int> atomic_numbers,
                                            const std::optional<Cell>& cell = {}) const override;
  std::string description() const override;

  /// How often a structure was beyond the limit.
  std::int64_t refused() const { return refused_; }

  const std::vector<std::unique_ptr<Potential>>& members() const { return members_; }

 private:
  std::vector<std::unique_ptr<Potential>> members_;
  double limit_;
  mutable std::atomic<std::int64_t> refused_ = 0;
};

/// Evaluators of all members, for structures of one list of atoms.
class CommitteeEvaluator : public Evaluator {
 public:
  CommitteeEvaluator(const std::vector<std::unique_ptr<Potential>>& members,
                     std::span<const int> atomic_numbers,
                     const std::optional<Cell>& cell,
                     double limit,
                     std::atomic<std::int64_t>* refused);

  double compute(std::span<const Vec3> positions,
                 std::span<Vec3> forces,
                 Virial* virial = nullptr) override;

  /// Of the last compute().
  const CommitteeDeviation& deviation() const { return deviation_; }

 private:
  std::vector<std::unique_ptr<Evaluator>> members_;
  std::vector<std::vector<Vec3>> forces_;  // [member][atom]
  std::vector<double> energies_;
  double limit_;
  std::atomic<std::int64_t>* refused_;
  CommitteeDeviation deviation_;
};

}  // namespace fusemd
