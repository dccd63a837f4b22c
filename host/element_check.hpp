// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "host/structure.hpp"

namespace fusemd {

// What every engine refuses before it computes anything: Potential::make_evaluator() calls both, so
// a structure is accepted or refused with the same words whichever engine runs.

/// Refuses atoms of elements that the model was not trained on: its embedding has rows for them,
/// but they hold no information.
///
/// Errors   InputError naming the first such atom (1-based), its element and the model's elements.
void require_trained_elements(std::span<const int> atomic_numbers,
                              std::span<const int> trained_elements,
                              std::string_view model_name);

/// Refuses a periodic cell: no engine sees periodic images. A cell without periodic directions is
/// fine.
///
/// Errors   InputError naming the periodic directions.
void require_not_periodic(const std::optional<Cell>& cell);

}  // namespace fusemd
