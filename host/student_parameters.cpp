// SPDX-License-Identifier: MIT
#include "host/student_parameters.hpp"

#include <algorithm>
#include <string>

namespace fusemd {
namespace {

std::vector<double> widened(const Model& model, const std::string& tensor) {
  const std::vector<float>& values = model.values(tensor);
  return {values.begin(), values.end()};
}

Linear linear(const Model& model, const std::string& name) {
  const Tensor& weight = model.tensors.at(name + ".weight");
  return {weight.shape.at(0),
          weight.shape.at(1),
          {weight.values.begin(), weight.values.end()},
          widened(model, name + ".bias")};
}

std::string layer_prefix(int layer) { return "interactions." + std::to_string(layer) + "."; }

UpdateNetwork update_network(const Model& model, int layer) {
  const std::string prefix = layer_prefix(layer) + "update.";
  UpdateNetwork network{
      linear(model, prefix + "update_mlp.0"), linear(model, prefix + "update_mlp.2"), {}};
  if (model.config.vector_mixing == VectorMixing::matrix) {
    std::ranges::copy(model.values(prefix + "mixing_matrix"), network.mixing.begin());
  }
  return network;
}

}  // namespace

RadialBasis radial_basis(const Model& model) {
  RadialBasis basis{widened(model, "rbf.centers"), widened(model, "rbf.widths")};
  for (double& value : basis.gammas) value = 1.0 / (value * value);
  return basis;
}

FilterNetwork filter_network(const Model& model, int layer) {
  const std::string prefix = layer_prefix(layer) + "message.rbf_to_scalar.";
  return {linear(model, prefix + "0"), linear(model, prefix + "2")};
}

StudentParameters student_parameters(const Model& model) {
  StudentParameters parameters;
  parameters.config = model.config;
  parameters.basis = radial_basis(model);
  parameters.embedding = widened(model, "embedding.weight");
  for (int layer = 0; layer < model.config.num_interactions; ++layer) {
    parameters.filters.push_back(filter_network(model, layer));
    parameters.updates.push_back(update_network(model, layer));
  }
  parameters.readout = {linear(model, "energy_head.0"), linear(model, "energy_head.2"),
                        linear(model, "energy_head.4")};
  parameters.reference_energies = model.reference_energies;
  return parameters;
}

}  // namespace fusemd
