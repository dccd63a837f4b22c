// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "benchmarks/condensed.hpp"
#include "benchmarks/device/device_cases.hpp"
#include "benchmarks/device/device_fixture.hpp"
#include "benchmarks/device/device_work.hpp"
#include "benchmarks/micro/expected_outputs.hpp"
#include "host/cuda/dense_word.hpp"
#include "host/model_path.hpp"
#include "host/student_parameters.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

using cuda::NetworkStage;

struct StageName {
  const char* name;
  std::optional<NetworkStage> stage;  ///< none: the search for neighbours
  unsigned layer;
  bool tables, exact;  ///< with which filters it is measured
  bool by_kind;        ///< has dense layers: for tensor cores, too
};

// Layer 1 stands for all layers behind the first.
constexpr StageName kStages[] = {
    {"find-edges", {}, 0, true, false, false},
    {"convolution-table-first", NetworkStage::convolution, 0, true, false, false},
    {"convolution-table", NetworkStage::convolution, 1, true, false, false},
    {"convolution-table-first-backward", NetworkStage::convolution_backward, 0, true, false, false},
    {"convolution-table-backward", NetworkStage::convolution_backward, 1, true, false, false},
    {"convolution-exact", NetworkStage::convolution, 1, false, true, true},
    {"convolution-exact-backward", NetworkStage::convolution_backward, 1, false, true, true},
    {"update", NetworkStage::update, 0, true, false, true},
    {"update-backward", NetworkStage::update_backward, 0, true, false, true},
    {"readout", NetworkStage::readout, 0, true, false, true},
    {"energies", NetworkStage::energies, 0, true, false, false},
};

/// Where a stage's values stand among the CPU's.
StageOfLayer on_the_cpu(std::optional<NetworkStage> stage, unsigned layer, unsigned last) {
  if (!stage) return {cpu::Stage::find_pairs, 0};
  switch (*stage) {
    case NetworkStage::convolution:
      return {cpu::Stage::messages, layer};
    case NetworkStage::update:
      return {cpu::Stage::update, layer};
    case NetworkStage::update_backward:
      return {cpu::Stage::update_backward, layer};
    case NetworkStage::convolution_backward:
      if (layer == 0) return {cpu::Stage::pair_forces, 0};
      return {cpu::Stage::messages_backward, layer};
    case NetworkStage::readout:
    case NetworkStage::energies:
      return {cpu::Stage::readout, last};
  }
  return {};
}

using StageKey = std::pair<std::optional<NetworkStage>, unsigned>;

/// What all cases of one model, size and kind of arithmetic share.
struct Shared {
  BenchedDevice device;
  Model model;
  Droplet molecule;
  std::size_t copies = 0;
  bool exact = false;
  DenseKind kind = DenseKind::fma;
  std::shared_ptr<const cuda::DeviceModel> on_device;
  std::map<StageKey, Check> checks;

  unsigned last() const { return static_cast<unsigned>(model.config.num_interactions) - 1; }
  unsigned layer_of(const StageName& name) const {
    return name.stage == NetworkStage::readout ? last() : std::min(name.layer, last());
  }

  std::shared_ptr<DeviceFixture> fixture() {
    if (!on_device) {
      on_device = std::make_shared<const cuda::DeviceModel>(
          model, cuda::ModelOptions{.exact_filters = exact,
                                    .dense = kind,
                                    .device = device.number,
                                    .compute_capability = device.compute_capability});
    }
    return std::make_shared<DeviceFixture>(on_device, molecule, copies, device.stopwatch->stream());
  }

  const Check& check(const StageName& name);
  std::vector<double> reference_energies() const;  ///< of every atom, eV
  DeviceStageSize size() const;
};

std::vector<double> Shared::reference_energies() const {
  const StudentParameters parameters = student_parameters(model);
  std::vector<double> energies;
  for (const int z : molecule.atomic_numbers) {
    const auto found = parameters.reference_energies.find(z);
    energies.push_back(found == parameters.reference_energies.end() ? 0.0 : found->second);
  }
  return energies;
}

