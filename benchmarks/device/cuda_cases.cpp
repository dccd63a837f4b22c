// SPDX-License-Identifier: MIT
#include "benchmarks/device/device_cases.hpp"
#include "benchmarks/micro/cases.hpp"
#include "host/cuda/cuda_engine.hpp"
#include "kernels/devices.hpp"

namespace fusemd::benchmarks {
namespace {

/// Batches above this take long to check and teach nothing that smaller ones do not.
constexpr std::size_t kMostAtoms = 20'000;

}  // namespace

std::vector<MicroCase> cuda_cases(const MicroAxes& axes, std::string& why_not) {
  const device::DeviceList list = device::list_devices();
  const auto number = static_cast<std::size_t>(axes.device);
  if (!list.problem.empty()) {
    why_not = list.problem;
  } else if (number >= list.devices.size()) {
    why_not =
        "this machine has " + std::to_string(list.devices.size()) + " devices, numbered from 0";
  } else {
    why_not = cuda::unusable(list.devices[number]);
  }
  if (!why_not.empty()) return {};

  std::vector<DeviceSize> sizes;
  for (const std::size_t atoms : axes.atoms) {
    for (const std::size_t copies : axes.copies) {
      if (atoms * copies <= kMostAtoms) sizes.push_back({atoms, copies});
    }
  }
  const device::DeviceInfo& info = list.devices[number];
  std::vector<MicroCase> cases;
  for (const auto& [caches, name] :
       {std::pair{DeviceCaches::hot, "cuda-hot"}, {DeviceCaches::cold, "cuda-cold"}}) {
    const BenchedDevice device{
        axes.device, info.compute_capability,
        std::make_shared<DeviceStopwatch>(axes.device, device_probe(info.multiprocessors), caches),
        name};
    for (std::vector<MicroCase> more : {device_stage_cases(device, axes.models, sizes),
                                        device_op_cases(device, axes.models, sizes)}) {
      std::move(more.begin(), more.end(), std::back_inserter(cases));
    }
  }
  return cases;
}

}  // namespace fusemd::benchmarks
