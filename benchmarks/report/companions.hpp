// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fusemd::benchmarks {

/// One program of benchmarks/peers/, as one model and number of threads ran it. 0: does not apply.
struct PeerRow {
  std::string model, peer;
  std::size_t threads = 1;
  double steps_per_second = 0.0, spread = 0.0;  ///< MD of benzene, median over the rounds
  double microseconds_a_call = 0.0;             ///< energy and forces, without the MD loop
  double batch_per_second = 0.0;                ///< energy and forces of 64 geometries at once
  double force_error = 0.0;  ///< eV/Angstrom, largest against fusemd; NaN: other model
  double memory_bytes = 0.0, install_bytes = 0.0, start_seconds = 0.0;
  bool ours = false;
};

struct PeersReport {
  std::string machine, date, commit, command;
  std::vector<PeerRow> rows;
  std::vector<std::pair<std::string, std::string>> descriptions;  ///< peer, what it is and versions
  std::vector<std::pair<std::string, std::string>> missing;       ///< peer, why
};

/// Reads what benchmarks/peers/run.py wrote.
/// Errors   InputError: cannot be read, not JSON, another file.
PeersReport read_peers(const std::string& path);

/// Accuracy of one model on data it was not trained on.
struct AccuracyRow {
  std::string model;
  double force_mae = 0.0, force_r2 = 0.0;  ///< eV/Angstrom, none
  double energy_mae = 0.0;                 ///< meV/atom, each molecule's mean error taken out
  std::string data;
};

/// Reads what `fusemd validate --json` wrote for one model.
/// Errors   InputError: cannot be read, not JSON, another file.
AccuracyRow read_accuracy(const std::string& path);

}  // namespace fusemd::benchmarks
