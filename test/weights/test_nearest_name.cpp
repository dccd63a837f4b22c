// SPDX-License-Identifier: MIT
#include <array>

#include "test/support/catch.hpp"
#include "weights/nearest_name.hpp"

using fusemd::nearest_name;

namespace {
constexpr std::array<std::string_view, 4> kKnown = {"timestep", "temperature", "steps", "seed"};
}

TEST_CASE("typing mistakes find the name that was meant", "[nearest_name]") {
  CHECK(nearest_name("timestep", kKnown) == "timestep");
  CHECK(nearest_name("time_step", kKnown) == "timestep");
  CHECK(nearest_name("TimeStep", kKnown) == "timestep");
  CHECK(nearest_name("temprature", kKnown) == "temperature");
  CHECK(nearest_name("step", kKnown) == "steps");
  CHECK(nearest_name("sede", kKnown) == "seed");  // a swap of neighbours is one mistake
}

TEST_CASE("a name that is near none gets none", "[nearest_name]") {
  CHECK(nearest_name("friction", kKnown).empty());
  CHECK(nearest_name("", kKnown).empty());
  CHECK(nearest_name("x", kKnown).empty());
  CHECK(nearest_name(std::string(1'000'000, 's'), kKnown).empty());
  CHECK(nearest_name("seed", {}).empty());
}
