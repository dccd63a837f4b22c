// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/cuda/device_filters.hpp"
#include "host/reference/student_network.hpp"
#include "host/student_parameters.hpp"
#include "kernels/batch.hpp"
#include "kernels/exact_convolution.hpp"
#include "kernels/tabulated_convolution.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/support/systems.hpp"
#include "weights/model.hpp"

/// What the cases of edge kernels have in common: batches in device memory, and what the reference
/// engine makes of them.
namespace fusemd::test {

/// Launch shapes with every block `threads` wide.
[[nodiscard]] LaunchPolicy policy_of_width(unsigned threads);

/// Systems one after the other, in device memory.
class DeviceBatch {
 public:
  explicit DeviceBatch(const std::vector<System>& systems);

  [[nodiscard]] BatchView view() const;
  [[nodiscard]] PositionsView positions() const { return {x_.data(), y_.data(), z_.data()}; }
  [[nodiscard]] std::uint32_t n_systems() const { return n_systems_; }
  [[nodiscard]] std::uint32_t n_atoms() const { return n_atoms_; }
  /// First atom of a system.
  [[nodiscard]] std::size_t start(std::size_t system) const { return starts_[system]; }
  [[nodiscard]] const std::vector<std::uint32_t>& starts() const { return starts_; }

 private:
  std::uint32_t n_systems_, n_atoms_;
  std::vector<std::uint32_t> starts_;
  DeviceArray<std::uint32_t> system_start_, system_, element_;
  DeviceArray<double> x_, y_, z_;
};

/// Rows for edges, uninitialised: row i has room for room[i] of them.
class DeviceEdges {
 public:
  explicit DeviceEdges(const std::vector<std::uint32_t>& room);

  [[nodiscard]] MutableEdges view() {
    return {start_.data(), count_.data(), j_.data(), geometry_.data()};
  }
  [[nodiscard]] const std::vector<std::uint32_t>& starts() const { return starts_; }
  [[nodiscard]] std::vector<std::uint32_t> counts() const { return count_.download(); }
  [[nodiscard]] std::vector<std::uint32_t> j() const { return j_.download(); }
  [[nodiscard]] std::vector<std::array<float, 4>> geometry() const;

 private:
  std::vector<std::uint32_t> starts_;
  DeviceArray<std::uint32_t> start_, count_, j_;
  DeviceArray<float> geometry_;
};

/// Room for every atom of the batch to have all others of its system as neighbours.
[[nodiscard]] std::vector<std::uint32_t> room_for_all(const std::vector<System>& systems);

/// A batch whose edges all_pairs() has found.
struct BatchWithEdges {
  explicit BatchWithEdges(const std::vector<System>& systems, double cutoff);
  DeviceBatch batch;
  DeviceEdges edges;
};

/// What the reference engine computes of one system.
struct ReferencePass {
  reference::Values values;
  reference::Gradients gradients;
  std::vector<Vec3> forces;    ///< (B13), eV/Angstrom
  std::vector<double> virial;  ///< [9], eV
};

/// A model, systems, and the reference engine's passes through all of them. Made once a process:
/// cases run under many schedules.
class ReferenceBatch {
 public:
  ReferenceBatch(const Model& model, std::vector<System> systems);

  std::string name;
  Model model;
  StudentParameters parameters;
  std::vector<System> systems;
  std::vector<ReferencePass> passes;

  [[nodiscard]] std::size_t n_layers() const { return parameters.filters.size(); }
  [[nodiscard]] std::uint32_t n_channels() const {
    return static_cast<std::uint32_t>(parameters.config.hidden_dim);
  }

  /// [n_atoms][4][n_channels] of the batch, rounded to float.
  [[nodiscard]] std::vector<float> features(std::size_t layer) const;
  [[nodiscard]] std::vector<float> adjoint_messages(std::size_t layer) const;
  /// The same layout in double, as expected of a kernel.
  [[nodiscard]] std::vector<double> messages(std::size_t layer) const;
  [[nodiscard]] std::vector<double> adjoint_features(std::size_t layer) const;
  [[nodiscard]] std::vector<double> forces() const;   ///< x, y, z of every atom
  [[nodiscard]] std::vector<double> virials() const;  ///< [n_systems][9]

