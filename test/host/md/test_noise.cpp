// SPDX-License-Identifier: MIT
#include <vector>

#include "host/md/noise.hpp"
#include "test/support/catch.hpp"

using namespace fusemd;

TEST_CASE("noise for many atoms has the bits of each atom's own") {
  const RandomStream stream{123456789, 42, (std::int64_t{1} << 40) + 7,
                            RandomPurpose::langevin_noise};
  for (const std::uint32_t first : {0u, 5u, 4'000'000'000u}) {
    for (const std::size_t n : {0u, 1u, 2u, 12u, 15u, 16u, 17u, 31u, 32u, 33u, 101u}) {
      // One element more, to see that nothing is written behind the end.
      std::vector<Vec3> noise(n + 1, Vec3{7.0, 7.0, 7.0});
      fill_noise(stream, first, std::span(noise.data(), n));
      for (std::size_t k = 0; k < n; ++k) {
        const NormalTriple one = normal_triple(stream.block(first + static_cast<std::uint32_t>(k)));
        REQUIRE(noise[k] == Vec3{one.x, one.y, one.z});
      }
      REQUIRE(noise[n] == Vec3{7.0, 7.0, 7.0});
    }
  }
}
