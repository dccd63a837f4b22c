// SPDX-License-Identifier: MIT
#include "host/md/replica_trail.hpp"

#include <algorithm>
#include <utility>

namespace fusemd {
namespace {

// From a state this many steps before another, kLastGood steps end with that one. The state itself
// is none of them: it may be what an exchange made of its step.
constexpr std::int64_t kBefore = ReplicaFailure::kLastGood;

}  // namespace

void ReplicaTrail::leave(ReplicaState& begin, std::int64_t end) {
  // Temperatures change in exchanges alone, and steps lead across none.
  const bool wanted = used_ == 0 || states_[used_ - 1].temperature != begin.temperature ||
                      begin.step - states_[used_ - 1].step >= kBefore;
  if (wanted) {
    if (used_ == states_.size()) states_.emplace_back();
    std::swap(states_[used_++], begin);
  }
  while (used_ >= 2 && states_[1].step <= end - kBefore) {
    std::rotate(states_.begin(), states_.begin() + 1,
                states_.begin() + static_cast<std::ptrdiff_t>(used_));
    --used_;
  }
}

std::vector<ReplicaFailure::GoodStep> ReplicaTrail::steps_up_to(std::int64_t last,
                                                                const ReplicaState& begin,
                                                                const Dynamics& dynamics,
                                                                Evaluator& evaluator) const {
  std::vector<const ReplicaState*> from;
  for (std::size_t k = 0; k < used_; ++k) from.push_back(&states_[k]);
  from.push_back(&begin);
  std::vector<ReplicaFailure::GoodStep> steps;
  ReplicaState state;
  for (std::size_t k = 0; k < from.size(); ++k) {
    const bool is_last = k + 1 == from.size();
    const std::int64_t end = is_last ? last : from[k + 1]->step;
    if (!is_last && end <= last - ReplicaFailure::kLastGood) continue;  // too long ago
    state = *from[k];
    if (k == 0 && state.step > last - ReplicaFailure::kLastGood) {
      steps.push_back({state, dynamics.temperature(state)});
    }
    const std::int64_t silent = std::min(end, last - ReplicaFailure::kLastGood) - state.step;
    if (silent > 0) advance(state, dynamics, evaluator, silent);
    while (state.step < end) {
      advance(state, dynamics, evaluator, 1);
      steps.push_back({state, dynamics.temperature(state)});
    }
  }
  return steps;
}

void ReplicaTrail::clear() {
  states_ = {};
  used_ = 0;
}

}  // namespace fusemd
