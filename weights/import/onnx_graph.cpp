// SPDX-License-Identifier: MIT
#include "weights/import/onnx_graph.hpp"

#include <bit>
#include <utility>

#include "weights/error.hpp"
#include "weights/import/checkpoint.hpp"
#include "weights/import/protobuf_reader.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

constexpr std::size_t kMostValues = 200'000;

[[noreturn]] void refuse(std::string_view name,
                         std::string problem,
                         std::string expected,
                         std::string found,
                         std::string hint = "export the model again") {
  throw InputError({.key = printable_key(name),
                    .problem = std::move(problem),
                    .expected = std::move(expected),
                    .found = std::move(found),
                    .hint = std::move(hint)});
}

class GraphReader {
 public:
  OnnxGraph read(std::span<const std::byte> bytes) {
    std::span<const std::byte> graph;
    bool found = false;
    std::string producer, version;
    ProtobufReader model(bytes);
    for (ProtobufField field; model.next(field);) {
      if (field.wire != ProtobufField::Wire::bytes) continue;
      if (field.number == 2) producer = printable_key(field.text());
      if (field.number == 3) version = printable_key(field.text());
      if (field.number != 7) continue;
      if (found) refuse({}, "two graphs in one model", "one", "another");
      graph = field.bytes;
      found = true;
    }
    if (!found) {
      refuse({}, "not an ONNX model", "a graph", "none",
             "PyTorch, ONNX, safetensors and mlff-student-weights-v1 are read");
    }
    graph_.producer = producer + (version.empty() ? "" : " " + version);
    read_graph(graph);
    link();
    return std::move(graph_);
  }

 private:
  void count_value() {
    if (++values_ > kMostValues) {
      refuse({}, "a graph with too many values", "at most " + std::to_string(kMostValues), "more");
    }
  }

  void read_graph(std::span<const std::byte> bytes) {
    ProtobufReader reader(bytes);
    for (ProtobufField field; reader.next(field);) {
      if (field.wire != ProtobufField::Wire::bytes) continue;
      if (field.number == 1) {
        if (graph_.nodes.size() >= kMostTensors) {
          refuse({}, "too many operations", "at most " + std::to_string(kMostTensors), "more");
        }
        graph_.nodes.push_back(read_node(field.bytes));
      } else if (field.number == 5) {
        if (graph_.initializers.size() >= kMostTensors) {
          refuse({}, "too many tensors", "at most " + std::to_string(kMostTensors), "more");
        }
        auto [name, tensor] = read_tensor(field.bytes);
        if (!graph_.initializers.emplace(name, std::move(tensor)).second) {
          refuse(name, "tensor given twice", "each initialiser once", in_quotes(name) + " again");
        }
      }
    }
  }

  OnnxNode read_node(std::span<const std::byte> bytes) {
    OnnxNode node;
    ProtobufReader reader(bytes);
    for (ProtobufField field; reader.next(field);) {
      if (field.wire != ProtobufField::Wire::bytes) continue;
      if (field.number == 1 || field.number == 2) {
        count_value();
        (field.number == 1 ? node.inputs : node.outputs).push_back(field.text());
      } else if (field.number == 4) {
        node.op = field.text();
      } else if (field.number == 5) {
        count_value();
        read_attribute(field.bytes, node);
      }
    }
    return node;
  }

  void read_attribute(std::span<const std::byte> bytes, OnnxNode& node) {
    std::string_view name;
    std::vector<std::int64_t> integers;
    ProtobufReader reader(bytes);
    for (ProtobufField field; reader.next(field);) {
      using Wire = ProtobufField::Wire;
      if (field.number == 1 && field.wire == Wire::bytes) name = field.text();
      if (field.number == 2 && field.wire == Wire::fixed32) {
        node.floats[name] = std::bit_cast<float>(static_cast<std::uint32_t>(field.value));
      }
      if (field.number == 3 && field.wire == Wire::varint) {
        node.integers[name] = static_cast<std::int64_t>(field.value);
      }
      if (field.number == 4 && field.wire == Wire::bytes && name == "equation") {
        node.equation = field.text();
      }
      if (field.number == 5 && field.wire == Wire::bytes && name == "value") {
        node.value = read_tensor(field.bytes).second;
      }
      if (field.number == 8 && name == "perm") add_integers(field, integers);
    }
    if (name == "perm") node.perm = std::move(integers);
  }

  /// A repeated integer comes packed or one by one.
  void add_integers(const ProtobufField& field, std::vector<std::int64_t>& integers) {
    if (field.wire == ProtobufField::Wire::varint) {
      count_value();
      integers.push_back(static_cast<std::int64_t>(field.value));
    } else if (field.wire == ProtobufField::Wire::bytes) {
      for (auto packed = field.bytes; !packed.empty();) {
        count_value();
        integers.push_back(static_cast<std::int64_t>(take_varint(packed)));
      }
    }
  }

