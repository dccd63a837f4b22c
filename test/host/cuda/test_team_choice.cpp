// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "host/cuda/team_choice.hpp"
#include "test/support/catch.hpp"
#include "test/support/source_tree.hpp"

using namespace fusemd;
using namespace fusemd::cuda;

namespace {

/// A part with so many multiprocessors, a block each, whose shared memory holds `rows` rows of
/// tiles and clusters of up to `cluster` blocks.
auto part(unsigned multiprocessors, unsigned rows, unsigned cluster) {
  return [=](const TeamShape& shape) -> unsigned {
    if (shape.tile_rows > rows) return 0;
    if (!shape.cluster) return multiprocessors;
    return shape.blocks <= cluster ? multiprocessors / shape.blocks * shape.blocks : 0;
  };
}

TeamShape chosen(std::uint32_t replicas,
                 std::uint32_t atoms,
                 const std::function<unsigned(const TeamShape&)>& resident) {
  return choose_teams(replicas, atoms, launch_policy(90), resident).shape;
}

/// blocks_per_multiprocessor of a kernel in test/simt/budgets/golden; 0: there is no such row.
unsigned golden_blocks(const std::string& file, const std::string& kernel, int architecture) {
  std::ifstream table(test::source_path("test/simt/budgets/golden/" + file + ".csv"));
  std::vector<std::string> names;
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with('#')) continue;
    std::vector<std::string> cells;
    std::istringstream words(line);
    for (std::string cell; std::getline(words, cell, ',');) cells.push_back(cell);
    if (names.empty()) {
      names = cells;
      continue;
    }
    const auto column = [&](const std::string& name) {
      return cells.at(static_cast<std::size_t>(std::ranges::find(names, name) - names.begin()));
    };
    if (column("kernel").ends_with(kernel) &&
        column("architecture") == std::to_string(architecture))
      return static_cast<unsigned>(std::stoul(column("blocks_per_multiprocessor")));
  }
  return 0;
}

}  // namespace

TEST_CASE("one molecule gets a block an atom, as many as are resident") {
  const TeamShape few = chosen(1, 12, part(80, 16, 0));
  CHECK((few.teams == 1 && few.blocks == 12 && few.tile_rows == 1 && !few.cluster));
  const TeamShape many = chosen(1, 200, part(80, 16, 0));
  CHECK((many.teams == 1 && many.blocks == 80 && many.tile_rows == 3));
}

TEST_CASE("replicas share the device, and take turns where there are more than blocks") {
  const TeamShape shared = chosen(10, 12, part(80, 16, 0));
  CHECK((shared.teams == 10 && shared.blocks == 8 && shared.tile_rows == 2));
  const TeamShape turns = chosen(1000, 12, part(80, 16, 0));
  CHECK((turns.teams == 80 && turns.blocks == 1 && turns.tile_rows == 12));
}

TEST_CASE("tiles shrink to what shared memory holds") {
  const TeamShape shape = chosen(1, 384, part(68, 2, 0));
  CHECK((shape.blocks == 68 && shape.tile_rows == 2));
}

TEST_CASE("clusters are taken where one holds the molecule") {
  const TeamShape benzene = chosen(1, 12, part(132, 16, 16));
  CHECK((benzene.cluster && benzene.teams == 1 && benzene.blocks == 12));
  const TeamShape portable = chosen(1, 12, part(132, 16, 8));
  CHECK((portable.cluster && portable.blocks == 8 && portable.tile_rows == 2));
  const TeamShape too_many_atoms = chosen(1, 33, part(132, 16, 16));
  CHECK((!too_many_atoms.cluster && too_many_atoms.blocks == 33));
  const TeamShape twenty = chosen(20, 12, part(132, 16, 16));
  CHECK((twenty.cluster && twenty.teams == 20 && twenty.blocks == 6));
}

TEST_CASE("no more blocks than are resident, whatever the problem") {
  for (const unsigned multiprocessors : {1U, 7U, 68U, 132U}) {
    for (const unsigned cluster : {0U, 8U, 16U}) {
      for (const std::uint32_t replicas : {1U, 3U, 64U, 5000U}) {
        for (const std::uint32_t atoms : {1U, 2U, 21U, 384U}) {
          const auto resident = part(multiprocessors, 4, cluster);
          const TeamShape shape = chosen(replicas, atoms, resident);
          CHECK(shape.teams >= 1);
          CHECK(shape.blocks >= 1);
          CHECK(shape.teams <= replicas);
          CHECK(shape.teams * shape.blocks <= resident(shape));
        }
      }
    }
  }
}

TEST_CASE("teams on the cost report's GPUs are no more than the golden occupancy holds") {
  // Architecture and multiprocessors of the four parts of test/simt/cost/constants.csv. Rows are of
  // the largest molecule and tiles of one atom, so larger tiles are none of theirs.
  constexpr std::pair<int, unsigned> kGpus[] = {{86, 80}, {80, 108}, {90, 132}, {90, 132}};
  for (const auto& [architecture, multiprocessors] : kGpus) {
    const unsigned of_grid = golden_blocks("cooperative_loop", "team_loop_kernel", architecture);
    const unsigned of_cluster = golden_blocks("cluster_loop", "cluster_loop_kernel", architecture);
    CAPTURE(architecture, multiprocessors, of_grid, of_cluster);
    REQUIRE(of_grid >= 1);
    REQUIRE(of_cluster >= 1);
    const auto resident = [&, m = multiprocessors](const TeamShape& shape) -> unsigned {
      if (shape.tile_rows > 1) return 0;
      if (!shape.cluster) return of_grid * m;
      // Kernels without clusters have a row, too, of an empty kernel.
      return architecture >= 90 ? of_cluster * m / shape.blocks * shape.blocks : 0U;
    };
    for (const std::uint32_t replicas : {1U, 3U, 64U, 5000U}) {
      for (const std::uint32_t atoms : {1U, 12U, 21U, kTeamLoopAtoms}) {
        const TeamShape shape =
            choose_teams(replicas, atoms, launch_policy(architecture), resident).shape;
        CHECK(shape.threads <= kMaxTeamThreads);  // the rows' width
        CHECK(shape.teams * shape.blocks >= 1);
        CHECK(shape.teams * shape.blocks <=
              (shape.cluster ? of_cluster : of_grid) * multiprocessors);
      }
    }
  }
}

TEST_CASE("the reason says what was found, and what does not fit") {
  CHECK(choose_teams(1, 12, launch_policy(75), part(68, 16, 0)).reason ==
        "68 blocks of 256 threads are resident, 1 replica of up to 12 atoms: 1 team of 12 blocks");
  const TeamChoice nothing = choose_teams(1, 12, launch_policy(75), part(68, 0, 0));
  CHECK(nothing.shape.blocks == 0);
  CHECK(nothing.reason == "no block has shared memory for 12 atoms");
}
