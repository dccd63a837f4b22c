// SPDX-License-Identifier: MIT
#include "host/md/sample_buffer.hpp"

#include <algorithm>

namespace fusemd {
namespace {

constexpr std::int64_t kAbsent = -1;

/// Multiples of `every` in [begin, end].
std::size_t multiples(std::int64_t begin, std::int64_t end, std::int64_t every) {
  if (every == 0 || end < begin) return 0;
  const std::int64_t first = (begin + every - 1) / every;
  return static_cast<std::size_t>(std::max<std::int64_t>(end / every - first + 1, 0));
}

}  // namespace

std::int64_t SamplePlan::next(std::int64_t step, std::int64_t last) const {
  std::int64_t nearest = last;
  for (const std::int64_t every : {log_every, frame_every}) {
    if (every > 0) nearest = std::min(nearest, step - step % every + every);
  }
  return nearest;
}

SampleBuffer::SampleBuffer(const SamplePlan& plan, std::span<const SampleSource> sources)
    : plan_(plan), sources_(sources) {
  for (const SampleSource& source : sources) n_atoms_ += source.atomic_numbers.size();
}

void SampleBuffer::begin(std::int64_t first, std::int64_t last) {
  begin_ = first == 0 ? 0 : first + 1;
  end_ = last;
  const std::size_t n_logs = multiples(begin_, end_, plan_.log_every);
  const std::size_t n_frames = multiples(begin_, end_, plan_.frame_every);
  logs_.assign(n_logs * sources_.size(), LogRow{.step = kAbsent});
  heads_.assign(n_frames * sources_.size(), FrameHead{});
  positions_.resize(n_frames * n_atoms_);
  velocities_.resize(n_frames * n_atoms_);
  forces_.resize(n_frames * n_atoms_);
}

std::size_t SampleBuffer::row_of(std::int64_t step, std::int64_t every) const {
  return multiples(begin_, step, every) - 1;
}

std::span<const Vec3> SampleBuffer::part(const std::vector<Vec3>& all,
                                         std::size_t row,
                                         std::size_t slot) const {
  const SampleSource& source = sources_[slot];
  return std::span(all).subspan(row * n_atoms_ + source.first_atom, source.atomic_numbers.size());
}

void SampleBuffer::record(std::size_t slot, const ReplicaState& state) {
  const SampleSource& source = sources_[slot];
  const double temperature = source.dynamics->temperature(state);
  if (plan_.logs_at(state.step)) {
    logs_[row_of(state.step, plan_.log_every) * sources_.size() + slot] = {
        .step = state.step,
        .time = static_cast<double>(state.step) * plan_.timestep,
        .replica = state.replica,
        .potential_energy = state.potential_energy,
        .kinetic_energy = state.kinetic_energy,
        .total_energy = state.total_energy(),
        .conserved_energy = state.conserved_energy(),
        .temperature = temperature};
  }
  if (plan_.frames_at(state.step)) {
    const std::size_t row = row_of(state.step, plan_.frame_every);
    heads_[row * sources_.size() + slot] = {.present = true,
                                            .replica = state.replica,
                                            .potential_energy = state.potential_energy,
                                            .kinetic_energy = state.kinetic_energy,
                                            .temperature = temperature};
    const auto offset = static_cast<std::ptrdiff_t>(row * n_atoms_ + source.first_atom);
    std::copy(state.positions.begin(), state.positions.end(), positions_.begin() + offset);
    std::copy(state.velocities.begin(), state.velocities.end(), velocities_.begin() + offset);
    std::copy(state.forces.begin(), state.forces.end(), forces_.begin() + offset);
  }
}

void SampleBuffer::emit(SampleSink& sink, EnergyStatistics& statistics) const {
  const std::size_t n_slots = sources_.size();
  const std::int64_t first = begin_ == 0 ? 0 : plan_.next(begin_ - 1, end_ + 1);
  for (std::int64_t step = first; step <= end_; step = plan_.next(step, end_ + 1)) {
    const bool logs = plan_.logs_at(step), frames = plan_.frames_at(step);
    const double time = static_cast<double>(step) * plan_.timestep;
    for (std::size_t slot = 0; slot < n_slots; ++slot) {
      if (logs) {
        const LogRow& row = logs_[row_of(step, plan_.log_every) * n_slots + slot];
        if (row.step != kAbsent) {
          sink.log(row);
          const auto n_atoms = static_cast<std::int64_t>(sources_[slot].atomic_numbers.size());
          statistics.add(slot, n_atoms, row.conserved_energy, row.temperature);
        }
      }
      if (!frames) continue;
      const std::size_t row = row_of(step, plan_.frame_every);
      const FrameHead& head = heads_[row * n_slots + slot];
      if (!head.present) continue;
      sink.frame({.step = step,
                  .time = time,
                  .replica = head.replica,
                  .atomic_numbers = sources_[slot].atomic_numbers,
                  .masses = sources_[slot].masses,
                  .positions = part(positions_, row, slot),
                  .velocities = part(velocities_, row, slot),
                  .forces = part(forces_, row, slot),
                  .potential_energy = head.potential_energy,
                  .kinetic_energy = head.kinetic_energy,
                  .temperature = head.temperature});
    }
    if (logs) statistics.end_of_time(time);
  }
}

double SampleBuffer::bytes(const SamplePlan& plan,
                           std::size_t n_replicas,
                           std::size_t n_atoms,
                           double n_steps) {
  double sum = 0.0;
  if (plan.log_every > 0) {
    sum += n_steps / static_cast<double>(plan.log_every) *
           static_cast<double>(n_replicas * sizeof(LogRow));
  }
  if (plan.frame_every > 0) {
    sum += n_steps / static_cast<double>(plan.frame_every) *
           static_cast<double>(n_replicas * sizeof(FrameHead) + n_atoms * 3 * sizeof(Vec3));
  }
  return sum;
}

}  // namespace fusemd
