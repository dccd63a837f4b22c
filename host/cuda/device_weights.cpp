// SPDX-License-Identifier: MIT
#include "host/cuda/device_weights.hpp"

#include <algorithm>

namespace fusemd::cuda {
namespace {

/// Packs the matrix [n_in][n_out] whose entries are value(i, o).
template <class Value>
PackedDense pack(std::size_t n_in, std::size_t n_out, const Value& value) {
  PackedDense packed;
  packed.k = dense_padded(static_cast<unsigned>(n_in));
  packed.n = dense_padded(static_cast<unsigned>(n_out));
  packed.weights.assign(std::size_t{packed.k} * packed.n, 0.0f);
  for (std::size_t i = 0; i < n_in; ++i) {
    for (std::size_t o = 0; o < n_out; ++o) {
      packed.weights[(i / 4 * packed.n + o) * 4 + i % 4] = static_cast<float>(value(i, o));
    }
  }
  return packed;
}

/// Outputs [first, first + count) of a layer.
Linear rows_of(const Linear& layer, std::size_t first, std::size_t count) {
  const auto begin = static_cast<std::ptrdiff_t>(first);
  const auto end = begin + static_cast<std::ptrdiff_t>(count);
  const auto width = static_cast<std::ptrdiff_t>(layer.n_in);
  return {count,
          layer.n_in,
          {layer.weight.begin() + begin * width, layer.weight.begin() + end * width},
          {layer.bias.begin() + begin, layer.bias.begin() + end}};
}

std::vector<float> narrowed(const std::vector<double>& values) {
  std::vector<float> result(values.size());
  std::ranges::transform(values, result.begin(), [](double x) { return static_cast<float>(x); });
  return result;
}

}  // namespace

PackedDense pack_dense(const Linear& layer) {
  PackedDense packed = pack(layer.n_in, layer.n_out, [&](std::size_t i, std::size_t o) {
    return layer.weight[o * layer.n_in + i];
  });
  packed.bias = narrowed(layer.bias);
  packed.bias.resize(packed.n, 0.0f);
  return packed;
}

PackedDense pack_transposed(const Linear& layer) {
  return pack(layer.n_out, layer.n_in,
              [&](std::size_t o, std::size_t i) { return layer.weight[o * layer.n_in + i]; });
}

Linear folded_head(const StudentParameters& parameters) {
  const Linear& head = parameters.readout.first;
  const Linear& last = parameters.updates.back().output;
  const std::size_t h = head.n_in;
  Linear folded{head.n_out, 2 * h, std::vector<double>(head.n_out * 2 * h), head.bias};
  for (std::size_t o = 0; o < head.n_out; ++o) {
    for (std::size_t c = 0; c < h; ++c) {  // alpha's channels: the first h outputs of U2
      const double a = head.weight[o * h + c];
      folded.weight[o * 2 * h + c] = a;
      folded.bias[o] += a * last.bias[c];
      for (std::size_t k = 0; k < h; ++k) {
        folded.weight[o * 2 * h + h + k] += a * last.weight[c * h + k];
      }
    }
  }
  return folded;
}

const float* DeviceWeights::keep(const std::vector<float>& values, Stream stream) {
  DeviceBuffer<float>& array = arrays_.emplace_back(values.size());
  array.upload(values, stream);
  // The copy may be under way: `values` is the caller's, who goes on at once.
  device::synchronize(stream);
  return array.data();
}

DenseView DeviceWeights::keep(const PackedDense& layer, Stream stream) {
  DenseView view{.k = layer.k, .n = layer.n};
  view.weights = keep(layer.weights, stream);
  if (!layer.bias.empty()) view.bias = keep(layer.bias, stream);
  return view;
}

DeviceWeights::DeviceWeights(const StudentParameters& parameters, Stream stream) {
  const std::size_t h = parameters.readout.first.n_in;
  const bool mixing = parameters.config.vector_mixing == VectorMixing::matrix;
  view_.n_channels = static_cast<unsigned>(h);
  view_.n_layers = static_cast<unsigned>(parameters.updates.size());
  view_.n_elements = static_cast<unsigned>(parameters.config.max_z) + 1;
  view_.gates = mixing ? 3 : 2;
  view_.norm_epsilon = static_cast<float>(parameters.config.norm_epsilon);
  view_.embedding = keep(narrowed(parameters.embedding), stream);

  for (std::size_t l = 0; l + 1 < parameters.updates.size(); ++l) {
    const UpdateNetwork& from = parameters.updates[l];
    const Linear gates = rows_of(from.output, 0, view_.gates * h);
    UpdateWeights& to = view_.update[l];
    to.in = keep(pack_dense(from.hidden), stream);
    to.in_back = keep(pack_transposed(from.hidden), stream);
    to.out = keep(pack_dense(gates), stream);
    to.out_back = keep(pack_transposed(gates), stream);
    std::ranges::transform(from.mixing, to.mixing, [](double x) { return static_cast<float>(x); });
  }

  ReadoutWeights& readout = view_.readout;
  const Linear& last = parameters.updates.back().hidden;
  const Linear head = folded_head(parameters);
  readout.in = keep(pack_dense(last), stream);
  readout.in_back = keep(pack_transposed(last), stream);
  readout.head_1 = keep(pack_dense(head), stream);
  readout.head_1_back = keep(pack_transposed(head), stream);
  readout.head_2 = keep(pack_dense(parameters.readout.second), stream);
  readout.head_2_back = keep(pack_transposed(parameters.readout.second), stream);
  std::vector<float> head_3 = narrowed(parameters.readout.third.weight);
  head_3.resize(readout.head_2.n, 0.0f);
  readout.head_3 = keep(head_3, stream);

  std::vector<double> offsets(view_.n_elements, parameters.readout.third.bias[0]);
  for (const auto& [z, energy] : parameters.reference_energies) {
    offsets.at(static_cast<std::size_t>(z)) += energy;
  }
  energy_offset_ = DeviceBuffer<double>(offsets.size());
  energy_offset_.upload(offsets, stream);
  device::synchronize(stream);
  readout.energy_offset = energy_offset_.data();
}

std::size_t DeviceWeights::bytes() const {
  std::size_t sum = energy_offset_.bytes();
  for (const DeviceBuffer<float>& array : arrays_) sum += array.bytes();
  return sum;
}

}  // namespace fusemd::cuda
