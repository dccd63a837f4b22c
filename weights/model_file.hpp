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

/// How a file's text holds the values of tensors.
enum class TensorText {
  base64,
  numbers,  ///< lists; two and a half times as long, for readers without base64
};

/// The file's text. parse_model(format_model(m)) equals m bit for bit.
std::string format_model(const Model& model, TensorText as = TensorText::base64);

/// The text without the key `tensors`, for files of other formats that keep those their own way.
std::string format_model_header(const Model& model);

/// Reads what format_model_header() wrote: a model without tensors. Its configuration is checked;
/// the rest is for check_model() once the tensors are there. At most 100,000 values, and 2,000,000
/// numbers in lists of numbers.
///
/// Errors   InputError as of parse_model().
Model parse_model_header(std::string_view text, const std::string& name);

}  // namespace fusemd
