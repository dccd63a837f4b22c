// SPDX-License-Identifier: MIT
#include "test/support/potentials.hpp"

#include <limits>

#include "host/cpu/cpu_potential.hpp"
#include "host/reference/reference_potential.hpp"

namespace fusemd::test {
namespace {

/// The CPU engine in double precision: the text that production compiles for float. What it
/// computes is smooth with tables too, so it must pass everything that the reference engine passes.
Engine cpu_in_double(cpu::InstructionSet set, cpu::Filters filters) {
  const std::string name(cpu::to_string(set));
  const bool table = filters == cpu::Filters::table;
  return {.name = "cpu double " + name + (table ? " table" : " exact"),
          .make =
              [=](const Model& model) {
                return cpu::make_potential(model, {.filters = filters,
                                                   .instruction_set = name,
                                                   .precision = cpu::Precision::real_double});
              },
          .energy_noise = 1e-10,
          .force_noise = 1e-10,
          .difference_step = 2e-4,
          .difference_error = 1e-7,
          .why =
              "double precision, as the reference engine; a C2 spline's fourth derivative jumps, "
              "which a five-point difference over 2e-4 A does not see"};
}

Engine cpu_in_float(cpu::InstructionSet set) {
  const std::string name(cpu::to_string(set));
  return {
      .name = "cpu float " + name,
      .make =
          [=](const Model& model) { return cpu::make_potential(model, {.instruction_set = name}); },
      .energy_noise = 1e-5,
      .force_noise = 1e-4,
      .why = "single precision features: 1e-5 eV and 1e-4 eV/A are what the product promises"};
}

}  // namespace

std::vector<Engine> engines() {
  std::vector<Engine> all = {
      {.name = "reference",
       .make = reference::make_reference_potential,
       .energy_noise = 1e-10,
       .force_noise = 1e-10,
       .difference_step = 2e-4,
       .difference_error = 1e-7,
       .why =
           "double precision: totals of up to 2,000 eV carry 1e-12 eV of rounding, so a difference "
           "carries 1e-8 eV/A; truncation (2e-4 A)^4 E^(5) / 30 is far below"},
  };
  for (const cpu::InstructionSet set : cpu::supported_instruction_sets()) {
    all.push_back(cpu_in_double(set, cpu::Filters::table));
    all.push_back(cpu_in_double(set, cpu::Filters::exact));
    all.push_back(cpu_in_float(set));
  }
  return all;
}

Evaluation evaluate(const Potential& potential, const System& system) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  Evaluation result{nan, std::vector<Vec3>(system.size(), Vec3{nan, nan, nan}), {}};
  result.virial.fill(nan);
  const auto evaluator = potential.make_evaluator(system.atomic_numbers);
  result.energy = evaluator->compute(system.positions, result.forces, &result.virial);
  return result;
}

}  // namespace fusemd::test
