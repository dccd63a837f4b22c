// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace fusemd {

/// Hands out work to threads: which replicas to advance, and to which step.
///
/// A round advances every replica to one common step. A ticket is a group of neighbouring replicas
/// in one round. Threads take tickets in order, so a group's next round may begin while other
/// groups are still in this one: no thread waits for another at the end of a round. A round is
/// collected by the thread that owns the output when all its tickets are done; at most
/// kRoundsInFlight rounds are begun and not collected, which bounds the memory for samples.
///
/// Round lengths follow the measured speed: long enough that the bookkeeping does not count, short
/// enough for progress, stop requests and samples to be prompt. Results do not depend on them.
class Rounds {
 public:
  static constexpr int kRoundsInFlight = 2;

  struct Plan {
    std::size_t n_replicas = 0;
    int n_threads = 1;
    std::int64_t first_step = 0;
    std::int64_t last_step = 0;
    /// Most steps a round may have, by the memory that its samples take.
    std::int64_t longest_round = 1;
    std::function<bool()> stop_requested;
    /// Called with a new round's index in flight (0 to kRoundsInFlight - 1) and its steps.
    std::function<void(int slot, std::int64_t first, std::int64_t last)> begin_round;
  };

  struct Ticket {
    std::int64_t round = 0;
    int slot = 0;  ///< round mod kRoundsInFlight
    std::size_t group = 0;
    std::size_t first_replica = 0, last_replica = 0;  ///< [first, last)
    std::int64_t last_step = 0;
  };

  /// What the collecting thread has to do next.
  struct Task {
    enum class Kind { collect, advance, finished };
    Kind kind = Kind::finished;
    int slot = 0;                ///< to collect
    std::int64_t last_step = 0;  ///< of the round to collect
    Ticket ticket;               ///< to advance
  };

  explicit Rounds(Plan plan);

  /// For workers: waits for work; empty when there will be no more.
  std::optional<Ticket> take();

  /// For the collecting thread: a complete round goes before a ticket.
  Task take_or_collect();

  /// A ticket is done: `replica_steps` steps took `seconds`.
  void done(const Ticket& ticket, std::int64_t replica_steps, double seconds);

  /// The round that take_or_collect() gave is collected: its slot is free.
  void collected();

  /// No more tickets: somebody failed.
  void give_up();

  std::int64_t replica_steps() const;
  bool stopped() const;

 private:
  std::optional<Ticket> try_take();
  bool nothing_to_come() const;
  void begin_round();

  Plan plan_;
  std::size_t group_size_ = 1, n_groups_ = 1;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int n_waiting_ = 0;
  std::int64_t round_ = -1;       // the newest begun
  std::int64_t round_end_ = 0;    // its last step
  std::size_t next_group_ = 0;    // in it
  std::int64_t n_collected_ = 0;  // rounds
  bool closed_ = false;           // no round will begin any more
  bool stopped_ = false;
  bool given_up_ = false;
  std::vector<std::int64_t> rounds_done_;  // a group
  std::size_t groups_left_[kRoundsInFlight] = {};
  std::int64_t ends_[kRoundsInFlight] = {};
  std::int64_t length_ = 1;        // of the newest round, steps
  double seconds_per_step_ = 0.0;  // of one replica; 0: not known yet
  std::int64_t replica_steps_ = 0;
};

}  // namespace fusemd
