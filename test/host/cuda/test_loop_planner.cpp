// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstddef>
#include <string>

#include "host/cuda/loop_planner.hpp"
#include "test/host/cuda/report_estimates.hpp"
#include "test/support/catch.hpp"
#include "test/support/close.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

using cuda::LoopProblem;
using cuda::LoopShape;
using cuda::plan_loop;

/// A GPU as its driver describes it.
struct Gpu {
  device::DeviceInfo info;
  std::size_t shared_per_block = 0;
};

Gpu rtx_3080_ti() {
  return {{.name = "RTX 3080 Ti",
           .compute_capability = 86,
           .multiprocessors = 80,
           .memory_bytes = std::size_t{12} << 30,
           .clock_hz = 1.665e9,
           .bandwidth = 912e9,
           .l2_bytes = std::size_t{6} << 20},
          std::size_t{99} * 1024};
}
Gpu a100() {
  return {{.name = "A100",
           .compute_capability = 80,
           .multiprocessors = 108,
           .memory_bytes = std::size_t{40} << 30,
           .clock_hz = 1.41e9,
           .bandwidth = 1555e9,
           .l2_bytes = std::size_t{40} << 20},
          std::size_t{163} * 1024};
}
Gpu h100() {
  return {{.name = "H100",
           .compute_capability = 90,
           .multiprocessors = 132,
           .memory_bytes = std::size_t{80} << 30,
           .clock_hz = 1.98e9,
           .bandwidth = 3350e9,
           .l2_bytes = std::size_t{50} << 20},
          std::size_t{227} * 1024};
}
Gpu h200() {
  Gpu gpu = h100();
  gpu.info.name = "H200";
  gpu.info.bandwidth = 4800e9;
  return gpu;
}

/// What the sizes of blocks depend on; no weights.
StudentWeights sizes_of(unsigned n_channels) {
  StudentWeights weights{
      .n_channels = n_channels, .n_layers = n_channels == 128 ? 3U : 2U, .gates = 2};
  weights.readout.head_1.n = n_channels / 2;
  weights.readout.head_2.n = n_channels / 4;
  return weights;
}

/// Replicas of one size on a GPU, divided as its occupancy allows: a block a multiprocessor.
LoopProblem problem_of(std::uint32_t atoms,
                       std::uint32_t replicas,
                       unsigned n_channels = 128,
                       const Gpu& gpu = h100()) {
  LoopProblem problem{.load = {.largest = atoms, .n_replicas = replicas, .n_channels = n_channels},
                      .device = gpu.info,
                      .teams = {}};
  if (atoms > kTeamLoopAtoms) return problem;
  const StudentWeights weights = sizes_of(n_channels);
  const auto multiprocessors = static_cast<unsigned>(gpu.info.multiprocessors);
  problem.teams = cuda::choose_teams(
      replicas, atoms, launch_policy(gpu.info.compute_capability), [&](const TeamShape& shape) {
        if (shape.cluster && gpu.info.compute_capability < 90) return 0U;
        constexpr std::size_t fixed = 4128;  // static: scratch of the time step
        if (fixed + team_shared_bytes(weights, atoms, shape) > gpu.shared_per_block) return 0U;
        return shape.cluster ? multiprocessors / shape.blocks * shape.blocks : multiprocessors;
      });
  return problem;
}

LoopShape chosen(std::uint32_t atoms, std::uint32_t replicas, unsigned n_channels, const Gpu& gpu) {
  return plan_loop(problem_of(atoms, replicas, n_channels, gpu), "auto").shape;
}

/// The refusal of a loop; empty parts if there was none.
InputErrorParts refusal(const LoopProblem& problem, const std::string& wanted) {
  try {
    (void)plan_loop(problem, wanted);
  } catch (const InputError& error) {
    return error.parts();
  }
  return {};
}

TEST_CASE("the planner's estimates are the cost report's") {
  for (const test::ReportEstimate& report : test::kReportEstimates) {
    using cuda::CountedLoop;
    const LoopShape shape = report.loop == CountedLoop::block   ? LoopShape::block
                            : report.loop == CountedLoop::graph ? LoopShape::graph
                                                                : LoopShape::cooperative;
    // As counted: an atom a block, 80 blocks at most; clusters of 16 at most.
    const unsigned most = report.loop == CountedLoop::cluster ? 16 : 80;
    const TeamShape team{.teams = 1,
                         .blocks = std::min(report.atoms, most),
                         .tile_rows = 2,
                         .cluster = report.loop == CountedLoop::cluster};
    const double found = cuda::loop_estimate(
        shape,
        {.largest = report.atoms, .n_replicas = report.replicas, .n_channels = report.n_channels},
        {.compute_capability = report.compute_capability,
         .multiprocessors = report.multiprocessors},
        team);
    CAPTURE(loop_name(shape), report.n_channels, report.atoms, report.replicas,
            report.compute_capability, found, report.us);
    // One number for all kernels of a graph, and no tails of waves.
    CHECK(found < 1.5 * report.us);
    CHECK(found > report.us / 1.5);
  }
}

