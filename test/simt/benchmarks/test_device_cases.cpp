// SPDX-License-Identifier: MIT
// Every case of `fusemd-bench micro --backend cuda`: it computes what it should, and it is timed
// with as many kernels as it has. The executor's clock ticks a microsecond a kernel, so that both
// are known.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "benchmarks/device/device_cases.hpp"
#include "benchmarks/micro/measure.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/source_tree.hpp"

namespace fusemd::test {
namespace {

using namespace fusemd::benchmarks;

BenchedDevice device_with(DeviceCaches caches) {
  const DeviceProbe probe{.blocks = 1, .chain_length = 1, .read_bytes = 4096, .flush_bytes = 4096};
  return {0, 80, std::make_shared<DeviceStopwatch>(0, probe, caches), "executor"};
}

std::vector<MicroCase> cases_of(const BenchedDevice& device) {
  // Cases name models as users do.
  ::setenv("FUSEMD_MODELS", source_path("weights").c_str(), 1);
  const std::vector<DeviceSize> sizes = {{12, 2}};
  std::vector<MicroCase> cases = device_stage_cases(device, {"ultra_tiny"}, sizes);
  for (MicroCase& one : device_op_cases(device, {"ultra_tiny"}, sizes)) {
    cases.push_back(std::move(one));
  }
  return cases;
}

/// Kernels of one call. ultra_tiny has two layers; the search for edges has a word to fill and one
/// to read back beside its kernel.
unsigned kernels_of(const MicroCase& one) {
  constexpr unsigned kSearch = 3;
  if (one.stage.starts_with("evaluation")) return kSearch + 2 + 1 + 1 + 1 + 2 + 1;
  if (one.stage == "find-edges") return kSearch;
  return one.stage == "step" ? 2 : 1;
}

std::vector<MicroResult> measured(std::vector<MicroCase> cases) {
  MeasureOptions options;
  options.blocks = 1;
  options.seconds = 1e-9;
  options.window = 2e-6;
  return measure(std::move(cases), options);
}

void check_times(DeviceCaches caches) {
  for (const MicroResult& result : measured(cases_of(device_with(caches)))) {
    const std::string& name = result.subject.name;
    expect(result.check.passes(), name + " is off by " + std::to_string(result.check.error));
    expect_close(result.seconds.median, 1e-6 * kernels_of(result.subject),
                 {.relative = 1e-9, .why = "a count, in microseconds"}, name);
    expect(result.subject.work.flops > 0.0 && result.subject.work.working_set > 0.0,
           name + " has work");
    expect(result.floor > 0.0 && std::isfinite(result.floor), name + " has a floor");
  }
}

FUSEMD_KERNEL_CASE("every case is right and timed as so many kernels, caches hot") {
  check_times(DeviceCaches::hot);
}

FUSEMD_KERNEL_CASE("every case is right and timed as so many kernels, caches cold") {
  check_times(DeviceCaches::cold);
}

FUSEMD_KERNEL_CASE("every stage has a case of its own") {
  std::map<std::string, int> names;
  for (const MicroCase& one : cases_of(device_with(DeviceCaches::hot))) ++names[one.name];
  for (const auto& [name, count] : names) expect(count == 1, name + " occurs twice");
  for (const std::string stage :
       {"find-edges", "radial-basis", "convolution-table", "convolution-table-backward",
        "convolution-exact", "convolution-exact-backward", "convolution-exact-tf32x3", "update",
        "update-tf32", "update-backward", "readout", "energies", "step", "dense-fma",
        "evaluation-table", "evaluation-exact"}) {
    expect(std::ranges::any_of(
               names, [&](const auto& entry) { return entry.first.starts_with(stage + "/"); }),
           "there is no " + stage);
  }
}

FUSEMD_KERNEL_CASE("a case that computes something else is not timed") {
  std::vector<MicroCase> cases = cases_of(device_with(DeviceCaches::hot));
  const auto check = cases.front().check;
  cases.front().check = [check] {
    Check found = check();
    found.error = std::nan("");
    return found;
  };
  const std::vector<MicroResult> results = measured({cases.front()});
  expect(!results.front().check.passes() && results.front().seconds.count == 0, "it was timed");
}

}  // namespace
}  // namespace fusemd::test
