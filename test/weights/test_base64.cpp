// SPDX-License-Identifier: MIT
#include <bit>
#include <string>
#include <vector>

#include "test/support/catch.hpp"
#include "test/support/seed_weights.hpp"
#include "test/support/tiny_model.hpp"
#include "weights/base64.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string decoded(const std::string& text) {
  std::string bytes(base64_decoded_size(text), '\0');
  const auto problem = base64_decode(text, std::as_writable_bytes(std::span(bytes)));
  REQUIRE_FALSE(problem.has_value());
  return bytes;
}

Base64Problem problem_of(const std::string& text) {
  std::string bytes(base64_decoded_size(text), '\0');
  const auto problem = base64_decode(text, std::as_writable_bytes(std::span(bytes)));
  REQUIRE(problem.has_value());
  return *problem;
}

}  // namespace

TEST_CASE("the test vectors of RFC 4648 section 10", "[base64]") {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    CHECK(base64_encode(bytes_of(plain)) == text);
    CHECK(decoded(text) == plain);
  }
}

TEST_CASE("every length and every byte survive", "[base64]") {
  Random random(2);
  for (std::size_t length = 0; length < 70; ++length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(random.below(256));
    REQUIRE(decoded(base64_encode(bytes_of(bytes))) == bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  REQUIRE(decoded(base64_encode(bytes_of(all))) == all);
}

TEST_CASE("floats decode as an independent decoder does", "[base64]") {
  Random random(3);
  std::vector<float> values(101);
  for (float& value : values) value = static_cast<float>(random.uniform(-1e3, 1e3));
  REQUIRE(floats_from_base64(base64_encode(std::as_bytes(std::span(values)))) == values);
}

TEST_CASE("any character outside the alphabet is found, wherever it stands", "[base64]") {
  const std::string good = "Zm9vYmFyZm9vYmE=";
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t position = 0; position + 1 < good.size(); ++position) {
    for (int code = 0; code < 256; ++code) {
      const char c = static_cast<char>(code);
      if (alphabet.find(c) != std::string::npos) continue;
      // '=' in front of the padding is more padding, with spare bits that are not zero.
      if (c == '=' && position + 2 == good.size()) continue;
      std::string bad = good;
      bad[position] = c;
      INFO("position " << position << ", character " << code);
      REQUIRE(problem_of(bad).position == position);
    }
  }
}

TEST_CASE("length, padding and spare bits must be canonical", "[base64]") {
  CHECK(problem_of("Zm9").what == "length is not a multiple of 4");
  CHECK(problem_of("Zm9vY").what == "length is not a multiple of 4");
  CHECK(problem_of("Zg==Zg==").what == "padding '=' before the end");
  CHECK(problem_of("Z===").what == "padding '=' before the end");
  CHECK(problem_of("====").what == "padding '=' before the end");
  CHECK(problem_of("Zh==").what == "spare bits before the padding are not zero");
  CHECK(problem_of("Zm9=").what == "spare bits before the padding are not zero");
  CHECK(problem_of("Zm9v\nYmFy\nAA").position == 4);
}
