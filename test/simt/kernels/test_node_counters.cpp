// SPDX-License-Identifier: MIT
// What the per-atom kernels execute and move, counted in nvcc's PTX, for a molecule of twelve atoms
// at the width of each model.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "host/cuda/device_weights.hpp"
#include "kernels/readout.hpp"
#include "kernels/update.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/ptx/runtime/counters.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/support/catch.hpp"

namespace fusemd {
namespace {

using ptx::Access;
using ptx::Class;
using ptx::KernelTotals;
using ptx::Space;
using test::DeviceArray;

constexpr unsigned kAtoms = 12;
constexpr double kTensorFmas = 16.0 * 8 * 8 / 32;  // multiply-adds of m16n8k8, a lane's share

double did(const KernelTotals& totals, Class kind) {
  return static_cast<double>(totals.thread_instructions[static_cast<std::size_t>(kind)]);
}

/// Of the floating-point operations, those in fused multiply-adds and tensor instructions.
double fused_share(const KernelTotals& totals) {
  const double fused = did(totals, Class::fma32) + kTensorFmas * did(totals, Class::tensor);
  double all = fused;
  for (const Class kind : {Class::add32, Class::other32, Class::special32, Class::slow32,
                           Class::fp64, Class::convert}) {
    all += did(totals, kind);
  }
  return fused / all;
}

/// Of all instructions, address arithmetic and branches included.
double share_of_all(const KernelTotals& totals) {
  double all = 0.0;
  for (const std::uint64_t n : totals.thread_instructions) all += static_cast<double>(n);
  return (did(totals, Class::fma32) + did(totals, Class::tensor)) / all;
}

struct Moved {
  double wavefronts = 0.0, conflicts = 0.0;    // of shared memory
  double loaded = 0.0, loaded_by_16 = 0.0;     // bytes from global memory
  double sectors = 0.0, needed_sectors = 0.0;  // of global memory
};

Moved moved(const KernelTotals& totals) {
  Moved sum;
  for (const auto& [key, access] : totals.accesses) {
    const auto& [space, kind, bytes] = key;
    if (space == Space::shared) {
      sum.wavefronts += static_cast<double>(access.wavefronts);
      sum.conflicts += static_cast<double>(access.conflicts);
      continue;
    }
    sum.sectors += static_cast<double>(access.sectors);
    sum.needed_sectors += static_cast<double>(access.needed_sectors);
    if (kind != Access::load) continue;
    sum.loaded += static_cast<double>(access.lane_bytes);
    if (bytes == 16) sum.loaded_by_16 += static_cast<double>(access.lane_bytes);
  }
  return sum;
}

/// What the formulas of kernels/update.hpp and readout.hpp demand at least.
struct Demand {
  double fmas = 0.0;           // of dense layers
  double written_bytes = 0.0;  // exactly
  double read_bytes = 0.0;     // weights and features once
};

template <class Launch>
void check(const std::string& name, DenseKind kind, const Demand& demand, Launch launch) {
  ptx::reset_counters();
  {
    const ptx::CountingScope scope;
    launch();
  }
  REQUIRE(ptx::counted().size() == 1);
  const KernelTotals& totals = ptx::counted().begin()->second;
  const Moved bytes = moved(totals);
  std::printf(
      "%-26s fused %.1f %% of floating point, %.1f %% of all instructions; bank conflicts %.1f %%; "
      "16-byte loads %.1f %%; %.0f flops\n",
      name.c_str(), 100 * fused_share(totals), 100 * share_of_all(totals),
      100 * bytes.conflicts / bytes.wavefronts, 100 * bytes.loaded_by_16 / bytes.loaded,
      static_cast<double>(totals.flops()));
  INFO(name);
  CHECK(fused_share(totals) >= (kind == DenseKind::fma ? 0.85 : 0.8));
  CHECK(bytes.conflicts <= 0.02 * bytes.wavefronts);
  CHECK(bytes.loaded_by_16 >= 0.97 * bytes.loaded);
  CHECK(bytes.sectors <= 1.01 * bytes.needed_sectors);
  CHECK(totals.accesses.count({Space::generic, Access::load, 16}) == 0);
  // Nothing is computed twice, nothing but results is written, and weights leave the cache once.
  const double fmas = did(totals, Class::fma32) + kTensorFmas * did(totals, Class::tensor);
  if (kind == DenseKind::fma) {
    CHECK(fmas >= demand.fmas);
    CHECK(fmas <= 1.1 * demand.fmas);
  } else {
    // Twelve of sixteen rows; three products for 3xTF32.
    const double products = kind == DenseKind::tf32x3 ? 3.0 : 1.0;
    CHECK(fmas <= 1.1 * products * 16.0 / 12.0 * demand.fmas);
  }
  CHECK(static_cast<double>(totals.footprint_written) == demand.written_bytes);
  CHECK(static_cast<double>(totals.footprint_read) <= demand.read_bytes + 1024);
}

double padded(double width) { return dense_padded(static_cast<unsigned>(width)); }

}  // namespace

TEST_CASE("per-atom kernels multiply and add, by 16 bytes and without conflicts") {
  for (const int width : {32, 64, 128}) {
    const test::NetworkFixture net(test::shipped_switches(width, 2, 4), kAtoms, 1);
    const cuda::DeviceWeights weights(net.parameters);
    const StudentWeights& view = weights.view();
    const reference::LayerValues& layer = net.values.layers[0];
    const DeviceArray<float> messages(
        test::rounded(test::features(layer.s_message, layer.v_message)));
    const DeviceArray<std::uint32_t> element(
        std::vector<std::uint32_t>(net.atomic_numbers.begin(), net.atomic_numbers.end()));
    DeviceArray<float> features(messages.size()), grad(messages.size());
    DeviceArray<float> slopes(net.n_atoms * net.n_channels), gates(slopes.size());
    DeviceArray<double> energies(net.n_atoms);
    const LaunchPolicy& policy = launch_policy(75);
    const UpdateShape shape{view.n_channels, view.gates, view.norm_epsilon};

    const double f = width, half = padded(f / 2), quarter = padded(f / 4);
    const double update_weights = 4 * f * f;  // [2F][F] and [F][2F]
    const double readout_weights = 8 * f * f / 2 + 4 * f * half + 2 * half * quarter;
    const Demand forward{.fmas = kAtoms * update_weights,
                         .written_bytes = kAtoms * 24 * f,
                         .read_bytes = 4 * (update_weights + 3 * f) + kAtoms * 16 * f};
    const Demand backward{.fmas = kAtoms * update_weights,
                          .written_bytes = kAtoms * 16 * f,
                          .read_bytes = 4 * update_weights + kAtoms * 40 * f};
    const Demand read_out{
        .fmas = kAtoms * readout_weights,
        .written_bytes = kAtoms * (16 * f + 8),
        .read_bytes = 4 * (readout_weights + f + half + 2 * quarter) + kAtoms * (16 * f + 12)};
    for (const DenseKind kind : test::kDenseKinds) {
      const std::string name = std::to_string(width) + " " + test::kind_name(kind);
      check(name + " update", kind, forward, [&] {
        update_forward(
            kind,
            {shape, view.update[0], messages.data(), features.data(), slopes.data(), gates.data()},
            kAtoms, policy, nullptr);
      });
      check(name + " update backward", kind, backward, [&] {
        update_backward(kind,
                        {shape, view.update[0], messages.data(), slopes.data(), gates.data(),
                         features.data(), grad.data()},
                        kAtoms, policy, nullptr);
      });
      check(name + " readout", kind, read_out, [&] {
        readout(kind,
                {view.n_channels, view.norm_epsilon, view.readout, messages.data(), element.data(),
                 energies.data(), grad.data()},
                kAtoms, policy, nullptr);
      });
    }
  }
}

}  // namespace fusemd
