// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "host/cpu/cell_order.hpp"
#include "host/cpu/kernels.hpp"
#include "host/vec3.hpp"
#include "weights/model.hpp"

namespace fusemd::benchmarks {

/// A molecule, a packed model and the kernels of one instruction set: an evaluation in pieces, on
/// the calling thread.
template <class T>
class CpuFixture {
 public:
  CpuFixture(const cpu::PackedModel<T>& model,
             cpu::InstructionSet set,
             std::span<const int> atomic_numbers,
             std::span<const Vec3> positions)
      : model_(model),
        kernels_(cpu::kernels<T>(set)),
        work_(model, atomic_numbers),
        scratch_(kernels_.make_scratch(model, atomic_numbers.size())) {
    if (work_.use_cells) {
      cpu::sort_into_cells(positions, model.cutoff, work_);
    } else {
      for (std::size_t i = 0; i < positions.size(); ++i) {
        work_.x[i] = positions[i].x;
        work_.y[i] = positions[i].y;
        work_.z[i] = positions[i].z;
      }
    }
    evaluate();
  }

  void evaluate() { kernels_.evaluate(model_, work_, team_, 0, *scratch_); }

  void run(cpu::Stage stage, std::size_t layer) {
    kernels_.run_stage(model_, work_, team_, 0, *scratch_, stage, layer);
  }

  cpu::Workspace<T>& work() { return work_; }
  const cpu::PackedModel<T>& model() const { return model_; }
  std::size_t n_pairs() const {
    std::size_t count = 0;
    for (const cpu::Slab& slab : work_.slabs) count += slab.n_pairs;
    return count;
  }

 private:
  const cpu::PackedModel<T>& model_;
  const cpu::Kernels<T>& kernels_;
  cpu::Workspace<T> work_;
  cpu::Team team_{1};
  std::unique_ptr<cpu::Scratch> scratch_;
};

/// A stage of one layer (0 for stages that have none).
using StageOfLayer = std::pair<cpu::Stage, std::size_t>;

/// What each stage of an evaluation left behind, in an order that does not depend on the engine:
/// pairs by (i, j), then atoms, components and channels.
using StageOutputs = std::map<StageOfLayer, std::vector<double>>;

/// Runs an evaluation stage by stage and copies what each one wrote.
template <class T>
StageOutputs stage_outputs(CpuFixture<T>& fixture);

extern template StageOutputs stage_outputs(CpuFixture<float>&);
extern template StageOutputs stage_outputs(CpuFixture<double>&);

/// The same from the reference engine: exact filters in double precision, written as docs/model.md
/// is. Its work grows fast; for molecules of a hundred atoms.
StageOutputs reference_outputs(const Model& model,
                               std::span<const int> atomic_numbers,
                               std::span<const Vec3> positions);

}  // namespace fusemd::benchmarks
