// SPDX-License-Identifier: MIT
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "weights/error.hpp"
#include "weights/import/npz_file.hpp"
#include "weights/import/pickle.hpp"
#include "weights/import/torch_file.hpp"
#include "weights/import/torch_objects.hpp"
#include "weights/import/torch_state.hpp"
#include "weights/import/torch_storages.hpp"
#include "weights/import/zip_archive.hpp"
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

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The folder of the archive that holds data.pkl, with its slash.
std::string archive_prefix(const ZipArchive& archive) {
  constexpr std::string_view name = "data.pkl";
  std::string prefix;
  bool found = false;
  for (const ZipArchive::Entry& entry : archive.entries()) {
    const std::string_view path = entry.name;
    const bool is_it =
        path == name || (path.ends_with(name) && path[path.size() - name.size() - 1] == '/');
    if (!is_it) continue;
    if (found) {
      refuse(printable_key(entry.name), "two pickles in one archive", "one data.pkl", "another",
             "name one checkpoint");
    }
    found = true;
    prefix = path.substr(0, path.size() - name.size());
  }
  if (!found) {
    refuse({}, "a ZIP archive, but not a PyTorch checkpoint", "an entry data.pkl",
           std::to_string(archive.entries().size()) + " other entries",
           "torch.save(model.state_dict(), FILE) writes one");
  }
  if (archive.find(prefix + "constants.pkl") != nullptr) {
    refuse({}, "a TorchScript program, not a checkpoint", "tensors alone",
           "an archive with code in it",
           "torch.save(torch.jit.load(FILE).state_dict(), OTHER_FILE)");
  }
  return prefix;
}

}  // namespace

Checkpoint read_torch_archive(std::vector<std::byte> bytes) {
  Checkpoint checkpoint;
  checkpoint.format = "PyTorch";
  checkpoint.bytes = std::move(bytes);
  ZipArchive archive(checkpoint.bytes);
  if (is_npz(archive)) return read_npz(std::move(checkpoint.bytes));
  const std::string prefix = archive_prefix(archive);
  if (const auto* order = archive.find(prefix + "byteorder")) {
    const std::vector<std::byte> word = archive.read(*order);
    if (as_text(word) != "little") {
      refuse(printable_key(order->name), "numbers in another byte order", "little",
             in_quotes(as_text(word)), "save it again on a little-endian machine");
    }
  }

  const std::vector<std::byte> pickle = archive.read(*archive.find(prefix + "data.pkl"));
  TorchObjects objects;
  PickleValues values;
  const PickleRef root = read_pickle(pickle, objects, values).first;

  std::map<std::string, std::size_t> unpacked;
  TorchStorages storages;
  const auto read = [&](const TorchStorage& storage) {
    const std::string name = prefix + "data/" + std::string(storage.key);
    const auto [at, is_new] = unpacked.try_emplace(name, checkpoint.unpacked.size());
    if (is_new) {
      const auto* entry = archive.find(name);
      if (entry == nullptr) {
        refuse(printable_key(name), "missing", "the numbers of a tensor", "no such entry",
               kLoadAgain);
      }
      checkpoint.unpacked.push_back(archive.read(*entry));
    }
    return storages.checked(storage, checkpoint.unpacked[at->second]);
  };
  collect_torch_state(values, root, objects, read, checkpoint);
  return checkpoint;
}

}  // namespace fusemd::checkpoint
