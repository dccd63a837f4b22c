// SPDX-License-Identifier: MIT
#include "weights/import/onnx_file.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "weights/error.hpp"
#include "weights/import/onnx_basis.hpp"
#include "weights/import/onnx_graph.hpp"
#include "weights/import/onnx_layers.hpp"
#include "weights/little_endian.hpp"

namespace fusemd::checkpoint {
namespace {

/// Gives tensors the names of the PyTorch module.
class Namer {
 public:
  explicit Namer(Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  void add(StoredTensor tensor, const std::string& name) {
    tensor.name = name;
    checkpoint_.tensors.push_back(std::move(tensor));
  }
  void add(const OnnxLinear& linear, const std::string& name) {
    add(linear.weight, name + ".weight");
    if (linear.bias) add(*linear.bias, name + ".bias");
  }

 private:
  Checkpoint& checkpoint_;
};

std::string layer_name(std::size_t layer, const std::string& rest) {
  return "interactions." + std::to_string(layer) + '.' + rest;
}

void name_by_graph(const OnnxGraph& graph, Checkpoint& checkpoint) {
  const OnnxLayers layers = find_onnx_layers(graph);
  const std::size_t num_rbf = layers.filters.front().weight.shape[1];
  const OnnxBasis basis = find_onnx_basis(graph, num_rbf);
  Namer namer(checkpoint);
  namer.add(layers.embedding, "embedding.weight");
  for (std::size_t l = 0; l < layers.filters.size() / 2; ++l) {
    namer.add(layers.filters[2 * l], layer_name(l, "message.rbf_to_scalar.0"));
    namer.add(layers.filters[2 * l + 1], layer_name(l, "message.rbf_to_scalar.2"));
    namer.add(layers.updates[2 * l], layer_name(l, "update.update_mlp.0"));
    namer.add(layers.updates[2 * l + 1], layer_name(l, "update.update_mlp.2"));
  }
  for (const OnnxMixing& mixing : layers.mixings) {
    namer.add(mixing.matrix,
              layer_name(static_cast<std::size_t>(mixing.layer), "update.mixing_matrix"));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    namer.add(layers.head[i], "energy_head." + std::to_string(2 * i));
  }
  namer.add(basis.centers, "rbf.centers");
  if (basis.cutoff) checkpoint.metadata.numbers["cutoff"] = *basis.cutoff;
  if (basis.widths) {
    namer.add(*basis.widths, "rbf.widths");
    return;
  }
  std::string bytes;
  append_little_endian(bytes, basis.computed_widths);
  const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
  checkpoint.unpacked.emplace_back(begin, begin + bytes.size());
  StoredTensor widths;
  widths.type = ElementType::float32;
  widths.shape = {num_rbf};
  widths.strides = {1};
  widths.storage = checkpoint.unpacked.back();
  namer.add(std::move(widths), "rbf.widths");
  checkpoint.notes.push_back(
      "the exporter folded the widths of the radial basis; they were computed from its exponents");
}

/// Initialisers under their own names, sorted: the graph keeps them in no order.
void name_by_initializers(const OnnxGraph& graph, Checkpoint& checkpoint) {
  for (const auto& [name, tensor] : graph.initializers) {
    checkpoint.tensors.push_back(tensor);
    checkpoint.tensors.back().name = std::string(name);
  }
  std::sort(checkpoint.tensors.begin(), checkpoint.tensors.end(),
            [](const StoredTensor& a, const StoredTensor& b) { return a.name < b.name; });
}

}  // namespace

Checkpoint read_onnx(std::vector<std::byte> bytes) {
  Checkpoint checkpoint;
  checkpoint.format = "ONNX";
  checkpoint.bytes = std::move(bytes);
  const OnnxGraph graph = read_onnx_graph(checkpoint.bytes);
  checkpoint.metadata.source = graph.producer;
  try {
    name_by_graph(graph, checkpoint);
  } catch (const InputError& error) {
    const bool has_names = std::any_of(
        graph.initializers.begin(), graph.initializers.end(),
        [](const auto& entry) { return entry.first.ends_with("message.rbf_to_scalar.0.weight"); });
    if (!has_names) throw;
    checkpoint.tensors.clear();
    checkpoint.notes = {"the graph was not understood (" + error.parts().expected + " expected, " +
                        error.parts().found +
                        " found), so tensors were taken by their names alone"};
    name_by_initializers(graph, checkpoint);
  }
  return checkpoint;
}

}  // namespace fusemd::checkpoint
