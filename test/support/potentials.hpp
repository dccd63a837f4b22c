// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/potential.hpp"
#include "test/support/systems.hpp"
#include "weights/model.hpp"

namespace fusemd::test {

/// An engine, and how exactly it computes: a property of all engines is tested by one body that
/// runs over engines(), so a new engine joins every such test by one entry there.
struct Engine {
  std::string name;
  std::function<std::unique_ptr<Potential>(const Model&)> make;

  /// Two evaluations that are equal in exact arithmetic differ by no more than this.
  double energy_noise = 0.0;  ///< eV
  double force_noise = 0.0;   ///< eV/Angstrom, also of the virial in eV

  /// Step of the five-point difference (finite_difference.hpp), Angstrom, and what the result may
  /// differ from the analytic slope: truncation plus 1.5 energy_noise / step. A step of 0: energies
  /// are too coarse for differences, and the double instantiation of the same text stands in.
  double difference_step = 0.0;
  double difference_error = 0.0;  ///< eV/Angstrom

  std::string why;  ///< where these figures come from
};

/// Every engine of this build.
std::vector<Engine> engines();

struct Evaluation {
  double energy = 0.0;
  std::vector<Vec3> forces;
  Virial virial{};
};

/// One evaluation by a fresh evaluator. Outputs start as NaN, so what is not written shows.
Evaluation evaluate(const Potential& potential, const System& system);

}  // namespace fusemd::test
