// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/potential.hpp"
#include "host/structure.hpp"

namespace fusemd::validate {

/// Errors of force vectors against labels, as sums: sets can be added.
class ForceErrors {
 public:
  /// Atoms with a smaller label force have no direction worth comparing.
  static constexpr double kHasDirection = 0.1;  // eV/Angstrom

  void add(const Vec3& force, const Vec3& label);

  std::int64_t atoms() const { return atoms_; }
  double mae() const;      ///< over components, eV/Angstrom
  double rmse() const;     ///< over components, eV/Angstrom
  double r2() const;       ///< 1 - sum of squared errors / variance of the labels, over components
  double cosine() const;   ///< mean cosine of the angle, atoms with a direction alone
  double largest() const;  ///< length of the largest error of an atom, eV/Angstrom

 private:
  std::int64_t atoms_ = 0, directions_ = 0;
  double absolute_ = 0.0, squared_ = 0.0, label_ = 0.0, label_squared_ = 0.0, cosines_ = 0.0,
         largest_ = 0.0;
};

/// Errors of energies per atom, eV. The constant that an energy is counted from means nothing for
/// the motion of a molecule, so errors are given as they are and without each molecule's mean.
class EnergyErrors {
 public:
  void add(double error_per_atom) { errors_.push_back(error_per_atom); }

  std::int64_t frames() const { return static_cast<std::int64_t>(errors_.size()); }
  double mae() const;
  double offset() const;              ///< mean error, with its sign
  double mae_without_offset() const;  ///< mean |error - offset|

 private:
  std::vector<double> errors_;
};

/// Errors of one molecule: frames of one `molecule` key, or of one formula where there is none.
struct MoleculeErrors {
  std::size_t atoms = 0;
  std::size_t first_frame = 0;
  ForceErrors forces;
  EnergyErrors energies;
};

/// A model against the labels of many frames.
struct Accuracy {
  ForceErrors forces;
  double energy_mae = 0.0;                 ///< eV/atom, over all frames
  double energy_mae_without_offset = 0.0;  ///< each molecule's mean error taken out first
  std::map<int, ForceErrors> elements;
  std::map<std::string, MoleculeErrors> molecules;

  std::vector<std::pair<double, double>> force_pairs;   ///< (label, model) of components, a sample
  std::vector<std::pair<double, double>> energy_pairs;  ///< per atom, molecules' means taken out
  std::vector<std::pair<double, double>> histogram;     ///< (error, share) of force components
};

/// Evaluates every frame and gathers errors.
///
/// Needs    frames with energy and forces, and a name for each frame's molecule.
/// Result   the same bits for any number of threads.
/// Errors   InputError naming the frame: neither energy nor forces, an element that the model was
///          not trained on, a periodic cell.
Accuracy measure_accuracy(const Potential& potential,
                          std::span<const Structure> frames,
                          std::span<const std::string> molecules,
                          int threads);

}  // namespace fusemd::validate
