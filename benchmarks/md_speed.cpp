// SPDX-License-Identifier: MIT
// MD steps a second of the CPU engine, in the figure of benchmarks/RESULTS.md: steps/s per GF/s of
// the FMA peak that the core shows at the same moment. Windows of 20 ms of MD and 1 ms of peak
// alternate; the best window and the median of the windows' ratios are printed.
//
//   fusemd_md_speed [INSTRUCTION_SET [SECONDS]]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "benchmarks/fma_peak.hpp"
#include "host/cpu/cpu_potential.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/md/dynamics.hpp"
#include "host/md/replica_setup.hpp"
#include "host/md/simulation_options.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Flops of one evaluation that the result depends on, with tables and the shipped switches: dense
/// layers (L-1) 8 H^2 + 6.25 H^2 multiply-adds an atom forward and backward; a pair and channel 65
/// flops in the first layer (no f^1, no input adjoint) and 127 in the others.
double live_flops(const StudentConfig& config, double atoms, double pairs) {
  const double h = config.hidden_dim, layers = config.num_interactions;
  return 2.0 * atoms * ((layers - 1.0) * 8.0 + 6.25) * h * h +
         pairs * h * (65.0 + 127.0 * (layers - 1.0));
}

double pairs_within(const std::vector<Vec3>& positions, double cutoff) {
  double count = 0.0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) count += norm(positions[i] - positions[j]) <= cutoff;
  }
  return count;
}

void measure(const std::string& name, const cpu::Options& options, double seconds) {
  const std::string root = FUSEMD_SOURCE_DIR;
  const Model model = read_model(root + "/weights/" + name + ".json");
  const auto potential = cpu::make_potential(model, options);
  const cpu::InstructionSet set = cpu::choose_instruction_set(options.instruction_set);
  const std::vector<Structure> structures = read_extxyz(root + "/examples/benzene.xyz");
  const SimulationOptions md;
  const CompositionTable table = make_compositions(structures, md);
  ReplicaState state = start_states(structures, table, md).at(0);
  const Dynamics& dynamics = table.compositions.at(0).dynamics;
  const auto evaluator = potential->make_evaluator(structures[0].atomic_numbers);
  compute_forces(state, dynamics, *evaluator);
  advance(state, dynamics, *evaluator, 2000);

  std::vector<double> rates, ratios, peaks;
  std::int64_t steps = 500;
  for (const auto start = Clock::now(); seconds_since(start) < seconds;) {
    const double before = measure_fma_peak(set);
    const auto window = Clock::now();
    if (advance(state, dynamics, *evaluator, steps)) throw std::runtime_error("the run diverged");
    const double elapsed = seconds_since(window);
    const double peak = std::max(before, measure_fma_peak(set));
    rates.push_back(static_cast<double>(steps) / elapsed);
    ratios.push_back(rates.back() / peak);
    peaks.push_back(peak);
    steps = std::max<std::int64_t>(1, static_cast<std::int64_t>(0.02 * rates.back()));
  }
  const auto median = [](std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
  };
  const double best = *std::max_element(rates.begin(), rates.end());
  const double peak = *std::max_element(peaks.begin(), peaks.end());
  const double flops = live_flops(model.config, static_cast<double>(state.positions.size()),
                                  pairs_within(state.positions, model.config.cutoff));
  std::printf("| %s | %.0f | %.0f | %.2f | %.0f | %.1f | %.1f | %.0f %% |\n", name.c_str(), best,
              median(rates), 1e6 / best, peak, best / peak, median(ratios),
              100.0 * best * flops * 1e-9 / peak);
  std::fflush(stdout);
}

}  // namespace
}  // namespace fusemd::benchmarks

int main(int argc, char* argv[]) {
  try {
    const fusemd::cpu::Options options{.instruction_set = argc > 1 ? argv[1] : "auto"};
    const double seconds = argc > 2 ? std::atof(argv[2]) : 10.0;
    std::printf("benzene, NVE, 0.5 fs, one thread, %s\n\n",
                std::string(to_string(fusemd::cpu::choose_instruction_set(options.instruction_set)))
                    .c_str());
    std::printf(
        "| model | steps/s best | median | us/step best | FMA peak GF/s | steps/s per GF/s, "
        "best | median | of peak |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (const std::string name : {"original", "tiny", "ultra_tiny"}) {
      fusemd::benchmarks::measure(name, options, seconds);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