// What the counts say, model by model; a change of kernels may change it.
TEST_CASE("one benzene, batches of it and 500 atoms on four GPUs") {
  for (const Gpu& gpu : {rtx_3080_ti(), a100(), h100(), h200()}) {
    CAPTURE(gpu.info.name);
    // Original: a block has too few warps to hide its loads.
    for (const std::uint32_t replicas : {1U, 64U, 1024U}) {
      CHECK(chosen(12, replicas, 128, gpu) == LoopShape::graph);
    }
    // Smaller models: no launches, until the device has many rounds of blocks to make.
    for (const unsigned n_channels : {64U, 32U}) {
      CHECK(chosen(12, 1, n_channels, gpu) == LoopShape::block);
      CHECK(chosen(12, 64, n_channels, gpu) == LoopShape::block);
      CHECK(chosen(12, 1024, n_channels, gpu) == LoopShape::graph);
    }
    for (const unsigned n_channels : {128U, 64U, 32U}) {
      CHECK(chosen(500, 1, n_channels, gpu) == LoopShape::graph);
    }
  }
  // A molecule that fills the device with an atom or two a block, where launches are dear.
  CHECK(chosen(96, 1, 32, h100()) == LoopShape::cooperative);
  CHECK(chosen(96, 1, 32, rtx_3080_ti()) == LoopShape::graph);
}

TEST_CASE("the reason says by how much, and what cannot run") {
  const std::string benzene = plan_loop(problem_of(12, 1), "auto").reason;
  CHECK(benzene.find("least in the static cost model, block 1.") == 0);
  CHECK(benzene.find(", cooperative 1.") != std::string::npos);
  CHECK(benzene.find("not ") == std::string::npos);
  const std::string large = plan_loop(problem_of(500, 1), "auto").reason;
  CHECK(large.find("the one that can run this; not block: one block takes up to 384 atoms, a "
                   "replica has 500; not cooperative: ") == 0);
  const std::string teams = plan_loop(problem_of(96, 1, 32), "auto").reason;
  CHECK(teams.find("132 blocks of 256 threads are resident, 1 replica of up to 96 atoms") == 0);
  CHECK(teams.find("; least in the static cost model, block 2.") != std::string::npos);
}

TEST_CASE("estimates follow what the device says of itself") {
  const cuda::LoopLoad load{.largest = 12, .n_replicas = 1024, .n_channels = 128};
  const auto estimate = [&](LoopShape shape, const device::DeviceInfo& info) {
    return cuda::loop_estimate(shape, load, info);
  };
  const device::DeviceInfo whole = a100().info;
  device::DeviceInfo changed = whole;
  changed.multiprocessors /= 2;
  CHECK(estimate(LoopShape::block, changed) > 1.8 * estimate(LoopShape::block, whole));
  changed = whole;
  changed.clock_hz /= 2.0;
  CHECK(estimate(LoopShape::graph, changed) > 1.8 * estimate(LoopShape::graph, whole));
  changed = whole;
  changed.l2_bytes = std::size_t{1} << 20;
  CHECK(estimate(LoopShape::block, changed) > 1.2 * estimate(LoopShape::block, whole));
  changed.bandwidth = 1e9;
  CHECK(estimate(LoopShape::block, changed) > 100.0 * estimate(LoopShape::block, whole));
  // A driver that says nothing leaves the part's own.
  const device::DeviceInfo silent{.compute_capability = 80};
  test::require_close(estimate(LoopShape::graph, silent), estimate(LoopShape::graph, whole),
                      {.relative = 1e-5, .why = "the table has six digits"});
}

TEST_CASE("what only the host looks at makes the loop the host's, and no other") {
  LoopProblem watched = problem_of(12, 64);
  watched.host_limits = true;
  CHECK(plan_loop(watched, "auto").shape == LoopShape::host);
  for (const char* loop : {"block", "cooperative", "graph"}) {
    const InputErrorParts parts = refusal(watched, loop);
    CHECK(parts.key == "loop");
    CHECK(parts.problem.find("--bond-limit") != std::string::npos);
    CHECK(parts.expected == "auto, host");
    CHECK(parts.found == loop);
  }
}

TEST_CASE("a loop that cannot run is refused with those that can, never replaced") {
  LoopProblem exact = problem_of(12, 64);
  exact.exact_filters = true;
  CHECK(refusal(exact, "block").problem ==
        "this loop cannot run this: it has filter tables only, not --filters exact");
  CHECK(refusal(exact, "block").expected == "auto, graph, host");
  CHECK(plan_loop(exact, "auto").shape == LoopShape::graph);
  CHECK(plan_loop(exact, "auto").reason.find("the one that can run this; not block: it has") == 0);
  CHECK(refusal(problem_of(400, 1), "block").problem.find("up to 384 atoms, a replica has 400") !=
        std::string::npos);
  CHECK(refusal(problem_of(12, 64), "blocks").problem == "there is no such loop");
}

TEST_CASE("a molecule for which no block has shared memory is told so") {
  LoopProblem crowded = problem_of(300, 1);
  crowded.teams = {{}, "no block has shared memory for 300 atoms"};
  CHECK(refusal(crowded, "cooperative").problem ==
        "this loop cannot run this: no block has shared memory for 300 atoms");
  const cuda::LoopPlan plan = plan_loop(crowded, "auto");
  CHECK(plan.shape != LoopShape::cooperative);
  CHECK(plan.reason.find("; not cooperative: no block has shared memory") != std::string::npos);
}

TEST_CASE("every shape can be named") {
  for (const LoopShape shape :
       {LoopShape::block, LoopShape::cooperative, LoopShape::graph, LoopShape::host}) {
    const cuda::LoopPlan plan = plan_loop(problem_of(12, 1), loop_name(shape));
    CHECK(plan.shape == shape);
    CHECK(plan.reason.find("asked for") == 0);
    CHECK((plan.reason.find("are resident") != std::string::npos) ==
          (shape == LoopShape::cooperative));
  }
}

}  // namespace
}  // namespace fusemd
