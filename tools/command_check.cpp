// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "host/cpu/cpu_potential.hpp"
#include "host/engine.hpp"
#include "host/larger.hpp"
#include "host/model_path.hpp"
#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/engine_options.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/text_format.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

/// Energies and forces of all reference frames of a model by one of its implementations.
struct Results {
  std::vector<double> energies;           ///< eV
  std::vector<std::vector<Vec3>> forces;  ///< eV/Angstrom
};

std::vector<Vec3> as_vectors(const std::vector<double>& values) {
  std::vector<Vec3> vectors(values.size() / 3);
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    vectors[i] = {values[3 * i], values[3 * i + 1], values[3 * i + 2]};
  }
  return vectors;
}

Results in_the_file(const Model& model) {
  Results results;
  for (const ReferenceFrame& frame : model.reference_frames) {
    results.energies.push_back(frame.energy);
    results.forces.push_back(as_vectors(frame.forces));
  }
  return results;
}

Results computed(const Model& model, const Engine& engine) {
  Results results;
  for (const ReferenceFrame& frame : model.reference_frames) {
    const auto evaluator = engine.potential->make_evaluator(frame.atomic_numbers);
    const std::vector<Vec3> positions = as_vectors(frame.positions);
    std::vector<Vec3> forces(positions.size());
    results.energies.push_back(evaluator->compute(positions, forces));
    results.forces.push_back(std::move(forces));
  }
  return results;
}

struct Comparison {
  std::string name;
  double energy_limit = 0.0;  ///< eV
  double force_limit = 0.0;   ///< eV/Angstrom
  double energy_error = 0.0;
  double force_error = 0.0;
  bool passed() const { return energy_error <= energy_limit && force_error <= force_limit; }
};

Comparison compare(const std::string& name,
                   const Results& a,
                   const Results& b,
                   double energy_limit,
                   double force_limit) {
  Comparison result{name, energy_limit, force_limit};
  for (std::size_t frame = 0; frame < a.energies.size(); ++frame) {
    result.energy_error =
        larger_or_nan(result.energy_error, std::abs(a.energies[frame] - b.energies[frame]));
    for (std::size_t i = 0; i < a.forces[frame].size(); ++i) {
      const Vec3 difference = a.forces[frame][i] - b.forces[frame][i];
      for (const double component : {difference.x, difference.y, difference.z}) {
        result.force_error = larger_or_nan(result.force_error, std::abs(component));
      }
    }
  }
  return result;
}

// The frames may come from a framework that computes in float32, whose own rounding is 2.4e-5
// eV/Angstrom on forces; the other limits are those of the CPU engine's tests.
constexpr double kFrameEnergyLimit = 5e-5;  // eV
constexpr double kFrameForceLimit = 5e-5;   // eV/Angstrom
constexpr double kFloatEnergyLimit = 3e-5;
constexpr double kFloatForceLimit = 4e-5;

/// What a table may add to forces, eV/Angstrom.
double table_force_limit(std::int64_t intervals) { return intervals < 1024 ? 1e-4 : 1.5e-5; }

/// The CPU engine in double precision: rounding would hide what a fine table adds.
Engine in_double(const Model& model, const EngineRequest& request, cpu::Filters filters) {
  Engine engine;
  engine.potential = cpu::make_potential(
      model, {.filters = filters,
              .table_intervals = static_cast<std::size_t>(request.table_intervals),
              .instruction_set = request.instruction_set,
              .precision = cpu::Precision::real_double});
  return engine;
}

