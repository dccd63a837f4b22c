// SPDX-License-Identifier: MIT
#include "host/validate/conservation.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "host/md/simulation.hpp"

namespace fusemd::validate {
namespace {

constexpr std::int64_t kLogEvery = 10;  // steps
/// The two runs that are compared: long enough for many vibrations, too short to part from each
/// other for another reason than the step.
constexpr double kCompared = 0.05, kLeastCompared = 1.0, kMostCompared = 5.0;  // share, ps, ps

class NoFiles : public SampleSink {
 public:
  void log(const LogRow&) override {}
  void frame(const Frame&) override {}
};

SimulationResult run(const Potential& potential,
                     const Structure& start,
                     const ConservationOptions& options,
                     double timestep,
                     double time,
                     std::int64_t log_every) {
  SimulationOptions simulation;
  simulation.ensemble = Ensemble::nve;
  simulation.timestep = timestep;
  simulation.steps = std::llround(time * 1000.0 / timestep);
  simulation.log_every = log_every;
  simulation.temperatures = {2.0 * options.temperature};
  simulation.seeds.assign(1, options.seed);
  simulation.use_given_velocities = false;
  simulation.stop = options.stop;
  NoFiles none;
  return Simulation(potential, std::span(&start, 1), simulation).run(none);
}

}  // namespace

Conservation measure_conservation(const Potential& potential,
                                  const Structure& relaxed,
                                  const ConservationOptions& options) {
  const double compared =
      std::min(options.time, std::clamp(kCompared * options.time, kLeastCompared, kMostCompared));
  const SimulationResult whole =
      run(potential, relaxed, options, options.timestep, options.time, kLogEvery);
  const SimulationResult single =
      run(potential, relaxed, options, options.timestep, compared, 2 * kLogEvery);
  const SimulationResult twice =
      run(potential, relaxed, options, 2.0 * options.timestep, compared, kLogEvery);
  Conservation result;
  result.time = static_cast<double>(whole.step) * options.timestep / 1000.0;
  result.slope = whole.energies.drift;
  result.slope_error = whole.energies.drift_error;
  result.rms = whole.energies.fluctuation;
  result.order_ratio = twice.energies.fluctuation / single.energies.fluctuation;
  result.temperature = whole.energies.mean_temperature;
  result.failed = !whole.failures.empty() || !single.failures.empty() || !twice.failures.empty();
  return result;
}

}  // namespace fusemd::validate
