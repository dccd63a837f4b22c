// SPDX-License-Identifier: MIT
#include "host/cuda/cuda_engine.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "host/cuda/cooperative_loop.hpp"
#include "host/cuda/cuda_potential.hpp"
#include "host/cuda/dense_word.hpp"
#include "host/cuda/device_simulation.hpp"
#include "host/cuda/loop_makers.hpp"
#include "host/cuda/loop_planner.hpp"
#include "host/md/replica_setup.hpp"
#include "host/md/simulation.hpp"
#include "weights/error.hpp"

namespace fusemd::cuda {
namespace {

DenseKind dense_kind(const EngineRequest& request, const device::DeviceInfo& info) {
  DenseKind kind = DenseKind::fma;
  for (const DenseKind one : {DenseKind::tf32, DenseKind::tf32x3}) {
    if (request.dense == dense_word(one)) kind = one;
  }
  if (dense_kind_runs(kind, info.compute_capability)) return kind;
  throw InputError({.key = "dense",
                    .problem = "this GPU has no TF32 tensor cores",
                    .expected = "fma, or a GPU of compute capability 8.0 or later",
                    .found = request.dense + " on " + description(info)});
}

std::uint32_t largest_replica(std::span<const Structure> structures,
                              const SimulationOptions& options) {
  std::size_t most = 0;
  for (std::int32_t slot = 0; slot < options.replicas && !structures.empty(); ++slot) {
    const std::size_t s = structure_of(options.first_replica + slot, structures.size());
    most = std::max(most, structures[s].size());
  }
  return static_cast<std::uint32_t>(most);
}

/// Whether it makes sense to ask the device how many blocks of a team it holds.
bool may_have_teams(const LoopProblem& problem) {
  return !problem.exact_filters && problem.dense == DenseKind::fma && problem.load.largest > 0 &&
         problem.load.largest <= kTeamLoopAtoms;
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
  engine.device_model = std::make_shared<const DeviceModel>(model, options);
  engine.device_info = info;
  engine.potential = make_potential(model, engine.device_model);
  engine.device = "cuda:" + std::to_string(number);
  engine.instruction_set = description(info);
  engine.filters =
      exact ? "exact" : "table (" + std::to_string(request.table_intervals) + " intervals)";
  return engine;
}

PlannedSimulation make_simulation(const Engine& engine,
                                  const Model& model,
                                  std::span<const Structure> structures,
                                  const SimulationOptions& options,
                                  std::string_view loop,
                                  std::vector<ReplicaState> states) {
  const DeviceModel& device_model = *engine.device_model;
  LoopProblem problem{.load = {.largest = largest_replica(structures, options),
                               .n_replicas = static_cast<std::uint32_t>(options.replicas),
                               .n_channels = device_model.n_channels()},
                      .exact_filters = device_model.exact_filters(),
                      .host_limits = std::isfinite(options.limits.bond) ||
                                     options.outside_training == OutsideTraining::stop,
                      .dense = device_model.dense(),
                      .device = engine.device_info,
                      .teams = {}};
  if (may_have_teams(problem)) {
    device::use_device(device_model.device());
    problem.teams = teams_on_device(device_model, problem.load.n_replicas, problem.load.largest);
  }
  const LoopPlan plan = plan_loop(problem, loop);
  const std::string why = " (" + std::string(loop_name(plan.shape)) + ": " + plan.reason + ")";
  if (plan.shape == LoopShape::host) {
    return {states.empty() ? std::make_unique<Simulation>(*engine.potential, structures, options)
                           : std::make_unique<Simulation>(*engine.potential, structures, options,
                                                          std::move(states)),
            "on the host" + why};
  }
  const DeviceSimulation::Source source{.model = engine.device_model,
                                        .model_name = model.name,
                                        .elements = model.elements,
                                        .make_loop = loop_maker(plan.shape)};
  return {std::make_unique<DeviceSimulation>(source, structures, options, std::move(states)),
          "on the device" + why};
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
