// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weights/import/pickle.hpp"
#include "weights/import/stored_tensor.hpp"

namespace fusemd::checkpoint {

/// A tensor as PyTorch's pickles describe it: a view into a storage that lies elsewhere.
struct TorchTensor {
  std::size_t storage = 0;  ///< index into TorchObjects::storages()
  std::size_t offset = 0;   ///< elements
  std::vector<std::size_t> shape, strides;
};

/// A named run of numbers outside of the pickle.
struct TorchStorage {
  std::string_view key;  ///< name of its entry in the archive
  ElementType type = ElementType::other;
  std::size_t width = 0;       ///< bytes of one number, of `other` types too
  std::uint64_t elements = 0;  ///< as the pickle claims
};

/// The names that a pickle of PyTorch tensors may use, and what stands for them here:
///
///   collections.OrderedDict                   a dictionary; its attributes (BUILD) are dropped
///   torch._utils._rebuild_tensor, _v2         a tensor
///   torch._utils._rebuild_parameter           the tensor inside
///   torch.FloatStorage and its siblings       types of storages
///   torch.Size, torch.device, torch.float32 and the other types   plain values
///
/// Source   PyTorch 1.13 and 2.5, torch/_utils.py, torch/serialization.py.
class TorchObjects final : public PickleHooks {
 public:
  std::optional<int> find(std::string_view module, std::string_view name) const override;
  PickleRef call(PickleValues& values, int callable, PickleRef arguments) override;
  void build(PickleValues& values, PickleRef object, PickleRef state) override;
  PickleRef persistent(PickleValues& values, PickleRef id) override;

  const std::vector<TorchStorage>& storages() const { return storages_; }

  /// The tensor that a value of the pickle is, or null.
  const TorchTensor* tensor(const PickleValue& value) const;

 private:
  PickleRef rebuild_tensor(PickleValues& values, std::span<const PickleRef> arguments);

  std::vector<TorchStorage> storages_;
  std::vector<TorchTensor> tensors_;
};

}  // namespace fusemd::checkpoint
