// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "kernels/philox.hpp"
#include "test/support/catch.hpp"

using namespace fusemd;

TEST_CASE("Philox4x32-10 gives the published known answers") {
  // The three "philox4x32 10" lines of kat_vectors, published with Random123: counter, key, answer.
  struct Known {
    std::array<std::uint32_t, 4> counter;
    std::array<std::uint32_t, 2> key;
    std::array<std::uint32_t, 4> answer;
  };
  const auto known = std::to_array<Known>({
      {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
       {0xffffffff, 0xffffffff},
       {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  });
  for (const Known& k : known) {
    const auto& c = k.counter;
    const PhiloxBlock block = philox4x32_10({{c[0], c[1], c[2], c[3]}}, k.key[0], k.key[1]);
    REQUIRE(std::equal(k.answer.begin(), k.answer.end(), block.word));
  }
}
