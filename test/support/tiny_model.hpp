// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weights/model.hpp"

namespace fusemd::test {

/// Small deterministic random numbers, the same with every compiler and library (the distributions
/// of <random> are not). SplitMix64: Steele, Lea & Flood, OOPSLA 2014.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  double uniform(double low, double high);  ///< [low, high)
  std::size_t below(std::size_t n);         ///< 0 ... n - 1

 private:
  std::uint64_t state_;
};

/// Sizes with the switches of the shipped models (filter, none, filter_times_source, 0.01), and
/// with those of the seed checkpoints (rbf, matrix, filter, 0). Cutoff 5 Angstrom, max_z 10.
StudentConfig shipped_switches(int hidden_dim, int num_interactions, int num_rbf);
StudentConfig seed_switches(int hidden_dim, int num_interactions, int num_rbf);

/// The given sizes with every combination of the four switches (norm_epsilon 0 and 0.01): 16 of
/// them.
std::vector<StudentConfig> all_switches(const StudentConfig& sizes);

/// "filter none filter_times_source 0.01", for INFO lines.
std::string switches_text(const StudentConfig& config);

/// A random model of any configuration: weights uniform within Xavier's bound, biases within 0.1,
/// embedding within 1, radial functions evenly spaced, small reference energies. Dead parameters
/// get numbers too, so that an engine that uses one is found out. Trained on H, C, N, O (those that
/// max_z admits). The same configuration and seed give the same bits everywhere.
Model make_model(const StudentConfig& config, std::uint64_t seed);

/// Writes new random numbers into every dead parameter: no energy and no force may change.
void randomise_dead_parameters(Model& model, std::uint64_t seed);

/// True if everything in two models is equal, floating-point numbers bit for bit.
bool same_bits(const Model& a, const Model& b);

}  // namespace fusemd::test
