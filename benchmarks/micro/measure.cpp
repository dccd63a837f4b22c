// SPDX-License-Identifier: MIT
#include "benchmarks/micro/measure.hpp"

#include <algorithm>
#include <cmath>

#include "benchmarks/clock.hpp"
#include "benchmarks/micro/stopwatch.hpp"
#include "host/cpu/instruction_set.hpp"

namespace fusemd::benchmarks {
namespace {

/// A case of no particular instruction set is measured against the widest.
std::shared_ptr<Stopwatch> stopwatch_of(const MicroCase& one) {
  if (one.stopwatch) return one.stopwatch;
  const auto sets = cpu::supported_instruction_sets();
  for (const cpu::InstructionSet set : sets) {
    if (to_string(set) == one.set) return cpu_stopwatch(set);
  }
  return cpu_stopwatch(sets.back());
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

void measure_block(const MicroCase& one,
                   Stopwatch& stopwatch,
                   const MeasureOptions& options,
                   Samples& samples) {
  const Subject subject = one.make();
  Handicap handicap(!options.handicap.empty() &&
                    one.name.find(options.handicap) != std::string::npos);
  // Warm-up: also finds how many calls fill a window.
  std::size_t repeats = 1;
  for (;;) {
    const double elapsed = stopwatch.time(subject, repeats).seconds;
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
    const double before = stopwatch.fma_peak();
    const Window window = stopwatch.time(subject, handicap.calls(repeats));
    const double seconds = window.seconds / static_cast<double>(repeats);
    const double peak = std::max(before, stopwatch.fma_peak());
    own.push_back(seconds);
    samples.shares.push_back(window.wall_over_processor);
    normalised.push_back(seconds * peak);
    if (window.wall_over_processor < kUndisturbed) undisturbed.push_back(seconds * peak);
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
  std::vector<std::shared_ptr<Stopwatch>> stopwatches;
  for (MicroCase& one : cases) {
    MicroResult result;
    result.check = one.check();
    result.subject = std::move(one);
    stopwatches.push_back(stopwatch_of(result.subject));
    results.push_back(std::move(result));
  }
  for (int block = 0; block < options.blocks; ++block) {
    for (std::size_t k = 0; k < results.size(); ++k) {
      if (results[k].check.passes()) {
        measure_block(results[k].subject, *stopwatches[k], options, samples[k]);
      }
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
    result.load_bandwidth = stopwatches[k]->load_bandwidth();
    result.bandwidth = stopwatches[k]->bandwidth(work.working_set);
    result.floor = std::max({work.flops / result.peak_flops, work.bytes / result.load_bandwidth,
                             work.working_set / result.bandwidth});
  }
  return results;
}

}  // namespace fusemd::benchmarks
