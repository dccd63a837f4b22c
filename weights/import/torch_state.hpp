// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "weights/import/checkpoint.hpp"
#include "weights/import/pickle.hpp"
#include "weights/import/torch_objects.hpp"

namespace fusemd::checkpoint {

/// Gives the bytes of a storage of the file; they stay where they are.
using StorageReader = std::function<std::span<const std::byte>(const TorchStorage&)>;

/// Walks the dictionaries of a pickle and adds what they hold to the checkpoint: each tensor under
/// the keys that lead to it, joined by dots, and the numbers and words that Metadata knows. A key
/// that stands for different values in different places says nothing, and is dropped.
///
/// Errors   InputError: dictionaries that contain themselves or lie too deep, keys too long, and
/// what
///          `read` throws.
void collect_torch_state(const PickleValues& values,
                         PickleRef root,
                         const TorchObjects& objects,
                         const StorageReader& read,
                         Checkpoint& checkpoint);

}  // namespace fusemd::checkpoint
