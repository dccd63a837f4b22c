// SPDX-License-Identifier: MIT
#include "weights/import/torch_storages.hpp"

#include "weights/error.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {

std::span<const std::byte> TorchStorages::checked(const TorchStorage& storage,
                                                  std::span<const std::byte> bytes) {
  const std::string key = "storage " + printable_key(storage.key);
  constexpr const char* hint = "copy or download the file again";
  const auto [at, is_new] = types_.try_emplace(std::string(storage.key), storage.type);
  if (!is_new && at->second != storage.type) {
    throw InputError({.key = key,
                      .problem = "one storage of two types",
                      .expected = std::string(element_name(at->second)),
                      .found = std::string(element_name(storage.type)),
                      .hint = hint});
  }
  if (storage.elements > bytes.size() / storage.width) {
    throw InputError({.key = key,
                      .problem = "shorter than it claims",
                      .expected = std::to_string(storage.elements) + " numbers",
                      .found = std::to_string(bytes.size()) + " bytes",
                      .hint = hint});
  }
  return bytes.subspan(0, storage.elements * storage.width);
}

}  // namespace fusemd::checkpoint
