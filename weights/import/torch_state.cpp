// SPDX-License-Identifier: MIT
#include "weights/import/torch_state.hpp"

#include <set>
#include <string>

#include "weights/error.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

constexpr std::size_t kDeepest = 16;
constexpr std::size_t kLongestName = 500;

class Walk {
 public:
  Walk(const PickleValues& values,
       const TorchObjects& objects,
       const StorageReader& read,
       Checkpoint& checkpoint)
      : values_(values), objects_(objects), read_(read), checkpoint_(checkpoint) {}

  void dictionary(PickleRef ref, const std::string& path) {
    if (open_.contains(ref)) refuse(path, "a dictionary that contains itself", "one inside itself");
    if (open_.size() >= kDeepest) {
      refuse(path, "dictionaries nested too deeply",
             "more than " + std::to_string(kDeepest) + " inside each other");
    }
    if (!seen_.insert(ref).second) return;  // shared: its tensors have a name already
    open_.insert(ref);
    const auto children = values_.children(ref);
    for (std::size_t i = 0; i + 1 < children.size(); i += 2) {
      entry(children[i], children[i + 1], path);
    }
    open_.erase(ref);
  }

 private:
  [[noreturn]] static void refuse(const std::string& key, std::string problem, std::string found) {
    throw InputError({.key = printable_key(key),
                      .problem = std::move(problem),
                      .expected = "a dictionary of tensors, as state_dict() returns it",
                      .found = std::move(found),
                      .hint = "save the weights alone: torch.save(model.state_dict(), FILE)"});
  }

  void entry(PickleRef key, PickleRef item, const std::string& path) {
    const PickleValue& name = values_.at(key);
    std::string full = path;
    if (!full.empty()) full += '.';
    if (name.kind == PickleKind::text) {
      if (name.text.size() > kLongestName || full.size() > kLongestName) {
        refuse(path, "a key that is too long", in_quotes(name.text));
      }
      full += name.text;
    } else if (name.kind == PickleKind::integer) {
      full += std::to_string(name.integer);  // an optimiser's state
    } else {
      return;
    }
    const PickleValue& value = values_.at(item);
    if (value.kind == PickleKind::dict) {
      dictionary(item, full);
    } else if (const TorchTensor* tensor = objects_.tensor(value)) {
      add_tensor(*tensor, full);
    } else if (name.kind == PickleKind::text) {
      add_metadata(std::string(name.text), value);
    }
  }

  void add_tensor(const TorchTensor& tensor, const std::string& name) {
    if (checkpoint_.tensors.size() >= kMostTensors) {
      refuse(name, "too many tensors", "more than " + std::to_string(kMostTensors));
    }
    const TorchStorage& storage = objects_.storages()[tensor.storage];
    StoredTensor stored{name, storage.type, tensor.shape, tensor.strides, tensor.offset, {}};
    if (storage.type != ElementType::other) {
      stored.storage = read_(storage);
      require_inside_storage(stored);
    }
    checkpoint_.tensors.push_back(std::move(stored));
  }

  void add_metadata(const std::string& key, const PickleValue& value) {
    Metadata& metadata = checkpoint_.metadata;
    const bool is_number = value.kind == PickleKind::integer || value.kind == PickleKind::real;
    if (is_number && is_metadata_number(key) && !ambiguous_.contains(key)) {
      const double number =
          value.kind == PickleKind::real ? value.real : static_cast<double>(value.integer);
      const auto [at, is_new] = metadata.numbers.try_emplace(key, number);
      if (is_new || at->second == number) return;
      metadata.numbers.erase(at);
      ambiguous_.insert(key);
    } else if (value.kind == PickleKind::text && is_metadata_word(key) &&
               !ambiguous_.contains(key)) {
      const auto [at, is_new] = metadata.words.try_emplace(key, value.text);
      if (is_new || at->second == value.text) return;
      metadata.words.erase(at);
      ambiguous_.insert(key);
    }
  }

  const PickleValues& values_;
  const TorchObjects& objects_;
  const StorageReader& read_;
  Checkpoint& checkpoint_;
  std::set<PickleRef> open_, seen_;
  std::set<std::string> ambiguous_;
};

}  // namespace

void collect_torch_state(const PickleValues& values,
                         PickleRef root,
                         const TorchObjects& objects,
                         const StorageReader& read,
                         Checkpoint& checkpoint) {
  if (values.at(root).kind != PickleKind::dict) {
    throw InputError(
        {.problem = "not a dictionary of tensors",
         .expected = "what model.state_dict() returns, or a dictionary with it inside",
         .found = objects.tensor(values.at(root)) != nullptr ? "a single tensor" : "another object",
         .hint = "torch.save(model.state_dict(), FILE)"});
  }
  Walk(values, objects, read, checkpoint).dictionary(root, {});
}

}  // namespace fusemd::checkpoint
