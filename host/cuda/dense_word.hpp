// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/dense.hpp"

namespace fusemd::cuda {

/// "fma", "tf32" or "tf32x3": the words of --dense.
constexpr const char* dense_word(DenseKind kind) {
  switch (kind) {
    case DenseKind::fma:
      return "fma";
    case DenseKind::tf32:
      return "tf32";
    case DenseKind::tf32x3:
      return "tf32x3";
  }
  return "";
}

}  // namespace fusemd::cuda
