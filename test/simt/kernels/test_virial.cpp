// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "kernels/virial.hpp"
#include "test/simt/kernels/edge_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

FUSEMD_KERNEL_CASE("sum_virials of 0 to 211 atoms") {
  std::vector<System> systems = systems_of_many_sizes();
  systems.push_back(random_box(211, 1));
  const DeviceBatch batch(systems);
  std::vector<double> virials(9 * std::size_t{batch.n_atoms()});
  Random random(2);
  for (double& v : virials) v = random.uniform(-1.0, 1.0);
  const DeviceArray<double> device_virials(virials);
  std::vector<std::vector<double>> results;
  for (const unsigned threads : {32u, 96u, 256u}) {
    DeviceArray<double> sums(9 * systems.size());
    sum_virials(batch.view(), device_virials.data(), sums.data(), policy_of_width(threads),
                nullptr);
    results.push_back(sums.download());
  }
  expect(results[0] == results[1] && results[1] == results[2], "the same bits at every width");
  for (std::size_t s = 0; s < systems.size(); ++s) {
    for (std::size_t k = 0; k < 9; ++k) {
      double sum = 0.0;
      for (std::size_t i = batch.start(s); i < batch.start(s) + systems[s].size(); ++i) {
        sum += virials[9 * i + k];
      }
      expect_close(results[0][9 * s + k], sum,
                   {.absolute = 1e-12, .why = "211 terms below 1 in double, in another order"},
                   "virial " + std::to_string(k) + " of system " + std::to_string(s));
    }
  }
  same_bits(results[0]);
}

}  // namespace
}  // namespace fusemd::test
