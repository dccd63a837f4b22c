// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "weights/import/checkpoint.hpp"

namespace fusemd::checkpoint {

/// Reads what torch.save wrote: a ZIP archive (PyTorch 1.6 and later), or the older sequence of
/// pickles. Tensors are named by the keys that lead to them, "model_state_dict.module.x.weight".
///
/// The archive has PREFIX/data.pkl, PREFIX/data/KEY for each storage and, from PyTorch 2.1 on,
/// PREFIX/byteorder. The older form is five pickles (magic number, protocol, system, object, keys)
/// and then, for each key, an int64 count and the numbers.
///
/// An archive of NumPy arrays goes on to read_npz().
///
/// Source   PyTorch 1.13 and 2.5, torch/serialization.py.
/// Errors   InputError without file: no such file, a pickle that would run code, a storage that is
///          missing, shorter than its tensors need or of two types, big-endian numbers.
Checkpoint read_torch_archive(std::vector<std::byte> bytes);
Checkpoint read_torch_legacy(std::vector<std::byte> bytes);

}  // namespace fusemd::checkpoint
