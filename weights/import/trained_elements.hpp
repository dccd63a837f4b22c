// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "weights/model.hpp"

namespace fusemd::checkpoint {

/// Which rows of an embedding training has touched.
struct TrainedElements {
  std::vector<int> elements;  ///< atomic numbers, ascending; empty: nothing can be said
  std::string evidence;       ///< how they were told apart, for the user
};

/// Tells trained rows of an embedding from rows that still are as they were initialised. Training
/// changes only the rows of elements that occur in its data. Two signs are looked at:
///
///   zeros   rows that are all zero beside others that are not;
///   grid    PyTorch draws a uniform number in [-b, b) as  fl(k 2^-24 (2 b) - b)  with a whole k
///           below 2^24: every number of an untouched row is one of these 2^24 floats, and of the
///           numbers of a changed row one in three is one by chance. Bounds b: sqrt(3), Xavier's
///           sqrt(6 / (rows + H)), Kaiming's sqrt(3 / H) and sqrt(6 / H), 1 / sqrt(H), 1 and 0.1.
///           At least half of the rows must lie on one grid.
///
/// Source   PyTorch, aten/src/ATen/core/TransformationHelper.h (uniform_real), evaluated with a
///          fused multiply-add by its vector code and with two roundings by its scalar code.
/// Result   a guess, and one by exact tests: for H = 32 a changed row passes for an untouched one
///          with a probability of about 1e-13. Rounded checkpoints (float16) and other
///          initialisations (normal) say nothing.
TrainedElements find_trained_elements(const Tensor& embedding);

}  // namespace fusemd::checkpoint
