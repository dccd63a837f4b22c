// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "host/structure.hpp"
#include "host/vec3.hpp"

namespace fusemd {

/// dE/d(strain): sum over pairs of r (x) dE/dr, eV, row-major. The stress is virial / volume with
/// the sign ASE uses (tensile positive).
using Virial = std::array<double, 9>;

/// Computes energies and forces of one fixed list of atoms: it owns the scratch memory, so one
/// thread uses it at a time. After the first call with given atoms it allocates nothing.
class Evaluator {
 public:
  virtual ~Evaluator() = default;

  /// Energy (eV) at `positions` (Angstrom); overwrites `forces` (eV/Angstrom) and, if wanted,
  /// `virial`.
  ///
  /// Shapes   positions, forces [n_atoms] of the list given to make_evaluator().
  /// Needs    finite positions. Non-finite ones give a non-finite energy, never a crash.
  /// Result   a pure function of the positions: the same bits whatever was computed before, alone
  ///          or among other replicas, with any number of threads.
  virtual double compute(std::span<const Vec3> positions,
                         std::span<Vec3> forces,
                         Virial* virial = nullptr) = 0;
};

/// What compute() answers where a position is not finite: NaN everywhere. Every engine asks first:
/// an atom at NaN has no distance to any other and would silently drop out of every sum.
double not_finite(std::span<Vec3> forces, Virial* virial);

/// A model made ready for one engine: packed weights and tables, immutable, shared by all threads.
class Potential {
 public:
  virtual ~Potential() = default;

  /// Errors   InputError if an element was not in the training set, or the cell is periodic.
  virtual std::unique_ptr<Evaluator> make_evaluator(std::span<const int> atomic_numbers,
                                                    const std::optional<Cell>& cell = {}) const = 0;

  /// One line for logs and `fusemd run`: engine, instruction set, filters.
  virtual std::string description() const = 0;
};

}  // namespace fusemd
