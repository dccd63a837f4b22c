// SPDX-License-Identifier: MIT
#include "weights/import/protobuf_reader.hpp"

#include <string>

#include "weights/error.hpp"

namespace fusemd::checkpoint {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw InputError({.problem = "a damaged protobuf message, or none",
                    .expected = "an ONNX model",
                    .found = what,
                    .hint = "is it a checkpoint? if so, copy or download it again"});
}

}  // namespace

std::uint64_t take_varint(std::span<const std::byte>& packed) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (packed.empty()) refuse("a number that ends too early");
    const auto byte = static_cast<std::uint64_t>(packed.front());
    packed = packed.subspan(1);
    value |= (byte & 0x7FU) << shift;
    if (byte < 0x80U) return value;
  }
  refuse("a number longer than ten bytes");
}

std::uint64_t ProtobufReader::varint() { return take_varint(rest_); }

std::span<const std::byte> ProtobufReader::take(std::size_t n) {
  if (n > rest_.size()) refuse("a field that ends too early");
  const auto bytes = rest_.first(n);
  rest_ = rest_.subspan(n);
  return bytes;
}

bool ProtobufReader::next(ProtobufField& field) {
  if (rest_.empty()) return false;
  const std::uint64_t tag = varint();
  field = {};
  if (tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFFU) refuse("a field without a proper number");
  field.number = static_cast<std::uint32_t>(tag >> 3);
  const auto fixed = [&](std::size_t n) {
    std::uint64_t value = 0;
    const auto bytes = take(n);
    for (std::size_t i = 0; i < n; ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
    return value;
  };
  switch (tag & 7U) {
    case 0:
      field.wire = ProtobufField::Wire::varint;
      field.value = varint();
      return true;
    case 1:
      field.wire = ProtobufField::Wire::fixed64;
      field.value = fixed(8);
      return true;
    case 2:
      field.wire = ProtobufField::Wire::bytes;
      field.bytes = take(static_cast<std::size_t>(varint()));
      return true;
    case 5:
      field.wire = ProtobufField::Wire::fixed32;
      field.value = fixed(4);
      return true;
    default:
      refuse("a field of the unknown wire type " + std::to_string(tag & 7U));
  }
}

}  // namespace fusemd::checkpoint
