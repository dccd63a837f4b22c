// SPDX-License-Identifier: MIT
#include <string>

#include "host/cuda/loop_planner.hpp"
#include "kernels/block_loop.hpp"
#include "test/support/catch.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

using cuda::LoopProblem;
using cuda::LoopShape;
using cuda::plan_loop;

LoopProblem benzene() {
  return {.largest = 12,
          .n_replicas = 64,
          .n_channels = 64,
          .n_layers = 2,
          .compute_capability = 90,
          .multiprocessors = 132};
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

TEST_CASE("many small replicas get a block each, large ones a graph") {
  CHECK(plan_loop(benzene(), "auto").shape == LoopShape::block);
  LoopProblem large = benzene();
  large.largest = kBlockLoopAtoms + 1;
  CHECK(plan_loop(large, "auto").shape == LoopShape::graph);
  CHECK(plan_loop(large, "auto").reason.find("384 atoms") != std::string::npos);
  large.largest = kBlockLoopAtoms;
  CHECK(plan_loop(large, "block").shape == LoopShape::block);
}

TEST_CASE("what only the host looks at makes the loop the host's, and no other") {
  LoopProblem watched = benzene();
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
  LoopProblem exact = benzene();
  exact.exact_filters = true;
  CHECK(refusal(exact, "block").problem ==
        "this loop cannot run this: it has filter tables only, not --filters exact");
  CHECK(refusal(exact, "block").expected == "auto, graph, host");
  CHECK(plan_loop(exact, "auto").shape == LoopShape::graph);
  LoopProblem large = benzene();
  large.largest = 400;
  CHECK(refusal(large, "block").problem.find("up to 384 atoms, a replica has 400") !=
        std::string::npos);
  CHECK(refusal(benzene(), "blocks").problem == "there is no such loop");
}

TEST_CASE("every shape can be named") {
  for (const LoopShape shape :
       {LoopShape::block, LoopShape::cooperative, LoopShape::graph, LoopShape::host}) {
    const cuda::LoopPlan plan = plan_loop(benzene(), loop_name(shape));
    CHECK(plan.shape == shape);
    CHECK(plan.reason == "asked for");
  }
}

}  // namespace
}  // namespace fusemd
