// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/committee.hpp"
#include "host/io/row_log.hpp"
#include "host/md/sample.hpp"

namespace fusemd {

/// Passes a run's samples on and writes how far the committee's members are apart at every frame:
/// a row of committee.csv with step, time, replica, the deviations of forces and energy, and
/// whether the first is above the limit.
class CommitteeLog : public SampleSink {
 public:
  /// Starts a file, or goes on after the first `keep` bytes of one. `path` may be empty: then it
  /// counts only.
  CommitteeLog(const CommitteePotential& committee,
               SampleSink& next,
               const std::string& path,
               double limit,
               std::optional<std::int64_t> keep);

  void log(const LogRow& row) override { next_.log(row); }
  void frame(const Frame& frame) override;

  /// Writes everything out; returns the file's length once it is on the disk.
  std::int64_t sync();

  std::int64_t frames() const { return frames_; }
  std::int64_t flagged() const { return flagged_; }
  double largest() const { return largest_; }  ///< eV/Angstrom

 private:
  const CommitteePotential& committee_;
  SampleSink& next_;
  double limit_;
  std::optional<RowLog> rows_;
  std::map<std::vector<int>, std::unique_ptr<CommitteeEvaluator>> evaluators_;
  std::int64_t frames_ = 0, flagged_ = 0;
  double largest_ = 0.0;
};

}  // namespace fusemd
