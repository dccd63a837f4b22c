// SPDX-License-Identifier: MIT
// write_gradient FILE: models, batches, losses and gradients of the trainer in double precision, as
// JSON, for torch_gradient.py.
#include <fstream>
#include <iostream>

#include <nlohmann/json.hpp>

#include "test/host/train/gradient_problem.hpp"

namespace fusemd::test {
namespace {

using nlohmann::json;

json frames_of(const std::vector<Structure>& structures) {
  json result = json::array();
  const auto rows = [](const std::vector<Vec3>& vectors) {
    json list = json::array();
    for (const Vec3& v : vectors) list.push_back({v.x, v.y, v.z});
    return list;
  };
  for (const Structure& s : structures) {
    result.push_back({{"numbers", s.atomic_numbers},
                      {"positions", rows(s.positions)},
                      {"energy", *s.energy},
                      {"forces", rows(*s.forces)}});
  }
  return result;
}

/// One case: everything that the gradient depends on, and the gradient, as whole tensors.
json gradient_case(const std::string& name,
                   const StudentConfig& config,
                   const std::vector<Structure>& structures,
                   train::LossKind kind,
                   const std::string& loss) {
  constexpr double kEnergyWeight = 0.7;
  Problem<double> problem(config, structures);
  json tensors, gradients;
  for (const auto& [key, tensor] : problem.model.tensors) {
    tensors[key] = {{"shape", tensor.shape}, {"values", tensor.values}};
    gradients[key] = std::vector<double>(tensor.values.size(), 0.0);
  }
  const double value = problem.compute({.loss = {kind, kEnergyWeight}});
  for (const train::ParameterBlock& block : problem.layout.blocks) {
    const auto& shape = problem.model.tensors.at(block.tensor).shape;
    const std::size_t width = shape.size() > 1 ? shape[1] : 1;
    for (std::size_t r = 0; r < block.rows; ++r) {
      for (std::size_t c = 0; c < block.columns; ++c) {
        gradients[block.tensor][(block.first_row + r) * width + block.first_column + c] =
            problem.gradient[block.offset + r * block.row_stride + c * block.column_stride];
      }
    }
  }
  return {{"name", name + ", " + loss},
          {"hidden", config.hidden_dim},
          {"layers", config.num_interactions},
          {"cutoff", config.cutoff},
          {"norm_epsilon", config.norm_epsilon},
          {"loss", loss},
          {"energy_weight", kEnergyWeight},
          {"tensors", tensors},
          {"frames", frames_of(structures)},
          {"value", value},
          {"gradients", gradients}};
}

json all_cases() {
  using train::LossKind;
  const StudentConfig small = shipped_switches(32, 2, 10);
  return json::array(
      {gradient_case("original", shipped_switches(128, 3, 20), hard_frames(), LossKind::norm,
                     "norm"),
       gradient_case("tiny", shipped_switches(64, 2, 12), hard_frames(), LossKind::norm, "norm"),
       gradient_case("ultra_tiny", small, many_frames(), LossKind::norm, "norm"),
       gradient_case("ultra_tiny", small, hard_frames(), LossKind::square, "square"),
       gradient_case("ultra_tiny", small, hard_frames(), LossKind::huber, "huber"),
       gradient_case("one layer", shipped_switches(20, 1, 7), many_frames(), LossKind::norm,
                     "norm")});
}

}  // namespace
}  // namespace fusemd::test

int main(int argc, char* argv[]) {
  if (argc != 2) {
    std::cerr << "write_gradient FILE\n";
    return 2;
  }
  std::ofstream file(argv[1]);
  file << fusemd::test::all_cases();
  file.close();
  return file ? 0 : 1;
}
