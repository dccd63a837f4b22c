// SPDX-License-Identifier: MIT
// Tabulated convolutions against the reference engine, layer by layer, with tables so fine that the
// interpolation's error is below the tolerance; and with a coarse table against the spline's own
// energy, so that the slope is known to be that of the spline.
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

struct Result {
  std::vector<std::vector<float>> messages, adjoints;  ///< by layer
  std::vector<double> forces;                          ///< x, y, z of every atom
  std::vector<double> virials;                         ///< [n_atoms][9]; empty if not asked for
};

/// Runs all layers forward, then backward, each on the reference engine's inputs.
Result run(const ReferenceBatch& reference,
           const std::vector<System>& systems,
           const std::vector<std::vector<float>>& features,
           const std::vector<std::vector<float>>& adjoints,
           std::size_t n_intervals,
           bool with_virials,
           unsigned threads) {
  BatchWithEdges made(systems, reference.parameters.config.cutoff);
  const DeviceTables tables(reference.model, n_intervals);
  const std::uint32_t n = made.batch.n_atoms();
  const LaunchPolicy policy = policy_of_width(threads);
  DeviceArray<double> x(n), y(n), z(n), virials(with_virials ? 9 * n : 0);
  Result result;
  for (std::size_t l = 0; l < reference.n_layers(); ++l) {
    const DeviceArray<float> in(features[l]);
    DeviceArray<float> out(in.size());
    tabulated_convolution(tables.layer(l), reference.options(l), n, made.edges.view(), in.data(),
                          out.data(), policy, nullptr);
    result.messages.push_back(out.download());
  }
  result.adjoints.resize(reference.n_layers());
  for (std::size_t l = reference.n_layers(); l-- > 0;) {
    const DeviceArray<float> in(features[l]);
    const DeviceArray<float> adjoint_out(adjoints[l]);
    DeviceArray<float> adjoint_in(l == 0 ? 0 : in.size());
    tabulated_convolution_backward(
        tables.layer(l), reference.options(l), n, made.edges.view(), in.data(), adjoint_out.data(),
        adjoint_in.data(), {x.data(), y.data(), z.data()}, virials.data(),
        l + 1 == reference.n_layers() ? Accumulate::set : Accumulate::add, policy, nullptr);
    result.adjoints[l] = adjoint_in.download();
  }
  const auto fx = x.download();
  const auto fy = y.download();
  const auto fz = z.download();
  for (std::uint32_t i = 0; i < n; ++i)
    result.forces.insert(result.forces.end(), {fx[i], fy[i], fz[i]});
  result.virials = virials.download();
  return result;
}

std::vector<std::vector<float>> of_layers(const ReferenceBatch& reference,
                                          std::vector<float> (ReferenceBatch::*of)(std::size_t)
                                              const) {
  std::vector<std::vector<float>> values;
  for (std::size_t l = 0; l < reference.n_layers(); ++l) values.push_back((reference.*of)(l));
  return values;
}

void compare(const ReferenceBatch& reference, unsigned threads, bool with_virials) {
  const Result result = run(
      reference, reference.systems, of_layers(reference, &ReferenceBatch::features),
      of_layers(reference, &ReferenceBatch::adjoint_messages), kIntervals, with_virials, threads);
  for (std::size_t l = 0; l < reference.n_layers(); ++l) {
    const std::string layer = reference.name + ", layer " + std::to_string(l);
    const auto messages = reference.messages(l);
    expect_all_close(result.messages[l], messages,
                     {.absolute = 2e-6 * magnitude(messages),
                      .why = "float sums of up to 40 terms, inputs rounded to float"},
                     layer + ", messages");
    same_bits(result.messages[l]);
    if (l == 0) continue;
    const auto adjoints = reference.adjoint_features(l);
    expect_all_close(result.adjoints[l], adjoints,
                     {.absolute = 2e-6 * magnitude(adjoints),
                      .why = "float sums of up to 40 terms, inputs rounded to float"},
                     layer + ", adjoints");
    same_bits(result.adjoints[l]);
  }
  const auto forces = reference.forces();
  expect_all_close(result.forces, forces,
                   {.absolute = 5e-6 * magnitude(forces),
                    .why = "float sums over edges and channels of all layers; the table's slope "
                           "is off by 1e-6 at most"},
                   reference.name + ", forces");
  same_bits(result.forces);
  if (!with_virials) return;
  std::vector<double> virials(9 * reference.systems.size(), 0.0);
  std::size_t atom = 0;
  for (std::size_t s = 0; s < reference.systems.size(); ++s) {
    for (std::size_t i = 0; i < reference.systems[s].size(); ++i, ++atom) {
      for (std::size_t k = 0; k < 9; ++k) virials[9 * s + k] += result.virials[9 * atom + k];
    }
  }
  expect_all_close(virials, reference.virials(),
                   {.absolute = 1e-5 * magnitude(reference.virials()),
                    .why = "as forces, times distances of up to 5 Angstrom"},
                   reference.name + ", virials");
  same_bits(result.virials);
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
  const auto features = of_layers(reference, &ReferenceBatch::features);
  const auto adjoints = of_layers(reference, &ReferenceBatch::adjoint_messages);
  const Result first = run(reference, reference.systems, features, adjoints, 64, false, 128);
  for (const unsigned threads : {32u, 96u}) {
    const Result other =
        run(reference, reference.systems, features, adjoints, 64, threads == 32, threads);
    expect(first.messages == other.messages && first.adjoints == other.adjoints &&
               first.forces == other.forces,
           "another block width, the same bits");
  }
  const DeviceBatch batch(reference.systems);
  for (std::size_t s = 0; s < reference.systems.size(); ++s) {
    const std::size_t begin = batch.start(s) * 4 * 32;
    const std::size_t end = begin + reference.systems[s].size() * 4 * 32;
    const auto part = [&](const std::vector<float>& all) {
      return std::vector(all.begin() + static_cast<std::ptrdiff_t>(begin),
                         all.begin() + static_cast<std::ptrdiff_t>(end));
    };
    std::vector<std::vector<float>> own_features, own_adjoints;
    for (std::size_t l = 0; l < reference.n_layers(); ++l) {
      own_features.push_back(part(features[l]));
      own_adjoints.push_back(part(adjoints[l]));
    }
    const Result alone =
        run(reference, {reference.systems[s]}, own_features, own_adjoints, 64, false, 128);
    for (std::size_t l = 0; l < reference.n_layers(); ++l) {
      expect(alone.messages[l] == part(first.messages[l]), "alone, the same messages");
      if (l > 0) expect(alone.adjoints[l] == part(first.adjoints[l]), "alone, the same adjoints");
    }
    for (std::size_t k = 0; k < alone.forces.size(); ++k) {
      expect(alone.forces[k] == first.forces[3 * batch.start(s) + k], "alone, the same forces");
    }
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
