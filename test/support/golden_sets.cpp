// SPDX-License-Identifier: MIT
#include "test/support/golden_sets.hpp"

#include <algorithm>
#include <filesystem>

#include "test/support/seed_weights.hpp"
#include "test/support/skip.hpp"

namespace fusemd::test {

namespace fs = std::filesystem;

std::vector<GoldenSet> golden_sets() {
  std::vector<GoldenSet> sets;
  for (const std::string name : {"original", "ultra_tiny"}) {
    const auto weights = shared_path("reference/weights/" + name + ".json");
    const auto golden = shared_path("reference/golden/" + name + "_float64.json");
    if (!available(fs::exists(weights) && fs::exists(golden), golden.string())) continue;
    sets.push_back({"seed " + name, read_seed_weights(weights), read_golden(golden)});
  }
  for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
    const auto weights = shared_path("seedlings/" + name + ".json");
    const auto golden = shared_path("seedlings/golden/" + name + "_float64.json");
    if (!available(fs::exists(weights) && fs::exists(golden), golden.string())) continue;
    sets.push_back({"seedling " + name, read_seedling(weights), read_golden(golden)});
  }
  return sets;
}

double beyond_molecules(const GoldenCase& golden) {
  double largest = 0.0;
  for (const Vec3& f : golden.forces) largest = std::max(largest, norm(f));
  return largest > 100.0 ? largest : 0.0;
}

}  // namespace fusemd::test
