// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "host/md/replica_setup.hpp"
#include "host/md/replica_state.hpp"
#include "kernels/integrate.hpp"

namespace fusemd::cuda {

/// The replicas of a run in device memory: what a ResidentLoop advances.
///
/// Cost     about 260 bytes an atom, 300 a replica.
/// Errors   DeviceError: out of memory.
class DeviceReplicas {
 public:
  /// One replica a state; `composition[r]` is replica r's index into the table, which outlives
  /// this. Waits until everything is on the device.
  DeviceReplicas(const CompositionTable& table,
                 std::span<const std::size_t> composition,
                 std::span<const ReplicaState> states);

  DynamicsKind kind() const { return kind_; }
  std::uint32_t n_replicas() const { return view_.batch.n_systems; }
  std::uint32_t n_atoms() const { return view_.batch.n_atoms; }  ///< of all replicas
  std::uint32_t largest() const { return largest_; }             ///< atoms of the largest replica
  std::span<const std::uint32_t> system_start() const { return start_; }  ///< on the host
  /// The atomic numbers of every replica, as BatchNetwork wants them.
  std::vector<std::vector<int>> systems() const;

  /// For kernels. Its energies may be written by whoever makes them (energies()).
  const DynamicsView& view() const { return view_; }
  double* energies() { return energies_.data(); }  ///< [n_replicas], eV

  /// Overwrites the state of replica r, its last good step too, in stream order; waits.
  void put(std::size_t r, const ReplicaState& state, Stream stream);

  /// Reads all states back: positions, velocities, forces, energies, step. Waits.
  void get(std::span<ReplicaState> states, Stream stream) const;

 private:
  ReplicaProgress* progress_data() { return progress_.data(); }

  const CompositionTable& table_;
  std::vector<std::size_t> composition_;
  std::vector<std::uint32_t> start_;
  std::uint32_t largest_ = 0;
  DynamicsKind kind_;
  DynamicsView view_;
  DeviceBuffer<std::uint32_t> system_start_, system_, element_;
  DeviceBuffer<double> atoms_;                            ///< [9][n_atoms]
  DeviceBuffer<double> mass_, half_kick_, inverse_mass_;  ///< [n_atoms]
  DeviceBuffer<double> kept_;                             ///< a [9][n] each replica
  DeviceBuffer<double> energies_;
  DeviceBuffer<ReplicaConstants> constants_;
  DeviceBuffer<ReplicaProgress> progress_, kept_progress_;
};

/// Copies rows x, y, z of [9][n_atoms] beginning at row `first_row` into vectors, for the atoms
/// [begin, begin + to.size()).
void read_vectors(std::span<const double> atoms,
                  std::size_t n_atoms,
                  std::size_t first_row,
                  std::size_t begin,
                  std::span<Vec3> to);

/// The numbers of a sample put into a state. The atoms are left alone.
void read_progress(const ReplicaProgress& progress, ReplicaState& state);

}  // namespace fusemd::cuda
