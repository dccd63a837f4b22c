// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace fusemd {

/// Which distribution the dynamics samples.
enum class Ensemble {
  nve,       ///< velocity Verlet, constant energy
  langevin,  ///< BAOAB, canonical; momentum and angular momentum are not conserved
  csvr,      ///< velocity Verlet and stochastic velocity rescaling, canonical; both are conserved
};

/// "nve", "langevin" or "csvr".
constexpr std::string_view ensemble_name(Ensemble ensemble) {
  switch (ensemble) {
    case Ensemble::nve:
      return "nve";
    case Ensemble::langevin:
      return "langevin";
    case Ensemble::csvr:
      return "csvr";
  }
  return {};
}

}  // namespace fusemd
