// SPDX-License-Identifier: MIT
// Launches of the planted faults, and the table of what each level must say.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/device_memory.hpp"
#include "kernels/graph.hpp"
#include "kernels/launch.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/faults/planted_fault.hpp"
#include "test/simt/faults/planted_kernels.cuh"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::faults {

using executor::Fault;
using test::DeviceArray;
using test::zeroed;

namespace {

constexpr LaunchShape kOneBlock{.grid = {1}, .block = {kThreads}};
constexpr LaunchShape kOneWarp{.grid = {1}, .block = {32}};
constexpr LaunchShape kTwoResident{.grid = {2},
                                   .block = {kThreads},
                                   .residency = Residency::all_blocks};
constexpr LaunchShape kCluster{.grid = {2}, .block = {kThreads}, .cluster = 2};

std::vector<float> counted(std::size_t n) {
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<float>(i + 1);
  return values;
}

template <class... Parameters, class... Arguments>
void launch(const LaunchShape& shape, void (*kernel)(Parameters...), Arguments... arguments) {
  simt::launch(shape, nullptr, kernel, arguments...);
}

void expect_all(const DeviceArray<float>& actual, const std::vector<float>& expected) {
  test::expect_all_close(actual.download(), expected, {.why = "copied, not computed"}, "y");
}

/// A kernel that turns x around: y[i] = x[n - 1 - i].
template <class Launch>
void expect_reversed(std::size_t n, Launch launch_kernel) {
  std::vector<float> x = counted(n);
  const DeviceArray<float> device_x(x);
  DeviceArray<float> y(n);
  launch_kernel(device_x.data(), y.data());
  std::reverse(x.begin(), x.end());
  expect_all(y, x);
}

/// A kernel that sets all of y to 1.
template <class Launch>
void expect_ones(std::size_t n, Launch launch_kernel) {
  DeviceArray<float> y(n);
  launch_kernel(y.data());
  expect_all(y, std::vector<float>(n, 1.0f));
}

/// Chooses a kernel's planted or fault-free form.
#define FUSEMD_FORM(kernel) (planted ? kernel<true> : kernel<false>)

void missing_block_barrier_row(bool planted) {
  expect_reversed(kThreads, [planted](const float* x, float* y) {
    launch(kOneBlock, FUSEMD_FORM(missing_block_barrier), x, y);
  });
}
void missing_warp_barrier_row(bool planted) {
  expect_reversed(32, [planted](const float* x, float* y) {
    launch(kOneWarp, FUSEMD_FORM(missing_warp_barrier), x, y);
  });
}
void half_warp_barrier_row(bool planted) {
  expect_reversed(32, [planted](const float* x, float* y) {
    launch(kOneWarp, FUSEMD_FORM(half_warp_barrier), x, y);
  });
}
void shuffle_as_barrier_row(bool planted) {
  expect_reversed(32, [planted](const float* x, float* y) {
    launch(kOneWarp, FUSEMD_FORM(shuffle_as_barrier), x, y);
  });
}
void missing_grid_barrier_row(bool planted) {
  expect_reversed(2 * kThreads, [planted](const float* x, float* y) {
    DeviceArray<float> between(2 * kThreads);
    DeviceArray<unsigned> word = zeroed<unsigned>(1);
    launch(kTwoResident, FUSEMD_FORM(missing_grid_barrier), x, between.data(), y, word.data());
  });
}
void missing_cluster_barrier_row(bool planted) {
  expect_reversed(2 * kThreads, [planted](const float* x, float* y) {
    launch(kCluster, FUSEMD_FORM(missing_cluster_barrier), x, y);
  });
}
void cluster_store_too_soon_row(bool planted) {
  expect_reversed(2 * kThreads, [planted](const float* x, float* y) {
    launch(kCluster, FUSEMD_FORM(cluster_store_too_soon), x, y);
  });
}
void early_cluster_store_row(bool planted) {
  expect_ones(2 * kThreads,
              [planted](float* y) { launch(kCluster, FUSEMD_FORM(early_cluster_store), y); });
}
void cluster_block_gone_row(bool planted) {
  expect_ones(2 * kThreads,
              [planted](float* y) { launch(kCluster, FUSEMD_FORM(cluster_block_gone), y); });
}
void plain_sum_row(bool planted) {
  const DeviceArray<int> x(std::vector<int>(kThreads, 3));
  DeviceArray<int> sum = zeroed<int>(1);
  launch(kOneBlock, FUSEMD_FORM(plain_sum), x.data(), sum.data());
  test::expect(sum.download()[0] == 3 * static_cast<int>(kThreads), "sum");
}
void counter_row(bool planted) {
  DeviceArray<int> count(1);
  launch(kOneBlock, FUSEMD_FORM(counter_cleared_too_late), count.data());
  test::expect(count.download()[0] == static_cast<int>(kThreads), "count");
}
void relaxed_flag_row(bool planted) {
  DeviceArray<float> value(1);
  DeviceArray<float> y(1);
  DeviceArray<unsigned> flag = zeroed<unsigned>(1);
  launch(kTwoResident, FUSEMD_FORM(relaxed_flag), value.data(), flag.data(), y.data());
  expect_all(y, {5.0f});
}
void last_block_row(bool planted) {
  const DeviceArray<float> x(counted(3));
  DeviceArray<float> partial(3);
  DeviceArray<float> sum(1);
  DeviceArray<unsigned> arrived = zeroed<unsigned>(1);
  launch({.grid = {3}, .block = {32}}, FUSEMD_FORM(last_block_sums), x.data(), partial.data(),
         arrived.data(), sum.data());
  expect_all(sum, {6.0f});
}
void uninitialised_shared_row(bool planted) {
  expect_ones(kThreads,
              [planted](float* y) { launch(kOneBlock, FUSEMD_FORM(uninitialised_shared), y); });
}
void uninitialised_device_row(bool planted) {
  const DeviceArray<float> filled(std::vector<float>(kThreads, 1.0f));
  const DeviceArray<float> unfilled(kThreads);
  expect_ones(kThreads, [&](float* y) {
    launch(kOneBlock, FUSEMD_FORM(uninitialised_device), filled.data(), unfilled.data(), y);
  });
}
void shared_write_row(bool planted) {
  expect_ones(kThreads,
              [planted](float* y) { launch(kOneBlock, FUSEMD_FORM(shared_write_past_end), y); });
}
void shared_read_row(bool planted) {
  expect_ones(kThreads,
              [planted](float* y) { launch(kOneBlock, FUSEMD_FORM(shared_read_before_start), y); });
}
void device_write_row(bool planted) {
  expect_ones(kThreads,
              [planted](float* y) { launch(kOneBlock, FUSEMD_FORM(device_write_past_end), y); });
}
void device_read_row(bool planted) {
  const DeviceArray<float> x(std::vector<float>(kThreads, 1.0f));
  expect_ones(kThreads,
              [&](float* y) { launch(kOneBlock, FUSEMD_FORM(device_read_past_end), x.data(), y); });
}
void vector_row(bool planted) {
  const DeviceArray<float> x(std::vector<float>(4 * kThreads, 1.0f));
  expect_ones(kThreads,
              [&](float* y) { launch(kOneBlock, FUSEMD_FORM(vector_past_end), x.data(), y); });
}
void host_pointer_row(bool planted) {
  const std::vector<float> host(kThreads, 1.0f);
  const DeviceArray<float> x(host);
  expect_ones(kThreads, [&](float* y) {
    launch(kOneBlock, copy_value, planted ? host.data() : x.data(), y);
  });
}
void released_buffer_row(bool planted) {
  const float* stale = nullptr;
  const DeviceArray<float> x(std::vector<float>(kThreads, 1.0f));
  {
    const DeviceArray<float> short_lived(std::vector<float>(kThreads, 1.0f));
    stale = short_lived.data();
  }
  expect_ones(kThreads,
              [&](float* y) { launch(kOneBlock, copy_value, planted ? stale : x.data(), y); });
}
/// A graph keeps the addresses that it was captured with.
void stale_graph_row(bool planted) {
  const Stream stream = device::create_stream();
  auto first = std::make_unique<DeviceArray<float>>(std::vector<float>(kThreads, 1.0f));
  DeviceArray<float> y(kThreads);
  device::begin_capture(stream);
  simt::launch(kOneBlock, stream, copy_value, static_cast<const float*>(first->data()), y.data());
  const device::Graph graph = device::end_capture(stream);
  if (planted) first.reset();
  device::launch(graph, stream);
  device::synchronize(stream);
  expect_all(y, std::vector<float>(kThreads, 1.0f));
  device::destroy_graph(graph);
  device::destroy_stream(stream);
}
void misaligned_vector_row(bool planted) {
  const DeviceArray<float> x(std::vector<float>(4 * kThreads + 4, 1.0f));
  expect_ones(kThreads,
              [&](float* y) { launch(kOneBlock, FUSEMD_FORM(misaligned_vector), x.data(), y); });
}
void misaligned_cast_row(bool planted) {
  const DeviceArray<float> x(std::vector<float>(4 * kThreads + 4, 1.0f));
  expect_ones(kThreads,
              [&](float* y) { launch(kOneBlock, FUSEMD_FORM(misaligned_cast), x.data(), y); });
}
void foreign_stack_row(bool planted) {
  expect_ones(kThreads, [planted](float* y) { launch(kOneBlock, FUSEMD_FORM(foreign_stack), y); });
}
void host_access_row(bool planted) {
  DeviceArray<float> y(1);
  DeviceArray<float> x(std::vector<float>{1.0f});
  float read = 1.0f;
  if (planted) read = *static_cast<const volatile float*>(x.data());
  test::expect(read == 1.0f, "read");
}
void copy_early_row(bool planted) {
  const DeviceArray<float> x(std::vector<float>(kThreads, 1.0f));
  expect_ones(kThreads,
              [&](float* y) { launch(kOneBlock, FUSEMD_FORM(copy_read_early), x.data(), y); });
}
void copy_never_row(bool planted) {
  const DeviceArray<float> x(std::vector<float>(kThreads, 1.0f));
  expect_ones(kThreads,
              [&](float* y) { launch(kOneBlock, FUSEMD_FORM(copy_never_awaited), x.data(), y); });
}
void refill_row(bool planted) {
  expect_reversed(kThreads, [planted](const float* x, float* y) {
    launch(kOneBlock, FUSEMD_FORM(buffer_refilled_early), x, y);
  });
}
void half_warp_shuffle_row(bool planted) {
  const DeviceArray<float> x(std::vector<float>(32, 1.0f));
  expect_ones(32, [&](float* y) {
    launch(kOneWarp, FUSEMD_FORM(half_warp_shuffles_with_full_mask), x.data(), y);
  });
}
void other_shuffle_row(bool planted) {
  const DeviceArray<float> x(std::vector<float>(32, 1.0f));
  expect_ones(32,
              [&](float* y) { launch(kOneWarp, FUSEMD_FORM(shuffles_in_both_arms), x.data(), y); });
}
void both_arms_row(bool planted) {
  expect_ones(kThreads,
              [planted](float* y) { launch(kOneBlock, FUSEMD_FORM(barriers_in_both_arms), y); });
}
void mixed_barriers_row(bool planted) {
  expect_ones(kThreads, [planted](float* y) { launch(kOneBlock, FUSEMD_FORM(mixed_barriers), y); });
}
void endless_spin_row(bool planted) {
  DeviceArray<unsigned> flag = zeroed<unsigned>(1);
  expect_ones(kThreads,
              [&](float* y) { launch(kOneBlock, FUSEMD_FORM(endless_spin), flag.data(), y); });
}
void not_resident_row(bool planted) {
  DeviceArray<unsigned> word = zeroed<unsigned>(1);
  LaunchShape shape = kTwoResident;
  if (planted) shape.residency = Residency::any;
  expect_ones(2 * kThreads,
              [&](float* y) { launch(shape, meets_at_grid_barrier, word.data(), y); });
}
void own_lane_row(bool planted) {
  expect_ones(32, [planted](float* y) { launch(kOneWarp, FUSEMD_FORM(lane_outside_its_mask), y); });
}
void source_lane_row(bool planted) {
  const DeviceArray<float> x(std::vector<float>(32, 1.0f));
  expect_ones(32, [&](float* y) {
    launch(kOneWarp, FUSEMD_FORM(shuffle_from_outside_the_mask), x.data(), y);
  });
}
void ended_lane_row(bool planted) {
  expect_ones(32,
              [planted](float* y) { launch(kOneWarp, FUSEMD_FORM(mask_with_an_ended_lane), y); });
}
void endless_loop_row(bool planted) {
  executor::Config config = executor::config();
  config.max_accesses = 100'000;
  const executor::ScopedConfig scope(config);
  const DeviceArray<float> x(std::vector<float>(kThreads, 1.0f));
  expect_ones(kThreads,
              [&](float* y) { launch(kOneBlock, FUSEMD_FORM(endless_loop), x.data(), y); });
}
void dynamic_size_row(bool planted) {
  LaunchShape shape = kOneBlock;
  shape.shared_bytes = shared_bytes<float>(planted ? kThreads - 4 : kThreads);
  expect_ones(kThreads, [&](float* y) { launch(shape, takes_dynamic_memory, kThreads, y); });
}
void layout_row(bool planted) {
  LaunchShape shape = kOneBlock;
  shape.shared_bytes = shared_bytes<float>(kThreads);
  expect_ones(kThreads,
              [&](float* y) { launch(shape, FUSEMD_FORM(threads_disagree_on_layout), y); });
}
void static_size_row(bool planted) {
  expect_ones(kThreads, [planted](float* y) {
    launch(kOneBlock, planted ? takes_static_memory<13000> : takes_static_memory<12000>, y);
  });
}

#undef FUSEMD_FORM

}  // namespace

