// SPDX-License-Identifier: MIT
#include "host/md/replica_setup.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "host/elements.hpp"
#include "host/md/degrees_of_freedom.hpp"
#include "host/md/rigid_motion.hpp"
#include "host/md/velocities.hpp"
#include "host/structure_check.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

constexpr std::int64_t kMostSteps = (std::int64_t{1} << 48) - 1;  // what a random stream can count
constexpr std::int64_t kRigidMotionEvery = 100;  // steps: costs 1 % of a step at most
constexpr std::int32_t kMostReplicas = 100'000;

std::string text(double value) {
  std::string digits = std::to_string(value);
  if (std::isfinite(value) && digits.find('.') != std::string::npos) {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  return digits;
}

[[noreturn]] void refuse(const std::string& key,
                         const std::string& expected,
                         const std::string& found) {
  InputErrorParts parts;
  parts.key = key;
  parts.problem = "out of range";
  parts.expected = expected;
  parts.found = found;
  throw InputError(parts);
}

[[noreturn]] void refuse(const ReplicaState& state, const std::string& problem) {
  InputErrorParts parts;
  parts.key = "replica " + std::to_string(state.replica);
  parts.problem = problem;
  throw InputError(parts);
}

std::vector<double> masses_of(const Structure& structure) {
  if (!structure.masses.empty()) return structure.masses;
  std::vector<double> masses;
  for (const int number : structure.atomic_numbers)
    masses.push_back(standard_atomic_weight(number));
  return masses;
}

template <class T>
T one_or_each(const std::vector<T>& values, std::size_t slot) {
  return values.size() == 1 ? values[0] : values[slot];
}

using Key = std::tuple<std::vector<int>,
                       std::vector<double>,
                       std::int64_t,
                       std::vector<double>,
                       std::vector<int>>;

std::vector<double> cell_key(const std::optional<Cell>& cell) {
  std::vector<double> key;
  if (!cell) return key;
  for (std::size_t k = 0; k < 3; ++k) {
    const Vec3& row = cell->vectors[k];
    key.insert(key.end(), {row.x, row.y, row.z, cell->periodic[k] ? 1.0 : 0.0});
  }
  return key;
}

std::vector<int> bonds_key(const StepWatch& watch) {
  std::vector<int> key;
  for (const StepWatch::Bond& bond : watch.bonds()) key.insert(key.end(), {bond.i, bond.j});
  return key;
}

}  // namespace

std::vector<double> temperature_ramp(double low, double high, std::int32_t n) {
  std::vector<double> temperatures;
  for (std::int32_t k = 0; k < n; ++k) {
    // The ends are exact: the weights are 0 and 1 there.
    const double weight = n > 1 ? static_cast<double>(k) / (n - 1) : 0.0;
    temperatures.push_back((1.0 - weight) * low + weight * high);
  }
  return temperatures;
}

std::span<const double> own_masses(const Composition& atoms) {
  const std::span<const double> masses = atoms.dynamics.masses();
  for (std::size_t i = 0; i < masses.size(); ++i) {
    if (masses[i] != standard_atomic_weight(atoms.atomic_numbers[i])) return masses;
  }
  return {};
}

std::size_t structure_of(std::int32_t replica, std::size_t n_structures) {
  return static_cast<std::size_t>(replica) % n_structures;
}

void check_options(const SimulationOptions& o) {
  const auto positive = [](const char* key, double value, const char* unit) {
    if (!(value > 0.0) || !std::isfinite(value)) {
      refuse(key, std::string("a finite number greater than 0") + unit, text(value));
    }
  };
  positive("timestep", o.timestep, " (fs)");
  positive("csvr_time", o.csvr_time, " (fs)");
  positive("temperature_limit", o.temperature_limit, " (K)");
  const auto limit = [](const char* key, double value) {
    if (!(value > 0.0)) refuse(key, "a number greater than 0, or infinity", text(value));
  };
  limit("force_limit", o.limits.force);
  limit("energy_jump_limit", o.limits.energy_jump);
  limit("bond_limit", o.limits.bond);
  if (!(o.friction >= 0.0) || !std::isfinite(o.friction)) {
    refuse("friction", "a finite number, 0 or more (1/fs)", text(o.friction));
  }
  if (o.steps < 0 || o.steps > kMostSteps) {
    refuse("steps", "0 to " + std::to_string(kMostSteps), std::to_string(o.steps));
  }
  if (o.log_every < 0) refuse("log_every", "0 or more", std::to_string(o.log_every));
  if (o.frame_every < 0) refuse("frame_every", "0 or more", std::to_string(o.frame_every));
  if (o.replicas < 1 || o.replicas > kMostReplicas) {
    refuse("replicas", "1 to " + std::to_string(kMostReplicas), std::to_string(o.replicas));
  }
  if (o.first_replica < 0 || o.first_replica > INT32_MAX - kMostReplicas) {
    refuse("first_replica", "0 or more", std::to_string(o.first_replica));
  }
  if (o.threads < 1) refuse("threads", "1 or more", std::to_string(o.threads));
  const auto n = static_cast<std::size_t>(o.replicas);
  const std::string count = "1 value or one a replica (" + std::to_string(n) + ")";
  if (o.temperatures.size() != 1 && o.temperatures.size() != n) {
    refuse("temperature", count, std::to_string(o.temperatures.size()));
  }
  if (o.seeds.size() != 1 && o.seeds.size() != n)
    refuse("seed", count, std::to_string(o.seeds.size()));
  for (const double t : o.temperatures) {
    if (!(t >= 0.0) || !(t <= o.temperature_limit)) {
      refuse("temperature", "0 K to temperature_limit (" + text(o.temperature_limit) + " K)",
             text(t));
    }
  }
}

