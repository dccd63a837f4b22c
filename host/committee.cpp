// SPDX-License-Identifier: MIT
#include "host/committee.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "host/larger.hpp"

namespace fusemd {

CommitteePotential::CommitteePotential(std::vector<std::unique_ptr<Potential>> members,
                                       double limit)
    : members_(std::move(members)), limit_(limit) {
  if (members_.size() < 2) throw std::invalid_argument("a committee has two members or more");
}

std::unique_ptr<Evaluator> CommitteePotential::make_evaluator(
    std::span<const int> atomic_numbers,
    const std::optional<Cell>& cell) const {
  return std::make_unique<CommitteeEvaluator>(members_, atomic_numbers, cell, limit_, &refused_);
}

std::string CommitteePotential::description() const {
  return "committee of " + std::to_string(members_.size()) + ", " + members_[0]->description();
}

CommitteeEvaluator::CommitteeEvaluator(const std::vector<std::unique_ptr<Potential>>& members,
                                       std::span<const int> atomic_numbers,
                                       const std::optional<Cell>& cell,
                                       double limit,
                                       std::atomic<std::int64_t>* refused)
    : limit_(limit), refused_(refused) {
  for (const auto& member : members) {
    members_.push_back(member->make_evaluator(atomic_numbers, cell));
    forces_.emplace_back(atomic_numbers.size());
    energies_.push_back(0.0);
  }
}

double CommitteeEvaluator::compute(std::span<const Vec3> positions,
                                   std::span<Vec3> forces,
                                   Virial* virial) {
  const double share = 1.0 / static_cast<double>(members_.size());
  double energy = 0.0;
  Virial sum{};
  for (std::size_t m = 0; m < members_.size(); ++m) {
    Virial one{};
    energies_[m] = members_[m]->compute(positions, forces_[m], virial == nullptr ? nullptr : &one);
    energy += share * energies_[m];
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += share * one[k];
  }
  if (virial != nullptr) *virial = sum;

  deviation_ = {};
  for (std::size_t i = 0; i < forces.size(); ++i) {
    Vec3 mean;
    for (const std::vector<Vec3>& member : forces_) mean += member[i];
    mean *= share;
    double squares = 0.0;
    for (const std::vector<Vec3>& member : forces_) {
      const Vec3 difference = member[i] - mean;
      squares += share * dot(difference, difference);
    }
    forces[i] = mean;
    deviation_.force = larger_or_nan(deviation_.force, std::sqrt(squares));
  }
  double squares = 0.0;
  for (const double one : energies_) squares += share * (one - energy) * (one - energy);
  deviation_.energy = std::sqrt(squares);

  if (limit_ > 0.0 && !(deviation_.force <= limit_)) {
    ++*refused_;
    return not_finite(forces, virial);
  }
  return energy;
}

}  // namespace fusemd
