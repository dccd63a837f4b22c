// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "weights/model.hpp"

namespace fusemd {

/// Reads a `fusemd-model` version 1 file (weights/FORMAT.md).
///
/// Errors   InputError naming the file and the JSON key: not readable, not JSON, duplicate or
///          unknown key, unknown format, version or architecture, missing or extra tensor, wrong
///          shape, bad base64, non-finite value, inconsistent reference frame.
Model read_model(const std::string& path);

/// The same from text; `name` stands for the path in messages.
Model parse_model(std::string_view text, const std::string& name);

/// The file's text. parse_model(format_model(m)) equals m bit for bit.
std::string format_model(const Model& model);

}  // namespace fusemd
