// SPDX-License-Identifier: MIT
#include "host/md/drift.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "host/io/state_bytes.hpp"

namespace fusemd {
namespace {

constexpr std::size_t kMaxBlocks = 128;
constexpr std::size_t kMinBlocks = 16;
constexpr double kMilliPerOne = 1e3;
constexpr double kFemtoPerPico = 1e3;

}  // namespace

// Chan, Golub, LeVeque, Am. Stat. 37, 242 (1983): moments of a union, without cancellation.
void TrendFit::Moments::join(const Moments& other) {
  if (other.n == 0.0) return;
  const double sum = n + other.n;
  const double dt = other.mean_t - mean_t, dy = other.mean_y - mean_y;
  const double weight = n * other.n / sum;
  tt += other.tt + dt * dt * weight;
  ty += other.ty + dt * dy * weight;
  mean_t += dt * other.n / sum;
  mean_y += dy * other.n / sum;
  n = sum;
}

void TrendFit::add(double t, double y) {
  open_.join({.n = 1.0, .mean_t = t, .mean_y = y});
  if (open_.n < static_cast<double>(block_length_)) return;
  blocks_.push_back(open_);
  open_ = {};
  if (blocks_.size() < kMaxBlocks) return;
  for (std::size_t b = 0; b < kMaxBlocks / 2; ++b) {
    Moments pair = blocks_[2 * b];
    pair.join(blocks_[2 * b + 1]);
    blocks_[b] = pair;
  }
  blocks_.resize(kMaxBlocks / 2);
  block_length_ *= 2;
}

TrendFit::Moments TrendFit::all() const {
  Moments sum;
  for (const Moments& block : blocks_) sum.join(block);
  sum.join(open_);
  return sum;
}

std::int64_t TrendFit::count() const { return static_cast<std::int64_t>(all().n); }

double TrendFit::slope() const {
  const Moments sum = all();
  return sum.n < 2.0 ? EnergySummary::kUnknown : sum.ty / sum.tt;
}

double TrendFit::slope_error(const std::vector<Moments>& blocks, const Moments& all) {
  const double slope = all.ty / all.tt;
  const auto n = static_cast<double>(blocks.size());
  double mean_t = 0.0;
  for (const Moments& block : blocks) mean_t += block.mean_t / n;
  double spread = 0.0, residuals = 0.0;
  for (const Moments& block : blocks) {
    const double residual = block.mean_y - all.mean_y - slope * (block.mean_t - all.mean_t);
    residuals += residual * residual;
    spread += (block.mean_t - mean_t) * (block.mean_t - mean_t);
  }
  return std::sqrt(residuals / (n - 2.0) / spread);
}

double TrendFit::slope_error() const {
  const Moments sum = all();
  double largest = EnergySummary::kUnknown;
  std::vector<Moments> blocks = blocks_;
  while (blocks.size() >= kMinBlocks) {
    const double error = slope_error(blocks, sum);
    if (!(error <= largest)) largest = error;
    std::vector<Moments> pairs;
    for (std::size_t b = 0; b + 1 < blocks.size(); b += 2) {
      pairs.push_back(blocks[b]);
      pairs.back().join(blocks[b + 1]);
    }
    blocks = std::move(pairs);
  }
  return largest;
}

void TrendFit::save(StateWriter& to) const {
  to.put_counted(std::span<const Moments>(blocks_));
  to.put(open_);
  to.put(block_length_);
}

void TrendFit::restore(StateReader& from) {
  blocks_ = from.get_counted<Moments>();
  open_ = from.get<Moments>();
  block_length_ = from.get<std::int64_t>();
}

void EnergyStatistics::add(std::size_t slot,
                           std::int64_t n_atoms,
                           double conserved_energy,
                           double temperature) {
  Replica& replica = replicas_[slot];
  if (replica.n == 0.0) replica.first = conserved_energy;
  const double value = (conserved_energy - replica.first) / static_cast<double>(n_atoms);
  replica.n += 1.0;
  const double difference = value - replica.mean;
  replica.mean += difference / replica.n;
  replica.sum2 += difference * (value - replica.mean);

  n_ += 1.0;
  const double warmer = temperature - mean_temperature_;
  mean_temperature_ += warmer / n_;
  sum2_temperature_ += warmer * (temperature - mean_temperature_);

  sum_now_ += value;
  count_now_ += 1.0;
}

void EnergyStatistics::end_of_time(double time) {
  if (count_now_ > 0.0) trend_.add(time, sum_now_ / count_now_);
  sum_now_ = 0.0;
  count_now_ = 0.0;
}

EnergySummary EnergyStatistics::summary() const {
  EnergySummary result;
  result.samples = static_cast<std::int64_t>(n_);
  if (n_ == 0.0) return result;
  result.drift = trend_.slope() * kMilliPerOne * kFemtoPerPico;
  result.drift_error = trend_.slope_error() * kMilliPerOne * kFemtoPerPico;
  double sum2 = 0.0;
  for (const Replica& replica : replicas_) sum2 += replica.sum2;
  result.fluctuation = std::sqrt(sum2 / n_) * kMilliPerOne;
  result.mean_temperature = mean_temperature_;
  if (n_ > 1.0) result.sd_temperature = std::sqrt(sum2_temperature_ / (n_ - 1.0));
  return result;
}

void EnergyStatistics::save(StateWriter& to) const {
  to.put_counted(std::span<const Replica>(replicas_));
  trend_.save(to);
  for (const double value : {sum_now_, count_now_, n_, mean_temperature_, sum2_temperature_}) {
    to.put(value);
  }
}

void EnergyStatistics::restore(StateReader& from) {
  const std::vector<Replica> replicas = from.get_counted<Replica>();
  if (replicas.size() != replicas_.size()) from.refuse("it has another number of replicas");
  replicas_ = replicas;
  trend_.restore(from);
  for (double* value : {&sum_now_, &count_now_, &n_, &mean_temperature_, &sum2_temperature_}) {
    *value = from.get<double>();
  }
}

}  // namespace fusemd
