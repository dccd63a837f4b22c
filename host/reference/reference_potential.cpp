// SPDX-License-Identifier: MIT
#include "host/reference/reference_potential.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "host/element_check.hpp"
#include "host/reference/student_network.hpp"

namespace fusemd::reference {
namespace {

class ReferenceEvaluator final : public Evaluator {
 public:
  ReferenceEvaluator(std::shared_ptr<const StudentParameters> parameters,
                     std::span<const int> atomic_numbers)
      : parameters_(std::move(parameters)),
        atomic_numbers_(atomic_numbers.begin(), atomic_numbers.end()) {
    for (const int z : atomic_numbers_) {
      const auto entry = parameters_->reference_energies.find(z);
      if (entry != parameters_->reference_energies.end()) reference_energy_ += entry->second;
    }
  }

  double compute(std::span<const Vec3> positions, std::span<Vec3> forces, Virial* virial) override {
    if (!std::ranges::all_of(positions, is_finite)) return not_finite(forces, virial);
    forward(*parameters_, atomic_numbers_, positions, values_);
    backward(*parameters_, values_, gradients_);
    sum_forces(forces);
    if (virial != nullptr) sum_virial(*virial);
    double energy = 0.0;
    for (const double term : values_.atomic_energies) energy += term;
    return energy + reference_energy_;
  }

 private:
  // (B13)
  void sum_forces(std::span<Vec3> forces) const {
    std::ranges::fill(forces, Vec3{});
    const Edges& edges = values_.edges;
    for (std::size_t e = 0; e < edges.size(); ++e) {
      const auto& r_ = gradients_.displacement[e];
      forces[edges.source[e]] -= {r_[0], r_[1], r_[2]};
      forces[edges.destination[e]] += {r_[0], r_[1], r_[2]};
    }
  }

  void sum_virial(Virial& virial) const {
    virial.fill(0.0);
    const Edges& edges = values_.edges;
    for (std::size_t e = 0; e < edges.size(); ++e) {
      for (std::size_t a = 0; a < 3; ++a) {
        for (std::size_t b = 0; b < 3; ++b) {
          virial[3 * a + b] += edges.displacement[e][a] * gradients_.displacement[e][b];
        }
      }
    }
  }

  std::shared_ptr<const StudentParameters> parameters_;
  std::vector<int> atomic_numbers_;
  double reference_energy_ = 0.0;  // eV, of all atoms
  Values values_;
  Gradients gradients_;
};

class ReferencePotential final : public Potential {
 public:
  explicit ReferencePotential(const Model& model)
      : name_(model.name),
        elements_(model.elements),
        parameters_(std::make_shared<StudentParameters>(student_parameters(model))) {}

  std::unique_ptr<Evaluator> make_evaluator(std::span<const int> atomic_numbers,
                                            const std::optional<Cell>& cell) const override {
    require_trained_elements(atomic_numbers, elements_, name_);
    require_not_periodic(cell);
    return std::make_unique<ReferenceEvaluator>(parameters_, atomic_numbers);
  }

  std::string description() const override {
    return "reference: double precision, exact filters, all pairs, one thread";
  }

 private:
  std::string name_;
  std::vector<int> elements_;
  std::shared_ptr<const StudentParameters> parameters_;
};

}  // namespace

std::unique_ptr<Potential> make_reference_potential(const Model& model) {
  return std::make_unique<ReferencePotential>(model);
}

}  // namespace fusemd::reference
