// SPDX-License-Identifier: MIT
// Energies and forces against PyTorch's automatic differentiation in double, and against a NumPy
// statement of the model with every combination of the switches.
#include <cmath>
#include <cstdlib>

#include "host/reference/reference_potential.hpp"
#include "test/support/close.hpp"
#include "test/support/golden.hpp"
#include "test/support/potentials.hpp"
#include "test/support/seed_weights.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/skip.hpp"
#include "test/support/source_tree.hpp"
#include "test/support/worst.hpp"

namespace fusemd::test {
namespace {

namespace fs = std::filesystem;

const Tolerance kEnergy{1e-11, 1e-14,
                        "double rounding; totals beyond 1,000 eV by their last digits"};
const Tolerance kForce{1e-11, 0.0, "double rounding, measured 2e-12 at worst"};

void require_golden(const Model& model, const std::vector<GoldenCase>& cases, std::size_t count) {
  const auto potential = reference::make_reference_potential(model);
  REQUIRE(cases.size() == count);
  std::size_t forces_compared = 0;
  for (const GoldenCase& golden : cases) {
    INFO(model.name << ", " << golden.name);
    const Evaluation result =
        evaluate(*potential, {golden.name, golden.atomic_numbers, golden.positions});
    const double off = max_difference(result.forces, golden.forces);
    const bool large = std::abs(golden.energy) > 1000.0;
    WorstSeen::note(large ? "energy of totals above 1,000 eV, relative" : "energy, eV",
                    (result.energy - golden.energy) / (large ? golden.energy : 1.0));
    require_close(result.energy, golden.energy, kEnergy);
    if (!golden.forces_well_conditioned) continue;
    WorstSeen::note("force, eV/A", off);
    require_close(off, 0.0, kForce);
    ++forces_compared;
  }
  REQUIRE(forces_compared + 1 >= count);  // all but ideal methane at most
}

/// An interpreter that has NumPy, or nothing.
std::string python_with_numpy() {
  for (const std::string python : {"python3", "/usr/bin/python3"}) {
    if (std::system((python + " -c 'import numpy' 2>/dev/null").c_str()) == 0) return python;
  }
  return {};
}

/// The switches that numpy_oracle.py used for file `bits`.json.
Model with_switches(Model model, int bits) {
  model.config.cutoff_applied_to = bits & 1 ? CutoffAppliedTo::filter : CutoffAppliedTo::rbf;
  model.config.vector_mixing = bits & 2 ? VectorMixing::none : VectorMixing::matrix;
  model.config.directional_message =
      bits & 4 ? DirectionalMessage::filter_times_source : DirectionalMessage::filter;
  model.config.norm_epsilon = bits & 8 ? 0.01 : 0.0;
  return model;
}

}  // namespace

TEST_CASE("seed weights give the golden energies and forces") {
  for (const std::string name : {"original", "ultra_tiny"}) {
    const auto weights = shared_path("reference/weights/" + name + ".json");
    const auto golden = shared_path("reference/golden/" + name + "_float64.json");
    if (!available(fs::exists(weights) && fs::exists(golden), golden.string())) continue;
    require_golden(read_seed_weights(weights), read_golden(golden), 30);
  }
}

TEST_CASE("the first trained models give the golden energies and forces of their training") {
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const auto weights = shared_path("seedlings/" + name + ".json");
    const auto golden = shared_path("seedlings/golden/" + name + "_float64.json");
    if (!available(fs::exists(weights) && fs::exists(golden), golden.string())) continue;
    require_golden(read_seedling(weights), read_golden(golden), 39);
  }
}

TEST_CASE("shipped models reproduce the reference frames in their own files") {
  any_ran() = true;
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const Model model = shipped_model(name);
    const auto potential = reference::make_reference_potential(model);
    REQUIRE(model.reference_frames.size() >= 3);
    for (const ReferenceFrame& frame : model.reference_frames) {
      INFO(name << ", " << frame.name);
      System system{frame.name, frame.atomic_numbers, {}};
      std::vector<Vec3> forces;
      for (std::size_t i = 0; i < frame.positions.size(); i += 3) {
        system.positions.push_back(
            {frame.positions[i], frame.positions[i + 1], frame.positions[i + 2]});
        forces.push_back({frame.forces[i], frame.forces[i + 1], frame.forces[i + 2]});
      }
      const Evaluation result = evaluate(*potential, system);
      require_close(result.energy, frame.energy, kEnergy);
      require_close(max_difference(result.forces, forces), 0.0, kForce);
    }
  }
}

TEST_CASE(
    "all sixteen switch combinations agree with the NumPy statement, on Tiny's seed weights") {
  const fs::path shared = shared_path("reference");
  const fs::path weights = shared / "weights/tiny.json";
  const fs::path structures = shared / "golden/original_float64.json";
  if (!available(fs::exists(weights) && fs::exists(structures), shared.string())) return;
  const std::string python = python_with_numpy();
  if (!available(!python.empty(), "Python with NumPy")) return;
  const fs::path folder = fs::current_path() / "numpy_oracle";
  const std::string command = python + " '" + source_path("test/host/reference/numpy_oracle.py") +
                              "' '" + shared.string() + "' '" + weights.string() + "' '" +
                              structures.string() + "' '" + folder.string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  const Model model = read_seed_weights(weights);
  for (int bits = 0; bits < 16; ++bits) {
    INFO("switches " << switches_text(with_switches(model, bits).config));
    require_golden(with_switches(model, bits),
                   read_golden(folder / (std::to_string(bits) + ".json")), 30);
  }
}

}  // namespace fusemd::test
