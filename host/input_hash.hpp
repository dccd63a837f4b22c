// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "host/structure.hpp"
#include "weights/model.hpp"

namespace fusemd {

/// A hash of all that a model's energies follow from: hyper-parameters, elements, reference
/// energies, tensors. Name, provenance and reference frames do not count, nor how a file writes
/// numbers.
std::uint64_t model_hash(const Model& model);

/// A hash of all that a run takes from its structures: atoms, masses, positions, velocities, cells.
std::uint64_t structures_hash(std::span<const Structure> structures);

}  // namespace fusemd
