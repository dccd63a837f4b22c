// SPDX-License-Identifier: MIT
#include "tools/committee_log.hpp"

#include <cstdint>
#include <string_view>

#include "host/io/text.hpp"
#include "host/larger.hpp"

namespace fusemd {
namespace {

constexpr std::string_view kHeader =
    "step,time_fs,replica,force_deviation_eV_per_Angstrom,energy_deviation_eV,above_limit\n";
}  // namespace

CommitteeLog::CommitteeLog(const CommitteePotential& committee,
                           SampleSink& next,
                           const std::string& path,
                           double limit,
                           std::optional<std::int64_t> keep)
    : committee_(committee), next_(next), limit_(limit) {
  if (!path.empty()) rows_.emplace(path, kHeader, keep);
}

void CommitteeLog::frame(const Frame& frame) {
  next_.frame(frame);
  const std::vector<int> atoms(frame.atomic_numbers.begin(), frame.atomic_numbers.end());
  std::unique_ptr<CommitteeEvaluator>& evaluator = evaluators_[atoms];
  if (!evaluator) {
    evaluator = std::make_unique<CommitteeEvaluator>(committee_.members(), atoms,
                                                     std::optional<Cell>{}, 0.0, nullptr);
  }
  std::vector<Vec3> forces(atoms.size());
  evaluator->compute(frame.positions, forces);
  const CommitteeDeviation& deviation = evaluator->deviation();
  const bool above = limit_ > 0.0 && !(deviation.force <= limit_);
  ++frames_;
  flagged_ += above ? 1 : 0;
  largest_ = larger_or_nan(largest_, deviation.force);
  if (!rows_) return;
  std::string text;
  append_integer(text, frame.step);
  text += ',';
  append_real(text, frame.time);
  text += ',';
  append_integer(text, frame.replica);
  text += ',';
  append_real(text, deviation.force);
  text += ',';
  append_real(text, deviation.energy);
  text += above ? ",1\n" : ",0\n";
  rows_->add(text);
}

std::int64_t CommitteeLog::sync() { return rows_ ? rows_->sync() : 0; }

}  // namespace fusemd
