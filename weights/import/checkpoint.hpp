// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weights/import/stored_tensor.hpp"

namespace fusemd::checkpoint {

/// What a checkpoint says of itself outside its tensors, as far as it concerns the model.
struct Metadata {
  /// By the names of StudentConfig's members, from wherever the file keeps such things: hidden_dim,
  /// num_interactions, num_rbf, max_z, cutoff, norm_epsilon.
  std::map<std::string, double> numbers;
  /// The switches that are words: cutoff_applied_to, vector_mixing, directional_message.
  std::map<std::string, std::string> words;
  std::string source;  ///< "pytorch 2.5.1", for the provenance; empty: not stated
  /// The file without tensors of the model that was exported (weights/model_file.hpp); empty
  /// unless fusemd wrote the checkpoint.
  std::string model_header;
};

/// True for the names that Metadata::numbers and words hold.
bool is_metadata_number(std::string_view name);
bool is_metadata_word(std::string_view name);

/// A checkpoint of any format: its tensors by name, not yet matched with those of a model.
///
/// The tensors refer to `bytes` and `unpacked`; a Checkpoint can be moved but not copied.
struct Checkpoint {
  Checkpoint() = default;
  Checkpoint(Checkpoint&&) = default;
  Checkpoint& operator=(Checkpoint&&) = default;
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;
  ~Checkpoint() = default;

  std::string format;                 ///< "PyTorch", "ONNX", "safetensors", ...
  std::vector<StoredTensor> tensors;  ///< in the order of the file
  Metadata metadata;
  std::vector<std::string>
      notes;  ///< what a user should know of how it was read, one sentence each

  std::vector<std::byte> bytes;                  ///< the file
  std::vector<std::vector<std::byte>> unpacked;  ///< what had to be unpacked or decoded
};

// Bounds that hold for every format. What a model can use is far below them.
inline constexpr std::size_t kLargestCheckpoint = std::size_t{2} << 30;  ///< bytes
inline constexpr std::size_t kMostTensors = 20'000;                      ///< named in one file
inline constexpr std::size_t kMostAxes = 8;                              ///< of one tensor

/// What the parts of a file may unpack to, together: packing float32 weights saves a tenth, and
/// zeros pack well, but not to a quarter of the file.
inline std::size_t most_unpacked(std::size_t file_size) {
  return 4 * file_size + (std::size_t{32} << 20);
}

}  // namespace fusemd::checkpoint
