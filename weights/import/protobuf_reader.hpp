// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fusemd::checkpoint {

/// One field of a protobuf message.
struct ProtobufField {
  std::uint32_t number = 0;
  enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 } wire{};
  std::uint64_t value = 0;           ///< of varint, fixed64 and fixed32
  std::span<const std::byte> bytes;  ///< of bytes: a text, packed numbers or another message

  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

/// Walks the fields of one message. Nothing is copied or allocated, and no schema is needed:
/// unknown fields are stepped over by their wire type, as the format intends.
///
/// Source   protobuf.dev, "Encoding".
/// Errors   InputError without file: cut or overlong fields, field number 0, groups (which
///          proto3 does not have).
class ProtobufReader {
 public:
  explicit ProtobufReader(std::span<const std::byte> message) : rest_(message) {}

  /// The next field, or false at the end of the message.
  bool next(ProtobufField& field);

 private:
  std::uint64_t varint();
  std::span<const std::byte> take(std::size_t n);

  std::span<const std::byte> rest_;
};

/// One number of a packed list of varints, and the list without it; see ProtobufReader for errors.
std::uint64_t take_varint(std::span<const std::byte>& packed);

}  // namespace fusemd::checkpoint
