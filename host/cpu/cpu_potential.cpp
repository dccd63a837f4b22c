// SPDX-License-Identifier: MIT
#include "host/cpu/cpu_potential.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "host/cpu/cell_order.hpp"
#include "host/cpu/kernels.hpp"
#include "host/element_check.hpp"
#include "weights/error.hpp"

namespace fusemd::cpu {
namespace {

template <class T>
class CpuEvaluator final : public Evaluator {
 public:
  CpuEvaluator(std::shared_ptr<const PackedModel<T>> model,
               const Kernels<T>& kernels,
               std::span<const int> atomic_numbers,
               std::size_t threads)
      : model_(std::move(model)),
        kernels_(kernels),
        work_(*model_, atomic_numbers),
        team_(threads) {
    for (std::size_t k = 0; k < threads; ++k) {
      scratch_.push_back(kernels_.make_scratch(*model_, work_.n_atoms));
    }
  }

  double compute(std::span<const Vec3> positions, std::span<Vec3> forces, Virial* virial) override {
    if (work_.n_atoms == 0) {
      if (virial != nullptr) *virial = {};
      return 0.0;
    }
    if (!take_positions(positions)) return not_finite(forces, virial);
    team_.run(&CpuEvaluator::run_member, this);

    double energy = 0.0;
    for (std::size_t rank = 0; rank < work_.n_atoms; ++rank) {
      energy += work_.atom_energies[rank];
      const T* f = work_.forces.data() + 4 * rank;
      forces[work_.order[rank]] = {static_cast<double>(f[0]), static_cast<double>(f[1]),
                                   static_cast<double>(f[2])};
    }
    if (virial != nullptr) kernels_.virial(work_, *virial);
    return energy + work_.reference_energy;
  }

 private:
  static void run_member(void* self, std::size_t rank) {
    auto& evaluator = *static_cast<CpuEvaluator*>(self);
    evaluator.kernels_.evaluate(*evaluator.model_, evaluator.work_, evaluator.team_, rank,
                                *evaluator.scratch_[rank]);
  }

  /// False if a coordinate is not finite.
  bool take_positions(std::span<const Vec3> positions) {
    if (!std::ranges::all_of(positions, is_finite)) return false;
    if (work_.use_cells) {
      sort_into_cells(positions, model_->cutoff, work_);
      return true;
    }
    for (std::size_t i = 0; i < positions.size(); ++i) {
      work_.x[i] = positions[i].x;
      work_.y[i] = positions[i].y;
      work_.z[i] = positions[i].z;
    }
    return true;
  }

  std::shared_ptr<const PackedModel<T>> model_;
  const Kernels<T>& kernels_;
  Workspace<T> work_;
  std::vector<std::unique_ptr<Scratch>> scratch_;  // one a member
  Team team_;
};

template <class T>
class CpuPotential final : public Potential {
 public:
  CpuPotential(const Model& model, const Options& options, InstructionSet set)
      : name_(model.name),
        elements_(model.elements),
        options_(options),
        set_(set),
        kernels_(kernels<T>(set)),
        packed_(std::make_shared<PackedModel<T>>(
            pack_model<T>(model,
                          {.tabulated = options.filters == Filters::table,
                           .n_intervals = options.table_intervals,
                           .panel_width = kernels_.panel_width}))) {}

  std::unique_ptr<Evaluator> make_evaluator(std::span<const int> atomic_numbers,
                                            const std::optional<Cell>& cell) const override {
    require_trained_elements(atomic_numbers, elements_, name_);
    require_not_periodic(cell);
    return std::make_unique<CpuEvaluator<T>>(packed_, kernels_, atomic_numbers, options_.threads);
  }

  std::string description() const override {
    std::string text = "cpu: " + std::string(to_string(set_));
    text += sizeof(T) == 4 ? ", single precision" : ", double precision";
    text += options_.filters == Filters::table
                ? ", filter tables of " + std::to_string(options_.table_intervals) + " intervals"
                : ", exact filters";
    if (options_.threads > 1)
      text += ", " + std::to_string(options_.threads) + " threads a structure";
    return text;
  }

 private:
  std::string name_;
  std::vector<int> elements_;
  Options options_;
  InstructionSet set_;
  const Kernels<T>& kernels_;
  std::shared_ptr<const PackedModel<T>> packed_;
};

void require_in_range(const char* key, std::size_t value, std::size_t low, std::size_t high) {
  if (value >= low && value <= high) return;
  throw InputError({.key = key,
                    .problem = "out of range",
                    .expected = std::to_string(low) + " to " + std::to_string(high),
                    .found = std::to_string(value)});
}

}  // namespace

std::unique_ptr<Potential> make_potential(const Model& model, const Options& options) {
  require_in_range("table-intervals", options.table_intervals, 16, 8192);
  require_in_range("threads", options.threads, 1, 1024);
  const InstructionSet set = choose_instruction_set(options.instruction_set);
  if (options.precision == Precision::single) {
    return std::make_unique<CpuPotential<float>>(model, options, set);
  }
  return std::make_unique<CpuPotential<double>>(model, options, set);
}

}  // namespace fusemd::cpu
