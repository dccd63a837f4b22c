// SPDX-License-Identifier: MIT
// kernels/readout.hpp against the reference engine: its last layer's update, its energy head, and
// their gradient, none of which is folded there.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "host/cuda/device_weights.hpp"
#include "kernels/readout.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

/// Of the largest value: up to six dense layers of at most 256 terms.
Tolerance tolerance(DenseKind kind, const std::vector<double>& expected) {
  if (kind == DenseKind::tf32) {
    return of_largest(expected, 5e-3, "factors of six layers rounded to 11 bits");
  }
  return of_largest(expected, 3e-6, "float inputs and six float dense layers, fp32 or 3xTF32");
}

struct Outputs {
  std::vector<double> atom_energies;
  std::vector<float> grad_messages;
  bool operator==(const Outputs&) const = default;
};

Outputs run(const NetworkFixture& net, DenseKind kind, const LaunchPolicy& policy) {
  const cuda::DeviceWeights weights(net.parameters);
  const StudentWeights& view = weights.view();
  const reference::LayerValues& last = net.values.layers.back();
  const DeviceArray<float> messages(rounded(features(last.s_message, last.v_message)));
  const DeviceArray<std::uint32_t> element(
      std::vector<std::uint32_t>(net.atomic_numbers.begin(), net.atomic_numbers.end()));
  DeviceArray<double> energies(net.n_atoms);
  DeviceArray<float> grad(messages.size());
  readout(kind,
          {view.n_channels, view.norm_epsilon, view.readout, messages.data(), element.data(),
           energies.data(), grad.data()},
          static_cast<unsigned>(net.n_atoms), policy, nullptr);
  return {energies.download(), grad.download()};
}

void compare(const NetworkFixture& net, DenseKind kind, const Outputs& outputs) {
  const std::string name = kind_name(kind) + " ";
  std::vector<double> energies = net.values.atomic_energies, actual = outputs.atom_energies;
  // Reference energies are constants of up to 16 eV; the network's part is what is compared.
  for (std::size_t i = 0; i < net.n_atoms; ++i) {
    actual[i] -= net.parameters.reference_energies.at(net.atomic_numbers[i]);
  }
  Tolerance energy = tolerance(kind, energies);
  energy.absolute += kind == DenseKind::tf32 ? 1e-3 : 1e-6;
  energy.why += "; terms of the head, all below 1, may cancel";
  expect_all_close(actual, energies, energy, name + "atom_energies");
  const reference::LayerGradients& grad = net.gradients.layers.back();
  const std::vector<double> back = features(grad.s_message, grad.v_message);
  expect_all_close(outputs.grad_messages, back, tolerance(kind, back), name + "grad_messages");
}

void check(const StudentConfig& config, std::size_t n_atoms, const LaunchPolicy& policy) {
  const NetworkFixture net(config, n_atoms, 19 + n_atoms);
  for (const DenseKind kind : kDenseKinds) {
    if (!kind_can_run(kind)) continue;
    const Outputs outputs = run(net, kind, policy);
    compare(net, kind, outputs);
    same_bits(outputs.atom_energies);
    same_bits(outputs.grad_messages);
  }
}

void check_sizes(unsigned threads, unsigned tile_rows, unsigned blocks) {
  const LaunchPolicy policy = node_policy(threads, tile_rows, blocks);
  for (const std::size_t n : {0u, 1u, 2u, 3u, 12u, 31u, 32u, 33u, 101u}) {
    check(n % 2 == 0 ? shipped_switches(8, 2, 5) : seed_switches(8, 1, 5), n, policy);
  }
}

}  // namespace

FUSEMD_KERNEL_CASE("readout of 0 to 101 atoms, blocks of 32 by tiles of 4") {
  check_sizes(32, 4, 3);
}
FUSEMD_KERNEL_CASE("readout of 0 to 101 atoms, blocks of 96 by tiles of 16") {
  check_sizes(96, 16, 2);
}
FUSEMD_KERNEL_CASE("readout of 211 atoms, blocks of 256") {
  check(shipped_switches(4, 2, 3), 211, node_policy(256, 16, 5));
}

FUSEMD_KERNEL_CASE("readout with every combination of switches, 12 and 20 channels") {
  for (const int width : {12, 20}) {
    for (const StudentConfig& config : all_switches(seed_switches(width, 2, 4))) {
      check(config, 3, node_policy(64, 4, 1));
    }
  }
}

FUSEMD_KERNEL_CASE("readout at the widths of the models, 12 atoms") {
  for (const int width : {32, 64, 128}) {
    check(shipped_switches(width, 2, 4), 12, node_policy(128, 16, 1));
  }
}

FUSEMD_KERNEL_CASE("an atom's readout has the same bits in any tile and block") {
  const NetworkFixture net(seed_switches(20, 2, 4), 23, 3);
  for (const DenseKind kind : kDenseKinds) {
    if (!kind_can_run(kind)) continue;
    const Outputs once = run(net, kind, node_policy(32, 1, 4));
    expect(run(net, kind, node_policy(128, 23, 1)) == once, "the launch shape matters");
    expect(run(net, kind, node_policy(64, 5, 2)) == once, "the launch shape matters");
  }
}

FUSEMD_KERNEL_CASE("readout tolerates the error of the approximate units") {
  const NetworkFixture net(shipped_switches(16, 2, 4), 9, 5);
  with_deviating_units(
      [&] { compare(net, DenseKind::fma, run(net, DenseKind::fma, node_policy(64, 16, 1))); });
}

FUSEMD_KERNEL_CASE("readout keeps what is not a number, and only where it is") {
  NetworkFixture net(shipped_switches(8, 2, 4), 6, 11);
  net.values.layers.back().s_message(2, 5) = std::nan("");
  const Outputs outputs = run(net, DenseKind::fma, node_policy(32, 6, 1));
  for (std::size_t i = 0; i < net.n_atoms; ++i) {
    const float* grad = &outputs.grad_messages[i * 4 * net.n_channels];
    const bool finite =
        std::isfinite(outputs.atom_energies[i]) &&
        std::all_of(grad, grad + 4 * net.n_channels, [](float x) { return std::isfinite(x); });
    expect(finite == (i != 2), "atom " + std::to_string(i) + " is wrong");
  }
}

}  // namespace fusemd::test
