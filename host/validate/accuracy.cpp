// SPDX-License-Identifier: MIT
#include "host/validate/accuracy.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

#include "host/larger.hpp"
#include "weights/error.hpp"

namespace fusemd::validate {
namespace {

constexpr std::size_t kMostPairs = 3'000;  // in a picture
constexpr int kBins = 61;                  // odd: one stands on zero

struct Prediction {
  double energy = 0.0;
  std::vector<Vec3> forces;
};

void require_labels(const Structure& frame) {
  if (frame.energy && frame.forces) return;
  throw InputError({.file = frame.name,
                    .problem = std::string("no ") + (frame.energy ? "forces" : "energy"),
                    .expected = "energy=... in the second line and a column forces",
                    .hint = "tools/labels makes labelled frames"});
}

/// All frames, each by whichever thread is free: what a frame gives does not depend on that.
std::vector<Prediction> predict(const Potential& potential,
                                std::span<const Structure> frames,
                                int threads) {
  std::vector<Prediction> result(frames.size());
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  const auto work = [&] {
    try {
      std::unique_ptr<Evaluator> evaluator;
      const Structure* last = nullptr;
      for (std::size_t k = next++; k < frames.size(); k = next++) {
        const Structure& frame = frames[k];
        require_labels(frame);
        if (last == nullptr || last->atomic_numbers != frame.atomic_numbers || frame.cell) {
          evaluator = potential.make_evaluator(frame.atomic_numbers, frame.cell);
        }
        last = &frame;
        result[k].forces.resize(frame.size());
        result[k].energy = evaluator->compute(frame.positions, result[k].forces);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = frames.size();
    }
  };
  std::vector<std::thread> team;
  for (int k = 1; k < threads; ++k) team.emplace_back(work);
  work();
  for (std::thread& thread : team) thread.join();
  if (failure) std::rethrow_exception(failure);
  return result;
}

/// Errors of components in bins from -limit to limit, which holds all but a thousandth of them; the
/// outermost bins hold the rest.
std::vector<std::pair<double, double>> histogram_of(const std::vector<double>& errors) {
  if (errors.empty()) return {};
  std::vector<double> sizes = errors;
  for (double& x : sizes) x = std::abs(x);
  const std::size_t rank = (sizes.size() - 1) - sizes.size() / 1000;
  std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(rank), sizes.end());
  const double limit = std::max(sizes[rank], 1e-9);
  std::vector<double> counts(kBins, 0.0);
  for (const double x : errors) {
    const double place = (std::clamp(x / limit, -1.0, 1.0) + 1.0) * 0.5 * (kBins - 1);
    if (std::isfinite(place)) counts[static_cast<std::size_t>(std::lround(place))] += 1.0;
  }
  std::vector<std::pair<double, double>> result;
  for (int k = 0; k < kBins; ++k) {
    result.emplace_back(limit * (2.0 * k / (kBins - 1) - 1.0),
                        counts[static_cast<std::size_t>(k)] / static_cast<double>(errors.size()));
  }
  return result;
}

/// Every so-manieth entry, so that at most kMostPairs are left.
std::vector<std::pair<double, double>> thinned(const std::vector<std::pair<double, double>>& all) {
  const std::size_t stride = std::max<std::size_t>(1, (all.size() + kMostPairs - 1) / kMostPairs);
  std::vector<std::pair<double, double>> result;
  for (std::size_t k = 0; k < all.size(); k += stride) result.push_back(all[k]);
  return result;
}

}  // namespace

void ForceErrors::add(const Vec3& force, const Vec3& label) {
  const Vec3 error = force - label;
  ++atoms_;
  absolute_ += std::abs(error.x) + std::abs(error.y) + std::abs(error.z);
  squared_ += dot(error, error);
  label_ += label.x + label.y + label.z;
  label_squared_ += dot(label, label);
  largest_ = larger_or_nan(largest_, norm(error));
  if (norm(label) < kHasDirection) return;
  ++directions_;
  const double lengths = norm(force) * norm(label);
  cosines_ += lengths > 0.0 ? dot(force, label) / lengths : lengths;  // keeps a NaN
}

double ForceErrors::mae() const { return absolute_ / (3.0 * static_cast<double>(atoms_)); }

double ForceErrors::rmse() const {
  return std::sqrt(squared_ / (3.0 * static_cast<double>(atoms_)));
}

double ForceErrors::r2() const {
  const double components = 3.0 * static_cast<double>(atoms_);
  return 1.0 - squared_ / (label_squared_ - label_ * label_ / components);
}

double ForceErrors::cosine() const { return cosines_ / static_cast<double>(directions_); }

double ForceErrors::largest() const { return largest_; }

double EnergyErrors::mae() const {
  double sum = 0.0;
  for (const double error : errors_) sum += std::abs(error);
  return sum / static_cast<double>(errors_.size());
}

double EnergyErrors::offset() const {
  return std::accumulate(errors_.begin(), errors_.end(), 0.0) / static_cast<double>(errors_.size());
}

double EnergyErrors::mae_without_offset() const {
  const double mean = offset();
  double sum = 0.0;
  for (const double error : errors_) sum += std::abs(error - mean);
  return sum / static_cast<double>(errors_.size());
}

Accuracy measure_accuracy(const Potential& potential,
                          std::span<const Structure> frames,
                          std::span<const std::string> molecules,
                          int threads) {
  const std::vector<Prediction> predictions = predict(potential, frames, threads);
  Accuracy result;
  std::vector<double> component_errors;
  std::vector<std::pair<double, double>> force_pairs, energy_pairs;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    const Structure& frame = frames[k];
    const auto [entry, is_new] = result.molecules.try_emplace(molecules[k]);
    MoleculeErrors& molecule = entry->second;
    if (is_new) {
      molecule.atoms = frame.size();
      molecule.first_frame = k;
    }
    const auto n = static_cast<double>(frame.size());
    molecule.energies.add((predictions[k].energy - *frame.energy) / n);
    for (std::size_t i = 0; i < frame.size(); ++i) {
      const Vec3 &force = predictions[k].forces[i], &label = (*frame.forces)[i];
      result.forces.add(force, label);
      molecule.forces.add(force, label);
      result.elements[frame.atomic_numbers[i]].add(force, label);
      for (const auto& [x, y] :
           {std::pair{label.x, force.x}, {label.y, force.y}, {label.z, force.z}}) {
        force_pairs.emplace_back(x, y);
        component_errors.push_back(y - x);
      }
    }
  }

  // Energies of different molecules differ by hundreds of eV: each is counted from its mean label.
  std::map<std::string, std::pair<double, double>> label_sums;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    auto& [sum, count] = label_sums[molecules[k]];
    sum += *frames[k].energy / static_cast<double>(frames[k].size());
    count += 1.0;
  }
  for (std::size_t k = 0; k < frames.size(); ++k) {
    const auto n = static_cast<double>(frames[k].size());
    const auto& [sum, count] = label_sums[molecules[k]];
    const double offset = result.molecules[molecules[k]].energies.offset();
    energy_pairs.emplace_back(*frames[k].energy / n - sum / count,
                              predictions[k].energy / n - offset - sum / count);
  }
  for (const auto& [name, molecule] : result.molecules) {
    const auto count = static_cast<double>(molecule.energies.frames());
    result.energy_mae += count * molecule.energies.mae() / static_cast<double>(frames.size());
    result.energy_mae_without_offset +=
        count * molecule.energies.mae_without_offset() / static_cast<double>(frames.size());
  }
  result.force_pairs = thinned(force_pairs);
  result.energy_pairs = thinned(energy_pairs);
  result.histogram = histogram_of(component_errors);
  return result;
}

}  // namespace fusemd::validate
