// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "host/parity.hpp"
#include "host/physics_probe.hpp"
#include "host/structure.hpp"
#include "weights/import/assemble_model.hpp"

namespace fusemd {

/// What a parity check must not exceed.
struct ParityLimits {
  double energy = 5e-5;  ///< eV
  double force = 5e-5;   ///< eV/Angstrom
};

bool passed(const Parity& parity, const ParityLimits& limits);

/// What was imported, in words: sizes, switches, elements, what was filled in, what was checked.
std::string import_summary(const checkpoint::ImportedModel& imported, const std::string& source);

/// The table of deviations, the verdict, and what a miss may mean.
std::string parity_report(const Parity& parity,
                          const ParityLimits& limits,
                          const std::vector<Structure>& frames,
                          const std::string& source);

/// One sentence on rotation, one on the cutoff.
std::string physics_report(const PhysicsProbe& probe, const Model& model);

}  // namespace fusemd
