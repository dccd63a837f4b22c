// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "weights/import/checkpoint.hpp"
#include "weights/import/zip_archive.hpp"

namespace fusemd::checkpoint {

/// Whether an archive is one of numpy.savez: entries that end in .npy.
bool is_npz(const ZipArchive& archive);

/// Reads an archive of NumPy arrays: each entry NAME.npy is a tensor NAME. "fusemd_model", an array
/// of bytes, is the header that `fusemd export` adds; "cutoff" and other metadata are arrays of one
/// number.
///
/// Source   NumPy, numpy/lib/format.py, versions 1.0 to 3.0.
/// Errors   InputError without file, with the entry's name: not an array, another byte order,
/// objects
///          (which are pickles), a size that is not the shape's.
Checkpoint read_npz(std::vector<std::byte> bytes);

}  // namespace fusemd::checkpoint