  [[nodiscard]] ConvolutionOptions options(std::size_t layer) const;
};

/// One layer's inputs of a backward pass or of both, by layer.
struct LayerInputs {
  std::vector<std::vector<float>> features, adjoint_messages;
};
[[nodiscard]] LayerInputs inputs_of(const ReferenceBatch& reference);
/// Those of one system alone.
[[nodiscard]] LayerInputs inputs_of(const ReferenceBatch& reference, std::size_t system);

/// What the convolutions of all layers give.
struct ConvolutionResult {
  std::vector<std::vector<float>> messages, adjoints;  ///< by layer; the first has no adjoints
  std::vector<double> forces;                          ///< x, y, z of every atom
  std::vector<double> virials;                         ///< [n_atoms][9]; empty if not asked for

  friend bool operator==(const ConvolutionResult&, const ConvolutionResult&) = default;
};

/// The part of a result that belongs to one system of the batch.
[[nodiscard]] ConvolutionResult part_of(const ConvolutionResult& result,
                                        const ReferenceBatch& reference,
                                        std::size_t system);

/// Runs all layers forward, then backward, each on the given inputs.
///
/// forward   (layer, edges, features, messages)
/// backward  (layer, edges, features, adjoint_messages, adjoint_features, forces, virials,
///           accumulate)
template <class Forward, class Backward>
ConvolutionResult run_convolutions(BatchWithEdges& made,
                                   const LayerInputs& inputs,
                                   bool with_virials,
                                   const Forward& forward,
                                   const Backward& backward) {
  const std::uint32_t n = made.batch.n_atoms();
  const std::size_t layers = inputs.features.size();
  DeviceArray<double> x(n), y(n), z(n), virials(with_virials ? 9 * n : 0);
  ConvolutionResult result;
  for (std::size_t l = 0; l < layers; ++l) {
    const DeviceArray<float> in(inputs.features[l]);
    DeviceArray<float> out(in.size());
    forward(l, EdgesView(made.edges.view()), in.data(), out.data());
    result.messages.push_back(out.download());
  }
  result.adjoints.resize(layers);
  for (std::size_t l = layers; l-- > 0;) {
    const DeviceArray<float> in(inputs.features[l]);
    const DeviceArray<float> adjoint_out(inputs.adjoint_messages[l]);
    DeviceArray<float> adjoint_in(l == 0 ? 0 : in.size());
    backward(l, EdgesView(made.edges.view()), in.data(), adjoint_out.data(), adjoint_in.data(),
             ForcesView{x.data(), y.data(), z.data()}, virials.data(),
             l + 1 == layers ? Accumulate::set : Accumulate::add);
    result.adjoints[l] = adjoint_in.download();
  }
  const auto fx = x.download();
  const auto fy = y.download();
  const auto fz = z.download();
  for (std::uint32_t i = 0; i < n; ++i) {
    result.forces.insert(result.forces.end(), {fx[i], fy[i], fz[i]});
  }
  result.virials = virials.download();
  return result;
}

/// How far results may be from the reference engine's, as shares of the largest value of their
/// kind.
struct ConvolutionTolerances {
  double features, forces, virials;
  std::string why;
};
/// Compares everything with the reference engine, and records its bits.
void expect_reference(const ConvolutionResult& result,
                      const ReferenceBatch& reference,
                      const ConvolutionTolerances& tolerances);

/// One layer's table as kernels read it: coefficients [n_intervals + 3][3][n_channels].
[[nodiscard]] std::vector<float> table_coefficients(const Model& model,
                                                    std::size_t layer,
                                                    std::size_t n_intervals);

/// Systems of 12, 0, 1, 2 and 3 atoms, rattled off the cutoff.
[[nodiscard]] std::vector<System> systems_of_few_atoms();

/// These, and 31, 32, 33 and 37 atoms.
[[nodiscard]] std::vector<System> systems_of_many_sizes();

/// 211 atoms on a rod of two by two, each with some 13 neighbours, in an order that puts neighbours
/// far apart: hundreds of atoms at the cost of a few thousand edges, and of every tile with every
/// other.
[[nodiscard]] System rod_of_211_atoms();

/// Largest absolute value, at least 1.
[[nodiscard]] double magnitude(const std::vector<double>& values);

}  // namespace fusemd::test
