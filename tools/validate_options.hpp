// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "tools/engine_options.hpp"
#include "tools/options.hpp"

namespace fusemd {

/// The options of `fusemd validate`.
struct ValidateOptions {
  std::string model, reference, relaxed;

  std::string nve = "auto";        ///< auto, none, all, or molecules separated by commas
  double nve_time = 20.0;          ///< ps
  double nve_timestep = 0.5;       ///< fs
  double nve_temperature = 300.0;  ///< K

  std::string stability = "all";         ///< all, or molecules separated by commas
  double stability_time = 0.0;           ///< ps; 0: not measured
  double stability_temperature = 500.0;  ///< K
  std::int64_t stability_replicas = 4;
  std::string state;  ///< file that keeps what is done

  /// Limits; 0: none.
  double force_mae_limit = 0.0, force_r2_limit = 0.0, energy_mae_limit = 0.0;
  double nve_slope_limit = 0.0, frequency_limit = 0.0;
  double unstable_limit = -1.0;  ///< share of replicas; -1: none

  std::int64_t seed = 1;
  std::string html;
  bool overwrite = false, json = false, quiet = false;

  EngineOptions engine;

  void declare(Options& options);
  void check(const Options& options) const;
};

}  // namespace fusemd
