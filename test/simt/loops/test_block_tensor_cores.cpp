// SPDX-License-Identifier: MIT
// The kernels of the block loop with tensor cores: few cases, for translated PTX of a kernel that
// holds every stage takes the compiler long, and the stages' own tests run these instructions, too.
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

FUSEMD_KERNEL_CASE("block loop with tensor cores") {
  const Model model = make_model(shipped_switches(16, 2, 6), 5);
  for (const DenseKind kind : {DenseKind::tf32, DenseKind::tf32x3}) {
    if (!kind_can_run(kind)) continue;
    compare_with_stages(model, {rattled(water(), 0.05, 1)}, short_run(Ensemble::nve, 1, 1),
                        block_policy(64, 1, 24 * 1024), kind, kind_name(kind));
  }
}

}  // namespace
}  // namespace fusemd::test
