// SPDX-License-Identifier: MIT
// One launch from shape to end: limits, blocks in order or drawn from the seed, what is left
// waiting.
#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>
#include <string>
#include <utility>

#include "kernels/device_error.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/executor/memory.hpp"
#include "test/simt/executor/scheduler.hpp"
#include "test/simt/executor/shared_memory.hpp"

namespace fusemd::executor {

namespace {

void refuse_unless(bool fits, const std::string& what) {
  if (!fits) throw DeviceError(DeviceProblem::launch_refused, "launch refused: " + what);
}

/// What cudaLaunchKernel and cudaLaunchCooperativeKernel refuse.
void check_shape(const LaunchShape& shape) {
  const DeviceModel& device = config().device;
  constexpr unsigned kMostBlocksX = 0x7fffffff;
  constexpr unsigned kMostBlocksYZ = 65535;
  constexpr unsigned kMostThreadsZ = 64;
  refuse_unless(shape.grid.count() > 0 && shape.block.count() > 0, "an empty grid or block");
  refuse_unless(shape.grid.x <= kMostBlocksX && shape.grid.y <= kMostBlocksYZ &&
                    shape.grid.z <= kMostBlocksYZ,
                "too many blocks");
  refuse_unless(shape.block.count() <= device.threads_per_block && shape.block.z <= kMostThreadsZ,
                std::to_string(shape.block.count()) + " threads a block");
  refuse_unless(shape.shared_bytes <= device.shared_bytes_per_block,
                std::to_string(shape.shared_bytes) + " bytes of dynamic shared memory");
  refuse_unless(shape.cluster <= device.cluster_blocks,
                "clusters of " + std::to_string(shape.cluster) + " blocks");
  refuse_unless(shape.cluster == 0 || shape.grid.x % shape.cluster == 0,
                "a grid of " + std::to_string(shape.grid.x) + " blocks in clusters of " +
                    std::to_string(shape.cluster));
  refuse_unless(shape.residency == Residency::any || shape.grid.count() <= device.resident_blocks,
                std::to_string(shape.grid.count()) + " blocks, which cannot all be resident");
}

uint3 position_in(const Extent& extent, unsigned index) {
  return {index % extent.x, index / extent.x % extent.y, index / extent.x / extent.y};
}

void start_block(Grid& grid, Block& block, unsigned index) {
  const Extent& threads = grid.shape.block;
  const auto count = static_cast<unsigned>(threads.count());
  block.grid = &grid;
  block.index = index;
  block.position = position_in(grid.shape.grid, index);
  block.alive = count;
  grid.alive += count;
  if (block.cluster != nullptr) block.cluster->alive += count;
  block.fibers.resize(count);
  block.warps.resize(ceil_div(count, kLanes));
  start_shared_memory(block);
  for (unsigned i = 0; i < count; ++i) {
    Fiber& fiber = block.fibers[i];
    fiber.block = &block;
    fiber.index = i;
    fiber.lane = i % kLanes;
    fiber.warp = i / kLanes;
    block.warps[fiber.warp].alive |= 1u << fiber.lane;
    fiber.stack = take_stack();
    start_fiber(fiber);
    *fiber.view = {position_in(threads, i),
                   block.position,
                   {threads.x, threads.y, threads.z},
                   {grid.shape.grid.x, grid.shape.grid.y, grid.shape.grid.z}};
  }
  ++statistics().blocks;
  if (observer != nullptr) observer->block_begins(block);
}

void end_block(Block& block) {
  if (observer != nullptr) observer->block_ends(block);
  for (const Fiber& fiber : block.fibers) give_stack(fiber.stack);
  end_shared_memory(block);
}

/// Where the threads that are still there wait, most crowded place first.
std::string waiting_places(const Grid& grid) {
  struct Place {
    Waiting waiting;
    Site site;
    unsigned threads;
  };
  std::vector<Place> places;
  for (const Block& block : grid.blocks) {
    for (const Fiber& fiber : block.fibers) {
      if (fiber.waiting == Waiting::done) continue;
      auto place = std::find_if(places.begin(), places.end(), [&fiber](const Place& known) {
        return known.waiting == fiber.waiting && known.site.line == fiber.site.line &&
               std::string(known.site.file) == fiber.site.file;
      });
      if (place == places.end())
        place = places.insert(places.end(), {fiber.waiting, fiber.site, 0});
      ++place->threads;
    }
  }
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return a.threads > b.threads; });
  std::string text;
  for (const Place& place : places) {
    text += (text.empty() ? "" : ", ") + std::to_string(place.threads) +
            (place.waiting == Waiting::block_barrier     ? " threads at the block barrier "
             : place.waiting == Waiting::cluster_barrier ? " threads at the cluster barrier "
                                                         : " lanes at the warp collective ") +
            place.site.file + ":" + std::to_string(place.site.line);
  }
  return text;
}