CompositionTable make_compositions(std::span<const Structure> structures,
                                   const SimulationOptions& options) {
  if (structures.empty()) refuse("input", "at least one structure", "none");
  CompositionTable table;
  std::map<Key, std::size_t> known;
  for (const Structure& structure : structures) {
    check_atoms(structure);
    const std::vector<double> masses = masses_of(structure);
    const Shape shape = shape_of(structure.positions, masses);
    const std::int64_t n_f =
        degrees_of_freedom(options.ensemble, shape, static_cast<std::int64_t>(structure.size()));
    StepWatch watch(options.limits, options.outside_training, options.closest_pairs,
                    structure.atomic_numbers, structure.positions);
    const auto [place, is_new] = known.try_emplace(
        Key{structure.atomic_numbers, masses, n_f, cell_key(structure.cell), bonds_key(watch)},
        table.compositions.size());
    if (is_new) {
      const DynamicsParameters parameters{.ensemble = options.ensemble,
                                          .timestep = options.timestep,
                                          .friction = options.friction,
                                          .csvr_time = options.csvr_time,
                                          .temperature_limit = options.temperature_limit,
                                          .degrees_of_freedom = n_f,
                                          .rigid_motion_every = kRigidMotionEvery};
      table.compositions.push_back({structure.atomic_numbers, structure.cell,
                                    Dynamics(parameters, masses, std::move(watch))});
    }
    table.of_structure.push_back(place->second);
  }
  return table;
}

std::vector<ReplicaState> start_states(std::span<const Structure> structures,
                                       const CompositionTable& table,
                                       const SimulationOptions& options) {
  std::vector<ReplicaState> states(static_cast<std::size_t>(options.replicas));
  for (std::size_t slot = 0; slot < states.size(); ++slot) {
    ReplicaState& state = states[slot];
    state.replica = options.first_replica + static_cast<std::int32_t>(slot);
    state.seed = one_or_each(options.seeds, slot);
    state.temperature = one_or_each(options.temperatures, slot);
    const std::size_t s = structure_of(state.replica, structures.size());
    state.positions = structures[s].positions;
    state.forces.resize(state.positions.size());
    if (options.use_given_velocities && structures[s].velocities) {
      state.velocities = *structures[s].velocities;
      continue;
    }
    state.velocities.resize(state.positions.size());
    const Dynamics& dynamics = table.compositions[table.of_structure[s]].dynamics;
    draw_velocities({.seed = state.seed,
                     .replica = state.replica,
                     .temperature = state.temperature,
                     .ensemble = options.ensemble,
                     .exact_temperature = options.exact_start_temperature},
                    state.positions, dynamics.masses(), state.velocities);
  }
  return states;
}

void check_states(std::span<const ReplicaState> states,
                  std::span<const Structure> structures,
                  const SimulationOptions& options) {
  if (states.size() != static_cast<std::size_t>(options.replicas)) {
    refuse("replicas", "as many as there are saved states (" + std::to_string(states.size()) + ")",
           std::to_string(options.replicas));
  }
  const ReplicaState* going_on = nullptr;
  for (std::size_t slot = 0; slot < states.size(); ++slot) {
    const ReplicaState& state = states[slot];
    if (state.replica != options.first_replica + static_cast<std::int32_t>(slot)) {
      refuse(state, "saved states are not in the order of replicas");
    }
    const std::size_t n = structures[structure_of(state.replica, structures.size())].size();
    if (state.positions.size() != n || state.velocities.size() != n || state.forces.size() != n) {
      refuse(state, "the saved state has another number of atoms than its structure");
    }
    if (state.step < 0 || state.step > kMostSteps) refuse(state, "the saved step is out of range");
    if (state.failed) continue;
    if (going_on == nullptr) going_on = &state;
    if (state.step != going_on->step) refuse(state, "saved states are not at one step");
  }
}

}  // namespace fusemd
