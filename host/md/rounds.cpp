// SPDX-License-Identifier: MIT
#include "host/md/rounds.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fusemd {
namespace {

// A round takes about this long, so that progress ten times a second and a stop request are served;
constexpr double kRoundSeconds = 0.05;
// but a replica, once its state and lists are in cache, goes on for at least this long.
constexpr double kReplicaSeconds = 5e-5;
// The first estimates include the building of evaluators: lengths grow by steps.
constexpr std::int64_t kGrowth = 8;
// Groups: enough of them a thread to even out, few enough that the lock does not count.
constexpr std::size_t kGroupsPerThread = 16;
constexpr std::size_t kLargestGroup = 1024;

}  // namespace

Rounds::Rounds(Plan plan) : plan_(std::move(plan)) {
  const std::size_t wanted = static_cast<std::size_t>(plan_.n_threads) * kGroupsPerThread;
  group_size_ = std::clamp<std::size_t>(plan_.n_replicas / wanted, 1, kLargestGroup);
  n_groups_ = (plan_.n_replicas + group_size_ - 1) / group_size_;
  rounds_done_.assign(n_groups_, 0);
  round_end_ = plan_.first_step;
  next_group_ = n_groups_;
}

void Rounds::begin_round() {
  if (seconds_per_step_ > 0.0) {
    const double share = kRoundSeconds * plan_.n_threads / static_cast<double>(plan_.n_replicas);
    const double steps = std::max(share, kReplicaSeconds) / seconds_per_step_;
    length_ = static_cast<std::int64_t>(std::min(steps, static_cast<double>(kGrowth * length_)));
  }
  length_ = std::clamp<std::int64_t>(length_, 1, plan_.longest_round);
  const std::int64_t first = round_end_;
  round_end_ = std::min(first + length_, plan_.last_step);
  ++round_;
  next_group_ = 0;
  const auto slot = static_cast<int>(round_ % kRoundsInFlight);
  groups_left_[slot] = n_groups_;
  ends_[slot] = round_end_;
  plan_.begin_round(slot, first, round_end_);
}

std::optional<Rounds::Ticket> Rounds::try_take() {
  if (given_up_) return {};
  if (next_group_ == n_groups_) {
    if (closed_) return {};
    if (round_ >= 0 && round_end_ >= plan_.last_step) {
      closed_ = true;
    } else if (round_ >= 0 && plan_.stop_requested()) {
      closed_ = stopped_ = true;
    }
    if (closed_ || round_ + 1 - n_collected_ >= kRoundsInFlight) return {};
    begin_round();
  }
  if (rounds_done_[next_group_] < round_) return {};  // still in the round before
  Ticket ticket;
  ticket.round = round_;
  ticket.slot = static_cast<int>(round_ % kRoundsInFlight);
  ticket.group = next_group_++;
  ticket.first_replica = ticket.group * group_size_;
  ticket.last_replica = std::min(ticket.first_replica + group_size_, plan_.n_replicas);
  ticket.last_step = round_end_;
  return ticket;
}

bool Rounds::nothing_to_come() const { return given_up_ || (closed_ && next_group_ == n_groups_); }

std::optional<Rounds::Ticket> Rounds::take() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (auto ticket = try_take()) return ticket;
    if (nothing_to_come()) return {};
    ++n_waiting_;
    changed_.wait(lock);
    --n_waiting_;
  }
}

Rounds::Task Rounds::take_or_collect() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto slot = static_cast<int>(n_collected_ % kRoundsInFlight);
    if (!given_up_ && n_collected_ <= round_ && groups_left_[slot] == 0) {
      return {Task::Kind::collect, slot, ends_[slot], {}};
    }
    if (auto ticket = try_take()) return {Task::Kind::advance, 0, 0, *ticket};
    if (nothing_to_come() && (given_up_ || n_collected_ > round_)) return {};
    ++n_waiting_;
    changed_.wait(lock);
    --n_waiting_;
  }
}

void Rounds::done(const Ticket& ticket, std::int64_t replica_steps, double seconds) {
  const std::lock_guard lock(mutex_);
  rounds_done_[ticket.group] = ticket.round + 1;
  --groups_left_[ticket.slot];
  replica_steps_ += replica_steps;
  if (replica_steps > 0 && seconds > 0.0) {
    seconds_per_step_ = seconds / static_cast<double>(replica_steps);
  }
  if (n_waiting_ > 0) changed_.notify_all();
}

void Rounds::collected() {
  const std::lock_guard lock(mutex_);
  ++n_collected_;
  if (n_waiting_ > 0) changed_.notify_all();
}

void Rounds::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
  changed_.notify_all();
}

std::int64_t Rounds::replica_steps() const {
  const std::lock_guard lock(mutex_);
  return replica_steps_;
}

bool Rounds::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

}  // namespace fusemd
