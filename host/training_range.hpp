// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "host/structure.hpp"
#include "weights/model.hpp"

namespace fusemd {

/// One sentence for each pair of elements that is closer in the structure than anywhere in the
/// training data (TrainingDomain::closest_pairs), where the model has to extrapolate. Pairs of
/// elements that the list lacks are not looked at.
///
/// Work     sorts the atoms along x and compares those within the largest listed distance in x.
std::vector<std::string> beyond_training(const Structure& structure, const TrainingDomain& domain);

}  // namespace fusemd
