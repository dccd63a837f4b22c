// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fusemd {

/// Base64 of RFC 4648 section 4: the alphabet A-Z a-z 0-9 + /, padded with '=' to a multiple of
/// four characters, no line breaks. Only the canonical text of some bytes is accepted, so that
/// equal bytes have equal texts: the bits that the last character has to spare must be zero.
struct Base64Problem {
  std::string what;      ///< a short clause
  std::size_t position;  ///< of the offending character, from 0
};

/// Bytes that a text of this length and padding holds, if its length is a multiple of four.
std::size_t base64_decoded_size(std::string_view text);

/// Decodes into `bytes`, whose size must be base64_decoded_size(text). Returns what is wrong with
/// the text, if something is; `bytes` is then unspecified.
std::optional<Base64Problem> base64_decode(std::string_view text, std::span<std::byte> bytes);

std::string base64_encode(std::span<const std::byte> bytes);

}  // namespace fusemd
