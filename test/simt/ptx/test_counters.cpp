// SPDX-License-Identifier: MIT
// The counters against counts by hand.
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "test/simt/ptx/counted_kernels.hpp"
#include "test/simt/ptx/runtime/counters.hpp"
#include "test/simt/ptx/runtime/launch_record.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/support/catch.hpp"

namespace fusemd {
namespace {

using ptx::Access;
using ptx::AccessTotals;
using ptx::Class;
using ptx::KernelTotals;
using ptx::Space;
using test::DeviceArray;
using test::zeroed;

/// The totals of the one kernel that `launch` runs.
template <class Launch>
KernelTotals count(Launch launch) {
  ptx::reset_counters();
  {
    const ptx::CountingScope scope;
    launch();
  }
  REQUIRE(ptx::counted().size() == 1);
  return ptx::counted().begin()->second;
}

std::uint64_t threads_did(const KernelTotals& totals, Class kind) {
  return totals.thread_instructions[static_cast<std::size_t>(kind)];
}
std::uint64_t warps_did(const KernelTotals& totals, Class kind) {
  return totals.warp_instructions[static_cast<std::size_t>(kind)];
}
AccessTotals accesses(const KernelTotals& totals, Space space, Access access, unsigned bytes) {
  const auto found = totals.accesses.find({space, access, bytes});
  return found == totals.accesses.end() ? AccessTotals{} : found->second;
}

}  // namespace

TEST_CASE("a dense copy by 16 bytes moves each sector once") {
  const auto x = zeroed<float>(4 * 3 * 128);
  DeviceArray<float> y(x.size());
  const KernelTotals totals = count([&] { counted::copy_float4(x.data(), y.data(), 3); });
  CHECK(totals.launches == 1);
  CHECK(totals.blocks == 3);
  CHECK(totals.warps == 12);
  CHECK(totals.threads == 384);
  CHECK(totals.accesses.size() == 2);
  for (const Access kind : {Access::load, Access::store}) {
    const AccessTotals moved = accesses(totals, Space::global, kind, 16);
    CHECK(moved.lane_accesses == 384);
    CHECK(moved.requests == 12);
    CHECK(moved.lane_bytes == 384 * 16);
    CHECK(moved.sectors == 12 * 16);
    CHECK(moved.needed_sectors == 12 * 16);
  }
  CHECK(totals.footprint_read == 384 * 16);
  CHECK(totals.footprint_written == 384 * 16);
  CHECK(warps_did(totals, Class::load_global) == 12);
  CHECK(threads_did(totals, Class::store_global) == 384);
  CHECK(totals.flops() == 0);
}

TEST_CASE("a strided transpose shows its sectors and bank conflicts") {
  const auto x = zeroed<float>(1024);
  DeviceArray<float> y(1024);
  const KernelTotals totals = count([&] { counted::transpose_badly(x.data(), y.data()); });
  // A column of x: 32 lanes in 32 sectors, 32 times. A row of y: 4 sectors, 32 times.
  CHECK(accesses(totals, Space::global, Access::load, 4).sectors == 1024);
  CHECK(accesses(totals, Space::global, Access::load, 4).needed_sectors == 128);
  CHECK(accesses(totals, Space::global, Access::store, 4).sectors == 128);
  CHECK(totals.footprint_read == 4096);
  // A row of the tile is free of conflicts, a column lies in one bank: 31 passes too many.
  CHECK(accesses(totals, Space::shared, Access::store, 4).conflicts == 0);
  CHECK(accesses(totals, Space::shared, Access::load, 4).wavefronts == 1024);
  CHECK(accesses(totals, Space::shared, Access::load, 4).conflicts == 992);
  CHECK(warps_did(totals, Class::warp_barrier) == 1);
}

TEST_CASE("arithmetic is counted by thread and by warp") {
  constexpr unsigned kDegree = 37;
  const auto coefficients = zeroed<float>(kDegree + 1);
  DeviceArray<float> out(32);
  const KernelTotals totals =
      count([&] { counted::horner(coefficients.data(), out.data(), kDegree); });
  CHECK(threads_did(totals, Class::fma32) == 32 * kDegree);
  CHECK(warps_did(totals, Class::fma32) == kDegree);
  CHECK(threads_did(totals, Class::slow32) == 32);  // the division
  CHECK(totals.flops() == 2 * 32 * kDegree);
  // All lanes read one word: one sector a request.
  CHECK(accesses(totals, Space::global, Access::load, 4).requests == kDegree + 1);
  CHECK(accesses(totals, Space::global, Access::load, 4).sectors == kDegree + 1);
}

TEST_CASE("a warp that diverges issues what its longest lane issues") {
  auto word = zeroed<unsigned>(1);
  const KernelTotals totals = count([&] { counted::triangle(word.data()); });
  CHECK(word.download()[0] == 528);
  CHECK(threads_did(totals, Class::atomic) == 528);
  CHECK(warps_did(totals, Class::atomic) == 32);
  CHECK(accesses(totals, Space::global, Access::atomic, 4).requests == 32);
  CHECK(accesses(totals, Space::global, Access::atomic, 4).lane_accesses == 528);
}

TEST_CASE("barriers are counted, and close the warp's requests") {
  DeviceArray<float> out(64);
  const KernelTotals totals = count([&] { counted::rounds_of_barriers(out.data(), 5); });
  CHECK(warps_did(totals, Class::barrier) == 2 * 2 * 5);
  CHECK(accesses(totals, Space::shared, Access::store, 4).requests == 2 * 5);
  CHECK(accesses(totals, Space::shared, Access::load, 4).requests == 2 * 5);
  CHECK(accesses(totals, Space::shared, Access::load, 4).conflicts == 0);
}

TEST_CASE("an observer sees each launch: its shape, warps and sectors") {
  const auto x = zeroed<float>(4 * 3 * 128);
  DeviceArray<float> y(x.size());
  std::vector<ptx::LaunchRecord> seen;
  ptx::observe_launches([&](const ptx::LaunchRecord& launch) {
    seen.push_back(launch);
    CHECK(launch.warps.size() == 12);
    // The kernel's one straight stretch, once by every warp; nothing behind its end.
    for (const auto* executions : launch.warps) CHECK(executions->front() == 1);
  });
  (void)count([&] { counted::copy_float4(x.data(), y.data(), 3); });
  ptx::observe_launches({});
  (void)count([&] { counted::copy_float4(x.data(), y.data(), 3); });
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].shape.grid.count() == 3);
  CHECK(seen[0].shape.block.count() == 128);
  CHECK(seen[0].read_sectors.size() == 3 * 128 * 16 / 32);
  CHECK(seen[0].written_sectors.size() == 3 * 128 * 16 / 32);
  CHECK(seen[0].sectors_by_block == 2 * 3 * 128 * 16 / 32);

  // An atomic reads and writes its sector.
  auto word = zeroed<unsigned>(1);
  ptx::observe_launches([&](const ptx::LaunchRecord& launch) { seen.push_back(launch); });
  (void)count([&] { counted::triangle(word.data()); });
  ptx::observe_launches({});
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].read_sectors == seen[1].written_sectors);
  CHECK(seen[1].sectors_by_block == 1);

  // One row of 64 floats, read again after a barrier: it comes twice.
  const auto row = zeroed<float>(64);
  DeviceArray<float> sums(64);
  ptx::observe_launches([&](const ptx::LaunchRecord& launch) { seen.push_back(launch); });
  (void)count([&] { counted::read_twice(row.data(), sums.data()); });
  ptx::observe_launches({});
  REQUIRE(seen.size() == 3);
  CHECK(seen[2].read_sectors.size() == 8);
  CHECK(seen[2].sectors_by_block == 8 + 8 + 8);
}

TEST_CASE("counts are additive over launches and written as JSON") {
  ptx::reset_counters();
  auto word = zeroed<unsigned>(1);
  {
    const ptx::CountingScope scope;
    counted::triangle(word.data());
    counted::triangle(word.data());
  }
  counted::triangle(word.data());  // outside the scope
  const auto json = nlohmann::json::parse(ptx::counters_json());
  CHECK(json["format"] == "fusemd-counters");
  REQUIRE(json["kernels"].size() == 1);
  const std::string name = json["kernels"].begin().key();
  CHECK(name.find("triangle_kernel") != std::string::npos);
  const auto& kernel = json["kernels"][name];
  CHECK(kernel["launches"] == 2);
  CHECK(kernel["threads"] == 64);
  CHECK(kernel["thread_instructions"]["atomic"] == 2 * 528);
  CHECK(kernel["accesses"].size() == 1);
  CHECK(kernel["accesses"][0]["access"] == "atomic");
  CHECK(word.download()[0] == 3 * 528);
}

}  // namespace fusemd
