// SPDX-License-Identifier: MIT
#include "benchmarks/device/device_work.hpp"

namespace fusemd::benchmarks {
namespace {

using cuda::NetworkStage;

constexpr double kFloat = 4.0, kDouble = 8.0;
constexpr double kSilu = 20.0, kGaussian = 20.0;  // flops, as cpu_work.hpp counts
constexpr double kEdgeBytes = 20.0;               // j, direction and distance; two edges a pair

Work convolution_work(const DeviceStageSize& size, bool first, bool backward) {
  const double n = size.n_atoms, p = size.n_pairs, f = size.n_channels;
  const double kinds = first ? 2.0 : 3.0;  // filters that are needed
  double filter_flops = kinds * (backward ? 10.0 : 6.0) * f;
  double filter_bytes = kFloat * kinds * f * size.n_intervals;
  if (size.exact) {
    const double rows = backward ? 2.0 : 1.0;  // values, and slopes beside them
    filter_flops =
        rows * (2.0 * (size.n_rbf * f + kinds * f * f) + kGaussian * size.n_rbf) + kSilu * f;
    filter_bytes = kFloat * (size.n_rbf * f + kinds * f * f);
  }
  const double message_flops = (backward ? (first ? 27.0 : 67.0) : (first ? 18.0 : 30.0)) * f;
  // Rows of f channels an atom: forward reads s (and V) and writes four; backward reads features
  // and adjoints, and writes adjoints but in the first layer.
  const double rows = backward ? (first ? 5.0 : 12.0) : (first ? 5.0 : 8.0);
  double bytes = kFloat * rows * n * f + 2.0 * kEdgeBytes * p + filter_bytes;
  if (backward) bytes += 2.0 * 3.0 * kDouble * n;  // forces are read and written
  return {.flops = p * (filter_flops + message_flops), .bytes = 0.0, .working_set = bytes};
}

/// `rows` of f channels an atom go in or out, `weights` numbers are read.
Work node_work(const DeviceStageSize& size, double weights, double rows, double flops_a_channel) {
  const double n = size.n_atoms, f = size.n_channels;
  return {.flops = n * (2.0 * weights + flops_a_channel * f),
          .bytes = 0.0,
          .working_set = kFloat * (rows * n * f + weights)};
}

}  // namespace

Work device_stage_work(const DeviceStageSize& size,
                       std::optional<NetworkStage> stage,
                       bool first_layer) {
  const double n = size.n_atoms, p = size.n_pairs, f = size.n_channels;
  if (!stage) {
    return {.flops = 2.0 * 9.0 * size.n_tested + 40.0 * p,
            .bytes = 0.0,
            .working_set = 3.0 * kDouble * n + 2.0 * kEdgeBytes * p};
  }
  const double update = (2.0 + size.gates) * f * f;
  const double kept = size.gates;  // slopes and gates, rows an atom
  // U1, the folded head (2F x F/2, F/2 x F/4), and all of them transposed.
  const double head = 2.0 * (2.0 * f * f + f * f + f * f / 8.0);
  switch (*stage) {
    case NetworkStage::convolution:
      return convolution_work(size, first_layer, /*backward=*/false);
    case NetworkStage::convolution_backward:
      return convolution_work(size, first_layer, /*backward=*/true);
    case NetworkStage::update:
      return node_work(size, update, 8.0 + kept, kSilu + 12.0);
    case NetworkStage::update_backward:
      return node_work(size, update, 12.0 + kept, 24.0);
    case NetworkStage::readout:
      return node_work(size, head, 8.0, 1.75 * kSilu + 16.0);
    case NetworkStage::energies:
      return {.flops = 2.0 * n, .bytes = 0.0, .working_set = kDouble * n};
  }
  return {};
}

Work device_evaluation_work(const DeviceStageSize& size, unsigned layers) {
  Work sum;
  const auto add = [&](std::optional<NetworkStage> stage, unsigned layer) {
    const Work work = device_stage_work(size, stage, layer == 0);
    sum.flops += work.flops;
    sum.working_set += work.working_set;
  };
  add({}, 0);
  for (unsigned layer = 0; layer < layers; ++layer) {
    add(NetworkStage::convolution, layer);
    add(NetworkStage::convolution_backward, layer);
    if (layer + 1 == layers) break;
    add(NetworkStage::update, layer);
    add(NetworkStage::update_backward, layer);
  }
  add(NetworkStage::readout, layers - 1);
  add(NetworkStage::energies, layers - 1);
  return sum;
}

}  // namespace fusemd::benchmarks
