// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace fusemd {

class StateReader;
class StateWriter;

/// Running least-squares line through (t, y) points and the error of its slope, in bounded
/// memory.
///
/// Successive energies are correlated, so that the textbook error of a slope is too small. Here
/// points are gathered in blocks of equal length, the residuals of block means from the line
/// give the error, and blocks are paired until 16 are left; once blocks are longer than the
/// correlation time the estimate stops growing. The largest of these estimates is returned: it
/// errs on the high side.
/// Source   Flyvbjerg & Petersen, J. Chem. Phys. 91, 461 (1989). Differs from the paper: the
///          mean is replaced by a straight line with N - 2 degrees of freedom, and the plateau
///          by the maximum.
/// Result   a function of the points and their order. At most 128 blocks are kept: when they are
///          full, neighbours are joined and blocks become twice as long.
class TrendFit {
 public:
  void add(double t, double y);

  std::int64_t count() const;
  double slope() const;        ///< NaN with fewer than 2 points
  double slope_error() const;  ///< NaN with fewer than 16 points

  void save(StateWriter& to) const;
  void restore(StateReader& from);

 private:
  struct Moments {  // of one block, about its own means
    double n = 0.0, mean_t = 0.0, mean_y = 0.0, tt = 0.0, ty = 0.0;
    void join(const Moments& other);
  };
  static double slope_error(const std::vector<Moments>& blocks, const Moments& all);
  Moments all() const;

  std::vector<Moments> blocks_;  // all full
  Moments open_;                 // being filled
  std::int64_t block_length_ = 1;
};

/// What a summary says of a run's energies and temperatures.
struct EnergySummary {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  std::int64_t samples = 0;            ///< log rows
  double drift = kUnknown;             ///< slope of the conserved energy, meV/atom/ps
  double drift_error = kUnknown;       ///< its standard error (TrendFit)
  double fluctuation = kUnknown;       ///< RMS about each replica's own mean, meV/atom
  double mean_temperature = kUnknown;  ///< K
  double sd_temperature = kUnknown;    ///< of single rows, K
};

/// Gathers log rows into an EnergySummary. The drift is fitted to the mean over replicas of the
/// conserved energy per atom, each counted from its own first row.
class EnergyStatistics {
 public:
  explicit EnergyStatistics(std::size_t n_replicas = 0) : replicas_(n_replicas) {}

  /// One log row: slot in [0, n_replicas), time in fs, energy in eV, temperature in K.
  void add(std::size_t slot, std::int64_t n_atoms, double conserved_energy, double temperature);

  /// All rows of this time have been added.
  void end_of_time(double time);

  EnergySummary summary() const;

  /// What was restored goes on with the same bits.
  void save(StateWriter& to) const;
  /// Errors   InputError: saved for another number of replicas.
  void restore(StateReader& from);

 private:
  struct Replica {
    double first = 0.0;                      // eV
    double n = 0.0, mean = 0.0, sum2 = 0.0;  // eV/atom, of the difference from first
  };
  std::vector<Replica> replicas_;
  TrendFit trend_;  // fs, eV/atom
  double sum_now_ = 0.0, count_now_ = 0.0;
  double n_ = 0.0, mean_temperature_ = 0.0, sum2_temperature_ = 0.0;
};

}  // namespace fusemd