/// Runs the resident blocks to their end; false if the launch is over because something was found.
bool run_resident(Grid& grid, std::vector<Finding>& findings) {
  run_ready_fibers();
  if (take_failure(findings)) return false;
  if (grid.alive > 0) {
    findings.push_back({Fault::deadlock, waiting_places(grid)});
    return false;
  }
  return true;
}

void check_red_zones(std::vector<Finding>& findings) {
  if (const Allocation* damaged = damaged_allocation()) {
    findings.push_back({Fault::red_zone_damaged,
                        "bytes beside device buffer " + std::to_string(damaged->number) + " (" +
                            std::to_string(damaged->bytes) + " bytes) were overwritten"});
  }
}

}  // namespace

void run_grid(const LaunchShape& shape, const KernelCall& call) {
  Grid grid{shape, call, {}, {}, 0};
  const auto count = static_cast<unsigned>(shape.grid.count());
  std::vector<Finding> findings;
  seed_schedule();
  ++statistics().launches;
  if (observer != nullptr) observer->launch_begins(grid);
  open_device_memory();

  // Blocks of a cluster have numbers one after the other.
  const unsigned cluster = std::max(shape.cluster, 1u);
  std::vector<unsigned> order(count / cluster);
  std::iota(order.begin(), order.end(), 0u);
  if (config().shuffled) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draw(i)]);
  }
  const bool together = shape.residency == Residency::all_blocks;
  const std::size_t resident = together ? count : cluster;
  bool good = true;
  for (std::size_t first = 0; first < count && good; first += resident) {
    grid.blocks.clear();
    grid.blocks.resize(resident);
    grid.clusters.assign(shape.cluster == 0 ? 0 : resident / cluster, {});
    for (std::size_t i = 0; i < resident; ++i) {
      Block& block = grid.blocks[i];
      if (shape.cluster != 0) block.cluster = &grid.clusters[i / cluster];
      const auto within = static_cast<unsigned>((first + i) % cluster);
      start_block(grid, block, order[(first + i) / cluster] * cluster + within);
    }
    good = run_resident(grid, findings);
    for (Block& block : grid.blocks) {
      if (good) check_shared_red_zones(block, findings);
      end_block(block);
    }
    good &= findings.empty();
  }
  drop_ready_fibers();
  close_device_memory();
  if (observer != nullptr) {
    for (Finding& finding : observer->launch_ends()) findings.push_back(std::move(finding));
  }
  // Only once: a damaged zone stays damaged, and the launch that did it has ended.
  check_red_zones(findings);
  if (!findings.empty()) throw KernelFault(std::move(findings));
}

unsigned resident_blocks(unsigned threads, std::size_t shared_bytes) {
  const DeviceModel& device = config().device;
  const bool fits = threads > 0 && threads <= device.threads_per_block &&
                    shared_bytes <= device.shared_bytes_per_block;
  return fits ? device.resident_blocks : 0;
}

unsigned resident_clusters(unsigned blocks, unsigned threads, std::size_t shared_bytes) {
  if (blocks == 0 || blocks > config().device.cluster_blocks) return 0;
  return resident_blocks(threads, shared_bytes) / blocks;
}

void launch_call(const LaunchShape& shape, Stream stream, KernelCall call) {
  const ExecutorLock lock;
  if (current != nullptr) fail(Fault::deadlock, "a kernel launches a kernel");
  check_shape(shape);
  submit(stream, [shape, bound = std::move(call)] { run_grid(shape, bound); });
}

}  // namespace fusemd::executor
