// SPDX-License-Identifier: MIT
#include "test/simt/kernels/edge_fixture.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "host/filter_table.hpp"
#include "host/reference/reference_potential.hpp"
#include "kernels/device_memory.hpp"
#include "kernels/neighbours.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {

LaunchPolicy policy_of_width(unsigned threads) {
  LaunchPolicy policy = kLaunchPolicies[0];
  policy.neighbour_threads = threads;
  policy.message_threads = threads;
  policy.filter_threads = threads;
  return policy;
}

namespace {

std::vector<std::uint32_t> starts_of(const std::vector<System>& systems) {
  std::vector<std::uint32_t> starts = {0};
  for (const System& system : systems) {
    starts.push_back(starts.back() + static_cast<std::uint32_t>(system.size()));
  }
  return starts;
}

std::vector<std::uint32_t> starts_of_rows(const std::vector<std::uint32_t>& room) {
  std::vector<std::uint32_t> starts = {0};
  for (const std::uint32_t r : room) starts.push_back(starts.back() + r);
  return starts;
}

template <class Value>
auto of_all_atoms(const std::vector<System>& systems, const Value& value) {
  std::vector<decltype(value(systems[0], 0, 0))> values;
  for (std::size_t s = 0; s < systems.size(); ++s) {
    for (std::size_t i = 0; i < systems[s].size(); ++i) {
      values.push_back(value(systems[s], s, i));
    }
  }
  return values;
}

}  // namespace

DeviceBatch::DeviceBatch(const std::vector<System>& systems)
    : n_systems_(static_cast<std::uint32_t>(systems.size())),
      n_atoms_(starts_of(systems).back()),
      starts_(starts_of(systems)),
      system_start_(starts_),
      system_(of_all_atoms(
          systems,
          [](const System&, std::size_t s, std::size_t) { return static_cast<std::uint32_t>(s); })),
      element_(of_all_atoms(systems,
                            [](const System& system, std::size_t, std::size_t i) {
                              return static_cast<std::uint32_t>(system.atomic_numbers[i]);
                            })),
      x_(of_all_atoms(
          systems,
          [](const System& system, std::size_t, std::size_t i) { return system.positions[i].x; })),
      y_(of_all_atoms(
          systems,
          [](const System& system, std::size_t, std::size_t i) { return system.positions[i].y; })),
      z_(of_all_atoms(systems, [](const System& system, std::size_t, std::size_t i) {
        return system.positions[i].z;
      })) {}

BatchView DeviceBatch::view() const {
  return {n_systems_, n_atoms_, system_start_.data(), system_.data(), element_.data()};
}

DeviceEdges::DeviceEdges(const std::vector<std::uint32_t>& room)
    : starts_(starts_of_rows(room)),
      start_(starts_),
      count_(room.size()),
      j_(starts_.back()),
      geometry_(4 * starts_.back()) {}

std::vector<std::array<float, 4>> DeviceEdges::geometry() const {
  const std::vector<float> numbers = geometry_.download();
  std::vector<std::array<float, 4>> values(numbers.size() / 4);
  for (std::size_t k = 0; k < numbers.size(); ++k) values[k / 4][k % 4] = numbers[k];
  return values;
}

std::vector<std::uint32_t> room_for_all(const std::vector<System>& systems) {
  std::vector<std::uint32_t> room;
  for (const System& system : systems) {
    room.insert(room.end(), system.size(),
                system.size() == 0 ? 0 : static_cast<std::uint32_t>(system.size() - 1));
  }
  return room;
}

BatchWithEdges::BatchWithEdges(const std::vector<System>& systems, double cutoff)
    : batch(systems), edges(room_for_all(systems)) {
  DeviceArray<std::uint32_t> room_needed = zeroed<std::uint32_t>(systems.size());
  all_pairs(batch.view(), batch.positions(), cutoff, edges.view(), nullptr, room_needed.data(),
            policy_of_width(128), nullptr);
  for (const std::uint32_t needed : room_needed.download()) {
    expect(needed == 0, "rows have room for all edges");
  }
}