const Check& Shared::check(const StageName& wanted) {
  if (checks.empty()) {
    const ExpectedOutputs expected =
        expected_outputs(model, exact, cpu::supported_instruction_sets().back(),
                         molecule.atomic_numbers, molecule.positions);
    const auto running = fixture();
    const std::vector<double> references = reference_energies();
    // In an evaluation's order, so that each stage's output is read before it is overwritten.
    const auto judge = [&](std::optional<NetworkStage> stage, unsigned layer) {
      running->run(stage, layer);
      std::vector<double> one = expected.outputs.at(on_the_cpu(stage, layer, last()));
      std::vector<double> actual = running->output(stage, layer), all;
      // The device's energies have the elements' own in them, beside which the network's would not
      // be seen.
      if (stage == NetworkStage::readout) {
        for (std::size_t i = 0; i < actual.size(); ++i) {
          actual[i] -= references[i % references.size()];
        }
      }
      if (stage == NetworkStage::energies) {
        one = {std::accumulate(one.begin(), one.end(), 0.0)};
        const double own = std::accumulate(references.begin(), references.end(), 0.0);
        for (double& energy : actual) energy -= own;
      }
      for (std::size_t copy = 0; copy < copies; ++copy) {
        all.insert(all.end(), one.begin(), one.end());
      }
      checks[{stage, layer}] = {.error = deviation(actual, all),
                                .tolerance = device_tolerance(kind),
                                .against = expected.from};
    };
    judge({}, 0);
    for (unsigned layer = 0; layer <= last(); ++layer) {
      judge(NetworkStage::convolution, layer);
      if (layer < last()) judge(NetworkStage::update, layer);
    }
    judge(NetworkStage::readout, last());
    judge(NetworkStage::energies, 0);
    for (unsigned layer = last() + 1; layer-- > 0;) {
      judge(NetworkStage::convolution_backward, layer);
      if (layer > 0) judge(NetworkStage::update_backward, layer - 1);
    }
  }
  return checks.at({wanted.stage, layer_of(wanted)});
}

DeviceStageSize Shared::size() const {
  const auto copied = static_cast<double>(copies);
  const auto n = static_cast<double>(molecule.positions.size());
  const double pairs = count_pairs(molecule.positions, model.config.cutoff);
  const bool all_pairs = molecule.positions.size() <= cuda::kAllPairsUpTo;
  return {.n_atoms = copied * n,
          .n_pairs = copied * pairs,
          .n_tested = copied * (all_pairs ? n * (n - 1.0) / 2.0 : pairs),
          .n_channels = static_cast<double>(model.config.hidden_dim),
          .n_rbf = static_cast<double>(model.config.num_rbf),
          .gates = model.config.vector_mixing == VectorMixing::matrix ? 3.0 : 2.0,
          .n_intervals = exact ? 0.0 : 512.0,
          .exact = exact};
}

MicroCase named(const Shared& shared, const std::string& stage) {
  MicroCase result;
  result.stage = stage;
  if (shared.kind != DenseKind::fma)
    result.stage += std::string("-") + cuda::dense_word(shared.kind);
  result.shape = shared.model.name;
  result.size = size_text(shared.molecule.positions.size(), shared.copies);
  result.set = shared.device.caches;
  result.name = result.stage + "/" + result.shape + "/" + result.size + "/" + result.set;
  result.stopwatch = shared.device.stopwatch;
  return result;
}

MicroCase stage_case(const std::shared_ptr<Shared>& shared, const StageName& name) {
  const unsigned layer = shared->layer_of(name);
  MicroCase result = named(*shared, name.name);
  result.work = device_stage_work(shared->size(), name.stage, layer == 0);
  result.check = [shared, name] { return shared->check(name); };
  result.make = [shared, name, layer] {
    const auto fixture = shared->fixture();
    // Stages that add to what is there would grow without end.
    return Subject{[fixture] { fixture->evaluate(); },
                   [fixture, name, layer](std::size_t repeats) {
                     for (std::size_t k = 0; k < repeats; ++k) fixture->run(name.stage, layer);
                   }};
  };
  return result;
}

MicroCase whole_case(const std::shared_ptr<Shared>& shared) {
  MicroCase result = named(*shared, shared->exact ? "evaluation-exact" : "evaluation-table");
  result.work = device_evaluation_work(shared->size(), shared->last() + 1);
  // The last of its stages makes the forces.
  result.check = [shared] {
    return shared->check(
        {"", NetworkStage::convolution_backward, 0, !shared->exact, shared->exact, true});
  };
  result.make = [shared] {
    const auto fixture = shared->fixture();
    return Subject{{}, [fixture](std::size_t repeats) {
                     for (std::size_t k = 0; k < repeats; ++k) fixture->evaluate();
                   }};
  };
  return result;
}

}  // namespace

std::vector<MicroCase> device_stage_cases(const BenchedDevice& device,
                                          const std::vector<std::string>& models,
                                          const std::vector<DeviceSize>& sizes) {
  std::vector<MicroCase> cases;
  for (const std::string& name : models) {
    const Model model = read_model(find_model(name));
    for (const DeviceSize& size : sizes) {
      const Droplet molecule = rattled(benzene_droplet(size.atoms));
      for (const bool exact : {false, true}) {
        for (const DenseKind kind : dense_kinds(device)) {
          const auto shared = std::make_shared<Shared>(
              Shared{device, model, molecule, size.copies, exact, kind, {}, {}});
          for (const StageName& stage : kStages) {
            if (!(exact ? stage.exact : stage.tables)) continue;
            if (kind == DenseKind::fma || stage.by_kind) cases.push_back(stage_case(shared, stage));
          }
          cases.push_back(whole_case(shared));
        }
      }
    }
  }
  return cases;
}

}  // namespace fusemd::benchmarks
