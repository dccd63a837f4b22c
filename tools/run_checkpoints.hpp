// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "host/io/frame_writer.hpp"
#include "host/io/restart_file.hpp"
#include "host/md/simulation.hpp"
#include "tools/checkpoint_plan.hpp"
#include "tools/interrupt.hpp"

namespace fusemd {

/// A run in pieces: the step loop pauses when a checkpoint is due, a signal has come or the time is
/// over, and goes on, with the same bits as in one piece.
///
/// Time is what a clock measures that nobody can set. Steps and times are looked at ten times a
/// second, so that a checkpoint comes at the first occasion after it is due.
class RunCheckpoints {
 public:
  /// One piece of the run: advances until the last step, or until interrupt.attention() is set.
  using Advance = std::function<SimulationResult()>;
  using States = std::function<std::span<const ReplicaState>()>;

  /// Without `files` nothing is saved. `so_far` is what a continued run goes on from, or the
  /// description and empty statistics of a new one.
  RunCheckpoints(const CheckpointPlan& plan,
                 const InterruptGuard& interrupt,
                 std::optional<RestartFiles> files,
                 Restart so_far);

  /// For SimulationOptions::statistics.
  EnergyStatistics& statistics() { return so_far_.statistics; }

  /// For SimulationOptions::progress: pauses the step loop when something is due, and answers how
  /// far this session of the run is, all pieces together.
  Progress look(const Progress& piece);

  /// Called after each piece with its failures, before they are saved, and with the states.
  std::function<void(const std::vector<ReplicaFailure>&, std::span<const ReplicaState>)> paused;

  /// Called before each checkpoint is written, to complete it.
  std::function<void(Restart&)> complete;

  /// Runs to the end, saving.
  /// Returns  the whole run's seconds, energies and failures, those of earlier sessions too;
  ///          `stopped` is true for a signal and for the end of the time.
  /// Errors   what `advance` and `writer` throw; OutputError if a checkpoint cannot be written.
  SimulationResult run(const Advance& advance, const States& states, FrameWriter& writer);

  /// Whether the run ended because its time was over.
  bool out_of_time() const;

 private:
  using Clock = std::chrono::steady_clock;

  void save(std::span<const ReplicaState> states, FrameWriter& writer);
  bool due(std::int64_t step) const;

  CheckpointPlan plan_;
  const InterruptGuard& interrupt_;
  std::optional<RestartFiles> files_;
  Restart so_far_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point saved_at_ = Clock::now();
  std::int64_t saved_step_ = 0;
  std::int64_t session_replica_steps_ = 0;
};

}  // namespace fusemd
