// SPDX-License-Identifier: MIT
#include "test/simt/executor/executor.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {

bool with_deviating_units(const std::function<void()>& body) {
  executor::Config config = executor::config();
  config.approximate_units = true;
  const executor::ScopedConfig scope(config);
  body();
  return true;
}

}  // namespace fusemd::test
