// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "weights/import/checkpoint.hpp"

namespace fusemd::checkpoint {

/// Reads a safetensors file: a length (8 bytes, little-endian), that many bytes of JSON, and the
/// numbers, which the JSON's entries divide among themselves without gap and without overlap.
///
/// Source   the format's specification, github.com/huggingface/safetensors, README.md.
/// Errors   InputError without file, with the tensor's name: a header that is not as specified,
/// data
///          that overlap, leave gaps or lie outside of the file, a size that is not the shape's.
Checkpoint read_safetensors(std::vector<std::byte> bytes);

}  // namespace fusemd::checkpoint
