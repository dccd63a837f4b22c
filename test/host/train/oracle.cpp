// SPDX-License-Identifier: MIT
#include "test/host/train/oracle.hpp"

#include <cmath>
#include <stdexcept>

#include "host/reference/student_network.hpp"

namespace fusemd::test {
namespace {

double rho(train::LossKind kind, double squared, double components, double width) {
  switch (kind) {
    case train::LossKind::norm:
      return std::sqrt(squared + 1e-8);
    case train::LossKind::square:
      return squared / components;
    case train::LossKind::huber:
      return std::sqrt(squared) > width ? std::sqrt(squared) - width / 2 : squared / (2 * width);
  }
  throw std::invalid_argument("no such loss");
}

}  // namespace

double oracle_loss(const StudentParameters& parameters,
                   std::span<const Structure> frames,
                   train::LossKind kind,
                   double energy_weight) {
  double force_sum = 0.0, energy_sum = 0.0, atoms = 0.0;
  reference::Values values;
  reference::Gradients gradients;
  for (const Structure& frame : frames) {
    reference::forward(parameters, frame.atomic_numbers, frame.positions, values);
    reference::backward(parameters, values, gradients);
    const auto n = static_cast<double>(frame.size());
    double energy = 0.0;
    for (const double term : values.atomic_energies) energy += term;
    const double error = (energy - frame.energy.value()) / n;
    energy_sum += rho(kind, error * error, 1.0, 0.005);
    std::vector<Vec3> errors(frame.size());
    for (std::size_t i = 0; i < frame.size(); ++i) errors[i] -= frame.forces.value()[i];
    for (std::size_t e = 0; e < values.edges.size(); ++e) {
      const auto& r = gradients.displacement[e];
      errors[values.edges.source[e]] -= {r[0], r[1], r[2]};
      errors[values.edges.destination[e]] += {r[0], r[1], r[2]};
    }
    for (const Vec3& x : errors) force_sum += rho(kind, dot(x, x), 3.0, 0.05);
    atoms += n;
  }
  return force_sum / atoms + energy_weight * energy_sum / static_cast<double>(frames.size());
}

std::vector<double>& values_of(StudentParameters& p, const std::string& tensor) {
  if (tensor == "embedding.weight") return p.embedding;
  const bool bias = tensor.ends_with("bias");
  const auto part = [&](Linear& linear) -> std::vector<double>& {
    return bias ? linear.bias : linear.weight;
  };
  if (tensor.starts_with("energy_head.0")) return part(p.readout.first);
  if (tensor.starts_with("energy_head.2")) return part(p.readout.second);
  if (tensor.starts_with("energy_head.4")) return part(p.readout.third);
  const auto layer = static_cast<std::size_t>(std::stoi(tensor.substr(13)));
  const bool second = tensor.ends_with(".2.weight") || tensor.ends_with(".2.bias");
  if (tensor.find("rbf_to_scalar") != std::string::npos) {
    return part(second ? p.filters.at(layer).output : p.filters.at(layer).hidden);
  }
  return part(second ? p.updates.at(layer).output : p.updates.at(layer).hidden);
}

void displace(StudentParameters& parameters,
              const train::ParameterLayout& layout,
              std::span<const double> direction,
              double step) {
  for (const train::ParameterBlock& block : layout.blocks) {
    std::vector<double>& values = values_of(parameters, block.tensor);
    // Every tensor here is a matrix whose width is that of its rows, or a bias.
    const bool bias = block.tensor.ends_with("bias");
    std::size_t width = 1;
    if (!bias) {
      const auto h = static_cast<std::size_t>(layout.config.hidden_dim);
      width = block.tensor.find("rbf_to_scalar.0") != std::string::npos
                  ? static_cast<std::size_t>(layout.config.num_rbf)
              : block.tensor.find("update_mlp.0") != std::string::npos ? 2 * h
              : block.tensor.starts_with("energy_head.2")              ? h / 2
              : block.tensor.starts_with("energy_head.4")              ? h / 4
                                                                       : h;
    }
    for (std::size_t r = 0; r < block.rows; ++r) {
      for (std::size_t c = 0; c < block.columns; ++c) {
        values.at((block.first_row + r) * width + block.first_column + c) +=
            step * direction[block.offset + r * block.row_stride + c * block.column_stride];
      }
    }
  }
}

}  // namespace fusemd::test
