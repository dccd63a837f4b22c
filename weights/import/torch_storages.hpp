// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "weights/import/stored_tensor.hpp"
#include "weights/import/torch_objects.hpp"

namespace fusemd::checkpoint {

/// Checks what a pickle claims of the storages of its file against what they are.
class TorchStorages {
 public:
  /// The numbers of `storage`, which lie at the beginning of `bytes`.
  ///
  /// Errors   InputError with the storage's key: shorter than it claims, or of another type than
  /// the
  ///          last time.
  std::span<const std::byte> checked(const TorchStorage& storage, std::span<const std::byte> bytes);

 private:
  std::map<std::string, ElementType> types_;
};

}  // namespace fusemd::checkpoint
