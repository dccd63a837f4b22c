// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numeric>

#include "test/support/catch.hpp"
#include "test/support/skip.hpp"
#include "test/support/tiny_model.hpp"
#include "test/weights/import/checkpoint_of.hpp"
#include "weights/error.hpp"
#include "weights/import/assemble_model.hpp"
#include "weights/import/trained_elements.hpp"
#include "weights/model_file.hpp"

namespace fusemd::test {
namespace {

using checkpoint::Checkpoint;
using checkpoint::Choices;
using checkpoint::ElementSource;
using checkpoint::ImportedModel;

Model seed_model(int layers = 2) { return make_model(seed_switches(8, layers, 4), 1); }

Choices with_elements() {
  Choices choices;
  choices.elements = {1, 6};
  return choices;
}

/// Problem, key and what was found, in one line.
std::string refused(const Checkpoint& checkpoint, const Choices& choices = with_elements()) {
  try {
    assemble_model(checkpoint, choices, {});
  } catch (const InputError& error) {
    return error.parts().key + ": " + error.parts().problem + " / " + error.parts().expected +
           " / " + error.parts().found;
  }
  return "accepted";
}

bool has(const std::string& text, const std::string& words) {
  INFO(text);
  CHECK(text.find(words) != std::string::npos);
  return true;
}

}  // namespace

TEST_CASE("sizes follow from shapes, and the switches default to the seed's") {
  any_ran() = true;
  const Model model = seed_model(3);
  const ImportedModel imported = assemble_model(checkpoint_of(model), with_elements(), {});
  CHECK(imported.model.config.hidden_dim == 8);
  CHECK(imported.model.config.num_interactions == 3);
  CHECK(imported.model.config.num_rbf == 4);
  CHECK(imported.model.config.max_z == 10);
  CHECK(imported.model.config.cutoff == 5.0);
  CHECK(imported.model.config.cutoff_applied_to == CutoffAppliedTo::rbf);
  CHECK(imported.model.config.vector_mixing == VectorMixing::matrix);
  CHECK(imported.model.config.directional_message == DirectionalMessage::filter);
  CHECK(imported.model.config.norm_epsilon == 0.0);
  for (const auto& [name, tensor] : model.tensors) {
    CHECK(imported.model.values(name) == tensor.values);
  }
}

TEST_CASE("a cutoff is the decimal that was meant, not the float32 next to it") {
  Model model = seed_model();
  model.tensors.at("rbf.centers").values.back() = 4.2F;
  CHECK(assemble_model(checkpoint_of(model), with_elements(), {}).model.config.cutoff == 4.2);
}

TEST_CASE("metadata is checked against the tensors") {
  const auto with = [](const std::string& key, double value) {
    Checkpoint checkpoint = checkpoint_of(seed_model());
    checkpoint.metadata.numbers[key] = value;
    return refused(checkpoint);
  };
  CHECK(with("hidden_dim", 8) == "accepted");
  has(with("hidden_dim", 16), "hidden_dim: the checkpoint contradicts itself");
  has(with("num_interactions", 3), "num_interactions: the checkpoint contradicts itself");
  has(with("num_rbf", 5), "num_rbf: the checkpoint contradicts itself");
  has(with("max_z", 118), "max_z: the checkpoint contradicts itself / 10");
  has(with("cutoff", 6), "cutoff: the checkpoint contradicts itself / 5, where the radial basis");
  has(with("norm_epsilon", std::nan("")), "norm_epsilon");
  has(with("norm_epsilon", 7), "norm_epsilon: out of range");
  Checkpoint checkpoint = checkpoint_of(seed_model());
  checkpoint.metadata.words["vector_mixing"] = "both";
  has(refused(checkpoint), "vector_mixing: an unknown value in the metadata / matrix or none");
  checkpoint.metadata.words["vector_mixing"] = "none";
  CHECK(assemble_model(checkpoint, with_elements(), {}).model.config.vector_mixing ==
        VectorMixing::none);
}

TEST_CASE("only dead tensors and the radial basis may be missing") {
  Model model = seed_model();
  for (const std::string name :
       {"interactions.0.update.mixing_matrix", "interactions.1.update.update_mlp.2.weight",
        "energy_head.4.bias"}) {
    Checkpoint checkpoint = checkpoint_of(model);
    remove_tensor(checkpoint, name);
    has(refused(checkpoint), "1 tensor is missing");
    has(refused(checkpoint), name);
  }
  Checkpoint checkpoint = checkpoint_of(model);
  remove_tensor(checkpoint, "interactions.1.update.mixing_matrix");
  const ImportedModel imported = assemble_model(checkpoint, with_elements(), {});
  CHECK(imported.filled == std::vector<std::string>{"interactions.1.update.mixing_matrix"});
  CHECK(imported.model.values("interactions.1.update.mixing_matrix") ==
        std::vector<float>(9, 0.0F));

  // Without mixing, no matrix matters.
  remove_tensor(checkpoint, "interactions.0.update.mixing_matrix");
  Choices none = with_elements();
  none.vector_mixing = VectorMixing::none;
  CHECK(assemble_model(checkpoint, none, {}).filled.size() == 2);

  remove_tensor(checkpoint, "rbf.centers");
  remove_tensor(checkpoint, "rbf.widths");
  has(refused(checkpoint, none), "cutoff: not in the checkpoint");
  none.cutoff = 4.5;
  const ImportedModel rebuilt = assemble_model(checkpoint, none, {});
  CHECK(rebuilt.recomputed == std::vector<std::string>{"rbf.centers", "rbf.widths"});
  CHECK(rebuilt.model.values("rbf.centers") == std::vector<float>{0.0F, 1.5F, 3.0F, 4.5F});
  CHECK(rebuilt.model.values("rbf.widths") == std::vector<float>(4, 1.125F));
}

TEST_CASE("tensors of a wrong shape, type or name are refused by their name in the checkpoint") {
  const auto changed = [](auto change) {
    Checkpoint checkpoint = checkpoint_of(seed_model(), "net.");
    change(checkpoint);
    return refused(checkpoint);
  };
  has(changed([](Checkpoint& c) { tensor_of(c, "net.energy_head.0.bias").shape = {5}; }),
      "net.energy_head.0.bias: wrong shape / [4] / [5]");
  has(changed([](Checkpoint& c) { tensor_of(c, "net.embedding.weight").shape = {88}; }),
      "net.embedding.weight: wrong number of axes");
  has(changed([](Checkpoint& c) {
        tensor_of(c, "net.embedding.weight").shape = {11, std::size_t{1} << 63};
      }),
      "config.hidden_dim: out of range");
  has(changed([](Checkpoint& c) {
        tensor_of(c, "net.embedding.weight").shape = {std::size_t{1} << 63, 8};
      }),
      "config.max_z: out of range");
  has(changed([](Checkpoint& c) {
        tensor_of(c, "net.rbf.widths").type = checkpoint::ElementType::other;
      }),
      "net.rbf.widths");
  has(changed([](Checkpoint& c) {
        auto extra = tensor_of(c, "net.rbf.widths");
        extra.name = "net.layer_norm.weight";
        c.tensors.push_back(extra);
      }),
      "net.layer_norm.weight: a tensor that the student architecture does not have");
  has(changed([](Checkpoint& c) { c.tensors.push_back(tensor_of(c, "net.rbf.widths")); }),
      "net.rbf.widths: tensor given twice");
  has(changed([](Checkpoint& c) { remove_tensor(c, "net.embedding.weight"); }),
      "no student model in it");
  has(changed([](Checkpoint& c) {
        tensor_of(c, "net.rbf.widths").storage = tensor_of(c, "net.rbf.widths").storage.first(12);
      }),
      "net.rbf.widths: reaches outside of its data");
  Model nan = seed_model();
  nan.tensors.at("energy_head.2.weight").values[1] = NAN;
  has(refused(checkpoint_of(nan)), "energy_head.2.weight.data: not finite");
}

TEST_CASE("views that repeat their numbers cannot grow into a large model") {
  // The largest model that the format knows, all of it one float.
  StudentConfig config = seed_switches(512, 16, 256);
  Checkpoint checkpoint;
  checkpoint.unpacked.emplace_back(4);
  for (const auto& [name, shape] : student_tensor_shapes(config)) {
    checkpoint::StoredTensor tensor;
    tensor.name = name;
    tensor.type = checkpoint::ElementType::float32;
    tensor.shape = shape;
    tensor.strides.assign(shape.size(), 0);
    tensor.storage = checkpoint.unpacked.back();
    checkpoint.tensors.push_back(tensor);
  }
  Choices choices = with_elements();
  choices.cutoff = 5.0;
  has(refused(checkpoint, choices), "tensors that repeat the same numbers over and over");
}

TEST_CASE("the model is found behind any prefix, and two models are told apart") {
  const Model model = seed_model();
  for (const std::string prefix : {"", "module.", "model_state_dict.module.", "a.b.c.d."}) {
    const ImportedModel imported =
        assemble_model(checkpoint_of(model, prefix), with_elements(), {});
    CHECK(imported.prefix == prefix);
  }
  const auto both = [&](const std::string& first, const std::string& second, const Model& other) {
    Checkpoint checkpoint = checkpoint_of(model, first);
    Checkpoint more = checkpoint_of(other, second);
    for (auto& tensor : more.tensors) checkpoint.tensors.push_back(tensor);
    for (auto& bytes : more.unpacked) checkpoint.unpacked.push_back(std::move(bytes));
    return checkpoint;
  };
  const Model other = make_model(seed_switches(8, 2, 4), 2);
  has(refused(both("student.", "ema.", other)), "several models in it");
  CHECK(refused(both("state_dict.", "ema.", other)) == "accepted");
  Choices ema = with_elements();
  ema.prefix = "ema";
  const ImportedModel imported = assemble_model(both("student.", "ema.", other), ema, {});
  CHECK(imported.model.values("rbf.widths") == other.values("rbf.widths"));
  CHECK(imported.model.values("embedding.weight") == other.values("embedding.weight"));
  ema.prefix = "teacher";
  has(refused(both("student.", "ema.", other), ema), "no student model under \"teacher\"");
}

TEST_CASE("elements: as given, else from the header, else a guess, else from the frames") {
  Model model = make_model(seed_switches(8, 2, 4), 3);
  Tensor& embedding = model.tensors.at("embedding.weight");
  has(refused(checkpoint_of(model), {}),
      "elements: the checkpoint does not show which elements it was trained on");
  const ImportedModel from_frames = assemble_model(checkpoint_of(model), {}, {1, 8});
  CHECK(from_frames.element_source == ElementSource::frames);
  CHECK(from_frames.model.elements == std::vector<int>{1, 8});

  for (std::size_t z = 0; z <= 10; ++z) {
    if (z == 1 || z == 7) continue;
    std::fill_n(embedding.values.begin() + static_cast<std::ptrdiff_t>(8 * z), 8, 0.0F);
  }
  const ImportedModel guessed = assemble_model(checkpoint_of(model), {}, {1, 8});
  CHECK(guessed.element_source == ElementSource::guessed);
  CHECK(guessed.model.elements == std::vector<int>{1, 7});

  Checkpoint exported = checkpoint_of(model);
  exported.metadata.model_header = format_model_header(model);
  const ImportedModel again = assemble_model(exported, {}, {});
  CHECK(again.element_source == ElementSource::checkpoint);
  CHECK(same_bits(again.model, model));
}

TEST_CASE("rows that training changed are told from rows as PyTorch drew them") {
  // torch.manual_seed(0); torch.nn.init.uniform_(torch.empty(4, 8), -math.sqrt(3), math.sqrt(3)):
  // hexadecimal, as float32.
  const std::vector<float> drawn = {
      -0x1.a8ebb80000000p-7F, 0x1.dbb93a0000000p-1F,  -0x1.6cf13c0000000p+0F,
      -0x1.4651ac0000000p+0F, -0x1.558f0a0000000p-1F, 0x1.db9bf80000000p-2F,
      -0x1.1920e00000000p-5F, 0x1.5f92380000000p+0F,  -0x1.3acbe20000000p-3F,
      0x1.d552760000000p-2F,  -0x1.0c016e0000000p-1F, -0x1.5ca1de0000000p-2F,
      -0x1.a79b360000000p+0F, -0x1.25a8c20000000p+0F, -0x1.6d90460000000p-1F,
      0x1.06ce0c0000000p-4F,  0x1.5e96540000000p-1F,  0x1.0a0d980000000p+0F,
      -0x1.2c9a3c0000000p+0F, -0x1.822c3c0000000p-1F, 0x1.421ac60000000p-1F,
      0x1.7032bc0000000p+0F,  -0x1.6d02e40000000p-2F, 0x1.4bce200000000p+0F,
      -0x1.1de0c60000000p-2F, 0x1.7759160000000p-3F,  0x1.917e200000000p+0F,
      -0x1.9b556c0000000p+0F, -0x1.1723e80000000p+0F, -0x1.c104da0000000p-2F,
      -0x1.59adb20000000p-1F, 0x1.7f1a2e0000000p+0F,
  };
  Tensor embedding{{4, 8}, drawn};
  CHECK(checkpoint::find_trained_elements(embedding).elements.empty());
  for (std::size_t i = 2 * 8; i < 3 * 8; ++i) embedding.values[i] += 0.001F;
  CHECK(checkpoint::find_trained_elements(embedding).elements == std::vector<int>{2});
  for (float& value : embedding.values) value *= 1.0001F;  // weight decay leaves no grid
  CHECK(checkpoint::find_trained_elements(embedding).elements.empty());
}

}  // namespace fusemd::test
