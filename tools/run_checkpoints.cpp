// SPDX-License-Identifier: MIT
#include "tools/run_checkpoints.hpp"

#include <utility>

namespace fusemd {
namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

RunCheckpoints::RunCheckpoints(const CheckpointPlan& plan,
                               const InterruptGuard& interrupt,
                               std::optional<RestartFiles> files,
                               Restart so_far)
    : plan_(plan),
      interrupt_(interrupt),
      files_(std::move(files)),
      so_far_(std::move(so_far)),
      saved_step_(so_far_.step()) {}

bool RunCheckpoints::due(std::int64_t step) const {
  if (!files_) return false;
  return (plan_.every_steps > 0 && step - saved_step_ >= plan_.every_steps) ||
         (plan_.every_seconds > 0.0 && seconds_since(saved_at_) >= plan_.every_seconds);
}

bool RunCheckpoints::out_of_time() const {
  return plan_.max_seconds > 0.0 && seconds_since(begin_) >= plan_.max_seconds;
}

Progress RunCheckpoints::look(const Progress& piece) {
  if (due(piece.step) || out_of_time()) interrupt_.attention().store(true);
  Progress session = piece;
  session.replica_steps += session_replica_steps_;
  session.replica_steps_total += session_replica_steps_;
  session.seconds = seconds_since(begin_);
  return session;
}

void RunCheckpoints::save(std::span<const ReplicaState> states, FrameWriter& writer) {
  if (!files_) return;
  // Samples first: a checkpoint must never speak of rows and frames that are not on the disk.
  so_far_.files = writer.flush();
  so_far_.states.assign(states.begin(), states.end());
  if (complete) complete(so_far_);
  files_->write(so_far_);
  saved_at_ = Clock::now();
  saved_step_ = so_far_.step();
}

SimulationResult RunCheckpoints::run(const Advance& advance,
                                     const States& states,
                                     FrameWriter& writer) {
  save(states(), writer);
  for (;;) {
    SimulationResult piece = advance();
    interrupt_.attention().store(false);  // before looking: a signal from here on sets it again
    session_replica_steps_ += piece.replica_steps;
    so_far_.seconds += piece.seconds;
    if (paused) paused(piece.failures, states());
    for (ReplicaFailure& failure : piece.failures) failure.last_good = {};
    so_far_.failures.insert(so_far_.failures.end(), piece.failures.begin(), piece.failures.end());

    const bool asked = interrupt_.take_checkpoint_request();
    const bool ends = !piece.stopped || interrupt_.requested() || out_of_time();
    if (ends || asked || due(piece.step)) save(states(), writer);
    if (!ends) continue;
    piece.replica_steps = session_replica_steps_;
    piece.seconds = so_far_.seconds;
    piece.energies = so_far_.statistics.summary();
    piece.failures = so_far_.failures;
    return piece;
  }
}

}  // namespace fusemd
