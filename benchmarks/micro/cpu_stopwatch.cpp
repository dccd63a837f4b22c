// SPDX-License-Identifier: MIT
#include <algorithm>

#include "benchmarks/clock.hpp"
#include "benchmarks/fma_peak.hpp"
#include "benchmarks/micro/stopwatch.hpp"
#include "benchmarks/read_bandwidth.hpp"

namespace fusemd::benchmarks {
namespace {

class CpuStopwatch final : public Stopwatch {
 public:
  explicit CpuStopwatch(cpu::InstructionSet set) : set_(set) {}

  Window time(const Subject& subject, std::size_t repeats) override {
    if (subject.prepare) subject.prepare();
    const double wall = now(), processor = processor_now();
    subject.run(repeats);
    const double elapsed = processor_now() - processor;
    return {.seconds = elapsed, .wall_over_processor = (now() - wall) / elapsed};
  }
  double fma_peak() override { return 1e9 * measure_fma_peak(set_, kShortProbe); }
  double load_bandwidth() override { return read_bandwidth(kFirstLevel); }
  double bandwidth(double working_set) override {
    return read_bandwidth(static_cast<std::size_t>(working_set));
  }

 private:
  static constexpr std::size_t kFirstLevel = 16 << 10;  // half of the smallest first-level cache

  cpu::InstructionSet set_;
};

}  // namespace

std::shared_ptr<Stopwatch> cpu_stopwatch(cpu::InstructionSet set) {
  return std::make_shared<CpuStopwatch>(set);
}

}  // namespace fusemd::benchmarks
