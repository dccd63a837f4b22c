// SPDX-License-Identifier: MIT
// The radial basis of edges against the formulas of host/student_math.hpp in double.
#include <cmath>
#include <string>
#include <vector>

#include "host/student_math.hpp"
#include "kernels/radial_basis.hpp"
#include "test/simt/kernels/edge_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

void check(const StudentConfig& config, const std::vector<System>& systems, unsigned threads) {
  const StudentParameters p = student_parameters(make_model(config, 3));
  BatchWithEdges made(systems, config.cutoff);
  const cuda::DeviceFilters networks(p);
  const std::size_t n = p.basis.centers.size();
  const std::size_t slots = made.edges.starts().back();
  DeviceArray<float> values(slots * n), slopes(slots * n);
  radial_basis(networks.layer(0).basis, made.batch.n_atoms(), made.edges.view(), values.data(),
               slopes.data(), policy_of_width(threads), nullptr);
  const auto actual = values.download();
  const auto actual_slopes = slopes.download();
  const auto counts = made.edges.counts();
  const auto geometry = made.edges.geometry();
  const bool cut = config.cutoff_applied_to == CutoffAppliedTo::rbf;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    for (std::size_t e = 0; e < counts[i]; ++e) {
      const std::size_t slot = made.edges.starts()[i] + e;
      // Of the kernel's own distance, so that its rounding does not count.
      const double d = double{geometry[slot][3]};
      const ValueAndSlope fc = cutoff_function(d, config.cutoff);
      for (std::size_t k = 0; k < n; ++k) {
        const ValueAndSlope g = radial_gaussian(d, p.basis.centers[k], p.basis.gammas[k]);
        const std::string what = "function " + std::to_string(k) + " at " + std::to_string(d);
        expect_close(double{actual[slot * n + k]}, cut ? g.value * fc.value : g.value,
                     {.absolute = 1e-6, .why = "the exponent's rounding and the exponential unit"},
                     what);
        expect_close(double{actual_slopes[slot * n + k]},
                     cut ? g.value * fc.slope + g.slope * fc.value : g.slope,
                     {.absolute = 1e-5, .why = "the same, times 2 gamma |d - mu| of up to 10"},
                     what + ", slope");
        same_bytes(&actual[slot * n + k], sizeof(float));
        same_bytes(&actual_slopes[slot * n + k], sizeof(float));
      }
    }
  }
  // Where there is no edge, nothing is written; and without slopes, values stay what they are.
  DeviceArray<float> again(slots * n);
  radial_basis(networks.layer(0).basis, made.batch.n_atoms(), made.edges.view(), again.data(),
               nullptr, policy_of_width(32), nullptr);
  expect(again.download().size() == actual.size(), "sizes");
  const auto repeated = again.download();
  for (std::size_t at = 0; at < actual.size(); ++at) {
    const std::size_t slot = at / n;
    std::size_t i = 0;
    while (made.edges.starts()[i + 1] <= slot) ++i;
    if (slot - made.edges.starts()[i] < counts[i]) {
      expect(repeated[at] == actual[at], "the same bits at another width");
    } else {
      expect(std::isnan(actual[at]) && std::isnan(repeated[at]), "a slot without an edge is left");
    }
  }
}

FUSEMD_KERNEL_CASE("radial_basis of 0 to 37 atoms") {
  check(shipped_switches(8, 1, 20), systems_of_many_sizes(), 128);
  check(seed_switches(8, 1, 7), systems_of_many_sizes(), 64);
}
FUSEMD_KERNEL_CASE("radial_basis at both ends of the range") {
  std::vector<System> systems = {pair(1, 1, 0.0), pair(1, 1, 5.0), pair(1, 1, 4.999)};
  systems[1].positions = {{0, 0, 0}, {5, 0, 0}};
  check(seed_switches(8, 1, 5), systems, 32);
}
FUSEMD_KERNEL_CASE("radial_basis survives the units' full error") {
  (void)with_deviating_units([] { check(shipped_switches(8, 1, 12), {benzene(), water()}, 32); });
  (void)take_digest();  // the deviations are the schedule's
}

}  // namespace
}  // namespace fusemd::test
