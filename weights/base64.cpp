// SPDX-License-Identifier: MIT
#include "weights/base64.hpp"

#include <array>
#include <cstdint>

namespace fusemd {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Above every value of four characters (24 bits), so that one test at the end finds any bad
// character.
constexpr std::uint32_t kInvalid = 0x80000000U;

constexpr std::array<std::uint32_t, 256> make_values() {
  std::array<std::uint32_t, 256> values{};
  values.fill(kInvalid);
  for (std::uint32_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = i;
  }
  return values;
}
constexpr std::array<std::uint32_t, 256> kValues = make_values();

std::uint32_t value_of(char c) { return kValues[static_cast<unsigned char>(c)]; }

std::size_t padding(std::string_view text) {
  if (text.size() < 4 || text.back() != '=') return 0;
  return text[text.size() - 2] == '=' ? 2 : 1;
}

std::byte byte_of(std::uint32_t value, unsigned shift) {
  return static_cast<std::byte>((value >> shift) & 0xFFU);
}

}  // namespace

std::size_t base64_decoded_size(std::string_view text) {
  return text.size() / 4 * 3 - padding(text);
}

std::optional<Base64Problem> base64_decode(std::string_view text, std::span<std::byte> bytes) {
  if (text.size() % 4 != 0) return Base64Problem{"length is not a multiple of 4", text.size()};
  const std::size_t n_padding = padding(text);
  const std::size_t n_whole = (n_padding == 0 ? text.size() : text.size() - 4) / 4;

  std::byte* out = bytes.data();
  const char* in = text.data();
  std::uint32_t seen = 0;
  for (std::size_t group = 0; group < n_whole; ++group, in += 4, out += 3) {
    const std::uint32_t a = value_of(in[0]), b = value_of(in[1]);
    const std::uint32_t c = value_of(in[2]), d = value_of(in[3]);
    seen |= a | b | c | d;
    const std::uint32_t value = a << 18 | b << 12 | c << 6 | d;
    out[0] = byte_of(value, 16);
    out[1] = byte_of(value, 8);
    out[2] = byte_of(value, 0);
  }
  for (std::size_t i = 4 * n_whole; i < text.size() - n_padding; ++i) seen |= value_of(text[i]);
  if (seen >= kInvalid) {
    for (std::size_t i = 0; i < text.size() - n_padding; ++i) {
      if (value_of(text[i]) != kInvalid) continue;
      return Base64Problem{
          text[i] == '=' ? "padding '=' before the end" : "a character outside the base64 alphabet",
          i};
    }
  }

  if (n_padding > 0) {
    const std::uint32_t third = n_padding == 1 ? value_of(in[2]) : 0;
    const std::uint32_t value = value_of(in[0]) << 18 | value_of(in[1]) << 12 | third << 6;
    const std::uint32_t spare = n_padding == 1 ? 0xFFU : 0xFFFFU;
    if ((value & spare) != 0) {
      return Base64Problem{"spare bits before the padding are not zero",
                           text.size() - n_padding - 1};
    }
    out[0] = byte_of(value, 16);
    if (n_padding == 1) out[1] = byte_of(value, 8);
  }
  return std::nullopt;
}

std::string base64_encode(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t value = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      value = value << 8 | (k < n ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0U);
    }
    for (unsigned k = 0; k < 4; ++k) {
      text += k <= n ? kAlphabet[(value >> (18 - 6 * k)) & 0x3FU] : '=';
    }
  }
  return text;
}

}  // namespace fusemd
