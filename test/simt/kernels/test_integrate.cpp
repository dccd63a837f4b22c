// SPDX-License-Identifier: MIT
// kernels/integrate.hpp against host/md, step by step, with the same forces.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/integrate.hpp"
#include "test/simt/kernels/replica_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// exact: positions and velocities have the host's bits.
void compare(const HostReplica& host,
             const Vec3* positions,
             const Vec3* velocities,
             const ReplicaProgress& progress,
             bool exact) {
  const std::string name = std::to_string(host.state.positions.size()) + " atoms: ";
  const Tolerance near{
      .absolute = 1e-12, .relative = 1e-12, .why = "thermostat factors from sums in another order"};
  for (std::size_t i = 0; i < host.state.positions.size(); ++i) {
    if (exact) {
      expect(positions[i] == host.state.positions[i] && velocities[i] == host.state.velocities[i],
             name + "atom " + std::to_string(i) + " has other bits than on the host");
      continue;
    }
    for (const auto member : {&Vec3::x, &Vec3::y, &Vec3::z}) {
      expect_close(positions[i].*member, host.state.positions[i].*member, near, name + "position");
      expect_close(velocities[i].*member, host.state.velocities[i].*member, near,
                   name + "velocity");
    }
  }
  const Tolerance sum{
      .absolute = 1e-13, .relative = exact ? 1e-13 : 1e-11, .why = "sums in another order"};
  expect(progress.step == host.state.step, name + "step");
  expect_close(progress.potential_energy, host.state.potential_energy, sum, name + "potential");
  expect_close(progress.kinetic_energy, host.state.kinetic_energy, sum, name + "kinetic");
  expect_close(progress.heat, host.state.heat, sum, name + "heat");
  expect(progress.stopped == StopReason::none, name + "stopped");
}

void check(const std::vector<std::size_t>& sizes,
           const ReplicaOptions& options,
           unsigned threads,
           int n_steps) {
  const auto replicas = replicas_of(sizes, options);
  DeviceReplicas devices(pointers(replicas), block_of(threads));
  devices.start();
  const bool exact = options.ensemble != Ensemble::csvr;
  for (int step = 0; step <= n_steps; ++step) {
    if (step > 0) {
      devices.step();
      for (const auto& r : replicas) r->step();
    }
    const std::vector<Vec3> x = devices.positions(), v = devices.velocities();
    const std::vector<ReplicaProgress> progress = devices.progress();
    std::size_t begin = 0;
    for (std::size_t r = 0; r < replicas.size(); ++r) {
      compare(*replicas[r], &x[begin], &v[begin], progress[r], exact);
      begin += sizes[r];
    }
    same_bits(x);
    same_bits(v);
    for (const ReplicaProgress& p : progress) {
      same_bits(std::vector<double>{p.kinetic_energy, p.heat});
    }
  }
}

const std::vector<std::size_t> kSizes = {1, 2, 3, 12, 31, 32, 33, 101};

/// Positions and velocities after some steps.
std::vector<Vec3> run_alone(HostReplica& replica, unsigned threads, int n_steps) {
  DeviceReplicas devices({&replica}, block_of(threads));
  devices.start();
  for (int step = 0; step < n_steps; ++step) devices.step();
  std::vector<Vec3> result = devices.positions();
  const std::vector<Vec3> v = devices.velocities();
  result.insert(result.end(), v.begin(), v.end());
  return result;
}

}  // namespace

