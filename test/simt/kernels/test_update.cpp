// SPDX-License-Identifier: MIT
// kernels/update.hpp against the reference engine's stages (9) to (13) and (B2) to (B5).
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "host/cuda/device_weights.hpp"
#include "host/student_math.hpp"
#include "kernels/update.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

/// Of the largest value: two dense layers of at most 256 terms.
Tolerance tolerance(DenseKind kind, const std::vector<double>& expected) {
  if (kind == DenseKind::tf32) {
    return of_largest(expected, 3e-3, "factors of two layers rounded to 11 bits");
  }
  return of_largest(expected, 2e-6, "float inputs and two float dense layers, fp32 or 3xTF32");
}

struct Outputs {
  std::vector<float> features, slopes, gates, grad_messages;
  bool operator==(const Outputs&) const = default;
};

Outputs run(const NetworkFixture& net, DenseKind kind, const LaunchPolicy& policy, bool in_place) {
  const cuda::DeviceWeights weights(net.parameters);
  const StudentWeights& view = weights.view();
  const auto n = static_cast<unsigned>(net.n_atoms);
  const reference::LayerValues& layer = net.values.layers[0];
  const reference::LayerGradients& next = net.gradients.layers[1];
  const DeviceArray<float> messages(rounded(features(layer.s_message, layer.v_message)));
  DeviceArray<float> grad(rounded(features(next.s_in, next.v_in)));
  DeviceArray<float> out(messages.size()), grad_messages(messages.size());
  DeviceArray<float> slopes(net.n_atoms * net.n_channels);
  DeviceArray<float> gates(net.n_atoms * net.n_channels * (view.gates - 1));
  const UpdateShape shape{view.n_channels, view.gates, view.norm_epsilon};
  update_forward(kind,
                 {shape, view.update[0], messages.data(), out.data(), slopes.data(), gates.data()},
                 n, policy, nullptr);
  float* target = in_place ? grad.data() : grad_messages.data();
  update_backward(
      kind,
      {shape, view.update[0], messages.data(), slopes.data(), gates.data(), grad.data(), target}, n,
      policy, nullptr);
  return {out.download(), slopes.download(), gates.download(),
          (in_place ? grad : grad_messages).download()};
}

void compare(const NetworkFixture& net, DenseKind kind, const Outputs& outputs) {
  const reference::LayerValues& layer = net.values.layers[0];
  const reference::LayerValues& next = net.values.layers[1];
  const reference::LayerGradients& grad = net.gradients.layers[0];
  const std::string name = kind_name(kind) + " ";
  const std::vector<double> out = features(next.s_in, next.v_in);
  expect_all_close(outputs.features, out, tolerance(kind, out), name + "features");

  std::vector<double> slopes, gates;
  const std::size_t kept = outputs.gates.size() / std::max<std::size_t>(1, outputs.slopes.size());
  for (std::size_t i = 0; i < net.n_atoms; ++i) {
    for (std::size_t c = 0; c < net.n_channels; ++c) {
      slopes.push_back(silu_slope(layer.update_hidden(i, c)));
    }
    for (std::size_t c = 0; c < kept * net.n_channels; ++c) {
      gates.push_back(layer.gates(i, net.n_channels + c));
    }
  }
  expect_all_close(outputs.slopes, slopes, tolerance(kind, slopes), name + "slopes");
  expect_all_close(outputs.gates, gates, tolerance(kind, gates), name + "gates");

  const std::vector<double> back = features(grad.s_message, grad.v_message);
  expect_all_close(outputs.grad_messages, back, tolerance(kind, back), name + "grad_messages");
}

void record(const Outputs& outputs) {
  same_bits(outputs.features);
  same_bits(outputs.slopes);
  same_bits(outputs.gates);
  same_bits(outputs.grad_messages);
}

