// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace fusemd::train {

/// How errors are weighed. With e_i = F_i - F_i(label) of an atom and x = (E - E(label)) / n of a
/// frame of n atoms, the loss of a batch is
///
///   L = mean over atoms of rho(e_i) + energy_weight * mean over frames of rho(x)
///
///   norm     rho(e) = sqrt(|e|^2 + 1e-8): robust, the base recipe
///   square   rho(e) = |e|^2 divided by the number of components (3 for forces, 1 for energies)
///   huber    rho(e) = |e| - w/2 beyond w, |e|^2 / 2w within: w = 0.05 eV/Angstrom, 0.005 eV/atom
enum class LossKind { norm, square, huber };

struct Loss {
  LossKind kind = LossKind::norm;
  double energy_weight = 0.5;
};

/// rho of a squared error, and the factor that turns the error into rho's gradient.
struct LossTerm {
  double value = 0.0, factor = 0.0;
};

inline LossTerm loss_term(LossKind kind, double squared, double components, double huber_width) {
  switch (kind) {
    case LossKind::norm: {
      constexpr double kSmoothing = 1e-8;
      const double root = std::sqrt(squared + kSmoothing);
      return {root, 1.0 / root};
    }
    case LossKind::square:
      return {squared / components, 2.0 / components};
    case LossKind::huber: {
      const double size = std::sqrt(squared);
      // The comparison lets a NaN through to the value.
      if (!(size > huber_width)) return {0.5 * squared / huber_width, 1.0 / huber_width};
      return {size - 0.5 * huber_width, 1.0 / size};
    }
  }
  return {};
}

inline LossTerm force_loss(LossKind kind, double squared) {
  return loss_term(kind, squared, 3.0, 0.05);
}
inline LossTerm energy_loss(LossKind kind, double squared) {
  return loss_term(kind, squared, 1.0, 0.005);
}

}  // namespace fusemd::train
