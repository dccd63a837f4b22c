// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/md/simulation_options.hpp"
#include "tools/checkpoint_plan.hpp"
#include "tools/engine_options.hpp"
#include "tools/options.hpp"

namespace fusemd {

/// Everything `fusemd run` can be told, with its defaults; keys of run.json are the flags' names.
struct RunOptions {
  std::string model;
  std::string input;
  std::string model_hash, input_hash;  ///< that they must have; empty: any

  std::string committee;         ///< models separated by commas; empty: one model
  double committee_limit = 0.0;  ///< eV/Angstrom; 0: none
  std::string committee_action = "flag";

  std::string ensemble = "nve";
  std::int64_t steps = 10'000;
  double timestep = 0.5;                   ///< fs
  std::vector<double> temperature{300.0};  ///< K
  std::string velocities = "given";
  double friction = 0.01;        ///< 1/fs
  double coupling_time = 100.0;  ///< fs
  std::int64_t replicas = 1;
  std::int64_t first_replica = 0;
  std::int64_t seed = 1;
  std::int64_t exchange_every = 0;  ///< steps; 0: no replica exchange
  double temperature_limit = 1e5;   ///< K
  double force_limit = 1e3;         ///< eV/Angstrom; 0: none
  double energy_jump_limit = 1.0;   ///< eV/atom in a step; 0: none
  double bond_limit = 0.0;          ///< sums of covalent radii; 0: none
  std::string outside_training = "warn";

  std::string out = "fusemd-run";
  std::int64_t log_every = 100;
  std::int64_t frame_every = 100;
  std::string checkpoint_every = "10m";  ///< a number of steps, or a time with its unit
  std::string max_time;                  ///< empty: none
  std::string continue_from;             ///< a folder; empty: a new run
  std::string loop = "auto";
  bool overwrite = false;
  bool quiet = false;
  bool json = false;

  EngineOptions engine;

  void declare(Options& options);

  /// Refuses values that are wrong only together, and keeps what the ensemble has no use for out of
  /// the resolved configuration.
  void check(Options& options) const;

  /// For the library; progress and stop request are left empty.
  SimulationOptions simulation() const;

  CheckpointPlan checkpoints() const;

  /// Whether the trajectory goes to standard output instead of a folder.
  bool pipes_trajectory() const { return out == "-"; }
  bool continues() const { return !continue_from.empty(); }
};

}  // namespace fusemd
