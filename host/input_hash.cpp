// SPDX-License-Identifier: MIT
#include "host/input_hash.hpp"

#include <span>
#include <utility>

#include "host/io/state_bytes.hpp"

namespace fusemd {

std::uint64_t model_hash(const Model& model) {
  StateWriter bytes("model\n");
  const StudentConfig& c = model.config;
  for (const int value : {c.hidden_dim, c.num_interactions, c.num_rbf, c.max_z}) bytes.put(value);
  bytes.put(c.cutoff);
  bytes.put(static_cast<int>(c.cutoff_applied_to));
  bytes.put(static_cast<int>(c.vector_mixing));
  bytes.put(static_cast<int>(c.directional_message));
  bytes.put(c.norm_epsilon);
  bytes.put_counted(std::span<const int>(model.elements));
  for (const auto& [number, energy] : model.reference_energies) {
    bytes.put(number);
    bytes.put(energy);
  }
  for (const auto& [name, tensor] : model.tensors) {
    bytes.put_counted(std::span<const char>(name));
    bytes.put_counted(std::span<const std::size_t>(tensor.shape));
    bytes.put_counted(std::span<const float>(tensor.values));
  }
  return hash_of(std::move(bytes).finish());
}

std::uint64_t structures_hash(std::span<const Structure> structures) {
  StateWriter bytes("structures\n");
  for (const Structure& structure : structures) {
    bytes.put_counted(std::span<const int>(structure.atomic_numbers));
    bytes.put_counted(std::span<const double>(structure.masses));
    bytes.put_counted(std::span<const Vec3>(structure.positions));
    if (structure.velocities) bytes.put_counted(std::span<const Vec3>(*structure.velocities));
    if (!structure.cell) continue;
    for (const Vec3& vector : structure.cell->vectors) bytes.put(vector);
    for (const bool periodic : structure.cell->periodic) bytes.put(periodic);
  }
  return hash_of(std::move(bytes).finish());
}

}  // namespace fusemd
