// SPDX-License-Identifier: MIT
#include "weights/model_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <string_view>
#include <utility>

#include "weights/error.hpp"
#include "weights/nearest_name.hpp"
#include "weights/strict_json.hpp"

namespace fusemd {
namespace {

using Bounds = ModelBounds;

[[noreturn]] void refuse(std::string key,
                         std::string problem,
                         std::string expected,
                         std::string found,
                         std::string hint = {}) {
  throw InputError({{},
                    0,
                    std::move(key),
                    std::move(problem),
                    std::move(expected),
                    std::move(found),
                    std::move(hint)});
}

std::string text_of(int value) { return std::to_string(value); }
std::string text_of(std::size_t value) { return std::to_string(value); }
std::string text_of(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", value);
  return buffer;
}

std::string indexed(const std::string& list, std::size_t i) {
  return list + '[' + std::to_string(i) + ']';
}

/// NaN is outside of any range.
template <typename T>
void require_range(const std::string& key, T value, T low, T high, const char* unit = "") {
  if (value >= low && value <= high) return;
  refuse(key, "out of range", text_of(low) + " to " + text_of(high) + unit, text_of(value));
}

void require_name(const std::string& key, const std::string& name) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
  };
  if (!name.empty() && name.size() <= Bounds::kMaxNameLength &&
      std::none_of(name.begin(), name.end(), is_control)) {
    return;
  }
  refuse(key, "unusable name",
         "1 to " + text_of(Bounds::kMaxNameLength) + " bytes without control characters",
         in_quotes(name));
}

void require_trained(const std::string& key, int z, const std::vector<int>& elements) {
  if (std::binary_search(elements.begin(), elements.end(), z)) return;
  refuse(key, "an element that is not in 'elements'", "an element that the model was trained on",
         "atomic number " + text_of(z));
}

std::string text_of(const std::vector<std::size_t>& shape) {
  std::string text = "[";
  for (const std::size_t n : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(n);
  }
  return text + ']';
}

std::size_t product(const std::vector<std::size_t>& shape) {
  std::size_t n = 1;
  for (const std::size_t extent : shape) n *= extent;
  return n;
}

void check_elements(const Model& model) {
  if (model.elements.empty()) {
    refuse("elements", "empty", "the atomic numbers that the model was trained on", "none");
  }
  for (std::size_t i = 0; i < model.elements.size(); ++i) {
    const int z = model.elements[i];
    require_range(indexed("elements", i), z, 1, model.config.max_z);
    if (i == 0 || z > model.elements[i - 1]) continue;
    refuse(indexed("elements", i),
           z == model.elements[i - 1] ? "element given twice" : "not in ascending order",
           "atomic numbers in ascending order, each once",
           text_of(z) + " after " + text_of(model.elements[i - 1]));
  }
}

void check_reference_energies(const Model& model) {
  for (const auto& [z, energy] : model.reference_energies) {
    const std::string key = "reference_energies_eV." + text_of(z);
    require_trained(key, z, model.elements);
    require_range(key, energy, -Bounds::kMaxEnergy, Bounds::kMaxEnergy, " eV");
  }
}

void check_values(const std::string& key, const Tensor& tensor) {
  const auto bad = std::find_if_not(tensor.values.begin(), tensor.values.end(),
                                    [](float value) { return std::isfinite(value); });
  if (bad == tensor.values.end()) return;
  const std::size_t index = static_cast<std::size_t>(bad - tensor.values.begin());
  std::string where = "value " + text_of(index);
  if (tensor.shape.size() == 2) {
    where += " (row " + text_of(index / tensor.shape[1]) + ", column " +
             text_of(index % tensor.shape[1]) + ')';
  }
  refuse(key, "not finite", "finite numbers",
         std::string(std::isnan(*bad) ? "NaN"
                     : *bad > 0       ? "infinity"
                                      : "-infinity") +
             " at " + where,
         "the training run that made the model has probably diverged");
}

/// A tensor of a layer that the configuration does not have deserves a better hint than a near
/// name.
std::string unknown_tensor_hint(const std::string& name,
                                const TensorShapes& shapes,
                                const StudentConfig& config) {
  StudentConfig more = config;
  more.num_interactions = Bounds::kMaxInteractions;
  if (student_tensor_shapes(more).contains(name)) {
    return "config.num_interactions is " + text_of(config.num_interactions);
  }
  std::vector<std::string_view> known;
  for (const auto& entry : shapes) known.push_back(entry.first);
  const std::string near = nearest_name(name, known);
  return near.empty() ? "" : "did you mean " + in_quotes(near) + "?";
}

