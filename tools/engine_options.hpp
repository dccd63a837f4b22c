// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "host/engine.hpp"
#include "tools/options.hpp"

namespace fusemd {

/// The options that choose how energies are computed, the same in every command that computes some.
struct EngineOptions {
  std::string device = "auto";
  std::string filters = "table";
  std::int64_t table_intervals = 512;
  std::string instruction_set = "auto";
  std::string dense = "fma";
  std::int64_t threads = 0;  ///< 0: as many as the machine has

  void declare(Options& options);

  /// Threads to use: those asked for, or the machine's.
  int thread_count() const;
  EngineRequest request(int threads_inside) const;
};

/// make_engine(), with an unknown device blamed on --device or its key.
Engine make_engine(const Model& model, const EngineRequest& request, const Options& options);

/// make_simulation(), with a loop that cannot be taken blamed on --loop or its key. states:
/// where to go on; empty: from the structures.
PlannedSimulation make_simulation(const Engine& engine,
                                  const Model& model,
                                  std::span<const Structure> structures,
                                  const SimulationOptions& simulation,
                                  std::string_view loop,
                                  std::vector<ReplicaState> states,
                                  const Options& options);

}  // namespace fusemd
