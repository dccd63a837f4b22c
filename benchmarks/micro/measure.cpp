// SPDX-License-Identifier: MIT
#include "benchmarks/micro/measure.hpp"

#include <algorithm>
#include <cmath>

#include "benchmarks/clock.hpp"
#include "benchmarks/fma_peak.hpp"
#include "benchmarks/read_bandwidth.hpp"
#include "host/cpu/instruction_set.hpp"

namespace fusemd::benchmarks {
namespace {

cpu::InstructionSet peak_set(const std::string& name) {
  const auto sets = cpu::supported_instruction_sets();
  for (const cpu::InstructionSet set : sets) {
    if (to_string(set) == name) return set;
  }
  return sets.back();
}

/// Counts calls so that a tenth more work is done than reported.
class Handicap {
 public:
  explicit Handicap(bool on) : on_(on) {}
  std::size_t calls(std::size_t repeats) {
    if (!on_) return repeats;
    owed_ += 0.1 * static_cast<double>(repeats);
    const auto extra = static_cast<std::size_t>(owed_);
    owed_ -= static_cast<double>(extra);
    return repeats + extra;
  }

 private:
  bool on_;
  double owed_ = 0.0;
};

struct Samples {
  std::vector<double> all;     ///< seconds a call
  std::vector<double> blocks;  ///< MicroResult::blocks
  std::vector<double> shares;  ///< wall time over processor time of each window
  double peak = 0.0;
};

/// More wall time than processor time than this, and the window was interrupted.
constexpr double kUndisturbed = 1.02;

void measure_block(const MicroCase& one, const MeasureOptions& options, Samples& samples) {
  const cpu::InstructionSet set = peak_set(one.set);
  const Subject subject = one.make();
  Handicap handicap(!options.handicap.empty() &&
                    one.name.find(options.handicap) != std::string::npos);
  // Warm-up: also finds how many calls fill a window.
  std::size_t repeats = 1;
  for (;;) {
    if (subject.prepare) subject.prepare();
    const double start = processor_now();
    subject.run(repeats);
    const double elapsed = processor_now() - start;
    if (elapsed >= 0.5 * options.window) {
      repeats = std::max<std::size_t>(
          1, static_cast<std::size_t>(static_cast<double>(repeats) * options.window / elapsed));
      break;
    }
    repeats *= 2;
  }
  std::vector<double> own, normalised, undisturbed;
  const double budget = options.seconds / options.blocks;
  for (const double start = now();;) {
    if (subject.prepare) subject.prepare();
    const double before = measure_fma_peak(set, kShortProbe);
    const double wall = now(), window = processor_now();
    subject.run(handicap.calls(repeats));
    const double elapsed = processor_now() - window, share = (now() - wall) / elapsed;
    const double seconds = elapsed / static_cast<double>(repeats);
    const double peak = 1e9 * std::max(before, measure_fma_peak(set, kShortProbe));
    own.push_back(seconds);
    samples.shares.push_back(share);
    normalised.push_back(seconds * peak);
    if (share < kUndisturbed) undisturbed.push_back(seconds * peak);
    samples.peak = std::max(samples.peak, peak);
    const bool late = now() - start >= budget;
    if (own.size() >= 5 && (late || median_error(normalised) < options.enough)) break;
    if (late && now() - start >= 4.0 * budget && own.size() >= 2) break;
  }
  samples.all.insert(samples.all.end(), own.begin(), own.end());
  samples.blocks.push_back(quantile(undisturbed.size() >= 3 ? undisturbed : normalised, 0.1));
}

}  // namespace

std::vector<MicroResult> measure(std::vector<MicroCase> cases, const MeasureOptions& options) {
  std::vector<MicroResult> results;
  std::vector<Samples> samples(cases.size());
  for (MicroCase& one : cases) {
    MicroResult result;
    result.check = one.check();
    result.subject = std::move(one);
    results.push_back(std::move(result));
  }
  for (int block = 0; block < options.blocks; ++block) {
    for (std::size_t k = 0; k < results.size(); ++k) {
      if (results[k].check.passes()) measure_block(results[k].subject, options, samples[k]);
      if (options.progress) {
        options.progress(
            (static_cast<double>(block) * static_cast<double>(results.size()) +
             static_cast<double>(k + 1)) /
            (static_cast<double>(options.blocks) * static_cast<double>(results.size())));
      }
    }
  }
  for (std::size_t k = 0; k < results.size(); ++k) {
    MicroResult& result = results[k];
    if (!result.check.passes()) continue;
    const Work& work = result.subject.work;
    result.seconds = summarise(samples[k].all);
    result.blocks = samples[k].blocks;
    result.wall_over_processor = median(samples[k].shares);
    result.peak_flops = samples[k].peak;
    result.l1_bandwidth = read_bandwidth(16 << 10);
    result.bandwidth = read_bandwidth(static_cast<std::size_t>(work.working_set));
    result.floor = std::max({work.flops / result.peak_flops, work.bytes / result.l1_bandwidth,
                             work.working_set / result.bandwidth});
  }
  return results;
}

}  // namespace fusemd::benchmarks
