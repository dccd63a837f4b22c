// SPDX-License-Identifier: MIT
#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "benchmarks/condensed.hpp"
#include "benchmarks/micro/cases.hpp"
#include "benchmarks/micro/cpu_fixture.hpp"
#include "benchmarks/micro/cpu_work.hpp"
#include "benchmarks/micro/expected_outputs.hpp"
#include "host/model_path.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

using cpu::Stage;
using Packed = cpu::PackedModel<float>;

struct StageName {
  const char* name;
  Stage stage;
  std::size_t layer;
  bool exact;  ///< measured with exact filters
};

// Layer 1 stands for all layers behind the first.
constexpr StageName kStages[] = {
    {"find-pairs", Stage::find_pairs, 0, false},
    {"embed", Stage::embed, 0, false},
    {"convolution-table-first", Stage::messages, 0, false},
    {"convolution-table", Stage::messages, 1, false},
    {"convolution-table-first-backward", Stage::messages_backward, 0, false},
    {"convolution-table-backward", Stage::messages_backward, 1, false},
    {"radial-basis", Stage::radial_basis, 0, true},
    {"filters-exact", Stage::exact_filters, 1, true},
    {"convolution-exact", Stage::messages, 1, true},
    {"convolution-exact-backward", Stage::messages_backward, 1, true},
    {"update", Stage::update, 0, false},
    {"update-backward", Stage::update_backward, 0, false},
    {"readout", Stage::readout, std::numeric_limits<std::size_t>::max(), false},
    {"pair-forces", Stage::pair_forces, 0, false},
};

/// What all cases of one model, molecule and instruction set share: made when the first is needed.
struct Shared {
  Model model;
  Droplet molecule;
  cpu::InstructionSet set = cpu::InstructionSet::sse4;
  std::map<bool, std::shared_ptr<Packed>> packed;  // by exact
  std::map<bool, std::map<StageOfLayer, Check>> checks;

  const Packed& packed_model(bool exact) {
    auto& entry = packed[exact];
    if (!entry) {
      entry = std::make_shared<Packed>(cpu::pack_model<float>(
          model, {.tabulated = !exact, .panel_width = cpu::kernels<float>(set).panel_width}));
    }
    return *entry;
  }

  std::shared_ptr<CpuFixture<float>> fixture(bool exact) {
    return std::make_shared<CpuFixture<float>>(packed_model(exact), set, molecule.atomic_numbers,
                                               molecule.positions);
  }

  const std::map<StageOfLayer, Check>& stage_checks(bool exact);
};

const std::map<StageOfLayer, Check>& Shared::stage_checks(bool exact) {
  auto& result = checks[exact];
  if (!result.empty()) return result;
  const StageOutputs actual = stage_outputs(*fixture(exact));
  const ExpectedOutputs expected =
      expected_outputs(model, exact, set, molecule.atomic_numbers, molecule.positions);
  for (const auto& [stage, values] : actual) {
    result[stage] = {.error = deviation(values, expected.outputs.at(stage)),
                     .tolerance = kStageTolerance,
                     .against = expected.from};
  }
  return result;
}

/// A stage without an output of its own is judged by a later one's.
StageOfLayer judged_by(Stage stage, std::size_t layer) {
  if (stage == Stage::radial_basis) return {Stage::exact_filters, 0};
  if (stage == Stage::messages_backward && layer == 0) return {Stage::pair_forces, 0};
  return {stage, layer};
}

MicroCase stage_case(const std::shared_ptr<Shared>& shared,
                     const std::string& model,
                     const StageName& name,
                     const StageSize& size) {
  const std::size_t layer =
      std::min(name.layer, static_cast<std::size_t>(shared->model.config.num_interactions) - 1);
  MicroCase result;
  result.stage = name.name;
  result.shape = model;
  result.size = std::to_string(shared->molecule.positions.size());
  result.set = to_string(shared->set);
  result.name = result.stage + "/" + model + "/" + result.size + "/" + result.set;
  result.work = stage_work(shared->packed_model(name.exact), size, name.stage, layer);
  result.check = [shared, name, layer] {
    return shared->stage_checks(name.exact).at(judged_by(name.stage, layer));
  };
  result.make = [shared, name, layer] {
    auto fixture = shared->fixture(name.exact);
    // Stages that add to what is there would grow without end.
    return Subject{[fixture] { fixture->evaluate(); },
                   [fixture, name, layer](std::size_t repeats) {
                     for (std::size_t k = 0; k < repeats; ++k) fixture->run(name.stage, layer);
                   }};
  };
  return result;
}

MicroCase whole_case(const std::shared_ptr<Shared>& shared,
                     const std::string& model,
                     bool exact,
                     const StageSize& size) {
  MicroCase result;
  result.stage = exact ? "evaluation-exact" : "evaluation-table";
  result.shape = model;
  result.size = std::to_string(shared->molecule.positions.size());
  result.set = to_string(shared->set);
  result.name = result.stage + "/" + model + "/" + result.size + "/" + result.set;
  result.work = evaluation_work(shared->packed_model(exact), size);
  result.check = [shared, exact] {
    return shared->stage_checks(exact).at({Stage::pair_forces, 0});
  };
  result.make = [shared, exact] {
    auto fixture = shared->fixture(exact);
    return Subject{{}, [fixture](std::size_t repeats) {
                     for (std::size_t k = 0; k < repeats; ++k) fixture->evaluate();
                   }};
  };
  return result;
}

}  // namespace

std::vector<MicroCase> stage_cases(const MicroAxes& axes) {
  std::vector<MicroCase> cases;
  for (const std::string& name : axes.models) {
    const Model model = read_model(find_model(name));
    for (const std::size_t n : axes.atoms) {
      const Droplet molecule = rattled(benzene_droplet(n));
      for (const cpu::InstructionSet set : axes.sets) {
        const auto shared = std::make_shared<Shared>(Shared{model, molecule, set, {}, {}});
        for (const bool exact : {false, true}) {
          const std::size_t atoms = molecule.positions.size();
          const auto fixture = shared->fixture(exact);
          const cpu::Workspace<float>& work = fixture->work();
          const StageSize size{.n_atoms = atoms,
                               .n_pairs = fixture->n_pairs(),
                               .n_tested = work.use_cells ? 0 : atoms * (atoms - 1) / 2,
                               .n_table_rows = table_rows(shared->packed_model(exact), work),
                               .filters_kept = work.store_filters};
          for (const StageName& stage : kStages) {
            if (stage.exact == exact) cases.push_back(stage_case(shared, name, stage, size));
          }
          cases.push_back(whole_case(shared, name, exact, size));
        }
      }
    }
  }
  return cases;
}

}  // namespace fusemd::benchmarks
