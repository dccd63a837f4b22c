// SPDX-License-Identifier: MIT
// kernels/system_energy.hpp against sums in long double, and against itself in other batches.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/system_energy.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

LaunchPolicy block_of(unsigned threads) {
  LaunchPolicy policy = launch_policy(75);
  policy.dynamics_threads = threads;
  return policy;
}

std::vector<double> run(const std::vector<std::size_t>& sizes,
                        const std::vector<double>& atom_energies,
                        unsigned threads) {
  std::vector<std::uint32_t> start = {0};
  for (const std::size_t n : sizes) start.push_back(start.back() + static_cast<std::uint32_t>(n));
  const DeviceArray<std::uint32_t> device_start(start);
  const DeviceArray<double> energies(atom_energies);
  DeviceArray<double> sums(sizes.size());
  const BatchView batch{.n_systems = static_cast<std::uint32_t>(sizes.size()),
                        .n_atoms = start.back(),
                        .system_start = device_start.data()};
  system_energies(batch, energies.data(), sums.data(), block_of(threads), nullptr);
  return sums.download();
}

std::vector<double> random_energies(std::size_t n) {
  Random random(n);
  std::vector<double> values(n);
  for (double& value : values) value = random.uniform(-1000.0, 10.0);
  return values;
}

}  // namespace

FUSEMD_KERNEL_CASE("system energies of 0 to 2 100 atoms") {
  const std::vector<std::size_t> sizes = {0, 1, 2, 3, 12, 31, 32, 33, 101, 0, 1030, 2100};
  std::size_t n_atoms = 0;
  for (const std::size_t n : sizes) n_atoms += n;
  const std::vector<double> values = random_energies(n_atoms);
  const std::vector<double> once = run(sizes, values, 128);
  std::size_t begin = 0;
  for (std::size_t s = 0; s < sizes.size(); ++s) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(begin);
    const std::vector<double> own(first, first + static_cast<std::ptrdiff_t>(sizes[s]));
    long double sum = 0.0L;
    for (const double value : own) sum += static_cast<long double>(value);
    expect_close(once[s], static_cast<double>(sum),
                 {.absolute = 1e-12, .relative = 1e-14, .why = "sums in double of one sign"},
                 "energy of " + std::to_string(sizes[s]) + " atoms");
    expect(run({sizes[s]}, own, 64)[0] == once[s], "a system has other bits alone");
    begin += sizes[s];
  }
  for (const unsigned threads : {32u, 96u, 256u}) {
    expect(run(sizes, values, threads) == once, "the block's width matters");
  }
  same_bits(once);
}

FUSEMD_KERNEL_CASE("no systems, no launch") { expect(run({}, {}, 32).empty(), "nothing to sum"); }

}  // namespace fusemd::test
