// SPDX-License-Identifier: MIT
#include "weights/error.hpp"

#include <utility>

namespace fusemd {
namespace {

std::string message(const InputErrorParts& parts) {
  std::string text = parts.file;
  if (parts.line > 0) text.append(":").append(std::to_string(parts.line));
  if (!text.empty()) text += ": ";
  if (!parts.key.empty()) text.append("'").append(parts.key).append("': ");
  text += parts.problem;
  if (!parts.expected.empty()) text += "\n  expected: " + parts.expected;
  if (!parts.found.empty()) text += "\n  found:    " + parts.found;
  if (!parts.hint.empty()) text += "\n  hint:     " + parts.hint;
  return text;
}

}  // namespace

InputError::InputError(InputErrorParts parts)
    : std::runtime_error(message(parts)), parts_(std::move(parts)) {}

}  // namespace fusemd
