// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "test/support/source_tree.hpp"
#include "weights/model_file.hpp"

namespace fusemd::test {

/// A model of weights/ by its name: original, tiny, ultra_tiny.
inline Model shipped_model(const std::string& name) {
  return read_model(source_path("weights/" + name + ".json"));
}

}  // namespace fusemd::test
