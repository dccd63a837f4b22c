// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "host/io/state_bytes.hpp"
#include "test/support/catch.hpp"
#include "weights/error.hpp"

using namespace fusemd;

namespace {

constexpr std::string_view kLine = "fusemd-test 1\n";
const StateReader::Words kWords{.file = "a.state", .kind = "state", .hint = "start over"};

std::string refusal(const std::string& bytes) {
  try {
    StateReader reader(bytes, kLine, kWords);
    reader.get<std::int32_t>();
    reader.get_counted<double>();
    reader.finish();
  } catch (const InputError& error) {
    REQUIRE(error.parts().file == "a.state");
    REQUIRE(error.parts().hint == "start over");
    return error.parts().problem;
  }
  return {};
}

std::string example() {
  StateWriter writer(kLine);
  writer.put(std::int32_t{-7});
  const std::vector<double> values = {-0.0, std::numeric_limits<double>::denorm_min(), 1.0 / 3.0,
                                      std::numeric_limits<double>::quiet_NaN()};
  writer.put_counted(std::span<const double>(values));
  return std::move(writer).finish();
}

}  // namespace

TEST_CASE("the hash is FNV-1a") {
  // Test vectors of IETF draft-eastlake-fnv.
  REQUIRE(hash_of("") == 0xcbf29ce484222325U);
  REQUIRE(hash_of("a") == 0xaf63dc4c8601ec8cU);
  REQUIRE(hash_of("foobar") == 0x85944171f73967e8U);
}

TEST_CASE("state comes back bit for bit, zeros with a sign and NaN too") {
  const std::string bytes = example();
  StateReader reader(bytes, kLine, kWords);
  REQUIRE(reader.get<std::int32_t>() == -7);
  const std::vector<double> values = reader.get_counted<double>();
  REQUIRE(values.size() == 4);
  REQUIRE(std::bit_cast<std::uint64_t>(values[0]) == 0x8000000000000000U);
  REQUIRE(std::bit_cast<std::uint64_t>(values[1]) == 1U);
  REQUIRE(values[2] == 1.0 / 3.0);
  REQUIRE(std::isnan(values[3]));
  reader.finish();
}

TEST_CASE("state that is cut off at any byte, changed in any bit or prolonged is refused") {
  const std::string bytes = example();
  REQUIRE(refusal(bytes).empty());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    CAPTURE(n);
    REQUIRE_FALSE(refusal(bytes.substr(0, n)).empty());
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[n] = static_cast<char>(changed[n] ^ (1 << bit));
      REQUIRE_FALSE(refusal(changed).empty());
    }
  }
  REQUIRE(refusal(bytes + '\0') == "the state cannot be used: it is damaged");
  REQUIRE(refusal("fusemd-test 2\n") == "the state cannot be used: it is none of this version");
}

TEST_CASE("a count beyond the end is refused before memory is asked for") {
  StateWriter writer(kLine);
  writer.put(std::int32_t{0});
  writer.put(std::uint64_t{1} << 61U);
  REQUIRE(refusal(std::move(writer).finish()) == "the state cannot be used: it is cut off");
  StateWriter longer(kLine);
  longer.put(std::int32_t{0});
  longer.put(std::uint64_t{0});
  longer.put('x');
  REQUIRE(refusal(std::move(longer).finish()) ==
          "the state cannot be used: it is longer than it should be");
}
