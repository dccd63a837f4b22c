// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "weights/model.hpp"

namespace fusemd {

/// A model as NumPy's .npz: an array "<f4" for each tensor, under its name, and "fusemd_model", the
/// bytes of everything in the model file but the tensors. numpy.load() reads it, and fusemd-import
/// makes the same model of it again.
///
/// Source   NumPy, numpy/lib/format.py (version 1.0); ZIP: PKWARE, APPNOTE.TXT 4.3, entries stored
///          unpacked, so no library is needed to write it.
/// Result   the same model gives the same bytes; dates in the archive are 1980-01-01.
/// Errors   OutputError beyond 4 GiB, the end of the plain ZIP format.
std::string format_npz(const Model& model);

}  // namespace fusemd
