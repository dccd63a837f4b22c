// SPDX-License-Identifier: MIT
// The cuts notice a barrier that nothing needs and one that no case reaches. Checked programs only.
#include <string>
#include <vector>

#include "test/simt/cuts/mutation.hpp"
#include "test/simt/cuts/useless_barriers.cuh"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/source_tree.hpp"

namespace fusemd::test {

namespace {

using cuts::CutResult;
using Noticed = CutResult::Noticed;

const std::string kFile = fusemd::test::source_path("test/simt/cuts/useless_barriers.cuh");

void run_useless(float expected) {
  DeviceArray<float> y(64);
  simt::launch({.grid = {1}, .block = {64}}, nullptr, useless_barriers, y.data(), false);
  expect(y.download() == std::vector<float>(64, expected), "y");
}

void check_useless_barriers() {
  const std::vector<KernelCase> cases = {{"useless barriers", [] { run_useless(1.0f); }}};
  const std::vector<CutResult> results = cuts::cut_every_barrier({kFile}, cases);
  const std::vector<Noticed> expected = {Noticed::by_report,     Noticed::by_report,
                                         Noticed::by_nothing,    Noticed::by_nothing,
                                         Noticed::never_reached, Noticed::never_reached};
  expect(results.size() == expected.size(), "three barriers, two cuts each");
  for (std::size_t i = 0; i < results.size(); ++i) {
    expect(results[i].noticed == expected[i],
           "cut " + std::to_string(i) + ": " + results[i].report);
  }
}

void check_failing_case() {
  const std::vector<KernelCase> cases = {{"wrong", [] { run_useless(2.0f); }}};
  try {
    (void)cuts::cut_every_barrier({kFile}, cases);
  } catch (const std::runtime_error& error) {
    expect(std::string(error.what()).find("wrong fails with no barrier cut") == 0, error.what());
    return;
  }
  throw WrongValue("a case that fails by itself proves nothing under a cut");
}

const RegisterKernelCase kUseless("useless and unreached barriers are not let pass",
                                  check_useless_barriers);
const RegisterKernelCase kFailing("a case that fails uncut is refused", check_failing_case);

}  // namespace

}  // namespace fusemd::test
