// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weights/import/checkpoint.hpp"

namespace fusemd::checkpoint {

/// The tensors of one student model inside a checkpoint, by the names of student_tensor_shapes().
struct MatchedTensors {
  std::string prefix;  ///< what stands before those names in the checkpoint, dot included
  std::map<std::string, const StoredTensor*> tensors;
};

/// Finds the model in a checkpoint: the prefix under which the student's tensors lie, whatever
/// wrappers it comes from ("model_state_dict.", "module.", "state_dict.model.").
///
/// If several prefixes lead to a model, the one with most tensors is taken; of equals, one under
/// model_state_dict or state_dict; else it is refused. `wanted` chooses (without its last dot).
///
/// Errors   InputError: no model, several, a tensor twice, or a tensor beside the model's that the
///          architecture does not have: leaving it out would be another model.
MatchedTensors match_tensors(const Checkpoint& checkpoint, std::string_view wanted);

}  // namespace fusemd::checkpoint
