// SPDX-License-Identifier: MIT
// Convolutions with the filter network against the reference engine, layer by layer.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/exact_convolution.hpp"
#include "test/simt/kernels/edge_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {
namespace {

/// Block width, atoms of a tile, rows of a chunk.
struct Shape {
  unsigned threads = 128, atoms = 32, rows = 16;
};

ConvolutionResult run(const ReferenceBatch& reference,
                      const std::vector<System>& systems,
                      const LayerInputs& inputs,
                      bool with_virials,
                      const Shape& shape,
                      DenseKind kind = DenseKind::fma) {
  BatchWithEdges made(systems, reference.parameters.config.cutoff);
  const cuda::DeviceFilters networks(reference.parameters);
  LaunchPolicy policy = policy_of_width(shape.threads);
  policy.filter_atoms = shape.atoms;
  policy.filter_rows = shape.rows;
  std::size_t largest = 0;
  for (const System& system : systems) largest = std::max(largest, system.size());
  const auto n = static_cast<std::uint32_t>(largest);
  return run_convolutions(
      made, inputs, with_virials,
      [&](std::size_t l, const EdgesView& edges, const float* in, float* out) {
        exact_convolution(kind, networks.layer(static_cast<unsigned>(l)), reference.options(l),
                          made.batch.view(), n, edges, in, out, policy, nullptr);
      },
      [&](std::size_t l, const EdgesView& edges, const float* in, const float* adjoint_out,
          float* adjoint_in, const ForcesView& forces, double* virials, Accumulate accumulate) {
        exact_convolution_backward(
            kind, networks.layer(static_cast<unsigned>(l)), reference.options(l), made.batch.view(),
            n, edges, in, adjoint_out, adjoint_in, forces, virials, accumulate, policy, nullptr);
      });
}

const ConvolutionTolerances kFloat = {
    .features = 2e-6,
    .forces = 5e-6,
    .virials = 1e-5,
    .why = "inputs rounded to float, float sums over edges and channels"};

/// Made once and kept. By value: g++ 14 warns of references that come from temporary arguments.
const ReferenceBatch& reference_of(StudentConfig config) {
  static std::map<std::string, std::unique_ptr<ReferenceBatch>> made;
  auto& entry = made[switches_text(config) + std::to_string(config.hidden_dim)];
  if (entry == nullptr) {
    entry = std::make_unique<ReferenceBatch>(make_model(config, 21), systems_of_few_atoms());
  }
  return *entry;
}

struct RegisterSizes {
  RegisterSizes() {
    for (const int channels : {4, 12, 32, 64}) {
      kernel_cases().push_back(
          {"exact_convolution of " + std::to_string(channels) + " channels", [channels] {
             const ReferenceBatch& reference = reference_of(shipped_switches(channels, 2, 6));
             expect_reference(
                 run(reference, reference.systems, inputs_of(reference), channels == 12, Shape{}),
                 reference, kFloat);
           }});
    }
  }
} const kRegisterSizes;

// 31 to 33 atoms in tiles of 7 and 32: pairs inside a tile and across tiles.
FUSEMD_KERNEL_CASE("exact_convolution of systems of several tiles") {
  static const ReferenceBatch reference(make_model(shipped_switches(8, 2, 6), 22),
                                        {rattled_off_cutoff(random_box(31, 1), 0.05),
                                         {},
                                         rattled_off_cutoff(random_box(33, 2), 0.05)});
  for (const unsigned atoms : {7u, 32u}) {
    expect_reference(run(reference, reference.systems, inputs_of(reference), true, {64, atoms, 32}),
                     reference, kFloat);
  }
}

// Seven tiles, each with pairs in all others.
FUSEMD_KERNEL_CASE("exact_convolution of hundreds of atoms") {
  static const ReferenceBatch reference(make_model(shipped_switches(4, 2, 5), 23),
                                        {rod_of_211_atoms()});
  expect_reference(run(reference, reference.systems, inputs_of(reference), true, {64, 32, 16}),
                   reference, kFloat);
}

FUSEMD_KERNEL_CASE("exact_convolution with every combination of switches") {
  for (const StudentConfig& config : all_switches(shipped_switches(8, 2, 5))) {
    const ReferenceBatch& reference = reference_of(config);
    expect_reference(run(reference, reference.systems, inputs_of(reference), true, {64, 32, 16}),
                     reference, kFloat);
  }
}

FUSEMD_KERNEL_CASE("exact_convolution at other block widths and chunks, alone") {
  const ReferenceBatch& reference = reference_of(shipped_switches(12, 2, 6));
  const LayerInputs inputs = inputs_of(reference);
  const ConvolutionResult first = run(reference, reference.systems, inputs, true, {128, 32, 16});
  ConvolutionResult without = run(reference, reference.systems, inputs, false, {32, 32, 16});
  without.virials = first.virials;
  expect(without == first, "with virials or not, at another width, the same bits");
  for (std::size_t s = 0; s < reference.systems.size(); ++s) {
    const ConvolutionResult alone =
        run(reference, {reference.systems[s]}, inputs_of(reference, s), true, {96, 32, 16});
    expect(alone == part_of(first, reference, s), "alone, the same bits");
  }
  for (const unsigned rows : {2u, 6u, 32u}) {
    expect_reference(run(reference, reference.systems, inputs, true, {64, 32, rows}), reference,
                     kFloat);
  }
}

// From PTX, tensor-core instructions exist where the architecture has them.
FUSEMD_KERNEL_CASE("exact_convolution on tensor cores") {
  if (!dense_kind_runs(DenseKind::tf32x3, FUSEMD_KERNEL_ARCHITECTURE)) return;
  const ReferenceBatch& reference = reference_of(shipped_switches(12, 2, 6));
  const LayerInputs inputs = inputs_of(reference);
  expect_reference(
      run(reference, reference.systems, inputs, false, {64, 32, 16}, DenseKind::tf32x3), reference,
      kFloat);
  expect_reference(run(reference, reference.systems, inputs, false, {64, 32, 16}, DenseKind::tf32),
                   reference,
                   {.features = 2e-3,
                    .forces = 2e-3,
                    .virials = 2e-3,
                    .why = "factors of 11 bits: 2^-11 a term"});
}

FUSEMD_KERNEL_CASE("exact_convolution survives the units' full error") {
  (void)with_deviating_units([] {
    const ReferenceBatch& reference = reference_of(shipped_switches(12, 2, 6));
    expect_reference(run(reference, reference.systems, inputs_of(reference), false, Shape{}),
                     reference, kFloat);
  });
  (void)take_digest();  // the deviations are the schedule's
}

}  // namespace
}  // namespace fusemd::test
