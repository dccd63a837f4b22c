// SPDX-License-Identifier: MIT
#include "host/cuda/team_choice.hpp"

#include <algorithm>
#include <optional>

namespace fusemd::cuda {
namespace {

std::string counted(unsigned n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

/// The shape with most rows a tile, up to the atoms of a block, that is resident at all.
std::optional<TeamShape> with_tiles(TeamShape shape,
                                    std::uint32_t largest,
                                    unsigned most_rows,
                                    const std::function<unsigned(const TeamShape&)>& resident) {
  shape.tile_rows = std::clamp(ceil_div(largest, shape.blocks), 1U, most_rows);
  for (; shape.tile_rows > 0; --shape.tile_rows) {
    if (resident(shape) >= shape.blocks) return shape;
  }
  return {};
}

}  // namespace

TeamChoice choose_teams(std::uint32_t n_replicas,
                        std::uint32_t largest,
                        const LaunchPolicy& policy,
                        const std::function<unsigned(const TeamShape&)>& resident) {
  const unsigned replicas = std::max(n_replicas, 1U);
  TeamShape shape{.threads = std::min(2 * policy.node_threads, kMaxTeamThreads)};
  const auto finished = [&](TeamShape chosen, const std::string& blocks) {
    const unsigned most = resident(chosen);
    chosen.teams = std::clamp(most / chosen.blocks, 1U, replicas);
    return TeamChoice{chosen, counted(most, "block") + " of " + std::to_string(chosen.threads) +
                                  " threads are resident, " + counted(replicas, "replica") +
                                  " of up to " + counted(largest, "atom") + ": " +
                                  counted(chosen.teams, blocks) + " of " +
                                  counted(chosen.blocks, "block")};
  };

  shape.cluster = true;
  for (shape.blocks = std::min(largest, kMaxClusterBlocks);
       shape.blocks > 1 && kClusterAtoms * shape.blocks >= largest; --shape.blocks) {
    const auto tiled = with_tiles(shape, largest, policy.node_rows, resident);
    if (tiled && resident(*tiled) / shape.blocks >= replicas) return finished(*tiled, "cluster");
  }

  // Fewer blocks need larger tiles, of which fewer may be resident: the first that fits is taken.
  shape.cluster = false;
  for (shape.blocks = std::max(largest, 1U); shape.blocks > 0; --shape.blocks) {
    const auto tiled = with_tiles(shape, largest, policy.node_rows, resident);
    if (!tiled) continue;
    const unsigned most = resident(*tiled);
    if (most / shape.blocks >= replicas || shape.blocks == 1) return finished(*tiled, "team");
  }
  return {{}, "no block has shared memory for " + counted(largest, "atom")};
}

}  // namespace fusemd::cuda