FUSEMD_KERNEL_CASE("velocity Verlet of 1 to 101 atoms has the host's bits") {
  check(kSizes, {.ensemble = Ensemble::nve}, 32, 3);
  check(kSizes, {.ensemble = Ensemble::nve}, 96, 2);
}
FUSEMD_KERNEL_CASE("Langevin of 1 to 101 atoms has the host's bits") {
  check(kSizes, {.ensemble = Ensemble::langevin}, 64, 3);
  check(kSizes, {.ensemble = Ensemble::langevin}, 128, 2);
}
FUSEMD_KERNEL_CASE("CSVR of 1 to 101 atoms, rigid motion out every 3 steps") {
  check(kSizes, {.ensemble = Ensemble::csvr, .rigid_motion_every = 3}, 64, 5);
  check(kSizes, {.ensemble = Ensemble::csvr, .rigid_motion_every = 2}, 96, 3);
}
FUSEMD_KERNEL_CASE("CSVR of 12 atoms for 150 steps, rigid motion out every 100") {
  check({12}, {.ensemble = Ensemble::csvr, .rigid_motion_every = 100}, 32, 150);
}
FUSEMD_KERNEL_CASE("1 100 atoms are more than one pass of the strands") {
  check({1100, 3}, {.ensemble = Ensemble::langevin}, 256, 1);
}

FUSEMD_KERNEL_CASE("a replica has the same bits alone, in a batch and with any block width") {
  for (const ReplicaOptions& options :
       {ReplicaOptions{.ensemble = Ensemble::langevin},
        ReplicaOptions{.ensemble = Ensemble::csvr, .rigid_motion_every = 2}}) {
    const auto replicas = replicas_of({3, 33, 12}, options);
    DeviceReplicas batch(pointers(replicas), block_of(64));
    batch.start();
    for (int step = 0; step < 4; ++step) batch.step();
    const std::vector<Vec3> x = batch.positions(), v = batch.velocities();
    std::size_t begin = 0;
    for (const auto& r : replicas) {
      const std::size_t n = r->state.positions.size();
      for (const unsigned threads : {32u, 128u}) {
        const std::vector<Vec3> alone = run_alone(*r, threads, 4);
        for (std::size_t i = 0; i < n; ++i) {
          expect(alone[i] == x[begin + i] && alone[n + i] == v[begin + i], "other bits alone");
        }
      }
      begin += n;
    }
    same_bits(x);
  }
}

FUSEMD_KERNEL_CASE("CSVR takes out momentum and angular momentum") {
  const auto replicas = replicas_of({12}, {.ensemble = Ensemble::csvr, .rigid_motion_every = 1});
  // Two steps: the second begins without rigid motion but for what the springs add in one step; the
  // host does the same, so it is enough that the host's state has none after the same call.
  HostReplica& host = *replicas[0];
  DeviceReplicas devices({&host}, block_of(32));
  devices.start();
  const double before = devices.progress()[0].kinetic_energy;
  devices.step();
  host.step();
  expect(std::abs(host.state.heat) > 1e-3 * before, "there is nothing to take out in this case");
  expect_close(devices.progress()[0].heat, host.state.heat,
               {.relative = 1e-12, .why = "sums in another order"}, "heat");
}

namespace {

/// One bad step in the middle replica of three: it must stop as the host says, with the state of
/// the step before, and the others must not notice.
void check_stop(const ReplicaOptions& options, std::optional<Springs::Fault> fault) {
  const std::vector<std::size_t> sizes = {3, 33, 12};
  const auto replicas = replicas_of(sizes, options);
  const auto undisturbed = replicas_of(sizes, options);
  DeviceReplicas good(pointers(undisturbed), block_of(64));
  DeviceReplicas devices(pointers(replicas), block_of(64));
  devices.start();
  good.start();
  replicas[1]->springs->fault = fault;
  devices.springs(1).fault = fault;
  for (int step = 0; step < 4; ++step) {
    devices.step();
    good.step();
    for (const auto& r : replicas) r->step();
  }
  const std::vector<ReplicaProgress> progress = devices.progress();
  const std::vector<Vec3> x = devices.positions(), v = devices.velocities(),
                          f = devices.all_forces();
  expect(replicas[1]->failure.has_value(), "the host has not failed");
  expect(progress[1].stopped != StopReason::none, "the replica has not stopped");
  const StepFailure expected = *replicas[1]->failure;
  const StepFailure actual = cuda::step_failure(progress[1], replicas[1]->state.positions.size());
  expect(actual.quantity == expected.quantity && actual.step == expected.step &&
             actual.atom == expected.atom,
         "another failure than on the host");
  if (std::isfinite(expected.value)) {
    expect_close(actual.value, expected.value, {.relative = 1e-12, .why = "a sum"}, "value");
  } else {
    expect(std::isnan(actual.value) == std::isnan(expected.value), "value");
  }
  const HostReplica& host = *replicas[1];
  expect(progress[1].step == host.state.step, "not the last good step");
  expect_close(progress[1].kinetic_energy, host.state.kinetic_energy,
               {.relative = 1e-12, .why = "a sum"}, "kinetic energy of the last good step");
  const bool exact = options.ensemble != Ensemble::csvr;
  for (std::size_t i = 0; i < 33; ++i) {
    const Tolerance near{.absolute = exact ? 0.0 : 1e-12, .why = "the host's last good state"};
    expect_close(x[3 + i].y, host.state.positions[i].y, near, "position");
    expect_close(v[3 + i].y, host.state.velocities[i].y, near, "velocity");
  }
  const std::vector<Vec3> good_x = good.positions(), good_v = good.velocities();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (i >= 3 && i < 36) continue;
    expect(x[i] == good_x[i] && v[i] == good_v[i], "another replica noticed");
  }
  same_bits(x);
}

}  // namespace

