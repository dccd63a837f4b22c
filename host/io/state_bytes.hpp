// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace fusemd {

/// FNV-1a, 64 bits: finds damage and tells files apart; no protection against intent. About 1 GB/s.
/// Source   Fowler, Noll, Vo; IETF draft-eastlake-fnv.
std::uint64_t hash_of(std::string_view bytes);

/// Puts values one behind the other, bit by bit, for a file that the same kind of machine reads
/// again: a first line that names format and version, the values, and a hash of all of it.
class StateWriter {
 public:
  /// `first_line` with its line end.
  explicit StateWriter(std::string_view first_line) : bytes_(first_line) {}

  template <class Value>
  void put(const Value& value) {
    put(std::span<const Value>(&value, 1));
  }
  /// Without their number.
  template <class Value>
  void put(std::span<const Value> values) {
    static_assert(std::is_trivially_copyable_v<Value>);
    if (values.empty()) return;
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  /// With their number before them.
  template <class Value>
  void put_counted(std::span<const Value> values) {
    put(static_cast<std::uint64_t>(values.size()));
    put(values);
  }

  /// What belongs into the file.
  std::string finish() &&;

 private:
  std::string bytes_;
};

/// Reads what StateWriter wrote. What get() answers has the bits that put() was given.
class StateReader {
 public:
  /// What a message says beside the problem.
  struct Words {
    std::string file;  ///< path as the user knows it
    std::string kind;  ///< "training checkpoint"
    std::string hint;  ///< what to do when it is of no use
  };

  /// Needs    bytes outlive this object.
  /// Errors   InputError: another first line, or a hash that does not fit: the file is cut off or
  ///          changed. Counts and values can be trusted after that.
  StateReader(std::string_view bytes, std::string_view first_line, Words words);

  template <class Value>
  Value get() {
    Value value;
    get(std::span<Value>(&value, 1));
    return value;
  }
  template <class Value>
  void get(std::span<Value> values) {
    static_assert(std::is_trivially_copyable_v<Value>);
    const char* from = take(values.size_bytes());
    if (!values.empty()) std::memcpy(values.data(), from, values.size_bytes());
  }
  template <class Value>
  std::vector<Value> get_counted() {
    const auto count = get<std::uint64_t>();
    if (count > rest_.size() / sizeof(Value)) refuse("it is cut off");
    std::vector<Value> values(count);
    get(std::span<Value>(values));
    return values;
  }

  /// Errors   InputError: there is more.
  void finish() const;

  /// "FILE: the training checkpoint cannot be used: PROBLEM", with the hint.
  [[noreturn]] void refuse(const std::string& problem) const;

 private:
  const char* take(std::size_t count);

  std::string_view rest_;
  Words words_;
};

}  // namespace fusemd
