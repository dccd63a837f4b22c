// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "test/support/catch.hpp"
#include "test/support/seed_weights.hpp"
#include "test/support/skip.hpp"
#include "test/support/source_tree.hpp"
#include "test/support/tiny_model.hpp"
#include "weights/model_file.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

std::filesystem::path shipped_path(const std::string& name) {
  return source_path("weights/" + name + ".json");
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::vector<std::string> kNames = {"original", "tiny", "ultra_tiny"};

}  // namespace

TEST_CASE("shipped models are whole and written as fusemd writes", "[shipped_models]") {
  for (const std::string& name : kNames) {
    INFO(name);
    const Model model = read_model(shipped_path(name).string());
    CHECK(model.name == name);
    CHECK(model.elements == std::vector<int>{1, 6, 7, 8});
    CHECK(model.reference_energies.size() == 4);
    CHECK(model.config.cutoff_applied_to == CutoffAppliedTo::filter);
    CHECK(model.config.vector_mixing == VectorMixing::none);
    CHECK(model.config.directional_message == DirectionalMessage::filter_times_source);
    CHECK(model.config.norm_epsilon == 0.01);
    CHECK(model.reference_frames.size() >= 6);
    CHECK_FALSE(model.training_domain.temperatures.empty());
    CHECK(format_model(model) == text_of(shipped_path(name)));
    for (const TensorRows& rows : dead_rows(model.config)) {
      const Tensor& tensor = model.tensors.at(rows.tensor);
      const std::size_t row_size = tensor.values.size() / tensor.shape[0];
      for (std::size_t i = rows.begin * row_size; i < rows.end * row_size; ++i) {
        REQUIRE(tensor.values[i] == 0.0F);
      }
    }
  }
}

TEST_CASE("shipped models say where they come from and how good they are", "[shipped_models]") {
  for (const std::string& name : kNames) {
    INFO(name);
    const auto provenance =
        nlohmann::json::parse(read_model(shipped_path(name).string()).provenance);
    for (const char* key :
         {"teacher", "data", "loss", "training", "accuracy", "nve_slope", "reference_frames"}) {
      CHECK(provenance.contains(key));
    }
    REQUIRE(provenance.at("accuracy").size() >= 2);
    for (const auto& row : provenance.at("accuracy")) {
      const bool foreign = row.at("data").get<std::string>().starts_with("never");
      CHECK(row.at("force_r2").get<double>() > (foreign ? 0.98 : 0.99));
      CHECK(row.at("force_mae_eV_per_Angstrom").get<double>() > 0.0);
    }
  }
}

TEST_CASE("the seed's checkpoints have the tensors of a student model", "[shipped_models]") {
  for (const std::string& name : kNames) {
    const auto path = shared_path("reference/weights/" + name + ".json");
    if (!available(std::filesystem::exists(path), path.string())) continue;
    INFO(name);
    const Model seed = read_seed_weights(path);
    // Writing checks names, shapes and values; reading gives the same bits again.
    CHECK(same_bits(parse_model(format_model(seed), name), seed));
  }
}
