// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <stdexcept>
#include <string>
#include <utility>

#include "weights/import/checkpoint.hpp"
#include "weights/little_endian.hpp"
#include "weights/model.hpp"

namespace fusemd::test {

/// A checkpoint in memory with the tensors of a model, each name behind `prefix`.
inline checkpoint::Checkpoint checkpoint_of(const Model& model, const std::string& prefix = {}) {
  checkpoint::Checkpoint result;
  result.format = "test";
  result.unpacked.reserve(model.tensors.size());
  for (const auto& [name, tensor] : model.tensors) {
    std::string bytes;
    append_little_endian(bytes, tensor.values);
    const auto* begin = reinterpret_cast<const std::byte*>(bytes.data());
    result.unpacked.emplace_back(begin, begin + bytes.size());
    checkpoint::StoredTensor stored;
    stored.name = prefix + name;
    stored.type = checkpoint::ElementType::float32;
    stored.shape = tensor.shape;
    stored.strides = checkpoint::row_major_strides(tensor.shape);
    stored.storage = result.unpacked.back();
    result.tensors.push_back(std::move(stored));
  }
  return result;
}

/// The tensor of this name; it must exist.
inline checkpoint::StoredTensor& tensor_of(checkpoint::Checkpoint& checkpoint,
                                           const std::string& name) {
  for (checkpoint::StoredTensor& tensor : checkpoint.tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::logic_error("no tensor " + name);
}

inline void remove_tensor(checkpoint::Checkpoint& checkpoint, const std::string& name) {
  std::erase_if(checkpoint.tensors, [&](const auto& tensor) { return tensor.name == name; });
}

}  // namespace fusemd::test
