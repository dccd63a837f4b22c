// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/committee.hpp"
#include "host/io/append_file.hpp"
#include "host/md/sample.hpp"

namespace fusemd {

/// Passes a run's samples on and writes how far the committee's members are apart at every frame:
/// a row of committee.csv with step, time, replica, the deviations of forces and energy, and
/// whether the first is above the limit.
class CommitteeLog : public SampleSink {
 public:
  /// `path` may be empty: then it counts only. Rows of steps beyond `last_step`, left by a run that
  /// is continued from there, are removed; -1 begins a new file.
  CommitteeLog(const CommitteePotential& committee,
               SampleSink& next,
               const std::string& path,
               double limit,
               std::int64_t last_step);

  void log(const LogRow& row) override { next_.log(row); }
  void frame(const Frame& frame) override;

  /// All rows so far are on the disk: what a checkpoint of this moment needs.
  void sync();

  /// sync(), and no more rows come.
  void close();

  std::int64_t frames() const { return frames_; }
  std::int64_t flagged() const { return flagged_; }
  double largest() const { return largest_; }  ///< eV/Angstrom

 private:
  void write_out();

  const CommitteePotential& committee_;
  SampleSink& next_;
  double limit_;
  std::optional<AppendFile> file_;
  std::string text_;
  std::map<std::vector<int>, std::unique_ptr<CommitteeEvaluator>> evaluators_;
  std::int64_t frames_ = 0, flagged_ = 0;
  double largest_ = 0.0;
};

}  // namespace fusemd