FUSEMD_KERNEL_CASE("a force that is not a number stops its replica alone") {
  for (const Ensemble ensemble : {Ensemble::nve, Ensemble::langevin, Ensemble::csvr}) {
    const ReplicaOptions options{.ensemble = ensemble, .rigid_motion_every = 2};
    check_stop(options, Springs::Fault{.after = 2, .atom = 17, .value = kNaN});
  }
  check_stop(
      {}, Springs::Fault{.after = 0, .atom = 0, .value = -std::numeric_limits<double>::infinity()});
}
FUSEMD_KERNEL_CASE("an energy that is not finite stops its replica alone") {
  check_stop({}, Springs::Fault{.after = 1, .atom = -1, .value = kNaN});
  check_stop(
      {}, Springs::Fault{.after = 1, .atom = -1, .value = std::numeric_limits<double>::infinity()});
}
FUSEMD_KERNEL_CASE("a replica that gets too hot stops alone") {
  check_stop({.temperature_limit = 1e6}, Springs::Fault{.after = 1, .atom = 9, .value = 3e4});
}

FUSEMD_KERNEL_CASE("a force beyond its limit stops the replica") {
  const auto replicas = replicas_of({12, 12}, {});
  DeviceReplicas devices(pointers(replicas), block_of(32));
  devices.start();
  devices.set_force_limit(1, 2.0);
  devices.springs(0).fault = Springs::Fault{.after = 1, .atom = 4, .value = -2.5};
  devices.springs(1).fault = Springs::Fault{.after = 1, .atom = 4, .value = -2.5};
  for (int step = 0; step < 3; ++step) devices.step();
  const std::vector<ReplicaProgress> progress = devices.progress();
  expect(progress[0].stopped == StopReason::none && progress[0].step == 3, "it had no limit");
  expect(progress[1].stopped == StopReason::large_force && progress[1].step == 1 &&
             progress[1].stop_step == 2 && progress[1].stop_atom == 4,
         "it had a limit");
  expect(progress[1].stop_value > 2.5 && progress[1].stop_value < 10.0, "value");
}

FUSEMD_KERNEL_CASE("start_replicas judges the forces of step 0") {
  const auto replicas = replicas_of({3, 12}, {});
  DeviceReplicas devices(pointers(replicas), block_of(32));
  devices.springs(1).fault = Springs::Fault{.after = 0, .atom = 7, .value = kNaN};
  devices.start();
  const std::vector<ReplicaProgress> progress = devices.progress();
  expect(progress[0].stopped == StopReason::none, "the first is good");
  expect(progress[1].stopped == StopReason::force && progress[1].stop_atom == 7 &&
             progress[1].stop_step == 0,
         "the second is not");
}

FUSEMD_KERNEL_CASE("no replicas, no launch") {
  DeviceReplicas devices({}, block_of(32));
  devices.start();
  devices.step();
}

}  // namespace fusemd::test