void check_tensors(const Model& model) {
  const auto shapes = student_tensor_shapes(model.config);
  for (const auto& entry : model.tensors) check_tensor_name(entry.first, shapes, model.config);
  for (const auto& [name, shape] : shapes) {
    const std::string key = "tensors." + name;
    const auto found = model.tensors.find(name);
    if (found == model.tensors.end()) {
      refuse(key, "missing", "a tensor of shape " + text_of(shape),
             text_of(model.tensors.size()) + " of " + text_of(shapes.size()) + " tensors");
    }
    const Tensor& tensor = found->second;
    if (tensor.shape != shape) {
      refuse(key + ".shape", "wrong shape", text_of(shape), text_of(tensor.shape),
             "the shape follows from 'config'");
    }
    if (tensor.values.size() != product(shape)) {
      refuse(key + ".data", "wrong number of values", text_of(product(shape)),
             text_of(tensor.values.size()));
    }
    check_values(key + ".data", tensor);
  }
  for (const float width : model.values("rbf.widths")) {
    require_range("tensors.rbf.widths.data", static_cast<double>(width), Bounds::kMinWidth,
                  Bounds::kMaxWidth, " Angstrom");
  }
}

void check_training_domain(const Model& model) {
  const TrainingDomain& domain = model.training_domain;
  std::pair<int, int> before{0, 0};
  for (std::size_t i = 0; i < domain.closest_pairs.size(); ++i) {
    const TrainingDomain::ClosestPair& pair = domain.closest_pairs[i];
    const std::string key = indexed("training_domain.closest_pairs", i);
    require_trained(key + ".elements", pair.z_a, model.elements);
    require_trained(key + ".elements", pair.z_b, model.elements);
    const std::pair<int, int> now{pair.z_a, pair.z_b};
    if (pair.z_a > pair.z_b || now <= before) {
      refuse(key + ".elements", "not in ascending order",
             "pairs [a, b] with a <= b, in ascending order, each once",
             '[' + text_of(pair.z_a) + ", " + text_of(pair.z_b) + ']');
    }
    before = now;
    if (!(pair.distance > 0.0)) {
      refuse(key + ".distance", "not a distance", "a number above 0 Angstrom",
             text_of(pair.distance));
    }
    require_range(key + ".distance", pair.distance, 0.0, Bounds::kMaxComponent, " Angstrom");
  }
  for (const double temperature : domain.temperatures) {
    require_range("training_domain.temperatures_K", temperature, 0.0, Bounds::kMaxTemperature,
                  " K");
  }
}

void check_components(const std::string& key,
                      const std::vector<double>& values,
                      std::size_t n_atoms,
                      const char* unit) {
  if (values.size() != 3 * n_atoms) {
    refuse(key, "wrong number of atoms", text_of(n_atoms) + ", one for each atomic number",
           text_of(values.size() / 3));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    require_range(indexed(key, i / 3), values[i], -Bounds::kMaxComponent, Bounds::kMaxComponent,
                  unit);
  }
}

void check_reference_frames(const Model& model) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < model.reference_frames.size(); ++i) {
    const ReferenceFrame& frame = model.reference_frames[i];
    const std::string key = indexed("reference_frames", i);
    require_name(key + ".name", frame.name);
    if (!names.insert(frame.name).second) {
      refuse(key + ".name", "name given twice", "a name of its own for each frame",
             in_quotes(frame.name));
    }
    const std::size_t n_atoms = frame.atomic_numbers.size();
    if (n_atoms == 0) refuse(key + ".atomic_numbers", "empty", "at least one atom", "none");
    for (const int z : frame.atomic_numbers) {
      require_trained(key + ".atomic_numbers", z, model.elements);
    }
    check_components(key + ".positions", frame.positions, n_atoms, " Angstrom");
    require_range(key + ".energy", frame.energy, -Bounds::kMaxEnergy, Bounds::kMaxEnergy, " eV");
    check_components(key + ".forces", frame.forces, n_atoms, " eV/Angstrom");
  }
}

}  // namespace

void check_config(const StudentConfig& config) {
  if (config.hidden_dim < 4 || config.hidden_dim > Bounds::kMaxHiddenDim ||
      config.hidden_dim % 4 != 0) {
    refuse("config.hidden_dim", "out of range",
           "a multiple of 4, from 4 to " + text_of(Bounds::kMaxHiddenDim),
           text_of(config.hidden_dim), "the energy head has H/2 and H/4 channels");
  }
  require_range("config.num_interactions", config.num_interactions, 1, Bounds::kMaxInteractions);
  require_range("config.num_rbf", config.num_rbf, 1, Bounds::kMaxRbf);
  require_range("config.max_z", config.max_z, 1, Bounds::kMaxZ);
  require_range("config.cutoff", config.cutoff, Bounds::kMinCutoff, Bounds::kMaxCutoff,
                " Angstrom");
  require_range("config.norm_epsilon", config.norm_epsilon, 0.0, Bounds::kMaxNormEpsilon);
}

void check_tensor_name(const std::string& name,
                       const TensorShapes& shapes,
                       const StudentConfig& config) {
  if (shapes.contains(name)) return;
  refuse("tensors." + name, "unknown tensor", "the tensors of a student model", in_quotes(name),
         unknown_tensor_hint(name, shapes, config));
}

void check_model(const Model& model) {
  check_config(model.config);
  require_name("name", model.name);
  check_elements(model);
  check_reference_energies(model);
  check_tensors(model);
  check_training_domain(model);
  check_reference_frames(model);
}

}  // namespace fusemd
