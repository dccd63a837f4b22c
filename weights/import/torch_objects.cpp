// SPDX-License-Identifier: MIT
#include "weights/import/torch_objects.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "weights/error.hpp"
#include "weights/import/checkpoint.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

enum class Meaning {
  ordered_dict,
  rebuild_tensor,
  rebuild_parameter,
  storage,
  size,
  device,
  dtype
};

struct Name {
  std::string_view module, name;
  Meaning meaning;
  ElementType type = ElementType::other;
  std::size_t width = 0;  ///< of a storage type: bytes of one number
};

constexpr auto kNames = std::to_array<Name>({
    {"collections", "OrderedDict", Meaning::ordered_dict},
    {"torch._utils", "_rebuild_tensor", Meaning::rebuild_tensor},
    {"torch._utils", "_rebuild_tensor_v2", Meaning::rebuild_tensor},
    {"torch._utils", "_rebuild_parameter", Meaning::rebuild_parameter},
    {"torch", "FloatStorage", Meaning::storage, ElementType::float32, 4},
    {"torch", "DoubleStorage", Meaning::storage, ElementType::float64, 8},
    {"torch", "HalfStorage", Meaning::storage, ElementType::float16, 2},
    {"torch", "BFloat16Storage", Meaning::storage, ElementType::bfloat16, 2},
    {"torch", "LongStorage", Meaning::storage, ElementType::other, 8},
    {"torch", "IntStorage", Meaning::storage, ElementType::other, 4},
    {"torch", "ShortStorage", Meaning::storage, ElementType::other, 2},
    {"torch", "CharStorage", Meaning::storage, ElementType::other, 1},
    {"torch", "ByteStorage", Meaning::storage, ElementType::other, 1},
    {"torch", "BoolStorage", Meaning::storage, ElementType::other, 1},
    {"torch", "Size", Meaning::size},
    {"torch", "device", Meaning::device},
    {"torch", "float16", Meaning::dtype},
    {"torch", "bfloat16", Meaning::dtype},
    {"torch", "float32", Meaning::dtype},
    {"torch", "float64", Meaning::dtype},
    {"torch", "int64", Meaning::dtype},
});

// Numbers of PickleKind::made values.
constexpr std::int64_t kKinds = 2;
constexpr std::int64_t kStorage = 0;
constexpr std::int64_t kTensor = 1;

[[noreturn]] void refuse(std::string problem, std::string expected, std::string found) {
  throw InputError({.problem = std::move(problem),
                    .expected = std::move(expected),
                    .found = std::move(found),
                    .hint = "save the weights alone: torch.save(model.state_dict(), FILE)"});
}

std::int64_t integer(const PickleValues& values, PickleRef ref) {
  const PickleValue& value = values.at(ref);
  if (value.kind == PickleKind::large_integer) {
    refuse("an integer too large", "whole numbers below 2^63", "more");
  }
  if (value.kind != PickleKind::integer) {
    refuse("a tensor described by something else than numbers", "whole numbers", "another value");
  }
  return value.integer;
}

std::size_t natural(const PickleValues& values, PickleRef ref) {
  const std::int64_t value = integer(values, ref);
  if (value < 0) refuse("a negative extent, stride or offset", "0 or more", std::to_string(value));
  return static_cast<std::size_t>(value);
}

std::vector<std::size_t> naturals(const PickleValues& values, PickleRef ref) {
  const PickleKind kind = values.at(ref).kind;
  if (kind != PickleKind::tuple && kind != PickleKind::list) {
    refuse("a tensor without a shape", "a tuple of whole numbers", "another value");
  }
  const auto children = values.children(ref);
  if (children.size() > kMostAxes) {
    refuse("a tensor of too many axes", "at most " + std::to_string(kMostAxes),
           std::to_string(children.size()));
  }
  std::vector<std::size_t> result;
  for (const PickleRef child : children) result.push_back(natural(values, child));
  return result;
}

}  // namespace

std::optional<int> TorchObjects::find(std::string_view module, std::string_view name) const {
  const auto at = std::find_if(kNames.begin(), kNames.end(), [&](const Name& known) {
    return known.module == module && known.name == name;
  });
  if (at == kNames.end()) return {};
  return static_cast<int>(at - kNames.begin());
}

