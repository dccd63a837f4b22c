// SPDX-License-Identifier: MIT
// Tabulated convolutions against the reference engine, layer by layer, with tables so fine that the
// interpolation's error is below the tolerance; and with a coarse table against the spline's own
// energy, so that the slope is known to be that of the spline.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/tabulated_convolution.hpp"
#include "test/simt/kernels/edge_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {
namespace {

/// The default of the product. More of them would not be more exact: float coefficients h apart
/// give slopes that are off by 2^-24 / h.
constexpr std::size_t kIntervals = 512;

/// All layers' tables in device memory.
class DeviceTables {
 public:
  DeviceTables(const Model& model, std::size_t n_intervals) : n_intervals_(n_intervals) {
    per_length_ = static_cast<float>(static_cast<double>(n_intervals) / model.config.cutoff);
    for (int l = 0; l < model.config.num_interactions; ++l) {
      layers_.emplace_back(table_coefficients(model, static_cast<std::size_t>(l), n_intervals));
    }
  }
  [[nodiscard]] FilterTable layer(std::size_t l) const {
    return {layers_[l].data(), static_cast<std::uint32_t>(n_intervals_), per_length_};
  }

 private:
  std::size_t n_intervals_;
  float per_length_;
  std::vector<DeviceArray<float>> layers_;
};

ConvolutionResult run(const ReferenceBatch& reference,
                      const std::vector<System>& systems,
                      const LayerInputs& inputs,
                      std::size_t n_intervals,
                      bool with_virials,
                      unsigned threads) {
  BatchWithEdges made(systems, reference.parameters.config.cutoff);
  const DeviceTables tables(reference.model, n_intervals);
  const LaunchPolicy policy = policy_of_width(threads);
  const std::uint32_t n = made.batch.n_atoms();
  return run_convolutions(
      made, inputs, with_virials,
      [&](std::size_t l, const EdgesView& edges, const float* in, float* out) {
        tabulated_convolution(tables.layer(l), reference.options(l), n, edges, in, out, policy,
                              nullptr);
      },
      [&](std::size_t l, const EdgesView& edges, const float* in, const float* adjoint_out,
          float* adjoint_in, const ForcesView& forces, double* virials, Accumulate accumulate) {
        tabulated_convolution_backward(tables.layer(l), reference.options(l), n, edges, in,
                                       adjoint_out, adjoint_in, forces, virials, accumulate, policy,
                                       nullptr);
      });
}

void compare(const ReferenceBatch& reference, unsigned threads, bool with_virials) {
  expect_reference(
      run(reference, reference.systems, inputs_of(reference), kIntervals, with_virials, threads),
      reference,
      {.features = 2e-6,
       .forces = 5e-6,
       .virials = 1e-5,
       .why = "inputs rounded to float, float sums over edges and channels; the table "
              "is off by 1e-6"});
}

const ReferenceBatch& reference_of(const StudentConfig& config) {
  static std::map<std::string, std::unique_ptr<ReferenceBatch>> made;
  const std::string key = switches_text(config) + std::to_string(config.hidden_dim);
  auto& entry = made[key];
  if (entry == nullptr) {
    // Under the checker, wide features of many atoms take minutes.
    const bool many = config.hidden_dim == 12 || config.hidden_dim == 32;
    entry = std::make_unique<ReferenceBatch>(
        make_model(config, 11), many ? systems_of_many_sizes() : systems_of_few_atoms());
  }
  return *entry;
}

// The kernels of the shipped sizes, and those of every other: one team a warp, several, several
// passes, lanes without channels.
const std::vector<int> kChannels = {32, 64, 128, 4, 12, 24, 136};

struct RegisterSizes {
  RegisterSizes() {
    for (const int channels : kChannels) {
      kernel_cases().push_back(
          {"tabulated_convolution of " + std::to_string(channels) + " channels", [channels] {
             const auto config = shipped_switches(channels, 2, 6);
             compare(reference_of(config), 128, channels == 32);
           }});
    }
  }
} const kRegisterSizes;

FUSEMD_KERNEL_CASE("tabulated_convolution of hundreds of atoms") {
  static const ReferenceBatch reference(make_model(shipped_switches(4, 2, 5), 16),
                                        {rod_of_211_atoms()});
  compare(reference, 64, true);
}

FUSEMD_KERNEL_CASE("tabulated_convolution with every combination of switches") {
  for (const StudentConfig& config : all_switches(shipped_switches(8, 2, 5))) {
    static std::map<std::string, std::unique_ptr<ReferenceBatch>> made;
    auto& entry = made[switches_text(config)];
    if (entry == nullptr) {
      entry = std::make_unique<ReferenceBatch>(
          make_model(config, 12),
          std::vector<System>{rattled_off_cutoff(benzene(), 0.05), rattled(water(), 0.05, 2)});
    }
    compare(*entry, 64, true);
  }
}

// With the kernel of 32 channels and with the one for virials, at three widths: all the same bits.
FUSEMD_KERNEL_CASE("tabulated_convolution at other block widths, with virials, alone") {
  static const ReferenceBatch reference(
      make_model(shipped_switches(32, 2, 6), 15),
      {rattled_off_cutoff(water(), 0.05), rattled_off_cutoff(random_box(33, 8), 0.05),
       rattled_off_cutoff(benzene(), 0.05)});
  const LayerInputs inputs = inputs_of(reference);
  const ConvolutionResult first = run(reference, reference.systems, inputs, 64, true, 128);
  ConvolutionResult without = run(reference, reference.systems, inputs, 64, false, 32);
  without.virials = first.virials;
  expect(without == first, "with virials or not, the same bits");
  expect(run(reference, reference.systems, inputs, 64, true, 96) == first,
         "another block width, the same bits");
  for (std::size_t s = 0; s < reference.systems.size(); ++s) {
    const ConvolutionResult alone =
        run(reference, {reference.systems[s]}, inputs_of(reference, s), 64, true, 128);
    expect(alone == part_of(first, reference, s), "alone, the same bits");
  }
}

/// The value of a coarse spline by de Boor's recursion, in double: another formula than the
/// kernel's.
double de_boor(const std::vector<float>& coefficients,
               std::size_t curves,
               std::size_t curve,
               double position,
               std::size_t n_intervals) {
  const auto k = std::min(static_cast<std::size_t>(position), n_intervals - 1);
  double c[4];
  for (std::size_t m = 0; m < 4; ++m) c[m] = double{coefficients[(k + m) * curves + curve]};
  const double t = position - static_cast<double>(k);
  for (std::size_t round = 1; round <= 3; ++round) {
    const double span = 4.0 - static_cast<double>(round);
    for (std::size_t m = 3; m >= round; --m) {
      const double alpha = (t + 3.0 - static_cast<double>(m)) / span;
      c[m] = (1.0 - alpha) * c[m - 1] + alpha * c[m];
    }
  }
  return c[3];
}

// The scalar phi = sum of A * messages, in double with the coarse spline; forces must be its
// gradient although the spline is far from the filter network.
FUSEMD_KERNEL_CASE("tabulated_convolution's forces are the gradient of the spline's messages") {
  constexpr std::size_t kCoarse = 9;
  StudentConfig config = shipped_switches(8, 2, 5);
  const ReferenceBatch reference(make_model(config, 13), {rattled(water(), 0.1, 5)});
  const std::size_t h = reference.n_channels();
  const std::vector<float> features = reference.features(1);
  Random random(7);
  std::vector<float> adjoint(features.size());
  for (float& a : adjoint) a = static_cast<float>(random.uniform(-1.0, 1.0));
  const std::vector<float> coefficients = table_coefficients(reference.model, 1, kCoarse);

  const auto phi = [&](const std::vector<Vec3>& positions) {
    double sum = 0.0;
    for (std::size_t i = 0; i < positions.size(); ++i) {
      for (std::size_t j = 0; j < positions.size(); ++j) {
        if (i == j) continue;
        const Vec3 r = positions[j] - positions[i];
        const double d = norm(r);
        const double position = d * static_cast<double>(kCoarse) / config.cutoff;
        for (std::size_t c = 0; c < h; ++c) {
          const auto in = [&](std::size_t a) { return double{features[(4 * j + a) * h + c]}; };
          const auto out_ = [&](std::size_t a) { return double{adjoint[(4 * i + a) * h + c]}; };
          const auto f = [&](std::size_t q) {
            return de_boor(coefficients, 3 * h, q * h + c, position, kCoarse);
          };
          sum += out_(0) * in(0) * f(0);
          const double u[3] = {r.x / (d + 1e-8), r.y / (d + 1e-8), r.z / (d + 1e-8)};
          for (std::size_t a = 0; a < 3; ++a) {
            sum += out_(a + 1) * (in(a + 1) * f(1) + u[a] * f(2) * in(0));
          }
        }
      }
    }
    return sum;
  };

  BatchWithEdges made(reference.systems, config.cutoff);
  const DeviceArray<float> table(coefficients);
  const DeviceArray<float> in(features);
  const DeviceArray<float> adjoint_out(adjoint);
  DeviceArray<float> adjoint_in(in.size());
  DeviceArray<double> x(3), y(3), z(3);
  tabulated_convolution_backward(
      {table.data(), kCoarse, static_cast<float>(kCoarse / config.cutoff)}, reference.options(1), 3,
      made.edges.view(), in.data(), adjoint_out.data(), adjoint_in.data(),
      {x.data(), y.data(), z.data()}, nullptr, Accumulate::set, policy_of_width(32), nullptr);
  const std::vector<double> forces[3] = {x.download(), y.download(), z.download()};
  const Tolerance tolerance = {.absolute = 1e-5, .why = "float sums; differences exact to 1e-9"};
  constexpr double kStep = 1e-4;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t a = 0; a < 3; ++a) {
      std::vector<Vec3> low = reference.systems[0].positions;
      std::vector<Vec3> high = low;
      (a == 0 ? low[i].x : a == 1 ? low[i].y : low[i].z) -= kStep;
      (a == 0 ? high[i].x : a == 1 ? high[i].y : high[i].z) += kStep;
      expect_close(forces[a][i], -(phi(high) - phi(low)) / (2 * kStep), tolerance, "force");
    }
  }
}

FUSEMD_KERNEL_CASE("tabulated_convolution of atoms in one place has finite forces") {
  const ReferenceBatch reference(make_model(shipped_switches(8, 2, 5), 14),
                                 {pair(1, 6, 0.0), pair(6, 6, 0.02)});
  compare(reference, 32, true);
}

}  // namespace
}  // namespace fusemd::test