std::vector<Comparison> compare_all(const Model& model, EngineRequest request) {
  request.device = "reference";
  const Results reference = computed(model, make_engine(model, request));
  request.device = "cpu";
  request.filters = "exact";
  const Results exact = computed(model, make_engine(model, request));
  request.filters = "table";
  const Results table = computed(model, make_engine(model, request));
  const Results double_exact = computed(model, in_double(model, request, cpu::Filters::exact));
  const Results double_table = computed(model, in_double(model, request, cpu::Filters::table));
  const double table_limit = table_force_limit(request.table_intervals);
  const std::string table_name = formatted("cpu, table of %d, against ", request.table_intervals);
  return {
      compare("reference engine against the frames", reference, in_the_file(model),
              kFrameEnergyLimit, kFrameForceLimit),
      compare("cpu, exact filters, against reference", exact, reference, kFloatEnergyLimit,
              kFloatForceLimit),
      compare(table_name + "reference", table, reference, kFloatEnergyLimit,
              kFloatForceLimit + table_limit),
      compare(table_name + "exact, double", double_table, double_exact, kFloatEnergyLimit,
              table_limit),
  };
}

std::string as_json(const Model& model, const std::vector<Comparison>& comparisons, bool passed) {
  const ParameterCount parameters = count_parameters(model.config);
  nlohmann::ordered_json json = {{"model", model.name},
                                 {"parameters", parameters.total},
                                 {"live_parameters", parameters.total - parameters.dead},
                                 {"frames", model.reference_frames.size()},
                                 {"comparisons", nlohmann::ordered_json::array()},
                                 {"passed", passed}};
  for (const Comparison& comparison : comparisons) {
    json["comparisons"].push_back({{"name", comparison.name},
                                   {"energy_error_eV", comparison.energy_error},
                                   {"energy_limit_eV", comparison.energy_limit},
                                   {"force_error_eV_per_Angstrom", comparison.force_error},
                                   {"force_limit_eV_per_Angstrom", comparison.force_limit},
                                   {"passed", comparison.passed()}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string as_table(const Model& model, const std::vector<Comparison>& comparisons) {
  const ParameterCount parameters = count_parameters(model.config);
  std::string text = formatted(
      "%s: %s parameters (%s live), %zu reference frames\n\n%-42s %11s %15s\n", model.name.c_str(),
      with_commas(static_cast<std::int64_t>(parameters.total)).c_str(),
      with_commas(static_cast<std::int64_t>(parameters.total - parameters.dead)).c_str(),
      model.reference_frames.size(), "largest difference", "energy, eV", "force, eV/A");
  for (const Comparison& comparison : comparisons) {
    text += formatted("%-42s %11.1e %15.1e  %s\n", comparison.name.c_str(), comparison.energy_error,
                      comparison.force_error, comparison.passed() ? "ok" : "MISSED");
    if (!comparison.passed()) {
      text += formatted("%-42s %11.1e %15.1e\n", "  limit", comparison.energy_limit,
                        comparison.force_limit);
    }
  }
  return text;
}

}  // namespace

int check_command(const std::vector<std::string>& arguments) {
  std::string name;
  bool json = false;
  EngineRequest request;
  std::int64_t table_intervals = request.table_intervals;
  Options options("fusemd check",
                  "Compares every engine with the reference frames inside a model file.");
  options.positional("model", name, "name of a shipped model (fusemd info lists them) or a file");
  options.flag("json", json, "print JSON");
  options.integer("table-intervals", table_intervals, {16, 8192}, "spline intervals of a filter");
  options.choice("instruction-set", request.instruction_set, {"auto", "sse4", "avx2", "avx512"},
                 "of the CPU engine");
  options.examples(
      "Examples:\n  fusemd check original\n  fusemd check my/model.json --table-intervals 1024\n\n"
      "Ends with 6 if a difference is above its limit.");
  options.parse(arguments);
  options.require("model", name, "fusemd check original, or a path to a model file");
  request.table_intervals = static_cast<int>(table_intervals);

  const Model model = read_model(find_model(name));
  if (model.reference_frames.empty()) {
    print_note("warning: " + model.name +
               " holds no reference frames, so there is nothing to compare\n");
  }
  const std::vector<Comparison> comparisons = compare_all(model, request);
  const bool passed = std::all_of(comparisons.begin(), comparisons.end(),
                                  [](const Comparison& comparison) { return comparison.passed(); });
  print_result(json ? as_json(model, comparisons, passed) : as_table(model, comparisons));
  return passed ? kOk : kCheckFailed;
}

}  // namespace fusemd
