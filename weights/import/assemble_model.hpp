// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weights/import/checkpoint.hpp"
#include "weights/import/hyper_parameters.hpp"
#include "weights/model.hpp"

namespace fusemd::checkpoint {

/// Where the list of trained elements comes from.
enum class ElementSource { chosen, checkpoint, guessed, frames };

/// A model made of a checkpoint, and what its user should know about it.
struct ImportedModel {
  Model model;
  std::string format;  ///< of the checkpoint
  std::string prefix;  ///< of its tensors, dot included
  std::string cutoff_source, switches_source;
  ElementSource element_source = ElementSource::chosen;
  std::string element_evidence;              ///< of a guess
  std::map<std::string, std::size_t> types;  ///< "float32" -> number of tensors
  std::size_t rounded = 0;                   ///< float64 values that changed
  std::vector<std::string> filled;           ///< dead tensors that were missing: zeros now
  std::vector<std::string> recomputed;       ///< radial basis that was missing: PyTorch's default
  std::vector<std::string> warnings;         ///< one sentence each
};

/// Makes a model of a checkpoint: matches names, infers hyper-parameters, checks every shape before
/// anything is copied, converts to float32, and fills in what may be missing.
///
/// `frame_elements` are the atomic numbers of the user's reference frames, the last resort for the
/// list of elements.
///
/// Work     memory of the model beside that of the checkpoint. What tensors ask for is bounded by
///          twice the checkpoint's size and 16 MiB before anything is allocated: views that repeat
///          their numbers cannot blow it up.
/// Errors   InputError without file, with the tensor's name in the checkpoint: tensors missing,
/// extra,
///          of a wrong shape or type, not finite; no way to know the elements; what
///          match_tensors() and infer_config() refuse.
ImportedModel assemble_model(const Checkpoint& checkpoint,
                             const Choices& choices,
                             const std::vector<int>& frame_elements);

}  // namespace fusemd::checkpoint
