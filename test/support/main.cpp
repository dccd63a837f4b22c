// SPDX-License-Identifier: MIT
// Catch2's main, written out: version 2 has it in a header, version 3 in a library. A number of
// failed tests would wrap in the exit code, and 77 means "skipped" to ctest, so failures end
// with 1.
#define CATCH_CONFIG_RUNNER
#include "test/support/catch.hpp"
#include "test/support/skip.hpp"

int main(int argc, char* argv[]) {
  const int failed = Catch::Session().run(argc, argv);
  if (failed != 0) return 1;
  return fusemd::test::nothing_ran() ? fusemd::test::kSkipExitCode : 0;
}
