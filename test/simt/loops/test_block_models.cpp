// SPDX-License-Identifier: MIT
// The block loop with the shipped models, two steps: the bits of the stages, at every level.
#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

void compare(const std::string& name, const System& system) {
  compare_with_stages(shipped_model(name), {system}, short_run(Ensemble::csvr, 2, 1),
                      launch_policy(75), DenseKind::fma, name + " on " + system.name);
}

FUSEMD_KERNEL_CASE("block loop with ultra_tiny on aspirin") {
  compare("ultra_tiny", rattled(aspirin(), 0.05, 11));
}
FUSEMD_KERNEL_CASE("block loop with tiny on benzene") {
  compare("tiny", rattled(benzene(), 0.05, 11));
}
FUSEMD_KERNEL_CASE("block loop with original on aspirin") {
  compare("original", rattled(aspirin(), 0.05, 11));
}

}  // namespace
}  // namespace fusemd::test
