// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "benchmarks/condensed.hpp"
#include "benchmarks/constant_forces.hpp"
#include "benchmarks/micro/cases.hpp"
#include "host/cpu/cell_order.hpp"
#include "host/larger.hpp"
#include "host/md/dynamics.hpp"
#include "host/md/replica_state.hpp"
#include "host/model_path.hpp"
#include "host/units.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

struct Flight {
  Dynamics dynamics;
  ReplicaState state;
  ConstantForces evaluator;
};

constexpr double kMass = 12.0, kTimestep = 0.5;
constexpr Vec3 kVelocity{0.01, 0.02, -0.03};

Flight make_flight(std::size_t n) {
  DynamicsParameters parameters;
  parameters.timestep = kTimestep;
  parameters.degrees_of_freedom = static_cast<std::int64_t>(3 * n);
  parameters.temperature_limit = std::numeric_limits<double>::max();
  Flight flight{Dynamics(parameters, std::vector<double>(n, kMass)), {}, {}};
  flight.state.positions.assign(n, Vec3{});
  flight.state.velocities.assign(n, kVelocity);
  flight.state.forces.assign(n, kConstantForce);
  flight.state.has_forces = true;
  return flight;
}

/// Under a constant force velocity Verlet is exact: r = v t + F t^2 / 2m.
Check check_flight(std::size_t n) {
  Flight flight = make_flight(n);
  constexpr int kSteps = 100;
  advance(flight.state, flight.dynamics, flight.evaluator, kSteps);
  const double t = kSteps * kTimestep, a = units::kAccelerationPerForce / kMass;
  const Vec3 expected = t * kVelocity + 0.5 * a * t * t * kConstantForce;
  Check check{.error = 0.0, .tolerance = 1e-12, .against = "uniform acceleration, closed form"};
  for (const Vec3& r : flight.state.positions) {
    check.error = larger_or_nan(check.error, norm(r - expected) / norm(expected));
  }
  return check;
}

MicroCase verlet_case(std::size_t n) {
  MicroCase result;
  result.stage = "velocity-verlet";
  result.shape = "nve";
  result.size = std::to_string(n);
  result.set = "any";
  result.name = "velocity-verlet/nve/" + result.size + "/any";
  const auto atoms = static_cast<double>(n);
  // 27 operations in double an atom; positions, velocities and forces twice, masses.
  result.work = {.flops = 2.0 * 27.0 * atoms, .bytes = 232.0 * atoms, .working_set = 88.0 * atoms};
  result.check = [n] { return check_flight(n); };
  result.make = [n] {
    auto flight = std::make_shared<Flight>(make_flight(n));
    return Subject{[flight, n] { *flight = make_flight(n); },
                   [flight](std::size_t repeats) {
                     advance(flight->state, flight->dynamics, flight->evaluator,
                             static_cast<std::int64_t>(repeats));
                   }};
  };
  return result;
}

struct Sorting {
  Droplet droplet;
  cpu::PackedModel<float> model;
  cpu::Workspace<float> work;
};

std::shared_ptr<Sorting> make_sorting(std::size_t n) {
  const Model model = read_model(find_model("ultra_tiny"));
  Droplet droplet = benzene_droplet(n);
  cpu::PackedModel<float> packed = cpu::pack_model<float>(model, {.n_intervals = 16});
  cpu::Workspace<float> work(packed, droplet.atomic_numbers);
  return std::make_shared<Sorting>(Sorting{std::move(droplet), std::move(packed), std::move(work)});
}

/// A permutation of the atoms, by ascending cell, with the coordinates of those atoms.
Check check_sorting(std::size_t n) {
  const auto sorting = make_sorting(n);
  auto& work = sorting->work;
  cpu::sort_into_cells(sorting->droplet.positions, sorting->model.cutoff, work);
  std::vector<bool> seen(sorting->droplet.positions.size(), false);
  double wrong = 0.0;
  for (std::size_t rank = 0; rank < seen.size(); ++rank) {
    const std::size_t atom = work.order[rank];
    if (atom >= seen.size() || seen[atom]) {
      wrong += 1.0;
      continue;
    }
    seen[atom] = true;
    const Vec3& r = sorting->droplet.positions[atom];
    const bool moved = work.x[rank] != r.x || work.y[rank] != r.y || work.z[rank] != r.z;
    const bool unsorted = rank > 0 && work.grid.cell[rank] < work.grid.cell[rank - 1];
    wrong += moved || unsorted ? 1.0 : 0.0;
  }
  return {.error = wrong, .tolerance = 0.0, .against = "the definition of a sorted order"};
}

MicroCase sorting_case(std::size_t n) {
  MicroCase result;
  result.stage = "sort-into-cells";
  result.shape = "benzene";
  result.size = std::to_string(n);
  result.set = "any";
  result.name = "sort-into-cells/benzene/" + result.size + "/any";
  const auto atoms = static_cast<double>(n);
  result.work = {.flops = 2.0 * 9.0 * atoms, .bytes = 64.0 * atoms, .working_set = 56.0 * atoms};
  result.check = [n] { return check_sorting(n); };
  result.make = [n] {
    auto sorting = make_sorting(n);
    return Subject{{}, [sorting](std::size_t repeats) {
                     for (std::size_t k = 0; k < repeats; ++k) {
                       cpu::sort_into_cells(sorting->droplet.positions, sorting->model.cutoff,
                                            sorting->work);
                     }
                   }};
  };
  return result;
}

}  // namespace

std::vector<MicroCase> dynamics_cases(const MicroAxes& axes) {
  std::vector<MicroCase> cases;
  for (const std::size_t n : axes.atoms) {
    cases.push_back(verlet_case(n));
    if (n > 160) cases.push_back(sorting_case(n));  // fewer atoms are not sorted
  }
  return cases;
}

}  // namespace fusemd::benchmarks
