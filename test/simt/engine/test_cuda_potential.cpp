// SPDX-License-Identifier: MIT
// The whole CUDA engine, every kernel after the other, against the CPU engine's double
// instantiation with the same filter tables: another text, another order of sums.
#include <algorithm>
#include <string>
#include <vector>

#include "host/cpu/cpu_potential.hpp"
#include "host/cuda/batch_network.hpp"
#include "host/cuda/cuda_potential.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/potentials.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/systems.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {
namespace {

const Tolerance kForce{.absolute = 4e-5, .why = "single precision, eV/Angstrom"};
const Tolerance kEnergy{.absolute = 3e-5, .why = "single precision, eV"};
// Factors are rounded to 11 bits, so terms of a few eV lose 2^-11 of themselves; alike atoms, as in
// benzene, err alike. Seen on these cases: 5.5e-3 eV/Angstrom and 1.1e-3 eV an atom.
const Tolerance kTf32Force{.absolute = 7e-3, .why = "TF32, eV/Angstrom"};
const Tolerance kTf32EnergyOfAtom{.absolute = 2e-3, .why = "TF32, eV an atom"};

Evaluation expected(const Model& model, const System& system, bool exact) {
  const auto potential =
      cpu::make_potential(model, {.filters = exact ? cpu::Filters::exact : cpu::Filters::table,
                                  .precision = cpu::Precision::real_double});
  return evaluate(*potential, system);
}

void compare(const Model& model,
             const System& system,
             DenseKind kind,
             bool exact,
             const Evaluation& right) {
  const auto potential = cuda::make_potential(
      model, {.exact_filters = exact, .dense = kind, .compute_capability = 80});
  const Evaluation found = evaluate(*potential, system);
  const bool coarse = kind == DenseKind::tf32;
  const Tolerance& force = coarse ? kTf32Force : kForce;
  Tolerance energy = coarse ? kTf32EnergyOfAtom : kEnergy;
  if (coarse) energy.absolute *= static_cast<double>(system.size());
  const std::string name = model.name + ", " + system.name + ": ";
  expect_close(found.energy, right.energy, energy, name + "energy");
  for (std::size_t i = 0; i < system.size(); ++i) {
    const std::string atom = name + "force on atom " + std::to_string(i);
    expect_close(found.forces[i].x, right.forces[i].x, force, atom);
    expect_close(found.forces[i].y, right.forces[i].y, force, atom);
    expect_close(found.forces[i].z, right.forces[i].z, force, atom);
  }
  Tolerance virial = force;
  virial.absolute *= 10.0;  // forces times distances of up to 10 Angstrom
  for (std::size_t k = 0; k < 9; ++k) {
    expect_close(found.virial[k], right.virial[k], virial, name + "virial");
  }
  same_bytes(&found.energy, sizeof found.energy);
  same_bits(found.forces);
  same_bytes(found.virial.data(), sizeof found.virial);
}

bool can_run(DenseKind kind) { return dense_kind_runs(kind, FUSEMD_KERNEL_ARCHITECTURE); }

void compare(const Model& model, const System& system) {
  for (const bool exact : {false, true}) {
    const Evaluation right = expected(model, system, exact);
    for (const DenseKind kind : {DenseKind::fma, DenseKind::tf32, DenseKind::tf32x3}) {
      if (can_run(kind)) compare(model, system, kind, exact, right);
    }
  }
}

std::vector<double> download(const double* from, std::size_t count) {
  std::vector<double> values(count);
  device::copy_to_host(values.data(), from, count * sizeof(double), nullptr);
  device::synchronize(Stream{nullptr});
  return values;
}

struct BatchResult {
  std::vector<double> energies, forces;  ///< [systems], [3][atoms]
};

BatchResult evaluate_batch(const std::shared_ptr<const cuda::DeviceModel>& model,
                           const std::vector<System>& systems) {
  std::vector<std::vector<int>> numbers;
  std::vector<Vec3> positions;
  for (const System& system : systems) {
    numbers.push_back(system.atomic_numbers);
    positions.insert(positions.end(), system.positions.begin(), system.positions.end());
  }
  cuda::BatchNetwork network(model, numbers);
  const std::size_t n = positions.size();
  std::vector<double> rows(3 * n);
  for (std::size_t i = 0; i < n; ++i) {
    rows[i] = positions[i].x;
    rows[n + i] = positions[i].y;
    rows[2 * n + i] = positions[i].z;
  }
  device::copy_to_device(network.positions(), rows.data(), rows.size() * sizeof(double), nullptr);
  do {
    network.evaluate(nullptr, false);
  } while (!network.edges_had_room(nullptr));
  return {download(network.energies(), systems.size()), download(network.forces(), 3 * n)};
}

FUSEMD_KERNEL_CASE("original on water and benzene") {
  const Model model = shipped_model("original");
  compare(model, rattled(water(), 0.05, 11));
  compare(model, rattled(benzene(), 0.05, 11));
}

FUSEMD_KERNEL_CASE("tiny on carbon dioxide and ethanol") {
  const Model model = shipped_model("tiny");
  compare(model, rattled(carbon_dioxide(), 0.05, 11));
  compare(model, rattled(ethanol(), 0.05, 11));
}

FUSEMD_KERNEL_CASE("ultra_tiny on an atom, a symmetric molecule and two molecules apart") {
  const Model model = shipped_model("ultra_tiny");
  compare(model, {"oxygen", {8}, {{0.3, 0.2, 0.1}}});
  compare(model, benzene());
  compare(model, two_waters(4.0));
  compare(model, two_waters(20.0));
}

FUSEMD_KERNEL_CASE("the switches of the original model") {
  compare(make_model(seed_switches(32, 3, 8), 5), rattled(ethanol(), 0.05, 11));
  compare(make_model(seed_switches(12, 1, 6), 6), rattled(ethanol(), 0.05, 11));
}

/// Atoms on a lattice of n x n x n points 1.2 Angstrom apart, a little off them.
System cube(int n) {
  System system{"cube", {}, {}};
  for (int k = 0; k < n * n * n; ++k) {
    system.atomic_numbers.push_back(k % 2 == 0 ? 1 : 6);
    system.positions.push_back(
        {1.2 * (k % n) + 0.01 * (k % 3), 1.2 * (k / n % n), 1.2 * (k / (n * n))});
  }
  return system;
}

void compare_norms(const Model& model, const System& system) {
  const Evaluation right = expected(model, system, false);
  const auto potential = cuda::make_potential(model, cuda::ModelOptions{});
  const Evaluation found = evaluate(*potential, system);
  double largest = 0.0;
  for (const Vec3& force : right.forces) largest = std::max(largest, norm(force));
  for (std::size_t i = 0; i < system.size(); ++i) {
    expect_close(norm(found.forces[i] - right.forces[i]), 0.0,
                 {.absolute = 1e-5 * largest, .why = "single precision sums over 300 edges"},
                 "force on atom " + std::to_string(i));
  }
  same_bits(found.forces);
}

FUSEMD_KERNEL_CASE("lists of edges grow until every neighbour has room") {
  // The atoms inside have more neighbours than a list starts with.
  compare_norms(make_model(shipped_switches(8, 2, 5), 7), cube(5));
}

FUSEMD_KERNEL_CASE("large systems go through cells") {
  const System large = cube(8);
  expect(large.size() > cuda::kAllPairsUpTo, "too small for cells");
  compare_norms(make_model(shipped_switches(4, 1, 4), 8), large);
}

FUSEMD_KERNEL_CASE("a system has the same bits alone and in any batch") {
  const auto model =
      std::make_shared<cuda::DeviceModel>(shipped_model("ultra_tiny"), cuda::ModelOptions{});
  const std::vector<System> systems = {rattled(benzene(), 0.05, 11), rattled(water(), 0.05, 11),
                                       rattled(ethanol(), 0.05, 11), rattled(water(), 0.02, 11),
                                       rattled(carbon_dioxide(), 0.05, 11)};
  const BatchResult together = evaluate_batch(model, systems);
  const std::size_t all = together.forces.size() / 3;
  std::size_t first = 0;
  for (std::size_t s = 0; s < systems.size(); ++s) {
    const BatchResult alone = evaluate_batch(model, {systems[s]});
    const std::size_t n = systems[s].size();
    expect(alone.energies[0] == together.energies[s], "energy of " + systems[s].name);
    for (std::size_t k = 0; k < 3 * n; ++k) {
      expect(alone.forces[k] == together.forces[k / n * all + first + k % n],
             "forces of " + systems[s].name);
    }
    first += n;
  }
  same_bits(together.energies);
  same_bits(together.forces);
}

}  // namespace
}  // namespace fusemd::test
