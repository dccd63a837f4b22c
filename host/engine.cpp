// SPDX-License-Identifier: MIT
#include "host/engine.hpp"

#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "host/cpu/cpu_potential.hpp"
#include "host/cpu/instruction_set.hpp"
#include "host/cuda/cuda_engine.hpp"
#include "host/md/simulation.hpp"
#include "host/reference/reference_potential.hpp"
#include "weights/error.hpp"
#include "weights/nearest_name.hpp"

namespace fusemd {
namespace {

/// The number in "cuda" (0) or "cuda:NUMBER"; nothing for another word.
std::optional<int> cuda_number(std::string_view device) {
  if (device == "cuda") return 0;
  constexpr std::string_view prefix = "cuda:";
  if (!device.starts_with(prefix)) return {};
  device.remove_prefix(prefix.size());
  int number = 0;
  const auto [end, error] = std::from_chars(device.data(), device.data() + device.size(), number);
  if (error != std::errc{} || end != device.data() + device.size() || number < 0) return {};
  return number;
}

Engine make_cuda_engine(const Model& model, const EngineRequest& request, int number) {
  try {
    return cuda::make_engine(model, request, number);
  } catch (const DeviceError& error) {
    if (error.problem() != DeviceProblem::unavailable) throw;
    throw DeviceError(
        error.problem(),
        "device " + request.device + " cannot be used: " + error.what() +
            "\n  hint:     --device cpu runs everywhere; fusemd devices lists what works");
  }
}

Engine make_cpu_engine(const Model& model, const EngineRequest& request) {
  cpu::Options options;
  options.filters = request.filters == "exact" ? cpu::Filters::exact : cpu::Filters::table;
  options.table_intervals = static_cast<std::size_t>(request.table_intervals);
  options.instruction_set = request.instruction_set;
  options.threads = static_cast<std::size_t>(request.threads);

  Engine engine;
  engine.device = "cpu";
  engine.instruction_set = cpu::to_string(cpu::choose_instruction_set(request.instruction_set));
  engine.filters = request.filters == "exact"
                       ? "exact"
                       : "table (" + std::to_string(request.table_intervals) + " intervals)";
  engine.potential = cpu::make_potential(model, options);
  return engine;
}

/// The processor's name as the kernel tells it.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    if (colon != line.npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

}  // namespace

Engine make_engine(const Model& model, const EngineRequest& request) {
  const std::string& device = request.device;
  // auto is the CPU: no CUDA engine's speed was ever measured, and one molecule is fast here.
  if (device == "auto" || device == "cpu") return make_cpu_engine(model, request);
  if (device == "reference") {
    Engine engine;
    engine.device = device;
    engine.instruction_set = "scalar";
    engine.filters = "exact";
    engine.potential = reference::make_reference_potential(model);
    return engine;
  }
  if (const std::optional<int> number = cuda_number(device)) {
    return make_cuda_engine(model, request, *number);
  }
  constexpr std::array<std::string_view, 4> known{"auto", "cpu", "cuda", "reference"};
  const std::string near = nearest_name(device, known);
  throw InputError({.file = {},
                    .line = 0,
                    .key = "device",
                    .problem = "there is no such device",
                    .expected = "auto, cpu, cuda, cuda:NUMBER or reference",
                    .found = device,
                    .hint = near.empty() ? "" : "did you mean " + near + "?"});
}

PlannedSimulation make_simulation(const Engine& engine,
                                  const Model& model,
                                  std::span<const Structure> structures,
                                  const SimulationOptions& options,
                                  std::string_view loop,
                                  std::vector<ReplicaState> states) {
  if (engine.device_model != nullptr) {
    return cuda::make_simulation(engine, model, structures, options, loop, std::move(states));
  }
  if (loop != "auto" && loop != "host") {
    throw InputError({.key = "loop",
                      .problem = "device " + engine.device + " has no such loop",
                      .expected = "auto, host, or --device cuda",
                      .found = std::string(loop)});
  }
  return {states.empty() ? std::make_unique<Simulation>(*engine.potential, structures, options)
                         : std::make_unique<Simulation>(*engine.potential, structures, options,
                                                        std::move(states)),
          "on the host"};
}

std::vector<DeviceDescription> describe_devices() {
  std::string sets;
  for (const cpu::InstructionSet set : cpu::supported_instruction_sets()) {
    sets += (sets.empty() ? "" : ", ") + std::string(cpu::to_string(set));
  }
  std::vector<DeviceDescription> devices;
  if (sets.empty()) {
    devices.push_back({"cpu", false, processor_name() + " lacks SSE4.2"});
  } else {
    const std::string best{cpu::to_string(cpu::choose_instruction_set("auto"))};
    devices.push_back({"cpu", true,
                       processor_name() + ", " +
                           std::to_string(std::thread::hardware_concurrency()) +
                           " threads, instruction sets " + sets + " (auto: " + best + ")"});
  }
  devices.push_back({"reference", true, "double precision, one thread, exact filters; for checks"});
  const device::DeviceList gpus = cuda::devices();
  if (!gpus.problem.empty()) devices.push_back({"cuda", false, gpus.problem});
  for (std::size_t number = 0; number < gpus.devices.size(); ++number) {
    const std::string why = cuda::unusable(gpus.devices[number]);
    devices.push_back({"cuda:" + std::to_string(number), why.empty(),
                       why.empty() ? cuda::description(gpus.devices[number]) : why});
  }
  return devices;
}

}  // namespace fusemd
