// SPDX-License-Identifier: MIT
#include "weights/import/checkpoint.hpp"

#include <algorithm>
#include <array>

namespace fusemd::checkpoint {

bool is_metadata_number(std::string_view name) {
  constexpr auto known = std::to_array<std::string_view>(
      {"hidden_dim", "num_interactions", "num_rbf", "max_z", "cutoff", "norm_epsilon"});
  return std::find(known.begin(), known.end(), name) != known.end();
}

bool is_metadata_word(std::string_view name) {
  constexpr auto known = std::to_array<std::string_view>(
      {"cutoff_applied_to", "vector_mixing", "directional_message"});
  return std::find(known.begin(), known.end(), name) != known.end();
}

}  // namespace fusemd::checkpoint
