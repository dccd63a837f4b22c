// SPDX-License-Identifier: MIT
#include <algorithm>
#include <sched.h>
#include <thread>
#include <vector>

#include "host/thread_placement.hpp"
#include "test/support/catch.hpp"

namespace fusemd::test {
namespace {

cpu_set_t own_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
  return set;
}

}  // namespace

TEST_CASE("threads of a team settle on different processors and are not pinned there") {
  const cpu_set_t allowed = own_affinity();
  const auto processors = static_cast<std::size_t>(CPU_COUNT(&allowed));
  ThreadPlacement placement;
  std::vector<int> settled{placement.settle()};
  // One thread after the other, so that each could just stay where the one before it was; the last
  // one finds nothing free.
  for (std::size_t k = 1; k <= processors; ++k) {
    std::thread([&] {
      settled.push_back(placement.settle());
      const cpu_set_t now = own_affinity();
      REQUIRE(CPU_EQUAL(&now, &allowed) != 0);
    }).join();
  }
  REQUIRE(settled.back() == -1);
  settled.pop_back();
  for (const int processor : settled) {
    REQUIRE(processor >= 0);
    REQUIRE(CPU_ISSET(static_cast<std::size_t>(processor), &allowed) != 0);
  }
  std::sort(settled.begin(), settled.end());
  REQUIRE(std::adjacent_find(settled.begin(), settled.end()) == settled.end());
}

}  // namespace fusemd::test
