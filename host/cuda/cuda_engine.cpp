// SPDX-License-Identifier: MIT
#include "host/cuda/cuda_engine.hpp"

#include <string>

#include "host/cuda/cuda_potential.hpp"
#include "weights/error.hpp"

namespace fusemd::cuda {
namespace {

DenseKind dense_kind(const EngineRequest& request, const device::DeviceInfo& info) {
  const DenseKind kind = request.dense == "tf32"     ? DenseKind::tf32
                         : request.dense == "tf32x3" ? DenseKind::tf32x3
                                                     : DenseKind::fma;
  if (dense_kind_runs(kind, info.compute_capability)) return kind;
  throw InputError({.key = "dense",
                    .problem = "this GPU has no TF32 tensor cores",
                    .expected = "fma, or a GPU of compute capability 8.0 or later",
                    .found = request.dense + " on " + description(info)});
}

}  // namespace

device::DeviceList devices() { return device::list_devices(); }

Engine make_engine(const Model& model, const EngineRequest& request, int number) {
  const device::DeviceList list = devices();
  if (!list.problem.empty()) throw DeviceError(DeviceProblem::unavailable, list.problem);
  if (number >= static_cast<int>(list.devices.size())) {
    throw DeviceError(
        DeviceProblem::unavailable,
        "this machine has " + std::to_string(list.devices.size()) + ", numbered from 0");
  }
  const device::DeviceInfo& info = list.devices[static_cast<std::size_t>(number)];
  if (const std::string why = unusable(info); !why.empty()) {
    throw DeviceError(DeviceProblem::unavailable, why);
  }
  const bool exact = request.filters == "exact";
  const ModelOptions options{.exact_filters = exact,
                             .table_intervals = static_cast<std::size_t>(request.table_intervals),
                             .dense = dense_kind(request, info),
                             .device = number,
                             .compute_capability = info.compute_capability};
  Engine engine;
  engine.potential = make_potential(model, options);
  engine.device = "cuda:" + std::to_string(number);
  engine.instruction_set = description(info);
  engine.filters =
      exact ? "exact" : "table (" + std::to_string(request.table_intervals) + " intervals)";
  return engine;
}

std::string unusable(const device::DeviceInfo& info) {
  if (info.compute_capability >= device::kOldestComputeCapability) return {};
  return description(info) + " is older than compute capability 7.5, the first that kernels are " +
         "compiled for";
}

std::string description(const device::DeviceInfo& info) {
  return info.name + ", compute capability " + std::to_string(info.compute_capability / 10) + "." +
         std::to_string(info.compute_capability % 10) + ", " +
         std::to_string(info.multiprocessors) + " multiprocessors, " +
         std::to_string((info.memory_bytes + 500'000'000) / 1'000'000'000) + " GB";
}

}  // namespace fusemd::cuda
