// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "benchmarks/clock.hpp"
#include "benchmarks/condensed.hpp"
#include "benchmarks/fma_peak.hpp"
#include "benchmarks/speed_measure.hpp"
#include "benchmarks/statistics.hpp"
#include "host/md/dynamics.hpp"
#include "host/md/replica_setup.hpp"
#include "host/md/simulation_options.hpp"
#include "host/model_path.hpp"
#include "tools/console.hpp"
#include "tools/text_format.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {

double live_flops(const StudentConfig& config, double atoms, double pairs) {
  const double h = config.hidden_dim, layers = config.num_interactions;
  return 2.0 * atoms * ((layers - 1.0) * 8.0 + 6.25) * h * h +
         pairs * h * (65.0 + 127.0 * (layers - 1.0));
}

void measure_steps(const std::string& name, const cpu::Options& options, double seconds) {
  const Model model = read_model(find_model(name));
  const auto potential = cpu::make_potential(model, options);
  const cpu::InstructionSet set = cpu::choose_instruction_set(options.instruction_set);
  const std::vector<Structure> structures = {benzene_molecule()};
  const SimulationOptions md;
  const CompositionTable table = make_compositions(structures, md);
  ReplicaState state = start_states(structures, table, md).at(0);
  const Dynamics& dynamics = table.compositions.at(0).dynamics;
  const auto evaluator = potential->make_evaluator(structures[0].atomic_numbers);
  compute_forces(state, dynamics, *evaluator);
  advance(state, dynamics, *evaluator, 2000);

  std::vector<double> rates, ratios, peaks;
  std::int64_t steps = 500;
  for (const double start = now(); now() - start < seconds;) {
    const double before = measure_fma_peak(set);
    const double window = now();
    if (advance(state, dynamics, *evaluator, steps)) throw std::runtime_error("the run diverged");
    const double elapsed = now() - window;
    const double peak = std::max(before, measure_fma_peak(set));
    rates.push_back(static_cast<double>(steps) / elapsed);
    ratios.push_back(rates.back() / peak);
    peaks.push_back(peak);
    steps = std::max<std::int64_t>(1, static_cast<std::int64_t>(0.02 * rates.back()));
  }
  const double best = *std::max_element(rates.begin(), rates.end());
  const double peak = *std::max_element(peaks.begin(), peaks.end());
  const double flops = live_flops(model.config, static_cast<double>(state.positions.size()),
                                  count_pairs(state.positions, model.config.cutoff));
  print_result(formatted("| %s | %.0f | %.0f | %.2f | %.0f | %.1f | %.1f | %.0f %% |\n",
                         name.c_str(), best, median(rates), 1e6 / best, peak, best / peak,
                         median(ratios), 100.0 * best * flops * 1e-9 / peak));
  flush_results();
}

}  // namespace fusemd::benchmarks
