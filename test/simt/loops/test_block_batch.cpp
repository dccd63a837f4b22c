// SPDX-License-Identifier: MIT
// The block loop with Ultra-tiny and 64 different molecules, two steps: the bits of stages.
#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

FUSEMD_KERNEL_CASE("block loop with ultra_tiny on 64 different molecules") {
  compare_with_stages(shipped_model("ultra_tiny"), different_molecules(64),
                      short_run(Ensemble::csvr, 2, 64), launch_policy(75), DenseKind::fma,
                      "ultra_tiny on 64 molecules");
}

}  // namespace
}  // namespace fusemd::test
