// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include <nlohmann/json.hpp>

#include "test/support/catch.hpp"
#include "test/support/seed_weights.hpp"
#include "test/support/tiny_model.hpp"
#include "test/weights/minute_model.hpp"
#include "weights/error.hpp"
#include "weights/model_file.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

std::string key_refused(const Model& model) {
  try {
    format_model(model);
  } catch (const InputError& error) {
    return error.parts().key;
  }
  return "(accepted)";
}

/// A file's text with one tensor written as a list of numbers.
std::string with_list(const Model& model, const std::string& tensor, const std::string& numbers) {
  auto json = nlohmann::json::parse(format_model(model));
  json["tensors"][tensor]["data"] = "HERE";
  std::string text = json.dump();
  return text.replace(text.find("\"HERE\""), 6, numbers);
}

}  // namespace

TEST_CASE("a written model reads back bit for bit, and is written the same again", "[model_file]") {
  std::uint64_t seed = 1;
  for (const StudentConfig& sizes :
       {shipped_switches(4, 1, 1), shipped_switches(8, 2, 3), seed_switches(12, 3, 5)}) {
    for (const StudentConfig& config : all_switches(sizes)) {
      INFO("seed " << seed << ", switches " << switches_text(config));
      const Model model = make_model(config, seed++);
      const std::string text = format_model(model);
      const Model again = parse_model(text, "memory");
      REQUIRE(same_bits(again, model));
      REQUIRE(format_model(again) == text);
    }
  }
}

TEST_CASE("optional parts survive, odd values included", "[model_file]") {
  Model model = minute_model();
  model.name = "caf\xC3\xA9 \"quoted\" \\ slash";
  model.provenance = "{ \"a\" :\n\t1.50e+01, \"\\u0041\": \"\xC3\xA9\" }";
  model.tensors.at("energy_head.2.bias").values[0] = -0.0F;
  model.tensors.at("energy_head.4.bias").values[0] = std::numeric_limits<float>::denorm_min();
  model.tensors.at("energy_head.0.bias").values[1] = -std::numeric_limits<float>::max();
  model.reference_frames[0].energy = -0.0;
  model.reference_frames[0].forces[1] = std::numeric_limits<double>::denorm_min();
  model.reference_frames[0].positions[2] = 0.1 + 0.2;
  const std::string text = format_model(model);
  REQUIRE(same_bits(parse_model(text, "memory"), model));
  REQUIRE(format_model(parse_model(text, "memory")) == text);
}

TEST_CASE("another JSON library reads the same numbers from a written file", "[model_file]") {
  const Model model = minute_model();
  const auto json = nlohmann::json::parse(format_model(model));
  CHECK(json.at("format") == "fusemd-model");
  CHECK(json.at("config").at("cutoff") == 5.0);
  CHECK(json.at("config").at("vector_mixing") == "none");
  CHECK(json.at("config").at("directional_message") == "filter_times_source");
  CHECK(json.at("reference_frames").at(0).at("positions").at(1).at(2) == 0.9);
  CHECK(json.at("training_domain").at("closest_pairs").at(1).at("elements").at(1) == 8);
  for (const auto& [name, tensor] : model.tensors) {
    const auto& entry = json.at("tensors").at(name);
    CHECK(entry.at("shape").get<std::vector<std::size_t>>() == tensor.shape);
    CHECK(floats_from_base64(entry.at("data").get<std::string>()) == tensor.values);
  }
}

TEST_CASE("keys may come in any order", "[model_file]") {
  const Model model = minute_model();
  // nlohmann::json sorts keys: "config" comes before "format", "tensors" before "units".
  const std::string sorted = nlohmann::json::parse(format_model(model)).dump(1);
  Model again = parse_model(sorted, "memory");
  again.provenance = model.provenance;  // verbatim, so spaced differently
  REQUIRE(same_bits(again, model));
}

TEST_CASE("a tensor may be a list of numbers", "[model_file]") {
  const Model model = minute_model();
  const std::string name = "energy_head.0.bias";
  const auto values = [&](const std::string& numbers) {
    return parse_model(with_list(model, name, numbers), "memory").values(name);
  };
  CHECK(values("[1, -2]") == std::vector<float>{1.0F, -2.0F});
  CHECK(values("[0.1, 1e-3]") == std::vector<float>{0.1F, 1e-3F});
  CHECK(values("[3.40282347e38, 1e-60]") ==
        std::vector<float>{std::numeric_limits<float>::max(), 0.0F});
  CHECK(std::signbit(values("[-0.0, 1]")[0]));
  CHECK_THROWS_AS(values("[3.4028236e38, 0]"), InputError);

  // Nine significant digits are enough for every float.
  Random random(5);
  for (int i = 0; i < 2000; ++i) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
    if (!std::isfinite(value)) continue;
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "[%.8e, 0]", static_cast<double>(value));
    REQUIRE(std::bit_cast<std::uint32_t>(values(buffer)[0]) == std::bit_cast<std::uint32_t>(value));
  }
}

TEST_CASE("a file is read from disk, whatever its line ends", "[model_file]") {
  const Model model = minute_model();
  const auto path = std::filesystem::temp_directory_path() /
                    ("fusemd_test_model_file_" + std::to_string(std::random_device{}()) + ".json");
  for (const bool dos : {false, true}) {
    std::string text = format_model(model);
    if (dos) {
      for (std::size_t i = 0; (i = text.find('\n', i)) != std::string::npos; i += 2) {
        text.insert(i, 1, '\r');
      }
    }
    std::ofstream(path, std::ios::binary) << text;
    CHECK(same_bits(read_model(path.string()), model));
  }
  std::filesystem::remove(path);
}

TEST_CASE("a model that no reader would accept is not written", "[model_file]") {
  const Model good = minute_model();
  Model model = good;
  model.name = "";
  CHECK(key_refused(model) == "name");
  model = good;
  model.name = "\xFF";
  CHECK(key_refused(model) == "name");
  model = good;
  model.config.hidden_dim = 6;
  CHECK(key_refused(model) == "config.hidden_dim");
  model = good;
  model.config.cutoff = std::nan("");
  CHECK(key_refused(model) == "config.cutoff");
  model = good;
  model.tensors.erase("rbf.widths");
  CHECK(key_refused(model) == "tensors.rbf.widths");
  model = good;
  model.tensors.at("rbf.widths").shape = {2, 1};
  CHECK(key_refused(model) == "tensors.rbf.widths.shape");
  model = good;
  model.tensors.at("rbf.widths").values.push_back(1.0F);
  CHECK(key_refused(model) == "tensors.rbf.widths.data");
  model = good;
  model.tensors.at("embedding.weight").values[7] = std::nanf("");
  CHECK(key_refused(model) == "tensors.embedding.weight.data");
  model = good;
  model.elements = {8, 1};
  CHECK(key_refused(model) == "elements[1]");
  model = good;
  model.reference_frames[1].forces.pop_back();
  CHECK(key_refused(model) == "reference_frames[1].forces");
  model = good;
  model.reference_frames[0].energy = std::nan("");
  CHECK(key_refused(model) == "reference_frames[0].energy");
  model = good;
  model.training_domain.closest_pairs[0].distance = std::nan("");
  CHECK(key_refused(model) == "training_domain.closest_pairs[0].distance");
  for (const char* provenance : {"", "[]", "{", "{} ", "{}{}", "{\"a\": 1, \"a\": 1}"}) {
    model = good;
    model.provenance = provenance;
    CHECK(key_refused(model) == "provenance");
  }
}
