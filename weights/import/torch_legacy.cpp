// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "weights/error.hpp"
#include "weights/import/pickle.hpp"
#include "weights/import/torch_file.hpp"
#include "weights/import/torch_objects.hpp"
#include "weights/import/torch_state.hpp"
#include "weights/import/torch_storages.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

[[noreturn]] void refuse(std::string key,
                         std::string problem,
                         std::string expected,
                         std::string found,
                         std::string hint) {
  throw InputError({.key = std::move(key),
                    .problem = std::move(problem),
                    .expected = std::move(expected),
                    .found = std::move(found),
                    .hint = std::move(hint)});
}

constexpr const char* kLoadAgain = "copy or download the file again";

}  // namespace

Checkpoint read_torch_legacy(std::vector<std::byte> bytes) {
  Checkpoint checkpoint;
  checkpoint.format = "PyTorch (before 1.6)";
  checkpoint.bytes = std::move(bytes);
  std::span<const std::byte> rest = checkpoint.bytes;
  TorchObjects objects;
  PickleValues values;
  const auto next = [&] {
    const auto head = rest.first(std::min(rest.size(), kLargestPickle));
    const auto [ref, size] = read_pickle(head, objects, values);
    rest = rest.subspan(size);
    return ref;
  };

  next();  // the magic number, which told the format
  next();  // the version of the protocol
  const PickleRef system = next();
  if (values.at(system).kind == PickleKind::dict) {
    const auto children = values.children(system);
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
      if (values.at(children[i]).text != "little_endian") continue;
      if (values.at(children[i + 1]).integer == 1) continue;
      refuse("little_endian", "numbers in another byte order", "true", "false",
             "save it again on a little-endian machine");
    }
  }
  const PickleRef root = next();
  const PickleRef keys = next();
  if (values.at(keys).kind != PickleKind::list) {
    refuse({}, "a damaged checkpoint", "a list of storages", "another object", kLoadAgain);
  }

  // Where each storage's numbers lie: a count and the numbers, in the order of the keys. Their
  // width is only known from the tensors that use them.
  std::map<std::string_view, std::size_t> widths;
  for (const TorchStorage& storage : objects.storages()) {
    widths[storage.key] = storage.width;
  }
  std::map<std::string_view, std::span<const std::byte>> runs;
  for (const PickleRef ref : values.children(keys)) {
    const std::string_view key = values.at(ref).text;
    const auto width = widths.find(key);
    if (width == widths.end() || rest.size() < 8) break;
    std::size_t count = 0;
    for (std::size_t i = 0; i < 8; ++i) count |= static_cast<std::size_t>(rest[i]) << (8 * i);
    rest = rest.subspan(8);
    if (count > rest.size() / width->second) {
      refuse("storage " + printable_key(key), "shorter than it claims",
             std::to_string(count) + " numbers", std::to_string(rest.size()) + " bytes",
             kLoadAgain);
    }
    runs[key] = rest.subspan(0, count * width->second);
    rest = rest.subspan(count * width->second);
  }
  TorchStorages storages;
  const auto read = [&](const TorchStorage& storage) {
    const auto run = runs.find(storage.key);
    if (run == runs.end()) {
      refuse("storage " + printable_key(storage.key), "missing", "the numbers of a tensor",
             "no such storage", "save it again with PyTorch 1.6 or later");
    }
    return storages.checked(storage, run->second);
  };
  collect_torch_state(values, root, objects, read, checkpoint);
  return checkpoint;
}

}  // namespace fusemd::checkpoint
