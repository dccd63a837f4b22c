// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/md/ensemble.hpp"
#include "host/md/step_watch.hpp"

namespace fusemd {

class EnergyStatistics;
class ReplicaTrail;

/// How far a run is.
struct Progress {
  std::int64_t step = 0;           ///< every replica that goes on has reached it
  std::int64_t replica_steps = 0;  ///< done in this run, all replicas together
  std::int64_t replica_steps_total = 0;
  std::int64_t failed_replicas = 0;
  double seconds = 0.0;  ///< since the run began
  double rate = 0.0;     ///< replica steps per second, since the run began
};

struct SimulationOptions {
  Ensemble ensemble = Ensemble::nve;
  double timestep = 0.5;         ///< fs
  double friction = 0.01;        ///< Langevin, 1/fs
  double csvr_time = 100.0;      ///< CSVR, fs
  std::int64_t steps = 0;        ///< the step to end at, counted from 0 also when a run is resumed
  std::int64_t log_every = 100;  ///< a log row at each multiple, step 0 included; 0: none
  std::int64_t frame_every = 0;  ///< a frame at each multiple, step 0 included; 0: none

  std::int32_t replicas = 1;
  std::int32_t first_replica = 0;           ///< global number of the first one
  std::vector<double> temperatures{300.0};  ///< K, one for all or one a replica
  std::vector<std::uint64_t> seeds{0};      ///< one for all or one a replica

  /// Of structures that have them, unchanged. CSVR takes their rigid motion out at its first step.
  bool use_given_velocities = true;
  bool exact_start_temperature = true;  ///< velocities.hpp
  double temperature_limit = 1e5;       ///< K; a hotter replica is stopped
  StepLimits limits;
  OutsideTraining outside_training = OutsideTraining::ignore;
  std::vector<TrainingDomain::ClosestPair> closest_pairs;  ///< of the model's training data

  int threads = 1;  ///< at least 1; more than there are replicas are not started

  /// Seen between rounds (docs/numerics.md): every replica ends at the same step. Null: never.
  const std::atomic<bool>* stop = nullptr;

  /// Log rows are added to it, so that several runs have one summary. Null: one for each run.
  EnergyStatistics* statistics = nullptr;

  /// What the last steps before a failure are made again from: one a replica, or empty, and then
  /// made so. Given to all runs of the same replicas in turn, it leads across their ends. Null: one
  /// for each Simulation. Not of devices.
  std::vector<ReplicaTrail>* trails = nullptr;

  /// Called by the thread that called run(), at most ten times a second and once at the end.
  std::function<void(const Progress&)> progress;

  /// Called by the same thread with one line that the user should read. Null: dropped.
  std::function<void(const std::string&)> note;
};

/// n temperatures from low to high in equal steps; n = 1 gives low.
std::vector<double> temperature_ramp(double low, double high, std::int32_t n);

}  // namespace fusemd
