// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/io/frame_writer.hpp"
#include "host/md/drift.hpp"
#include "host/md/replica_exchange.hpp"
#include "host/md/replica_state.hpp"
#include "host/md/simulation.hpp"

namespace fusemd {

/// Everything that a run goes on from: with the same model, atoms and options it continues with the
/// bits that it would have had.
struct Restart {
  std::int64_t number = 0;  ///< counts the checkpoints of a run
  std::string description;  ///< a JSON object: what the run is, for people and for comparison
  double seconds = 0.0;     ///< of the step loop, up to here
  FileSizes files;          ///< what belongs to the steps up to here
  std::vector<ReplicaState> states;
  EnergyStatistics statistics;  ///< of the log rows up to here
  std::vector<ReplicaFailure> failures;
  std::vector<ExchangeCount> exchanges;

  /// Where every replica is that goes on.
  std::int64_t step() const;
};

/// The checksummed bytes of a state file, and back.
/// Errors   InputError naming `file`: of another version, cut off, damaged.
std::string restart_bytes(const Restart& restart);
Restart parse_restart(std::string_view bytes, const std::string& file);

/// The checkpoints of a run's folder: restart.0.state and restart.1.state take turns, so that the
/// one before the newest is always kept, and restart.json tells people and scripts which is which.
///
/// Result   whatever happens and whenever (a kill, a crash, a loss of power), a whole checkpoint is
///          there once the first write() has returned: each file is replaced atomically
///          (host/io/atomic_file.hpp), and never the newest.
class RestartFiles {
 public:
  explicit RestartFiles(std::string folder) : folder_(std::move(folder)) {}

  /// The paths of all that write() makes.
  std::vector<std::string> paths() const;

  /// Writes `restart` over the older checkpoint. Its number is set here.
  /// Errors   OutputError.
  void write(Restart& restart);

  struct Found {
    Restart restart;
    std::string file;     ///< that it was read from
    std::string damaged;  ///< why a newer or equally named file was passed over; empty: none was
  };

  /// The newest checkpoint that is whole.
  /// Errors   InputError: there is none, with the reason for each file.
  Found read();

 private:
  std::string state_path(std::int64_t number) const;

  std::string folder_;
  std::int64_t number_ = 0;  // of the newest
};

}  // namespace fusemd
