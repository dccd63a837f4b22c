// SPDX-License-Identifier: MIT
#include "tools/committee_log.hpp"

#include <cstdint>
#include <fstream>
#include <string_view>

#include "host/io/text.hpp"
#include "host/larger.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

constexpr std::string_view kHeader =
    "step,time_fs,replica,force_deviation_eV_per_Angstrom,energy_deviation_eV,above_limit\n";
constexpr std::size_t kEnough = 1U << 16;  // bytes that are worth a write

/// Length of the header and the rows up to `last_step`.
std::int64_t kept_length(const std::string& path, std::int64_t last_step) {
  std::ifstream in(path, std::ios::binary);
  std::string line;
  std::int64_t kept = 0;
  for (bool header = true; std::getline(in, line) && !in.eof(); header = false) {
    const auto step = parse_integer(std::string_view(line).substr(0, line.find(',')));
    if (!header && (!step || *step > last_step)) break;
    kept += static_cast<std::int64_t>(line.size()) + 1;
  }
  return kept;
}

}  // namespace

CommitteeLog::CommitteeLog(const CommitteePotential& committee,
                           SampleSink& next,
                           const std::string& path,
                           double limit,
                           std::int64_t last_step)
    : committee_(committee), next_(next), limit_(limit) {
  if (path.empty()) return;
  const std::int64_t kept = last_step >= 0 ? kept_length(path, last_step) : 0;
  if (kept > 0) {
    file_.emplace(path, kept);
  } else {
    file_.emplace(path);
    text_ = kHeader;
  }
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
  append_integer(text_, frame.step);
  text_ += ',';
  append_real(text_, frame.time);
  text_ += ',';
  append_integer(text_, frame.replica);
  text_ += ',';
  append_real(text_, deviation.force);
  text_ += ',';
  append_real(text_, deviation.energy);
  text_ += above ? ",1\n" : ",0\n";
  if (text_.size() >= kEnough) write_out();
}

void CommitteeLog::write_out() {
  if (file_) file_->append(text_);
  text_.clear();
}

void CommitteeLog::sync() {
  write_out();
  if (file_) file_->sync();
}

void CommitteeLog::close() {
  write_out();
  if (file_) file_->close();
}

}  // namespace fusemd
