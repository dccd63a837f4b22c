// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "host/io/text.hpp"
#include "test/support/catch.hpp"

namespace fusemd {
namespace {

std::string written(double value) {
  std::string text = "x";
  append_real(text, value);
  return text.substr(1);
}

TEST_CASE("real numbers are written in their shortest form and always look real") {
  CHECK(written(0.1) == "0.1");
  CHECK(written(3.0) == "3.0");
  CHECK(written(-0.0) == "-0.0");
  CHECK(written(1e22) == "1e+22");
  CHECK(written(1e-7) == "1e-07");
  CHECK(written(std::nan("")) == "nan");
  CHECK(written(-HUGE_VAL) == "-inf");
}

TEST_CASE("any double that is written reads back with the same bits") {
  constexpr std::uint64_t kSeed = 20240601;
  CAPTURE(kSeed);
  std::mt19937_64 random(kSeed);
  for (int k = 0; k < 200'000; ++k) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = written(value);
    const auto back = parse_real(text);
    INFO(text);
    REQUIRE(back.has_value());
    REQUIRE(std::bit_cast<std::uint64_t>(*back) == std::bit_cast<std::uint64_t>(value));
    // The C library's reader is the independent witness.
    REQUIRE(std::strtod(text.c_str(), nullptr) == value);
  }
}

TEST_CASE("real numbers are read in the notations of other programs, and nothing else is") {
  CHECK(parse_real("+1.5") == 1.5);
  CHECK(parse_real(".5") == 0.5);
  CHECK(parse_real("5.") == 5.0);
  CHECK(parse_real("1.25D-02") == 0.0125);
  CHECK(parse_real("1d3") == 1000.0);
  CHECK(parse_real("1E+3") == 1000.0);
  CHECK(parse_real("1e400") == HUGE_VAL);
  CHECK(parse_real("-1e400") == -HUGE_VAL);
  CHECK(parse_real("1e-400") == 0.0);
  CHECK(parse_real(std::string(400, '9')) == HUGE_VAL);
  CHECK(parse_real("0." + std::string(400, '0') + "1") == 0.0);
  CHECK(std::isnan(parse_real("nan").value()));
  for (const char* bad : {"", "+", "-", "+-1", "++1", "1.2.3", "1,5", "1.5x", " 1", "1 ", "0x10",
                          "1e", "d", "D5", "1d", "one", "--1", "1_000"}) {
    INFO(bad);
    CHECK_FALSE(parse_real(bad).has_value());
  }
}

TEST_CASE("integers are read whole or not at all") {
  CHECK(parse_integer("12") == 12);
  CHECK(parse_integer("+12") == 12);
  CHECK(parse_integer("-3") == -3);
  CHECK(parse_integer("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
  for (const char* bad : {"", "+", "+-1", "12.0", "12 ", "1e3", "9223372036854775808", "0x1"}) {
    INFO(bad);
    CHECK_FALSE(parse_integer(bad).has_value());
  }
}

TEST_CASE("words are cut at any blank") {
  std::string_view rest = "\t a  bc\r";
  CHECK(next_word(rest) == "a");
  CHECK(next_word(rest) == "bc");
  CHECK(next_word(rest).empty());
  CHECK(trimmed(" \t x y\r") == "x y");
  CHECK(trimmed(" \t ").empty());
}

TEST_CASE("a piece of a file is shown safely") {
  CHECK(shown("a\tb\x01\x7f") == "\"a\\tb\\x01\\x7f\"");
  CHECK(shown(std::string(100, 'x')) == "\"" + std::string(60, 'x') + "\" ...");
}

}  // namespace
}  // namespace fusemd
