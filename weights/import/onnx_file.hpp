// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "weights/import/checkpoint.hpp"

namespace fusemd::checkpoint {

/// Reads an ONNX export of the student: its tensors, named as the PyTorch module names them, found
/// by what the graph does with them (onnx_layers.hpp, onnx_basis.hpp). What the exporter called
/// them, whether it transposed or folded them, and which sizes it baked in, does not matter.
///
/// A graph that does something unknown but has initialisers with the module's names is read by
/// names alone, with a note.
///
/// Errors   InputError without file: what read_onnx_graph() refuses; neither graph nor names are
/// the
///          student's.
Checkpoint read_onnx(std::vector<std::byte> bytes);

}  // namespace fusemd::checkpoint
