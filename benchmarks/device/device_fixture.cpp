// SPDX-License-Identifier: MIT
#include "benchmarks/device/device_fixture.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "benchmarks/device/download.hpp"

namespace fusemd::benchmarks {
namespace {

using cuda::NetworkStage;

template <class T>
std::vector<double> widened(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

}  // namespace

DeviceFixture::DeviceFixture(std::shared_ptr<const cuda::DeviceModel> model,
                             const Droplet& molecule,
                             std::size_t copies,
                             Stream stream)
    : copies_(copies),
      stream_(stream),
      network_(std::move(model), std::vector(copies, molecule.atomic_numbers)) {
  std::vector<double> positions;
  for (const auto axis : {&Vec3::x, &Vec3::y, &Vec3::z}) {
    for (std::size_t copy = 0; copy < copies; ++copy) {
      for (const Vec3& r : molecule.positions) positions.push_back(r.*axis);
    }
  }
  device::copy_to_device(network_.positions(), positions.data(), positions.size() * sizeof(double),
                         stream_);
  do {
    evaluate();
  } while (!network_.edges_had_room(stream_));
}

void DeviceFixture::run(std::optional<NetworkStage> stage, unsigned layer) {
  if (stage) return network_.run(*stage, layer, stream_);
  network_.find_edges(stream_);
}

std::vector<double> DeviceFixture::output(std::optional<NetworkStage> stage, unsigned layer) {
  if (!stage) return directions();
  const cuda::NetworkStages& stages = network_.stages();
  const auto features = [&](const float* from) {
    return widened(
        download(from, std::size_t{n_atoms()} * kFeatureComponents * network_.model().n_channels(),
                 stream_));
  };
  switch (*stage) {
    case NetworkStage::convolution:
      return features(stages.messages(layer));
    case NetworkStage::update:
      return features(stages.features(layer + 1));
    case NetworkStage::update_backward:
      return features(stages.adjoint_messages());
    case NetworkStage::convolution_backward:
      return layer == 0 ? forces() : features(stages.adjoint_features());
    case NetworkStage::readout:
      return download(stages.atom_energies(), n_atoms(), stream_);
    case NetworkStage::energies:
      return download(network_.energies(), copies_, stream_);
  }
  return {};
}

/// Of the pairs i < j by (i, j); lists are in an order of their own.
std::vector<double> DeviceFixture::directions() {
  const EdgesView edges = network_.edges();
  const std::size_t n = n_atoms();
  const auto start = download(edges.start, n + 1, stream_);
  const auto count = download(edges.count, n, stream_);
  const auto j = download(edges.j, start[n], stream_);
  const auto geometry = download(edges.geometry, std::size_t{4} * start[n], stream_);
  std::vector<double> result;
  std::vector<std::array<std::uint32_t, 2>> row;  // j, slot
  for (std::uint32_t i = 0; i < n; ++i) {
    row.clear();
    for (std::uint32_t slot = start[i]; slot < start[i] + count[i]; ++slot) {
      if (j[slot] > i) row.push_back({j[slot], slot});
    }
    std::sort(row.begin(), row.end());
    for (const auto& edge : row) {
      const float* u = &geometry[std::size_t{4} * edge[1]];
      result.insert(result.end(), u, u + 3);
    }
  }
  return result;
}

std::vector<double> DeviceFixture::forces() {
  const std::size_t n = n_atoms();
  const auto rows = download(network_.forces(), 3 * n, stream_);
  std::vector<double> result;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t axis = 0; axis < 3; ++axis) result.push_back(rows[axis * n + i]);
  }
  return result;
}

}  // namespace fusemd::benchmarks
