// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "weights/model.hpp"

namespace fusemd {

/// A model as a safetensors file: every tensor under its name, float32, in order of names; in the
/// metadata "format": "pt", as PyTorch's tools expect, and "fusemd_model", everything of the model
/// file but the tensors. fusemd-import makes the same model of it again.
///
/// Source   github.com/huggingface/safetensors, README.md.
/// Result   the same model gives the same bytes. Numbers begin at a multiple of 8 bytes.
std::string format_safetensors(const Model& model);

}  // namespace fusemd
