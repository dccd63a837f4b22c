// SPDX-License-Identifier: MIT
// kernels/embedding.hpp: a look-up is exact.
#include <string>
#include <vector>

#include "kernels/embedding.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

void check(std::size_t n_atoms, std::size_t n_channels, const LaunchPolicy& policy) {
  constexpr std::size_t kElements = 9;
  Random random(n_atoms + n_channels);
  std::vector<float> table(kElements * n_channels);
  for (float& value : table) value = static_cast<float>(random.uniform(-1, 1));
  std::vector<std::uint32_t> element(n_atoms);
  for (auto& e : element) e = static_cast<std::uint32_t>(random.below(kElements));
  const DeviceArray<float> device_table(table);
  const DeviceArray<std::uint32_t> device_element(element);
  DeviceArray<float> features(n_atoms * 4 * n_channels);
  embed({static_cast<unsigned>(n_channels), device_table.data(), device_element.data(),
         features.data()},
        static_cast<unsigned>(n_atoms), policy, nullptr);
  const std::vector<float> actual = features.download();
  for (std::size_t i = 0; i < n_atoms; ++i) {
    for (std::size_t c = 0; c < 4 * n_channels; ++c) {
      const float expected = c < n_channels ? table[element[i] * n_channels + c] : 0.0f;
      expect(actual[i * 4 * n_channels + c] == expected,
             "atom " + std::to_string(i) + ", value " + std::to_string(c));
    }
  }
  same_bits(actual);
}

}  // namespace

FUSEMD_KERNEL_CASE("embedding of 0 to 101 atoms") {
  for (const std::size_t n : {0u, 1u, 2u, 3u, 12u, 31u, 32u, 33u, 101u}) {
    check(n, 8, node_policy(32, 4, 3));
    check(n, 20, node_policy(96, 16, 2));
  }
}
FUSEMD_KERNEL_CASE("embedding of 307 atoms of 64 channels") {
  check(307, 64, node_policy(256, 16, 7));
}

}  // namespace fusemd::test