  std::pair<std::string_view, StoredTensor> read_tensor(std::span<const std::byte> bytes) {
    std::vector<std::int64_t> dims;
    std::uint64_t type = 0;
    std::string_view name;
    std::optional<std::span<const std::byte>> numbers;
    bool external = false;
    ProtobufReader reader(bytes);
    for (ProtobufField field; reader.next(field);) {
      const bool is_bytes = field.wire == ProtobufField::Wire::bytes;
      switch (field.number) {
        case 1:
          add_integers(field, dims);
          break;
        case 2:
          type = field.value;
          break;
        case 8:
          if (is_bytes) name = field.text();
          break;
        case 4:   // float_data
        case 9:   // raw_data
        case 10:  // double_data
          if (!is_bytes || (numbers && !numbers->empty())) {
            refuse(name, "numbers in several pieces", "one run of numbers", "more");
          }
          numbers = field.bytes;
          break;
        case 13:
          external = true;
          break;
        case 14:
          external = external || field.value == 1;
          break;
        default:
          break;
      }
    }
    if (external) {
      refuse(name, "numbers in another file", "all of them in this one", "external data",
             "export without external data; files that a checkpoint names are never opened");
    }
    return {name, stored_tensor(name, dims, type, numbers.value_or(std::span<const std::byte>{}))};
  }

  static StoredTensor stored_tensor(std::string_view name,
                                    const std::vector<std::int64_t>& dims,
                                    std::uint64_t type,
                                    std::span<const std::byte> numbers) {
    StoredTensor tensor;
    tensor.name = printable_key(name);
    if (dims.size() > kMostAxes) {
      refuse(name, "too many axes", "at most " + std::to_string(kMostAxes),
             std::to_string(dims.size()));
    }
    for (const std::int64_t extent : dims) {
      if (extent < 0) refuse(name, "a negative extent", "0 or more", std::to_string(extent));
      tensor.shape.push_back(static_cast<std::size_t>(extent));
    }
    tensor.strides = row_major_strides(tensor.shape);
    tensor.storage = numbers;
    constexpr std::uint64_t kFloat = 1, kFloat16 = 10, kDouble = 11, kBfloat16 = 16;
    tensor.type = type == kFloat      ? ElementType::float32
                  : type == kFloat16  ? ElementType::float16
                  : type == kDouble   ? ElementType::float64
                  : type == kBfloat16 ? ElementType::bfloat16
                                      : ElementType::other;
    if (tensor.type == ElementType::other) return tensor;
    const auto count = element_count(tensor.shape);
    std::size_t size = 0;
    if (!count || __builtin_mul_overflow(*count, element_size(tensor.type), &size) ||
        size != numbers.size()) {
      refuse(name, "another size than the shape has",
             shape_text(tensor.shape) + " of " + std::to_string(element_size(tensor.type)) +
                 " bytes each",
             std::to_string(numbers.size()) + " bytes");
    }
    return tensor;
  }

  void link() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (const std::string_view value : graph_.nodes[i].outputs) {
        if (value.empty()) continue;
        if (!graph_.made_by.emplace(value, i).second || graph_.initializers.contains(value)) {
          refuse(value, "a value that is made twice", "each value once",
                 in_quotes(value) + " again");
        }
      }
      for (const std::string_view value : graph_.nodes[i].inputs) {
        if (!value.empty()) graph_.used_by[value].push_back(i);
      }
    }
  }

  OnnxGraph graph_;
  std::size_t values_ = 0;
};

bool is_vector(const StoredTensor& tensor) {
  std::size_t longer = 0;
  for (const std::size_t extent : tensor.shape) longer += extent != 1 ? 1 : 0;
  return longer <= 1;
}

}  // namespace

const OnnxNode* OnnxGraph::maker(std::string_view value) const {
  const auto at = made_by.find(value);
  return at == made_by.end() ? nullptr : &nodes[at->second];
}

std::optional<StoredTensor> OnnxGraph::constant(std::string_view value) const {
  bool is_transposed = false;
  bool in_order = false;
  // Chains are short; a longer one goes round in circles.
  for (int steps = 0; steps < 16; ++steps) {
    std::optional<StoredTensor> found;
    if (const auto at = initializers.find(value); at != initializers.end()) found = at->second;
    const OnnxNode* node = maker(value);
    if (!found && node != nullptr && node->op == "Constant") {
      found = node->value;
      if (!found) return {};
    }
    if (found) {
      if (in_order && !is_vector(*found)) return {};
      if (!is_transposed) return found;
      return found->shape.size() == 2 ? std::optional(transposed(*found)) : std::nullopt;
    }
    if (node == nullptr || node->inputs.empty()) return {};
    if (node->op == "Transpose") {
      const bool swaps = node->perm == std::vector<std::int64_t>{1, 0} || node->perm.empty();
      if (!swaps) return {};
      is_transposed = !is_transposed;
    } else if (node->op == "Unsqueeze" || node->op == "Squeeze" || node->op == "Flatten" ||
               node->op == "Reshape") {
      in_order = true;
    } else if (node->op == "Cast") {
      const auto to = node->integers.find("to");
      if (to == node->integers.end() || (to->second != 1 && to->second != 11)) return {};
    } else if (node->op != "Identity") {
      return {};
    }
    value = node->inputs[0];
  }
  return {};
}

OnnxGraph read_onnx_graph(std::span<const std::byte> bytes) { return GraphReader().read(bytes); }

}  // namespace fusemd::checkpoint
