// SPDX-License-Identifier: MIT
#include "tools/engine_options.hpp"

#include <algorithm>
#include <thread>

#include "weights/error.hpp"

namespace fusemd {

void EngineOptions::declare(Options& options) {
  options.group("Engine");
  options.text("device", device, "DEVICE",
               "auto|cpu|cuda[:I]|reference; fusemd devices lists what works");
  options.integer("threads", threads, {0, 1024}, "CPU threads; 0: one for each the machine has");
  options.choice("filters", filters, {"table", "exact"},
                 "radial filters from splines (fast), or from the network itself");
  options.integer("table-intervals", table_intervals, {16, 8192}, "spline intervals of a filter");
  options.choice("instruction-set", instruction_set, {"auto", "sse4", "avx2", "avx512"},
                 "of the CPU engine");
  options.choice(
      "dense", dense, {"fma", "tf32", "tf32x3"},
      "dense layers on a GPU: single precision, TF32 tensor cores, or three TF32 products "
      "for single precision");
}

int EngineOptions::thread_count() const {
  if (threads > 0) return static_cast<int>(threads);
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

EngineRequest EngineOptions::request(int threads_inside) const {
  EngineRequest request;
  request.device = device;
  request.filters = filters;
  request.table_intervals = static_cast<int>(table_intervals);
  request.instruction_set = instruction_set;
  request.threads = threads_inside;
  request.dense = dense;
  return request;
}

namespace {

/// Engines name what they refuse by the option's key; the user needs to know where that stood.
[[noreturn]] void refuse_option(const InputError& error, const Options& options) {
  const InputErrorParts& parts = error.parts();
  const std::string found = parts.found.empty() ? "" : ": " + parts.found;
  options.refuse(parts.key, parts.problem + found, parts.expected, parts.hint);
}

}  // namespace

Engine make_engine(const Model& model, const EngineRequest& request, const Options& options) {
  try {
    return make_engine(model, request);
  } catch (const InputError& error) {
    const std::string& key = error.parts().key;
    if (key != "device" && key != "instruction-set" && key != "filters" && key != "dense") throw;
    refuse_option(error, options);
  }
}

PlannedSimulation make_simulation(const Engine& engine,
                                  const Model& model,
                                  std::span<const Structure> structures,
                                  const SimulationOptions& simulation,
                                  std::string_view loop,
                                  std::vector<ReplicaState> states,
                                  const Options& options) {
  try {
    return make_simulation(engine, model, structures, simulation, loop, std::move(states));
  } catch (const InputError& error) {
    if (error.parts().key != "loop") throw;
    refuse_option(error, options);
  }
}

}  // namespace fusemd
