// SPDX-License-Identifier: MIT
// The same batch with Original, in a program of its own: checked, it takes minutes.
#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

FUSEMD_KERNEL_CASE("block loop with original on 64 different molecules") {
  compare_with_stages(shipped_model("original"), different_molecules(64),
                      short_run(Ensemble::csvr, 2, 64), launch_policy(75), DenseKind::fma,
                      "original on 64 molecules");
}

}  // namespace
}  // namespace fusemd::test
