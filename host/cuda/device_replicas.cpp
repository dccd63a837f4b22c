// SPDX-License-Identifier: MIT
#include "host/cuda/device_replicas.hpp"

#include <algorithm>

#include "host/cuda/device_dynamics.hpp"

namespace fusemd::cuda {
namespace {

constexpr std::size_t kRows = 9;  // x, v, F

/// Writes three rows of [9][n_atoms] from vectors.
void write_vectors(std::span<const Vec3> from,
                   std::size_t n_atoms,
                   std::size_t first_row,
                   std::size_t begin,
                   std::vector<double>& atoms) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    double* at = atoms.data() + first_row * n_atoms + begin + i;
    at[0] = from[i].x;
    at[n_atoms] = from[i].y;
    at[2 * n_atoms] = from[i].z;
  }
}

void write_atoms(const ReplicaState& state,
                 std::size_t n_atoms,
                 std::size_t begin,
                 std::vector<double>& atoms) {
  write_vectors(state.positions, n_atoms, 0, begin, atoms);
  write_vectors(state.velocities, n_atoms, 3, begin, atoms);
  write_vectors(state.forces, n_atoms, 6, begin, atoms);
}

/// [9][n] of one replica: as a replica's last good step is kept.
std::vector<double> own_rows(const ReplicaState& state) {
  const std::size_t n = state.positions.size();
  std::vector<double> rows(kRows * n);
  write_atoms(state, n, 0, rows);
  return rows;
}

ReplicaProgress starting_progress(const ReplicaState& state) {
  ReplicaProgress progress = replica_progress(state);
  if (state.failed) progress.stopped = StopReason::earlier;
  return progress;
}

}  // namespace

void read_vectors(std::span<const double> atoms,
                  std::size_t n_atoms,
                  std::size_t first_row,
                  std::size_t begin,
                  std::span<Vec3> to) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    const double* at = atoms.data() + first_row * n_atoms + begin + i;
    to[i] = {at[0], at[n_atoms], at[2 * n_atoms]};
  }
}

void read_progress(const ReplicaProgress& progress, ReplicaState& state) {
  state.step = progress.step;
  state.potential_energy = progress.potential_energy;
  state.kinetic_energy = progress.kinetic_energy;
  state.heat = progress.heat;
  state.has_forces = true;
  state.failed = progress.stopped != StopReason::none;
}

DeviceReplicas::DeviceReplicas(const CompositionTable& table,
                               std::span<const std::size_t> composition,
                               std::span<const ReplicaState> states)
    : table_(table),
      composition_(composition.begin(), composition.end()),
      start_{0},
      kind_(dynamics_kind(table.compositions.front().dynamics.parameters().ensemble)) {
  std::vector<std::uint32_t> system, element;
  std::vector<double> mass, half_kick, inverse_mass;
  std::vector<ReplicaConstants> constants;
  std::vector<ReplicaProgress> progress;
  const auto append = [](std::vector<double>& to, std::span<const double> values) {
    to.insert(to.end(), values.begin(), values.end());
  };
  for (std::size_t r = 0; r < states.size(); ++r) {
    const Composition& atoms = table.compositions[composition_[r]];
    for (const int z : atoms.atomic_numbers) {
      system.push_back(static_cast<std::uint32_t>(r));
      element.push_back(static_cast<std::uint32_t>(z));
    }
    append(mass, atoms.dynamics.masses());
    append(half_kick, atoms.dynamics.half_kicks());
    append(inverse_mass, atoms.dynamics.inverse_sqrt_masses());
    constants.push_back(replica_constants(states[r], atoms.dynamics));
    progress.push_back(starting_progress(states[r]));
    start_.push_back(static_cast<std::uint32_t>(element.size()));
    largest_ = std::max(largest_, start_[r + 1] - start_[r]);
  }
  const std::size_t n = element.size();
  std::vector<double> coordinates(kRows * n), kept;
  for (std::size_t r = 0; r < states.size(); ++r) {
    write_atoms(states[r], n, start_[r], coordinates);
    append(kept, own_rows(states[r]));
  }

  const Stream stream = nullptr;
  system_start_ = uploaded(start_, stream);
  system_ = uploaded(system, stream);
  element_ = uploaded(element, stream);
  atoms_ = uploaded(coordinates, stream);
  mass_ = uploaded(mass, stream);
  half_kick_ = uploaded(half_kick, stream);
  inverse_mass_ = uploaded(inverse_mass, stream);
  constants_ = uploaded(constants, stream);
  progress_ = uploaded(progress, stream);
  kept_progress_ = uploaded(progress, stream);
  kept_ = uploaded(kept, stream);
  energies_ = DeviceBuffer<double>(states.size());

  const auto row = [&](std::size_t k) { return atoms_.data() + k * n; };
  view_.batch = {.n_systems = static_cast<std::uint32_t>(states.size()),
                 .n_atoms = static_cast<std::uint32_t>(n),
                 .system_start = system_start_.data(),
                 .system = system_.data(),
                 .element = element_.data()};
  view_.constants = dynamics_constants(table.compositions.front().dynamics.parameters());
  view_.atoms = {.n_atoms = view_.batch.n_atoms,
                 .x = row(0),
                 .y = row(1),
                 .z = row(2),
                 .vx = row(3),
                 .vy = row(4),
                 .vz = row(5),
                 .fx = row(6),
                 .fy = row(7),
                 .fz = row(8),
                 .mass = mass_.data(),
                 .half_kick = half_kick_.data(),
                 .inverse_sqrt_mass = inverse_mass_.data(),
                 .constants = constants_.data(),
                 .progress = progress_.data(),
                 .kept = kept_.data(),
                 .kept_progress = kept_progress_.data()};
  view_.energies = energies_.data();
}

std::vector<std::vector<int>> DeviceReplicas::systems() const {
  std::vector<std::vector<int>> result;
  for (const std::size_t c : composition_) {
    result.push_back(table_.compositions[c].atomic_numbers);
  }
  return result;
}

void DeviceReplicas::put(std::size_t r, const ReplicaState& state, Stream stream) {
  const std::size_t begin = start_[r], n = start_[r + 1] - begin;
  const std::vector<double> own = own_rows(state);
  for (std::size_t k = 0; k < kRows; ++k) {
    device::copy_to_device(atoms_.data() + k * n_atoms() + begin, own.data() + k * n,
                           n * sizeof(double), stream);
  }
  const ReplicaProgress progress = starting_progress(state);
  device::copy_to_device(kept_.data() + kRows * begin, own.data(), own.size() * sizeof(double),
                         stream);
  device::copy_to_device(progress_.data() + r, &progress, sizeof progress, stream);
  device::copy_to_device(kept_progress_.data() + r, &progress, sizeof progress, stream);
  device::synchronize(stream);
}

void DeviceReplicas::get(std::span<ReplicaState> states, Stream stream) const {
  std::vector<double> coordinates(atoms_.size());
  std::vector<ReplicaProgress> progress(progress_.size());
  device::copy_to_host(coordinates.data(), atoms_.data(), atoms_.bytes(), stream);
  device::copy_to_host(progress.data(), progress_.data(), progress_.bytes(), stream);
  device::synchronize(stream);
  for (std::size_t r = 0; r < states.size(); ++r) {
    ReplicaState& state = states[r];
    read_progress(progress[r], state);
    read_vectors(coordinates, n_atoms(), 0, start_[r], state.positions);
    read_vectors(coordinates, n_atoms(), 3, start_[r], state.velocities);
    read_vectors(coordinates, n_atoms(), 6, start_[r], state.forces);
  }
}

}  // namespace fusemd::cuda