ReferenceBatch::ReferenceBatch(const Model& the_model, std::vector<System> the_systems)
    : name(switches_text(the_model.config) + ", " + std::to_string(the_model.config.hidden_dim) +
           " channels"),
      model(the_model),
      parameters(student_parameters(the_model)),
      systems(std::move(the_systems)) {
  const auto potential = reference::make_reference_potential(model);
  for (const System& system : systems) {
    ReferencePass pass;
    reference::forward(parameters, system.atomic_numbers, system.positions, pass.values);
    reference::backward(parameters, pass.values, pass.gradients);
    pass.forces.resize(system.size());
    Virial virial{};
    (void)potential->make_evaluator(system.atomic_numbers, {})
        ->compute(system.positions, pass.forces, &virial);
    pass.virial.assign(virial.begin(), virial.end());
    passes.push_back(std::move(pass));
  }
}

namespace {

/// s [n][H] and V [3n][H] of all systems as [n][4][H].
template <class T, class Scalars, class Vectors>
std::vector<T> interleaved(const std::vector<ReferencePass>& passes,
                           const Scalars& scalars,
                           const Vectors& vectors) {
  std::vector<T> values;
  for (const ReferencePass& pass : passes) {
    const reference::Matrix& s = scalars(pass);
    const reference::Matrix& v = vectors(pass);
    for (std::size_t i = 0; i < s.rows(); ++i) {
      for (const double x : s.row(i)) values.push_back(static_cast<T>(x));
      for (std::size_t a = 0; a < 3; ++a) {
        for (const double x : v.row(3 * i + a)) values.push_back(static_cast<T>(x));
      }
    }
  }
  return values;
}

}  // namespace

std::vector<float> ReferenceBatch::features(std::size_t l) const {
  return interleaved<float>(
      passes, [l](const ReferencePass& p) -> auto& { return p.values.layers[l].s_in; },
      [l](const ReferencePass& p) -> auto& { return p.values.layers[l].v_in; });
}
std::vector<double> ReferenceBatch::messages(std::size_t l) const {
  return interleaved<double>(
      passes, [l](const ReferencePass& p) -> auto& { return p.values.layers[l].s_message; },
      [l](const ReferencePass& p) -> auto& { return p.values.layers[l].v_message; });
}
std::vector<float> ReferenceBatch::adjoint_messages(std::size_t l) const {
  return interleaved<float>(
      passes, [l](const ReferencePass& p) -> auto& { return p.gradients.layers[l].s_message; },
      [l](const ReferencePass& p) -> auto& { return p.gradients.layers[l].v_message; });
}
std::vector<double> ReferenceBatch::adjoint_features(std::size_t l) const {
  return interleaved<double>(
      passes, [l](const ReferencePass& p) -> auto& { return p.gradients.layers[l].s_in; },
      [l](const ReferencePass& p) -> auto& { return p.gradients.layers[l].v_in; });
}

std::vector<double> ReferenceBatch::forces() const {
  std::vector<double> values;
  for (const ReferencePass& pass : passes) {
    for (const Vec3& f : pass.forces) values.insert(values.end(), {f.x, f.y, f.z});
  }
  return values;
}

std::vector<double> ReferenceBatch::virials() const {
  std::vector<double> values;
  for (const ReferencePass& pass : passes) {
    values.insert(values.end(), pass.virial.begin(), pass.virial.end());
  }
  return values;
}

ConvolutionOptions ReferenceBatch::options(std::size_t layer) const {
  return {.n_channels = n_channels(),
          .first_layer = layer == 0,
          .by_source =
              parameters.config.directional_message == DirectionalMessage::filter_times_source};
}

LayerInputs inputs_of(const ReferenceBatch& reference) {
  LayerInputs inputs;
  for (std::size_t l = 0; l < reference.n_layers(); ++l) {
    inputs.features.push_back(reference.features(l));
    inputs.adjoint_messages.push_back(reference.adjoint_messages(l));
  }
  return inputs;
}

namespace {

template <class T>
std::vector<T> part(const std::vector<T>& values,
                    const ReferenceBatch& reference,
                    std::size_t system,
                    std::size_t an_atom) {
  if (values.empty()) return {};
  const std::vector<std::uint32_t> starts = starts_of(reference.systems);
  return {values.begin() + static_cast<std::ptrdiff_t>(starts[system] * an_atom),
          values.begin() + static_cast<std::ptrdiff_t>(starts[system + 1] * an_atom)};
}

}  // namespace

