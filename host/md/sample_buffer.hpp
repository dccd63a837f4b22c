// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "host/md/drift.hpp"
#include "host/md/dynamics.hpp"
#include "host/md/replica_state.hpp"
#include "host/md/sample.hpp"

namespace fusemd {

/// At which steps samples are due: the multiples of log_every and frame_every (0: none).
struct SamplePlan {
  std::int64_t log_every = 0;
  std::int64_t frame_every = 0;
  double timestep = 0.0;  // fs

  bool logs_at(std::int64_t step) const { return log_every > 0 && step % log_every == 0; }
  bool frames_at(std::int64_t step) const { return frame_every > 0 && step % frame_every == 0; }

  /// The first step after `step` at which a sample is due, at most `last`.
  std::int64_t next(std::int64_t step, std::int64_t last) const;
};

/// The atoms of one replica, for its samples.
struct SampleSource {
  std::span<const int> atomic_numbers;
  std::span<const double> masses;  ///< amu; empty: standard atomic weights
  const Dynamics* dynamics = nullptr;
  std::size_t first_atom = 0;  ///< number of atoms of all replicas before it
};

/// Samples of one round: replicas write them in any order, emit() hands them on in order.
///
/// record() may be called by several threads at once for different slots: each slot has its own
/// elements. Memory is kept from round to round.
class SampleBuffer {
 public:
  SampleBuffer(const SamplePlan& plan, std::span<const SampleSource> sources);

  /// Empties the buffer for the samples after `first` up to `last`; those at 0 belong to first = 0.
  void begin(std::int64_t first, std::int64_t last);

  /// Keeps what is due at state.step, which is one of this round's sample steps.
  void record(std::size_t slot, const ReplicaState& state);

  /// Hands everything to `sink`, by step, then replica; log rows also to `statistics`.
  void emit(SampleSink& sink, EnergyStatistics& statistics) const;

  /// Bytes that `n_steps` steps of all replicas need.
  static double bytes(const SamplePlan& plan,
                      std::size_t n_replicas,
                      std::size_t n_atoms,
                      double n_steps);

 private:
  struct FrameHead {
    bool present = false;
    int replica = 0;
    double potential_energy = 0.0, kinetic_energy = 0.0, temperature = 0.0;
  };

  std::size_t row_of(std::int64_t step, std::int64_t every) const;
  std::span<const Vec3> part(const std::vector<Vec3>& all, std::size_t row, std::size_t slot) const;

  SamplePlan plan_;
  std::span<const SampleSource> sources_;
  std::size_t n_atoms_ = 0;                            // of all replicas
  std::int64_t begin_ = 0, end_ = 0;                   // steps [begin_, end_]
  std::vector<LogRow> logs_;                           // [sample][slot]; step -1: absent
  std::vector<FrameHead> heads_;                       // [sample][slot]
  std::vector<Vec3> positions_, velocities_, forces_;  // [sample][atom of all replicas]
};

}  // namespace fusemd
