// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "weights/error.hpp"

namespace fusemd::test {

/// The text of the OutputError that `action` throws; empty if it throws none.
template <typename Action>
std::string refusal_of(Action&& action) {
  try {
    action();
  } catch (const OutputError& error) {
    return error.what();
  }
  return {};
}

}  // namespace fusemd::test
