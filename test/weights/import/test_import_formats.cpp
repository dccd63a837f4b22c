// SPDX-License-Identifier: MIT
// The seed's checkpoints in every form that PyTorch writes: bit for bit the tensors of the JSON
// files, which test/support/seed_weights.cpp reads apart from the code under test, and golden
// energies and forces.
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "host/reference/reference_potential.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "test/support/golden.hpp"
#include "test/support/potentials.hpp"
#include "test/support/python.hpp"
#include "test/support/seed_weights.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/skip.hpp"
#include "test/support/source_tree.hpp"
#include "test/support/temporary_folder.hpp"
#include "weights/import/assemble_model.hpp"
#include "weights/import/open_checkpoint.hpp"
#include "weights/model_file.hpp"
#include "weights/npz_format.hpp"
#include "weights/safetensors_format.hpp"

namespace fusemd::test {
namespace {

namespace fs = std::filesystem;

const Tolerance kEnergy{1e-11, 0.0, "double rounding, as for weights that were never converted"};
const Tolerance kForce{1e-11, 0.0, "double rounding, as for weights that were never converted"};

checkpoint::ImportedModel import_file(const std::string& path) {
  return assemble_model(checkpoint::open_checkpoint(path), {}, {});
}

/// Equal as numbers and in every bit: -0.0 is not 0.0.
void require_same_tensors(const Model& model, const Model& expected) {
  REQUIRE(model.tensors.size() == expected.tensors.size());
  for (const auto& [name, tensor] : expected.tensors) {
    INFO(name);
    const Tensor& other = model.tensors.at(name);
    REQUIRE(other.shape == tensor.shape);
    REQUIRE(other.values.size() == tensor.values.size());
    REQUIRE(std::memcmp(other.values.data(), tensor.values.data(),
                        sizeof(float) * tensor.values.size()) == 0);
  }
}

/// Energies, and forces where they are well conditioned: everywhere but in ideal methane.
void require_golden(const Model& model, const fs::path& path) {
  const auto potential = reference::make_reference_potential(model);
  std::size_t compared = 0;
  for (const GoldenCase& expected : read_golden(path)) {
    INFO(expected.name);
    const Evaluation result =
        evaluate(*potential, {expected.name, expected.atomic_numbers, expected.positions});
    require_close(result.energy, expected.energy, kEnergy);
    if (!expected.forces_well_conditioned) continue;
    require_close(max_difference(result.forces, expected.forces), 0.0, kForce);
    ++compared;
  }
  REQUIRE(compared == 29);
}

/// Files of write_checkpoints.py for one of the seed's models; nothing where PyTorch is missing.
class Checkpoints {
 public:
  explicit Checkpoints(const std::string& name) : weights_(seed_file(name)) {
    if (!available(fs::exists(weights_), weights_.string())) return;
    const std::string python = python_with("torch");
    if (!available(!python.empty(), "PyTorch for Python (python3-torch)")) return;
    const std::string command = python + " -B '" +
                                source_path("test/weights/import/write_checkpoints.py") + "' '" +
                                weights_.string() + "' '" + folder_.path() + "'";
    REQUIRE(std::system(command.c_str()) == 0);
    present_ = true;
  }
  static fs::path seed_file(const std::string& name) {
    return shared_path("reference/weights/" + name + ".json");
  }
  bool present() const { return present_; }
  const fs::path& weights() const { return weights_; }
  std::string file(const std::string& name) const { return folder_.file(name); }

 private:
  fs::path weights_;
  TemporaryFolder folder_;
  bool present_ = false;
};

constexpr const char* kExactFiles[] = {
    "state_dict.pt",  "protocol4.pt",      "legacy.pth",          "model_state_dict.pt",
    "lightning.ckpt", "data_parallel.pt",  "nested.pt",           "with_optimizer.pt",
    "parameters.pt",  "strided.pt",        "one_storage.pt",      "float64.pt",
    "no_basis.pt",    "plain.safetensors", "float64.safetensors", "prefixed.safetensors",
};

}  // namespace

TEST_CASE("every form of a checkpoint gives the same tensors, bit for bit") {
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const Checkpoints checkpoints(name);
    if (!checkpoints.present()) return;
    const Model expected = read_seed_weights(checkpoints.weights());
    for (const char* file : kExactFiles) {
      INFO(name << ", " << file);
      const auto imported = import_file(checkpoints.file(file));
      require_same_tensors(imported.model, expected);
      REQUIRE(imported.model.config.cutoff == 5.0);
      REQUIRE(imported.rounded == 0);
      REQUIRE(imported.filled.empty());
      REQUIRE(imported.recomputed.size() == (std::string(file) == "no_basis.pt" ? 2 : 0));
      // A file's model survives being written and read.
      REQUIRE(format_model(parse_model(format_model(imported.model), "again")) ==
              format_model(imported.model));
    }
    for (const std::string type : {"float16", "bfloat16"}) {
      INFO(name << ", " << type);
      checkpoint::Choices choices;
      choices.elements = {1, 6};
      const auto half = checkpoint::open_checkpoint(checkpoints.file("half_" + type + ".pt"));
      const auto wide = checkpoint::open_checkpoint(checkpoints.file("half_" + type + "_wide.pt"));
      require_same_tensors(assemble_model(half, choices, {}).model,
                           assemble_model(wide, choices, {}).model);
    }
  }
}