PickleRef TorchObjects::call(PickleValues& values, int callable, PickleRef arguments) {
  const Name& name = kNames[static_cast<std::size_t>(callable)];
  const auto given = values.children(arguments);
  switch (name.meaning) {
    case Meaning::ordered_dict: {
      const PickleRef dict = values.add_container(PickleKind::dict, {});
      if (given.empty()) return dict;
      if (given.size() != 1) break;
      // Python 2 wrote OrderedDict([[key, value], ...]).
      const std::vector<PickleRef> pairs(values.children(given[0]).begin(),
                                         values.children(given[0]).end());
      for (const PickleRef pair : pairs) {
        const PickleKind kind = values.at(pair).kind;
        if ((kind != PickleKind::list && kind != PickleKind::tuple) ||
            values.children(pair).size() != 2) {
          refuse("a damaged dictionary", "pairs of key and value", "something else");
        }
        const std::array<PickleRef, 2> both = {values.children(pair)[0], values.children(pair)[1]};
        values.append(dict, both);
      }
      return dict;
    }
    case Meaning::rebuild_tensor:
      return rebuild_tensor(values, given);
    case Meaning::rebuild_parameter:
      if (given.empty() || tensor(values.at(given[0])) == nullptr) break;
      return given[0];
    case Meaning::size:
    case Meaning::device:
      return arguments;
    case Meaning::storage:
    case Meaning::dtype:
      break;
  }
  refuse("a call that cannot be understood", "the arguments that PyTorch writes",
         std::string(name.module) + '.' + std::string(name.name) + " with " +
             std::to_string(given.size()) + " arguments");
}

PickleRef TorchObjects::rebuild_tensor(PickleValues& values, std::span<const PickleRef> arguments) {
  if (arguments.size() < 4) {
    refuse("a damaged tensor", "storage, offset, size, stride",
           std::to_string(arguments.size()) + " arguments");
  }
  const PickleValue& storage = values.at(arguments[0]);
  if (storage.kind != PickleKind::made || storage.integer % kKinds != kStorage) {
    refuse("a tensor without storage", "a storage", "another value");
  }
  TorchTensor tensor;
  tensor.storage = static_cast<std::size_t>(storage.integer / kKinds);
  tensor.offset = natural(values, arguments[1]);
  tensor.shape = naturals(values, arguments[2]);
  tensor.strides = naturals(values, arguments[3]);
  if (tensor.shape.size() != tensor.strides.size()) {
    refuse("a damaged tensor", "as many strides as extents",
           std::to_string(tensor.strides.size()) + " for " + std::to_string(tensor.shape.size()));
  }
  if (tensors_.size() >= kMostTensors) {
    refuse("too many tensors", "at most " + std::to_string(kMostTensors), "more");
  }
  tensors_.push_back(std::move(tensor));
  const auto number = static_cast<std::int64_t>(tensors_.size() - 1);
  return values.add({PickleKind::made, number * kKinds + kTensor, 0.0, {}});
}

void TorchObjects::build(PickleValues& values, PickleRef object, PickleRef) {
  // state_dict() returns an OrderedDict with the attribute _metadata: versions of modules.
  if (values.at(object).kind == PickleKind::dict) return;
  refuse("it wants to run code", "attributes of a dictionary at most",
         "BUILD, which sets the state of an object");
}

PickleRef TorchObjects::persistent(PickleValues& values, PickleRef id) {
  const auto parts =
      values.at(id).kind == PickleKind::tuple ? values.children(id) : std::span<const PickleRef>{};
  const bool is_storage =
      parts.size() >= 5 && values.at(parts[0]).text == "storage" &&
      values.at(parts[1]).kind == PickleKind::global &&
      kNames[static_cast<std::size_t>(values.at(parts[1]).integer)].meaning == Meaning::storage &&
      values.at(parts[2]).kind == PickleKind::text;
  if (!is_storage) {
    refuse("an object outside of the pickle that is no storage", "('storage', type, key, ...)",
           "something else");
  }
  TorchStorage storage;
  const Name& name = kNames[static_cast<std::size_t>(values.at(parts[1]).integer)];
  storage.type = name.type;
  storage.width = name.width;
  storage.key = values.at(parts[2]).text;
  storage.elements = natural(values, parts[4]);
  if (storages_.size() >= kMostTensors) {
    refuse("too many storages", "at most " + std::to_string(kMostTensors), "more");
  }
  storages_.push_back(storage);
  const auto number = static_cast<std::int64_t>(storages_.size() - 1);
  return values.add({PickleKind::made, number * kKinds + kStorage, 0.0, {}});
}

const TorchTensor* TorchObjects::tensor(const PickleValue& value) const {
  if (value.kind != PickleKind::made || value.integer % kKinds != kTensor) return nullptr;
  return &tensors_[static_cast<std::size_t>(value.integer / kKinds)];
}

}  // namespace fusemd::checkpoint
