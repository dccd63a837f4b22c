// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "weights/import/checkpoint.hpp"

namespace fusemd::checkpoint {

/// Reads the JSON layout `mlff-student-weights-v1`: an object with `config` (hidden_dim,
/// num_interactions, num_rbf, cutoff, max_z), `source`, `missing` and `tensors`, each of them
/// {shape, dtype "float32", encoding "base64-le", data}. Tensors that `missing` names hold zeros
/// and are left out: they were lost before the file was written.
///
/// Errors   InputError without file, with the JSON path: another format, dtype or encoding, a wrong
///          number of bytes, bad base64.
Checkpoint read_seed_json(std::vector<std::byte> bytes);

}  // namespace fusemd::checkpoint
