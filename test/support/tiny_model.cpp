// SPDX-License-Identifier: MIT
#include "test/support/tiny_model.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

namespace fusemd::test {
namespace {

void fill(std::span<float> values, double bound, Random& random) {
  for (float& value : values) value = static_cast<float>(random.uniform(-bound, bound));
}

/// Glorot & Bengio, AISTATS 2010, eq. 16: uniform within sqrt(6 / (fan in + fan out)).
double xavier_bound(const std::vector<std::size_t>& shape) {
  return std::sqrt(6.0 / static_cast<double>(shape[0] + shape[1]));
}

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return same(x, y); });
}

bool same(const StudentConfig& a, const StudentConfig& b) {
  return a.hidden_dim == b.hidden_dim && a.num_interactions == b.num_interactions &&
         a.num_rbf == b.num_rbf && a.max_z == b.max_z && same(a.cutoff, b.cutoff) &&
         a.cutoff_applied_to == b.cutoff_applied_to && a.vector_mixing == b.vector_mixing &&
         a.directional_message == b.directional_message && same(a.norm_epsilon, b.norm_epsilon);
}

bool same(const Tensor& a, const Tensor& b) {
  return a.shape == b.shape &&
         std::equal(a.values.begin(), a.values.end(), b.values.begin(), b.values.end(),
                    [](float x, float y) {
                      return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
                    });
}

bool same(const TrainingDomain& a, const TrainingDomain& b) {
  using Pair = TrainingDomain::ClosestPair;
  return a.note == b.note && same(a.temperatures, b.temperatures) &&
         std::equal(a.closest_pairs.begin(), a.closest_pairs.end(), b.closest_pairs.begin(),
                    b.closest_pairs.end(), [](const Pair& x, const Pair& y) {
                      return x.z_a == y.z_a && x.z_b == y.z_b && same(x.distance, y.distance);
                    });
}

bool same(const ReferenceFrame& a, const ReferenceFrame& b) {
  return a.name == b.name && a.atomic_numbers == b.atomic_numbers &&
         same(a.positions, b.positions) && same(a.energy, b.energy) && same(a.forces, b.forces);
}

}  // namespace

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

double Random::uniform(double low, double high) {
  return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53;
}

std::size_t Random::below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

StudentConfig shipped_switches(int hidden_dim, int num_interactions, int num_rbf) {
  StudentConfig config;
  config.hidden_dim = hidden_dim;
  config.num_interactions = num_interactions;
  config.num_rbf = num_rbf;
  config.max_z = 10;
  config.cutoff = 5.0;
  config.cutoff_applied_to = CutoffAppliedTo::filter;
  config.vector_mixing = VectorMixing::none;
  config.directional_message = DirectionalMessage::filter_times_source;
  config.norm_epsilon = 0.01;
  return config;
}

StudentConfig seed_switches(int hidden_dim, int num_interactions, int num_rbf) {
  StudentConfig config = shipped_switches(hidden_dim, num_interactions, num_rbf);
  config.cutoff_applied_to = CutoffAppliedTo::rbf;
  config.vector_mixing = VectorMixing::matrix;
  config.directional_message = DirectionalMessage::filter;
  config.norm_epsilon = 0.0;
  return config;
}

std::vector<StudentConfig> all_switches(const StudentConfig& sizes) {
  std::vector<StudentConfig> configs;
  for (const auto cutoff : {CutoffAppliedTo::rbf, CutoffAppliedTo::filter}) {
    for (const auto mixing : {VectorMixing::matrix, VectorMixing::none}) {
      for (const auto message :
           {DirectionalMessage::filter, DirectionalMessage::filter_times_source}) {
        for (const double epsilon : {0.0, 0.01}) {
          StudentConfig config = sizes;
          config.cutoff_applied_to = cutoff;
          config.vector_mixing = mixing;
          config.directional_message = message;
          config.norm_epsilon = epsilon;
          configs.push_back(config);
        }
      }
    }
  }
  return configs;
}

std::string switches_text(const StudentConfig& config) {
  std::string text = config.cutoff_applied_to == CutoffAppliedTo::rbf ? "rbf" : "filter";
  text += config.vector_mixing == VectorMixing::matrix ? " matrix" : " none";
  text +=
      config.directional_message == DirectionalMessage::filter ? " filter" : " filter_times_source";
  return text + ' ' + std::to_string(config.norm_epsilon);
}

Model make_model(const StudentConfig& config, std::uint64_t seed) {
  Random random(seed);
  Model model;
  model.name = "random";
  model.config = config;
  for (const int z : {1, 6, 7, 8}) {
    if (z > config.max_z) continue;
    model.elements.push_back(z);
    model.reference_energies[z] = random.uniform(-2.0 * z, 0.0);
  }
  for (const auto& [name, shape] : student_tensor_shapes(config)) {
    Tensor& tensor = model.tensors[name];
    tensor.shape = shape;
    std::size_t count = 1;
    for (const std::size_t extent : shape) count *= extent;
    tensor.values.resize(count);
    if (name == "rbf.centers") {
      const double spacing = count > 1 ? config.cutoff / static_cast<double>(count - 1) : 0.0;
      for (std::size_t k = 0; k < count; ++k) {
        tensor.values[k] = static_cast<float>(spacing * static_cast<double>(k));
      }
    } else if (name == "rbf.widths") {
      std::fill(tensor.values.begin(), tensor.values.end(),
                static_cast<float>(config.cutoff / static_cast<double>(count)));
    } else if (name == "embedding.weight") {
      fill(tensor.values, 1.0, random);
    } else {
      fill(tensor.values, shape.size() == 2 ? xavier_bound(shape) : 0.1, random);
    }
  }
  return model;
}

void randomise_dead_parameters(Model& model, std::uint64_t seed) {
  Random random(seed);
  for (const TensorRows& rows : dead_rows(model.config)) {
    Tensor& tensor = model.tensors.at(rows.tensor);
    const std::size_t row_size = tensor.values.size() / tensor.shape[0];
    fill(
        std::span(tensor.values).subspan(rows.begin * row_size, (rows.end - rows.begin) * row_size),
        10.0, random);
  }
}

bool same_bits(const Model& a, const Model& b) {
  return a.name == b.name && same(a.config, b.config) && a.elements == b.elements &&
         std::equal(a.reference_energies.begin(), a.reference_energies.end(),
                    b.reference_energies.begin(), b.reference_energies.end(),
                    [](const auto& x, const auto& y) {
                      return x.first == y.first && same(x.second, y.second);
                    }) &&
         std::equal(a.tensors.begin(), a.tensors.end(), b.tensors.begin(), b.tensors.end(),
                    [](const auto& x, const auto& y) {
                      return x.first == y.first && same(x.second, y.second);
                    }) &&
         a.provenance == b.provenance && same(a.training_domain, b.training_domain) &&
         std::equal(a.reference_frames.begin(), a.reference_frames.end(),
                    b.reference_frames.begin(), b.reference_frames.end(),
                    [](const ReferenceFrame& x, const ReferenceFrame& y) { return same(x, y); });
}

}  // namespace fusemd::test