LayerInputs inputs_of(const ReferenceBatch& reference, std::size_t system) {
  LayerInputs inputs = inputs_of(reference);
  for (std::size_t l = 0; l < reference.n_layers(); ++l) {
    const std::size_t width = 4 * std::size_t{reference.n_channels()};
    inputs.features[l] = part(inputs.features[l], reference, system, width);
    inputs.adjoint_messages[l] = part(inputs.adjoint_messages[l], reference, system, width);
  }
  return inputs;
}

ConvolutionResult part_of(const ConvolutionResult& result,
                          const ReferenceBatch& reference,
                          std::size_t system) {
  ConvolutionResult own;
  const std::size_t width = 4 * std::size_t{reference.n_channels()};
  for (std::size_t l = 0; l < reference.n_layers(); ++l) {
    own.messages.push_back(part(result.messages[l], reference, system, width));
    own.adjoints.push_back(part(result.adjoints[l], reference, system, width));
  }
  own.forces = part(result.forces, reference, system, 3);
  own.virials = part(result.virials, reference, system, 9);
  return own;
}

void expect_reference(const ConvolutionResult& result,
                      const ReferenceBatch& reference,
                      const ConvolutionTolerances& tolerances) {
  const auto compare = [&](const auto& actual, const std::vector<double>& expected, double share,
                           const std::string& what) {
    expect_all_close(actual, expected,
                     {.absolute = share * magnitude(expected), .why = tolerances.why},
                     reference.name + ", " + what);
    same_bits(actual);
  };
  for (std::size_t l = 0; l < reference.n_layers(); ++l) {
    const std::string layer = "layer " + std::to_string(l);
    compare(result.messages[l], reference.messages(l), tolerances.features, layer + ", messages");
    if (l == 0) continue;
    compare(result.adjoints[l], reference.adjoint_features(l), tolerances.features,
            layer + ", adjoints");
  }
  compare(result.forces, reference.forces(), tolerances.forces, "forces");
  if (result.virials.empty()) return;
  std::vector<double> virials(9 * reference.systems.size(), 0.0);
  std::size_t atom = 0;
  for (std::size_t s = 0; s < reference.systems.size(); ++s) {
    for (std::size_t i = 0; i < reference.systems[s].size(); ++i, ++atom) {
      for (std::size_t k = 0; k < 9; ++k) virials[9 * s + k] += result.virials[9 * atom + k];
    }
  }
  compare(virials, reference.virials(), tolerances.virials, "virials");
}

std::vector<float> table_coefficients(const Model& model,
                                      std::size_t layer,
                                      std::size_t n_intervals) {
  const CubicBSpline spline = filter_spline(model, static_cast<int>(layer), n_intervals);
  return {spline.coefficients.begin(), spline.coefficients.end()};
}

std::vector<System> systems_of_few_atoms() {
  return {rattled_off_cutoff(benzene(), 0.05),
          {},
          single_atom(8),
          pair(1, 6, 1.2),
          rattled_off_cutoff(water(), 0.05)};
}

std::vector<System> systems_of_many_sizes() {
  std::vector<System> systems = systems_of_few_atoms();
  for (const std::size_t n : {31u, 32u, 33u, 37u}) {
    systems.push_back(rattled_off_cutoff(random_box(n, n), 0.05));
  }
  return systems;
}

System rod_of_211_atoms() {
  constexpr std::size_t kAtoms = 211;  // a prime, so that any stride visits every place once
  constexpr int kElements[] = {1, 6, 7, 8};
  System rod{"rod", {}, {}};
  for (std::size_t i = 0; i < kAtoms; ++i) {
    const std::size_t place = i * 97 % kAtoms;
    rod.atomic_numbers.push_back(kElements[i % 4]);
    rod.positions.push_back({2.4 * static_cast<double>(place / 4),
                             2.4 * static_cast<double>(place % 2),
                             2.4 * static_cast<double>(place / 2 % 2)});
  }
  return rattled_off_cutoff(rod, 0.05);
}

double magnitude(const std::vector<double>& values) {
  double largest = 1.0;
  for (const double x : values) largest = std::max(largest, std::abs(x));
  return largest;
}

}  // namespace fusemd::test
