// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fusemd {

/// How the total energy (NVE) or the conserved quantity moved, per atom.
struct EnergyDrift {
  double slope = 0.0;           ///< meV/atom/ps, least squares over the log rows
  double standard_error = 0.0;  ///< meV/atom/ps, of the slope
  double rms = 0.0;             ///< meV/atom, about the mean of each replica
};

/// A replica that was stopped because something in it was no longer finite or beyond a limit.
struct FailedReplica {
  int replica = 0;
  std::int64_t step = 0;  ///< the first bad one
  std::string reason;
};

/// Atoms of two elements were closer than anywhere in the training data.
struct Extrapolation {
  std::string elements;  ///< "O-H"
  std::int64_t first_step = 0;
  int replica = 0;         ///< the first
  std::int64_t looks = 0;  ///< steps with such a pair among those looked at, all replicas together
  double closest = 0.0;    ///< Angstrom
};

/// Replica exchange between two neighbouring temperatures.
struct ExchangeShare {
  double low = 0.0, high = 0.0;  ///< K
  std::int64_t attempts = 0;
  std::int64_t accepted = 0;
};

/// What a run leaves in summary.json. Rates are not stored but follow from these (RunRates).
struct RunSummary {
  std::string model;       ///< name of the model
  std::string ensemble;    ///< nve, langevin, csvr
  double timestep = 0.0;   ///< fs
  std::int64_t steps = 0;  ///< of each replica
  std::int64_t atoms = 0;  ///< of all replicas together
  int replicas = 1;
  double wall_seconds = 0.0;  ///< of the step loop
  std::optional<EnergyDrift> drift;
  std::optional<double> mean_temperature;                ///< K
  std::optional<double> temperature_standard_deviation;  ///< K
  std::string device;
  std::string instruction_set;
  std::string filters;
  int threads = 1;
  std::string version;
  std::string commit;
  std::string build;  ///< which of that commit
  double waited_for_disk_seconds = 0.0;
  bool stopped = false;  ///< by a signal, before the last step
  std::vector<FailedReplica> failed_replicas;
  std::vector<Extrapolation> extrapolations;
  std::vector<ExchangeShare> exchanges;
};

/// Speeds of a run; all zero if no time was measured.
struct RunRates {
  double steps_per_second = 0.0;
  double microseconds_per_step = 0.0;  ///< of all replicas together
  double nanoseconds_per_day = 0.0;    ///< simulated time of one replica
  double atom_steps_per_second = 0.0;  ///< steps * atoms of all replicas / time
};
RunRates run_rates(const RunSummary& summary);

/// JSON text with a line end; every key that has a unit carries it. What is not known, or is not a
/// finite number, is null.
std::string summary_json(const RunSummary& summary);

/// summary_json() written by write_file_atomically(); OutputError as there.
void write_summary(const std::string& path, const RunSummary& summary);

}  // namespace fusemd
