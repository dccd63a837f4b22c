// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/engine.hpp"
#include "host/io/summary.hpp"
#include "host/md/replica_runner.hpp"
#include "host/structure.hpp"
#include "tools/run_options.hpp"
#include "weights/model.hpp"

namespace fusemd {

/// What a run works with, for its heading and its summary.
struct RunDescription {
  std::string model_name;
  std::string model_path;
  std::string input;        ///< as the user named it
  std::string composition;  ///< "C6H6, 12 atoms"
  std::size_t structures = 0;
  std::int64_t atoms = 0;  ///< of all replicas
  std::string device;
  std::string instruction_set;
  std::string filters;
  std::string loop = "on the host";  ///< where steps are made
  int threads = 1;
  std::string version;
  std::string commit;
  std::string build;
};
RunDescription describe_run(const Model& model,
                            const std::string& model_path,
                            const std::vector<Structure>& structures,
                            const Engine& engine,
                            int threads,
                            std::int64_t atoms);

/// "C6H6": carbon, hydrogen, then the others by symbol (Hill's order).
std::string chemical_formula(const std::vector<int>& atomic_numbers);

/// The lines before a run: program, model, input, engine, options.
std::string run_heading(const RunDescription& description, const Options& options);

/// The result table after it.
std::string run_table(const RunSummary& summary,
                      const RunOptions& run,
                      const SimulationResult& result);

/// The failure with its reason in words, for the summary.
FailedReplica failed_replica(const ReplicaFailure& failure);

/// "warning: ..." for each sentence, the first ten of them and the number of the others.
std::string warning_lines(const std::vector<std::string>& sentences);

/// A table of the replicas that were stopped, with a hint; empty without any.
std::string failure_table(const std::vector<FailedReplica>& failures, const RunOptions& run);

/// How near two elements came, all replicas together, where that is nearer than in training.
std::vector<Extrapolation> extrapolations(std::span<const ReplicaState> states);

/// "warning: O-H pairs came as near as ..."
std::string extrapolation_sentence(const Extrapolation& what, const TrainingDomain& domain);

}  // namespace fusemd
