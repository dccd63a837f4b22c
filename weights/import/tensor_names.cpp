// SPDX-License-Identifier: MIT
#include "weights/import/tensor_names.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "weights/error.hpp"
#include "weights/model.hpp"
#include "weights/model_check.hpp"
#include "weights/nearest_name.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

constexpr std::string_view kAnchor = "embedding.weight";

/// All names that a student of any size can have.
TensorShapes all_names() {
  StudentConfig largest;
  largest.hidden_dim = 4;
  largest.num_interactions = ModelBounds::kMaxInteractions;
  largest.num_rbf = 1;
  largest.max_z = 1;
  return student_tensor_shapes(largest);
}

/// "rbf" of "rbf.centers": a module of the model.
std::string_view first_part(std::string_view name) { return name.substr(0, name.find('.')); }

bool is_module(std::string_view part) {
  constexpr auto modules =
      std::to_array<std::string_view>({"embedding", "rbf", "interactions", "energy_head"});
  return std::find(modules.begin(), modules.end(), part) != modules.end();
}

struct Candidate {
  std::string prefix;
  std::size_t count = 0;  ///< tensors of the model under it
  /// Sorts the usual places before others.
  int rank() const {
    if (prefix.empty()) return 0;
    if (prefix.starts_with("model_state_dict.")) return 1;
    if (prefix.starts_with("state_dict.")) return 2;
    return 3;
  }
};

std::vector<Candidate> candidates(const Checkpoint& checkpoint, const TensorShapes& names) {
  std::vector<Candidate> found;
  for (const StoredTensor& tensor : checkpoint.tensors) {
    const std::string_view name = tensor.name;
    if (!name.ends_with(kAnchor)) continue;
    const std::string_view prefix = name.substr(0, name.size() - kAnchor.size());
    if (!prefix.empty() && !prefix.ends_with('.')) continue;
    found.push_back({std::string(prefix)});
    if (found.size() > 64) break;  // more than any ensemble; each costs a pass over the names
  }
  for (Candidate& candidate : found) {
    for (const StoredTensor& tensor : checkpoint.tensors) {
      const std::string_view name = tensor.name;
      if (!name.starts_with(candidate.prefix)) continue;
      if (names.contains(std::string(name.substr(candidate.prefix.size())))) ++candidate.count;
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return a.count != b.count ? a.count > b.count : a.rank() < b.rank();
  });
  return found;
}

std::string shown(const std::string& prefix) {
  return prefix.empty() ? "the top level" : in_quotes(prefix.substr(0, prefix.size() - 1));
}

[[noreturn]] void refuse_no_model(const Checkpoint& checkpoint, std::string_view wanted) {
  std::string found;
  for (std::size_t i = 0; i < checkpoint.tensors.size() && i < 4; ++i) {
    found += (found.empty() ? "" : ", ") + in_quotes(checkpoint.tensors[i].name);
  }
  const std::size_t count = checkpoint.tensors.size();
  throw InputError({.problem = wanted.empty() ? "no student model in it"
                                              : "no student model under " + in_quotes(wanted),
                    .expected = "a tensor " + in_quotes(kAnchor) + ", with or without a prefix",
                    .found = count == 0 ? "no tensors"
                                        : std::to_string(count) + " tensors: " + found +
                                              (count > 4 ? " ..." : ""),
                    .hint = "docs/import.md lists the tensors of a student"});
}

std::string choose_prefix(const Checkpoint& checkpoint,
                          const TensorShapes& names,
                          std::string_view wanted) {
  const std::vector<Candidate> found = candidates(checkpoint, names);
  if (!wanted.empty()) {
    for (const Candidate& candidate : found) {
      if (candidate.prefix == std::string(wanted) + '.') return candidate.prefix;
    }
    refuse_no_model(checkpoint, wanted);
  }
  if (found.empty()) refuse_no_model(checkpoint, wanted);
  if (found.size() > 1 && found[0].count == found[1].count && found[0].rank() == found[1].rank()) {
    throw InputError(
        {.problem = "several models in it",
         .expected = "one, or --prefix with the one to take",
         .found = shown(found[0].prefix) + ", " + shown(found[1].prefix),
         .hint = "for example --prefix " +
                 found[0].prefix.substr(0, std::max<std::size_t>(found[0].prefix.size(), 1) - 1)});
  }
  return found.front().prefix;
}

}  // namespace

MatchedTensors match_tensors(const Checkpoint& checkpoint, std::string_view wanted) {
  const TensorShapes names = all_names();
  MatchedTensors matched;
  matched.prefix = choose_prefix(checkpoint, names, wanted);
  for (const StoredTensor& tensor : checkpoint.tensors) {
    if (!tensor.name.starts_with(matched.prefix)) continue;
    const std::string name = tensor.name.substr(matched.prefix.size());
    if (names.contains(name)) {
      if (!matched.tensors.emplace(name, &tensor).second) {
        throw InputError({.key = printable_key(tensor.name),
                          .problem = "tensor given twice",
                          .expected = "each tensor once",
                          .found = in_quotes(name) + " again"});
      }
      continue;
    }
    // At the top level other things may lie beside the model: an optimiser, counters.
    if (!is_module(first_part(name)) && matched.prefix.empty()) continue;
    if (tensor.type == ElementType::other) continue;
    std::vector<std::string_view> known;
    for (const auto& entry : names) known.push_back(entry.first);
    const std::string near = nearest_name(name, known);
    throw InputError({.key = printable_key(tensor.name),
                      .problem = "a tensor that the student architecture does not have",
                      .expected = "the tensors that docs/import.md lists",
                      .found = in_quotes(name) + " of shape " + shape_text(tensor.shape),
                      .hint = near.empty() ? "a model with more parts would compute other energies"
                                           : "did you mean " + in_quotes(near) + "?"});
  }
  return matched;
}

}  // namespace fusemd::checkpoint
