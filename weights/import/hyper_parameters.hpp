// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "weights/import/checkpoint.hpp"
#include "weights/import/tensor_names.hpp"
#include "weights/model.hpp"

namespace fusemd::checkpoint {

/// What a user says about a checkpoint; what is not said is found out.
struct Choices {
  std::string name;  ///< of the model; empty: as in the checkpoint, else default_name
  std::string default_name = "imported";
  std::string prefix;         ///< of the tensors to take, without its last dot; empty: any
  std::vector<int> elements;  ///< atomic numbers, ascending; empty: found out
  std::optional<double> cutoff;
  std::optional<CutoffAppliedTo> cutoff_applied_to;
  std::optional<VectorMixing> vector_mixing;
  std::optional<DirectionalMessage> directional_message;
  std::optional<double> norm_epsilon;
};

/// Hyper-parameters, and where each of the less certain ones comes from.
struct InferredConfig {
  StudentConfig config;
  std::string cutoff_source;    ///< "rbf.centers", "metadata", "--cutoff"
  std::string switches_source;  ///< "the seed's", "metadata", ...
  std::vector<std::string> warnings;
};

/// Reads the sizes from the shapes of the tensors and checks them against the metadata. The cutoff
/// is the last centre of the radial basis, as the shortest decimal that is the same float32; the
/// switches are those of metadata or of the seed's variant (rbf, matrix, filter, 0).
///
/// Errors   InputError: a tensor that sizes follow from is missing or has a wrong number of axes,
///          metadata that contradict the shapes, sizes out of bounds, no way to know the cutoff.
InferredConfig infer_config(const MatchedTensors& matched,
                            const Metadata& metadata,
                            const Choices& choices);

/// The radial basis that the seed's model starts with: R centres evenly spaced from 0 to rc, by
/// PyTorch's linspace in float32, and widths of rc / R.
///
///   step = rc / (R - 1);  centre_k = k step  below the middle,  rc - (R - 1 - k) step  from there
///
/// Source   PyTorch, aten/src/ATen/native/cpu/RangeFactoriesKernel.cpp.
struct RadialBasisTensors {
  std::vector<float> centers, widths;
};
RadialBasisTensors default_radial_basis(int num_rbf, double cutoff);

}  // namespace fusemd::checkpoint
