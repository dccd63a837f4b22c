// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace fusemd::checkpoint {

/// Place of a value in a PickleValues.
using PickleRef = std::uint32_t;

enum class PickleKind : std::uint8_t {
  none,
  boolean,  ///< integer is 0 or 1
  integer,
  large_integer,  ///< beyond 64 bits, its value dropped
  real,
  text,
  bytes,
  tuple,   ///< children
  list,    ///< children
  dict,    ///< children: key, value, key, value ...
  global,  ///< integer is the number that the hooks gave it
  made,    ///< what a hook made: integer is the hook's own number for it, text what it is
};

/// One value. Text points into the pickle.
struct PickleValue {
  PickleKind kind = PickleKind::none;
  std::int64_t integer = 0;  ///< of containers: where their children are
  double real = 0.0;
  std::string_view text;
};

/// The values of one pickle. Containers name their children by place, so a value that contains
/// itself is just a number that repeats, and sharing costs nothing.
class PickleValues {
 public:
  // A state_dict has some hundred values, a training checkpoint some thousand.
  static constexpr std::size_t kMostValues = 300'000;

  PickleRef add(PickleValue value);
  PickleRef add_container(PickleKind kind, std::span<const PickleRef> children);

  const PickleValue& at(PickleRef ref) const { return values_[ref]; }
  std::span<const PickleRef> children(PickleRef ref) const;
  void append(PickleRef container, std::span<const PickleRef> children);

 private:
  std::vector<PickleValue> values_;
  std::vector<std::vector<PickleRef>> children_;
};

/// What a pickle may name. Everything that a pickle would call passes here, and nothing is ever
/// called but these functions.
class PickleHooks {
 public:
  virtual ~PickleHooks() = default;

  /// A number for a class or function that a pickle may name; nothing for all others.
  virtual std::optional<int> find(std::string_view module, std::string_view name) const = 0;
  /// The result of calling `callable`, a number that find() gave, with a tuple of arguments.
  virtual PickleRef call(PickleValues& values, int callable, PickleRef arguments) = 0;
  /// Sets the state of an object; throws unless that is harmless.
  virtual void build(PickleValues& values, PickleRef object, PickleRef state) = 0;
  /// The object outside of the pickle that `id` names.
  virtual PickleRef persistent(PickleValues& values, PickleRef id) = 0;
};

/// Without the tensors' numbers, which lie elsewhere, a pickle has some kilobytes.
inline constexpr std::size_t kLargestPickle = std::size_t{16} << 20;

/// A restricted machine for Python's pickles, protocols 0 to 5: it knows numbers, texts, bytes,
/// tuples, lists, dictionaries and the memo. It imports nothing and runs nothing: a global that the
/// hooks do not know, and every opcode that only code needs, is refused by its name.
///
/// Source   CPython, Lib/pickletools.py (meaning of the opcodes).
/// Work     one pass. At most kMostValues values, a stack of 1,000,000 and kLargestPickle bytes.
/// Errors   InputError without file: what is not such a pickle, with the place of the opcode.
///
/// Returns the value at STOP and the number of bytes read.
std::pair<PickleRef, std::size_t> read_pickle(std::span<const std::byte> bytes,
                                              PickleHooks& hooks,
                                              PickleValues& values);

}  // namespace fusemd::checkpoint
