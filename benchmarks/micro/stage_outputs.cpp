// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "benchmarks/micro/cpu_fixture.hpp"
#include "host/reference/student_network.hpp"
#include "host/student_parameters.hpp"

namespace fusemd::benchmarks {
namespace {

using cpu::Stage;

/// Features [block][atom][4][32] as [atom][4][channel].
template <class T>
std::vector<double> features(const cpu::PackedModel<T>& model,
                             std::size_t n_atoms,
                             const cpu::AlignedBuffer<T>& from) {
  std::vector<double> result;
  for (std::size_t i = 0; i < n_atoms; ++i) {
    for (std::size_t a = 0; a < 4; ++a) {
      for (std::size_t c = 0; c < model.hidden; ++c) {
        const std::size_t block = c / cpu::kBlock;
        result.push_back(static_cast<double>(
            from[(block * n_atoms + i) * cpu::kFeatureStride + a * cpu::kBlock + c % cpu::kBlock]));
      }
    }
  }
  return result;
}

/// Embeddings as the first layer finds them, [atom][channel].
template <class T>
std::vector<double> embeddings(const cpu::PackedModel<T>& model, const cpu::Workspace<T>& work) {
  std::vector<double> result;
  for (std::size_t i = 0; i < work.n_atoms; ++i) {
    const T* row = model.embedding.data() + work.embedding_at[i];
    result.insert(result.end(), row, row + model.hidden);
  }
  return result;
}

template <class T, class Body>
void for_pairs(const cpu::Workspace<T>& work, const Body& body) {
  std::vector<std::array<std::size_t, 2>> order;  // j, pair
  for (std::size_t i = 0; i < work.n_atoms; ++i) {
    order.clear();
    for (std::size_t p = work.pair_begin[i]; p < work.pair_end[i]; ++p) {
      order.push_back({work.pair_j[p], p});
    }
    std::sort(order.begin(), order.end());
    for (const auto& [j, p] : order) body(p);
  }
}

template <class T>
std::vector<double> directions(const cpu::Workspace<T>& work) {
  std::vector<double> result;
  for_pairs(work, [&](std::size_t p) {
    for (std::size_t a = 0; a < 3; ++a) {
      result.push_back(static_cast<double>(work.pair_geometry[4 * p + a]));
    }
  });
  return result;
}

template <class T>
std::vector<double> filters(const cpu::PackedModel<T>& model,
                            const cpu::Workspace<T>& work,
                            std::size_t layer) {
  std::vector<double> result;
  for_pairs(work, [&](std::size_t p) {
    for (std::size_t k = 0; k < 3 * model.hidden; ++k) {
      const std::size_t filter = k / model.hidden, c = k % model.hidden;
      result.push_back(static_cast<double>(
          work.stored_filters[layer][((c / cpu::kBlock) * work.pair_capacity + p) *
                                         cpu::kStoredFilterStride +
                                     filter * cpu::kBlock + c % cpu::kBlock]));
    }
  });
  return result;
}

template <class T>
std::vector<double> forces_by_rank(const cpu::Workspace<T>& work) {
  std::vector<double> result;
  for (std::size_t i = 0; i < work.n_atoms; ++i) {
    for (std::size_t a = 0; a < 3; ++a) {
      result.push_back(static_cast<double>(work.forces[4 * i + a]));
    }
  }
  return result;
}

template <class T>
std::vector<double> output(const CpuFixture<T>& fixture,
                           const cpu::Workspace<T>& work,
                           Stage stage,
                           std::size_t layer) {
  const cpu::PackedModel<T>& model = fixture.model();
  switch (stage) {
    case Stage::find_pairs:
      return directions(work);
    case Stage::embed:
      return embeddings(model, work);
    case Stage::exact_filters:
      return filters(model, work, layer);
    case Stage::messages:
      return features(model, work.n_atoms, work.features_out[layer]);
    case Stage::update:
      return features(model, work.n_atoms, work.features_in[layer + 1]);
    case Stage::readout:
      return {work.atom_energies.data(), work.atom_energies.data() + work.n_atoms};
    case Stage::messages_backward:
      return features(model, work.n_atoms, work.adjoint_in);
    case Stage::update_backward:
      return features(model, work.n_atoms, work.features_out[layer]);
    case Stage::pair_forces:
      return forces_by_rank(work);
    case Stage::radial_basis:
      break;
  }
  return {};
}

/// s [n][H] and V [3n][H] as [atom][4][channel].
std::vector<double> joined(const reference::Matrix& s, const reference::Matrix& v) {
  std::vector<double> result;
  for (std::size_t i = 0; i < s.rows(); ++i) {
    const auto scalars = s.row(i);
    result.insert(result.end(), scalars.begin(), scalars.end());
    for (std::size_t a = 0; a < 3; ++a) {
      const auto component = v.row(3 * i + a);
      result.insert(result.end(), component.begin(), component.end());
    }
  }
  return result;
}

std::vector<double> of_matrix(const reference::Matrix& matrix) {
  return {matrix.values().begin(), matrix.values().end()};
}

}  // namespace

template <class T>
StageOutputs stage_outputs(CpuFixture<T>& fixture) {
  StageOutputs result;
  const auto run = [&](Stage stage, std::size_t layer) {
    fixture.run(stage, layer);
    // The first layer's backward pass leaves pair gradients only, which the forces show.
    if (stage == Stage::messages_backward && layer == 0) return;
    result[{stage, layer}] = output(fixture, fixture.work(), stage, layer);
  };
  const std::size_t last = fixture.model().n_layers - 1;
  run(Stage::find_pairs, 0);
  run(Stage::embed, 0);
  for (std::size_t layer = 0; layer <= last; ++layer) {
    if (!fixture.model().tabulated) run(Stage::exact_filters, layer);
    run(Stage::messages, layer);
    run(layer < last ? Stage::update : Stage::readout, layer);
  }
  for (std::size_t layer = last + 1; layer-- > 0;) {
    run(Stage::messages_backward, layer);
    if (layer > 0) run(Stage::update_backward, layer - 1);
  }
  run(Stage::pair_forces, 0);
  return result;
}

template StageOutputs stage_outputs(CpuFixture<float>&);
template StageOutputs stage_outputs(CpuFixture<double>&);

StageOutputs reference_outputs(const Model& model,
                               std::span<const int> atomic_numbers,
                               std::span<const Vec3> positions) {
  const StudentParameters parameters = student_parameters(model);
  reference::Values values;
  reference::Gradients gradients;
  reference::forward(parameters, atomic_numbers, positions, values);
  reference::backward(parameters, values, gradients);

  StageOutputs result;
  // The edge with source j and destination i stands for the pair i < j: r = x_j - x_i in both.
  std::vector<std::array<std::size_t, 3>> pairs;
  std::vector<double> forces(3 * positions.size(), 0.0);
  for (std::size_t e = 0; e < values.edges.size(); ++e) {
    const std::size_t j = values.edges.source[e], i = values.edges.destination[e];
    if (i < j) pairs.push_back({i, j, e});
    for (std::size_t a = 0; a < 3; ++a) {
      forces[3 * j + a] -= gradients.displacement[e][a];
      forces[3 * i + a] += gradients.displacement[e][a];
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<double>& u = result[{Stage::find_pairs, 0}];
  for (const auto& pair : pairs) {
    const auto& direction = values.edges.direction[pair[2]];
    u.insert(u.end(), direction.begin(), direction.end());
  }
  result[{Stage::embed, 0}] = of_matrix(values.layers.front().s_in);
  const std::size_t last = values.layers.size() - 1;
  for (std::size_t layer = 0; layer <= last; ++layer) {
    const reference::LayerValues& x = values.layers[layer];
    std::vector<double>& f = result[{Stage::exact_filters, layer}];
    for (const auto& pair : pairs) {
      const auto row = x.filter.row(pair[2]);
      f.insert(f.end(), row.begin(), row.end());
    }
    result[{Stage::messages, layer}] = joined(x.s_message, x.v_message);
    if (layer < last) {
      const reference::LayerValues& next = values.layers[layer + 1];
      result[{Stage::update, layer}] = joined(next.s_in, next.v_in);
      result[{Stage::update_backward, layer}] =
          joined(gradients.layers[layer].s_message, gradients.layers[layer].v_message);
    }
    if (layer > 0) {
      result[{Stage::messages_backward, layer}] =
          joined(gradients.layers[layer].s_in, gradients.layers[layer].v_in);
    }
  }
  result[{Stage::readout, last}] = values.atomic_energies;
  result[{Stage::pair_forces, 0}] = forces;
  return result;
}

}  // namespace fusemd::benchmarks