void check(const StudentConfig& config, std::size_t n_atoms, const LaunchPolicy& policy) {
  const NetworkFixture net(config, n_atoms, 7 + n_atoms);
  for (const DenseKind kind : kDenseKinds) {
    if (!kind_can_run(kind)) continue;
    const Outputs outputs = run(net, kind, policy, n_atoms % 2 == 0);
    compare(net, kind, outputs);
    record(outputs);
  }
}

void check_sizes(unsigned threads, unsigned tile_rows, unsigned blocks) {
  const LaunchPolicy policy = node_policy(threads, tile_rows, blocks);
  for (const std::size_t n : {0u, 1u, 2u, 3u, 12u, 31u, 32u, 33u, 101u}) {
    check(n % 2 == 0 ? shipped_switches(8, 2, 5) : seed_switches(8, 2, 5), n, policy);
  }
}

}  // namespace

FUSEMD_KERNEL_CASE("update of 0 to 101 atoms, blocks of 32 by tiles of 4") {
  check_sizes(32, 4, 3);
}
FUSEMD_KERNEL_CASE("update of 0 to 101 atoms, blocks of 96 by tiles of 16") {
  check_sizes(96, 16, 2);
}
FUSEMD_KERNEL_CASE("update of 211 atoms, blocks of 256") {
  check(shipped_switches(4, 2, 3), 211, node_policy(256, 16, 5));
}

FUSEMD_KERNEL_CASE("update with every combination of switches, 12 channels") {
  for (const StudentConfig& config : all_switches(seed_switches(12, 2, 4))) {
    check(config, 5, node_policy(64, 4, 1));
  }
}

FUSEMD_KERNEL_CASE("update at the widths of the models, 12 atoms") {
  for (const int width : {32, 64, 128}) {
    check(shipped_switches(width, 2, 4), 12, node_policy(128, 16, 1));
    check(seed_switches(width, 2, 4), 12, node_policy(256, 16, 1));
  }
}

FUSEMD_KERNEL_CASE("update in tiles that shared memory still holds") {
  const NetworkFixture net(seed_switches(32, 2, 2), 7, 13);
  for (const std::size_t bytes : {100u, 2000u}) {  // less than an atom takes; three atoms
    LaunchPolicy policy = node_policy(64, 16, 2);
    policy.node_shared_bytes = bytes;
    const Outputs outputs = run(net, DenseKind::fma, policy, false);
    compare(net, DenseKind::fma, outputs);
    record(outputs);
  }
}

FUSEMD_KERNEL_CASE("an atom's update has the same bits in any tile and block") {
  const NetworkFixture net(seed_switches(20, 2, 4), 23, 3);
  for (const DenseKind kind : kDenseKinds) {
    if (!kind_can_run(kind)) continue;
    const Outputs once = run(net, kind, node_policy(32, 1, 4), false);
    expect(run(net, kind, node_policy(128, 23, 1), true) == once, "the launch shape matters");
    expect(run(net, kind, node_policy(64, 5, 2), false) == once, "the launch shape matters");
  }
}

FUSEMD_KERNEL_CASE("update tolerates the error of the approximate units") {
  const NetworkFixture net(shipped_switches(16, 2, 4), 9, 5);
  with_deviating_units([&] {
    compare(net, DenseKind::fma, run(net, DenseKind::fma, node_policy(64, 16, 1), false));
  });
}

FUSEMD_KERNEL_CASE("update keeps what is not a number, and only where it is") {
  NetworkFixture net(shipped_switches(8, 2, 4), 6, 11);
  net.values.layers[0].v_message(3 * 2 + 1, 5) = std::nan("");
  const Outputs outputs = run(net, DenseKind::fma, node_policy(32, 6, 1), false);
  for (std::size_t i = 0; i < net.n_atoms; ++i) {
    bool finite = true;
    for (std::size_t c = 0; c < 4 * net.n_channels; ++c) {
      const std::size_t at = i * 4 * net.n_channels + c;
      finite =
          finite && std::isfinite(outputs.features[at]) && std::isfinite(outputs.grad_messages[at]);
    }
    expect(finite == (i != 2), "atom " + std::to_string(i) + " is wrong");
  }
}

}  // namespace fusemd::test
