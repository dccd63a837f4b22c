// SPDX-License-Identifier: MIT
#include "test/support/seed_weights.hpp"

#include <bit>
#include <cstdint>
#include <fstream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace fusemd::test {
namespace {

nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  return nlohmann::json::parse(file);
}

/// What both layouts have in common.
Model read_sizes_and_tensors(const nlohmann::json& json) {
  const auto& sizes = json.at("config");
  Model model;
  model.config.hidden_dim = sizes.at("hidden_dim").get<int>();
  model.config.num_interactions = sizes.at("num_interactions").get<int>();
  model.config.num_rbf = sizes.at("num_rbf").get<int>();
  model.config.max_z = sizes.at("max_z").get<int>();
  model.config.cutoff = sizes.at("cutoff").get<double>();
  for (const auto& [name, entry] : json.at("tensors").items()) {
    model.tensors[name] = {entry.at("shape").get<std::vector<std::size_t>>(),
                           floats_from_base64(entry.at("data").get<std::string>())};
  }
  return model;
}

}  // namespace

std::vector<float> floats_from_base64(const std::string& text) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<float> values;
  std::uint64_t bits = 0;
  std::vector<std::uint32_t> bytes;
  int n_bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto digit = alphabet.find(c);
    if (digit == std::string::npos) throw std::runtime_error("not base64");
    bits = (bits << 6 | digit) & 0xFFFFU;
    n_bits += 6;
    if (n_bits < 8) continue;
    n_bits -= 8;
    bytes.push_back(static_cast<std::uint32_t>(bits >> n_bits & 0xFFU));
    if (bytes.size() < 4) continue;
    values.push_back(
        std::bit_cast<float>(bytes[0] | bytes[1] << 8 | bytes[2] << 16 | bytes[3] << 24));
    bytes.clear();
  }
  return values;
}

Model read_seed_weights(const std::filesystem::path& path) {
  const nlohmann::json json = read_json(path);
  if (json.at("format") != "mlff-student-weights-v1") throw std::runtime_error("unknown format");
  Model model = read_sizes_and_tensors(json);
  model.name = json.at("config").at("name").get<std::string>();
  model.elements = {1, 6, 7, 8, 9, 15, 16, 17, 67};
  model.config.cutoff_applied_to = CutoffAppliedTo::rbf;
  model.config.vector_mixing = VectorMixing::matrix;
  model.config.directional_message = DirectionalMessage::filter;
  model.config.norm_epsilon = 0.0;
  return model;
}

Model read_seedling(const std::filesystem::path& path) {
  const nlohmann::json json = read_json(path);
  Model model = read_sizes_and_tensors(json);
  model.name = json.at("name").get<std::string>();
  model.elements = json.at("elements").get<std::vector<int>>();
  for (const auto& [z, energy] : json.at("reference_energies_eV").items()) {
    model.reference_energies[std::stoi(z)] = energy.get<double>();
  }
  const auto& switches = json.at("config");
  const auto is = [&](const char* key, const char* value) { return switches.at(key) == value; };
  if (!is("cutoff_applied_to", "filter") || !is("vector_mixing", "none") ||
      !is("directional_message", "filter_times_source")) {
    throw std::runtime_error("a seedling with other switches than expected");
  }
  model.config.cutoff_applied_to = CutoffAppliedTo::filter;
  model.config.vector_mixing = VectorMixing::none;
  model.config.directional_message = DirectionalMessage::filter_times_source;
  model.config.norm_epsilon = switches.at("norm_epsilon").get<double>();
  return model;
}

}  // namespace fusemd::test