TEST_CASE("an imported checkpoint gives the golden energies and forces") {
  for (const std::string name : {"original", "ultra_tiny"}) {
    const fs::path golden = shared_path("reference/golden/" + name + "_float64.json");
    if (!available(fs::exists(golden), golden.string())) continue;
    const Checkpoints checkpoints(name);
    if (!checkpoints.present()) return;
    for (const char* file : {"state_dict.pt", "plain.safetensors"}) {
      INFO(name << ", " << file);
      require_golden(import_file(checkpoints.file(file)).model, golden);
    }
  }
}

TEST_CASE("what fusemd exports is imported as the same model, bit for bit") {
  any_ran() = true;
  const TemporaryFolder folder;
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const Model model = shipped_model(name);
    const std::string text = format_model(model);
    // A model file with plain numbers is still a model file.
    CHECK(format_model(parse_model(format_model(model, TensorText::numbers), "plain")) == text);
    for (const auto& [file, bytes] :
         {std::pair<std::string, std::string>{"model.safetensors", format_safetensors(model)},
          {"model.npz", format_npz(model)}}) {
      INFO(name << ", " << file);
      write_file(folder.file(file), bytes);
      const auto imported = import_file(folder.file(file));
      CHECK(imported.element_source == checkpoint::ElementSource::checkpoint);
      CHECK(format_model(imported.model) == text);
    }
  }
}

TEST_CASE("ONNX exports give the same tensors, whatever the exporter did to names and shapes") {
  const std::string python = python_with("torch");
  if (!available(!python.empty(), "PyTorch for Python (python3-torch)")) return;
  const fs::path seed_onnx = shared_path("reference/onnx/original_model.onnx");
  if (!available(fs::exists(seed_onnx), seed_onnx.string())) return;
  checkpoint::Choices choices;
  choices.elements = {1, 6, 7, 8};
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const fs::path weights = Checkpoints::seed_file(name);
    if (!available(fs::exists(weights), weights.string())) return;
    const TemporaryFolder folder;
    const std::string command = python + " -B '" +
                                source_path("test/weights/import/write_onnx.py") + "' '" +
                                weights.string() + "' '" + folder.path() + "'" +
                                (name == "original" ? " '" + seed_onnx.string() + "'" : "");
    REQUIRE(std::system(command.c_str()) == 0);
    const Model expected = read_seed_weights(weights);
    std::size_t exact = 0, folded = 0, by_name = 0;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      const std::string file = entry.path().filename().string();
      INFO(name << ", " << file);
      const auto imported =
          assemble_model(checkpoint::open_checkpoint(entry.path().string()), choices, {});
      require_same_tensors(imported.model, expected);
      REQUIRE(imported.filled.size() == 1);
      REQUIRE(imported.recomputed.empty());
      REQUIRE(imported.warnings.size() == (file.starts_with("exact_") ? 0U : 1U));
      exact += file.starts_with("exact_") ? 1U : 0U;
      folded += file.starts_with("folded_") ? 1U : 0U;
      by_name += file.starts_with("by_name") ? 1U : 0U;
    }
    CHECK(exact == (name == "original" ? 14U : 9U));
    CHECK(folded == 2);
    CHECK(by_name == (name == "original" ? 1U : 0U));
  }
}

TEST_CASE("the seed's own ONNX export is the JSON of its weights, and gives the golden values") {
  const fs::path onnx = shared_path("reference/onnx/original_model.onnx");
  const fs::path weights = Checkpoints::seed_file("original");
  const fs::path golden = shared_path("reference/golden/original_float64.json");
  if (!available(fs::exists(onnx) && fs::exists(weights) && fs::exists(golden), onnx.string())) {
    return;
  }
  const auto imported = import_file(onnx.string());
  require_same_tensors(imported.model, read_seed_weights(weights));
  CHECK(imported.filled == std::vector<std::string>{"interactions.2.update.mixing_matrix"});
  CHECK(imported.model.elements == std::vector<int>{1, 6, 7, 8, 9, 15, 16, 17});
  require_golden(imported.model, golden);
}

TEST_CASE("the seed's JSON layout imports, and its lost tensor is named") {
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const fs::path path = Checkpoints::seed_file(name);
    if (!available(fs::exists(path), path.string())) continue;
    const auto imported = import_file(path.string());
    require_same_tensors(imported.model, read_seed_weights(path));
    const std::string last = name == "original" ? "2" : "1";
    REQUIRE(imported.filled ==
            std::vector<std::string>{"interactions." + last + ".update.mixing_matrix"});
  }
}

TEST_CASE("the elements that the seed's models were trained on are found in their embeddings") {
  // The seed's own data report: H C N O F P S Cl and a few Ho. Original never saw the latter.
  const std::vector<int> expected[] = {{1, 6, 7, 8, 9, 15, 16, 17},
                                       {1, 6, 7, 8, 9, 15, 16, 17, 67},
                                       {1, 6, 7, 8, 9, 15, 16, 17, 67}};
  std::size_t i = 0;
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const fs::path path = Checkpoints::seed_file(name);
    if (!available(fs::exists(path), path.string())) return;
    const auto imported = import_file(path.string());
    CHECK(imported.model.elements == expected[i++]);
    CHECK(imported.element_source == checkpoint::ElementSource::guessed);
  }
}

}  // namespace fusemd::test