std::vector<PlantedFault> planted_faults() {
  const auto everywhere = [](const char* name, void (*run)(bool), Fault fault) {
    return PlantedFault{name, run, report(fault), report(fault), report(fault)};
  };
  return {
      // name, launch, plain, with sanitizers, with the checker
      {"missing block barrier", missing_block_barrier_row, kWrongValue, kWrongValue,
       report(Fault::race)},
      {"missing warp barrier", missing_warp_barrier_row, kWrongValue, kWrongValue,
       report(Fault::race)},
      {"barrier of half a warp", half_warp_barrier_row, kAnything, kAnything, report(Fault::race)},
      {"shuffle taken for a barrier", shuffle_as_barrier_row, kAnything, kAnything,
       report(Fault::race)},
      {"missing grid barrier", missing_grid_barrier_row, kWrongValue, kWrongValue,
       report(Fault::race)},
      {"missing cluster barrier", missing_cluster_barrier_row, kWrongValue, kWrongValue,
       report(Fault::race)},
      {"store to a cluster's block that still reads", cluster_store_too_soon_row, kAnything,
       kAnything, report(Fault::race)},
      everywhere("store to a cluster's block that has not begun", early_cluster_store_row,
                 Fault::cluster_misuse),
      everywhere("store to a cluster's block that has ended", cluster_block_gone_row,
                 Fault::cluster_misuse),
      {"sum without atomics", plain_sum_row, kAnything, kAnything, report(Fault::race)},
      {"counter cleared too late", counter_row, kAnything, kAnything, report(Fault::race)},
      {"flag that orders nothing", relaxed_flag_row, kAnything, kAnything, report(Fault::race)},
      {"last block by a relaxed counter", last_block_row, kAnything, kAnything,
       report(Fault::race)},
      {"uninitialised shared memory", uninitialised_shared_row, kWrongValue, kWrongValue,
       report(Fault::uninitialised_shared)},
      {"uninitialised device memory", uninitialised_device_row, kWrongValue, kWrongValue,
       report(Fault::uninitialised_global)},
      {"write past a shared array", shared_write_row, report(Fault::red_zone_damaged), kDeath,
       report(Fault::shared_out_of_bounds)},
      {"read before a shared array", shared_read_row, kWrongValue, kDeath,
       report(Fault::shared_out_of_bounds)},
      {"write past a device buffer", device_write_row, report(Fault::red_zone_damaged), kDeath,
       report(Fault::global_out_of_bounds)},
      {"read past a device buffer", device_read_row, kWrongValue, kDeath,
       report(Fault::global_out_of_bounds)},
      everywhere("vector past a device buffer", vector_row, Fault::global_out_of_bounds),
      {"host pointer", host_pointer_row, kAnything, kAnything, report(Fault::not_device_memory)},
      {"released device buffer", released_buffer_row, kDeath, kDeath,
       report(Fault::global_out_of_bounds)},
      {"graph over a released buffer", stale_graph_row, kDeath, kDeath,
       report(Fault::global_out_of_bounds)},
      {"another thread's stack", foreign_stack_row, kAnything, kAnything,
       report(Fault::not_device_memory)},
      everywhere("misaligned vector", misaligned_vector_row, Fault::misaligned),
      {"misaligned cast", misaligned_cast_row, kAnything, kDeath, kAnything},
      {"host code reads device memory", host_access_row, kAnything, kDeath, kAnything},
      {"asynchronous copy read early", copy_early_row, kWrongValue, kWrongValue,
       report(Fault::uninitialised_shared)},
      everywhere("asynchronous copy never awaited", copy_never_row, Fault::unfinished_copy),
      {"buffer refilled early", refill_row, kAnything, kAnything, report(Fault::race)},
      everywhere("half a warp shuffles with the full mask", half_warp_shuffle_row,
                 Fault::bad_warp_mask),
      everywhere("shuffles in both arms", other_shuffle_row, Fault::divergent_collective),
      everywhere("barriers in both arms", both_arms_row, Fault::divergent_barrier),
      everywhere("warp and block barrier mixed", mixed_barriers_row, Fault::deadlock),
      everywhere("endless spin", endless_spin_row, Fault::livelock),
      everywhere("grid barrier without residency", not_resident_row, Fault::livelock),
      everywhere("lane outside its own mask", own_lane_row, Fault::bad_warp_mask),
      everywhere("shuffle from outside the mask", source_lane_row, Fault::bad_warp_mask),
      everywhere("mask with an ended lane", ended_lane_row, Fault::bad_warp_mask),
      {"endless loop", endless_loop_row, kNotRun, kNotRun, report(Fault::runaway)},
      everywhere("dynamic shared memory too small", dynamic_size_row, Fault::shared_memory_layout),
      everywhere("threads disagree on the layout", layout_row, Fault::shared_memory_layout),
      everywhere("static shared memory too large", static_size_row, Fault::shared_memory_layout),
  };
}

}  // namespace fusemd::faults
