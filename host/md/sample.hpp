// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "host/vec3.hpp"

namespace fusemd {

/// One row of log.csv: energies in eV, time in fs, temperature in K.
struct LogRow {
  std::int64_t step = 0;
  double time = 0.0;
  int replica = 0;
  double potential_energy = 0.0;
  double kinetic_energy = 0.0;
  double total_energy = 0.0;
  double conserved_energy = 0.0;  ///< constant up to integration error in every ensemble
  double temperature = 0.0;
};

/// One configuration; the arrays live until the call returns. [n_atoms] each.
struct Frame {
  std::int64_t step = 0;
  double time = 0.0;
  int replica = 0;
  std::span<const int> atomic_numbers;
  std::span<const double> masses;    ///< amu; empty: standard atomic weights
  std::span<const Vec3> positions;   ///< Angstrom
  std::span<const Vec3> velocities;  ///< Angstrom/fs
  std::span<const Vec3> forces;      ///< eV/Angstrom
  double potential_energy = 0.0;     ///< eV
  double kinetic_energy = 0.0;       ///< eV
  double temperature = 0.0;          ///< K
};

/// Where a simulation's samples go. One thread calls it, ordered by step, then by replica.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  virtual void log(const LogRow& row) = 0;
  virtual void frame(const Frame& frame) = 0;
};

}  // namespace fusemd
