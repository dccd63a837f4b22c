// SPDX-License-Identifier: MIT
#include "benchmarks/report/measure_report.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "benchmarks/clock.hpp"
#include "benchmarks/condensed.hpp"
#include "benchmarks/fma_peak.hpp"
#include "benchmarks/machine.hpp"
#include "benchmarks/speed_measure.hpp"
#include "host/cpu/cpu_potential.hpp"
#include "host/md/dynamics.hpp"
#include "host/md/replica_setup.hpp"
#include "host/md/simulation.hpp"
#include "host/model_path.hpp"
#include "tools/version.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

Model model_of(const ModelReport& report) { return read_model(find_model(report.name)); }

/// Repeats that fill `seconds`, from the time of one.
template <class Body>
std::size_t repeats_for(double seconds, const Body& body) {
  body();  // the first call makes room
  const double start = now();
  body();
  const double one = now() - start;
  return static_cast<std::size_t>(std::max(1.0, seconds / std::max(one, 1e-9)));
}

/// Rounds until the time is up: eleven, and three even where that takes longer (one, when
/// rehearsing).
template <class Body>
void for_rounds(const ReportPlan& plan, double seconds, const Body& body) {
  const int least = plan.seconds < 0.5 ? 1 : 3;
  const double start = now();
  for (int round = 0; round < 11 && (round < least || now() - start < seconds); ++round) body();
}

/// As `fusemd run` does: below, one molecule stays on one thread.
constexpr std::size_t kAtomsForSharedEvaluation = 256;

class NoSamples final : public SampleSink {
 public:
  void log(const LogRow&) override {}
  void frame(const Frame&) override {}
};

/// Keeps at most about 400 points of a run.
class EnergyCurve final : public SampleSink {
 public:
  EnergyCurve(double atoms, std::int64_t every) : atoms_(atoms), every_(every) {}
  void log(const LogRow& row) override {
    if (points.empty()) first_ = row.conserved_energy;
    if (row.step % every_ == 0) {
      points.emplace_back(1e-3 * row.time, 1e3 * (row.conserved_energy - first_) / atoms_);
    }
  }
  void frame(const Frame&) override {}
  std::vector<std::pair<double, double>> points;  // ps, meV/atom

 private:
  double atoms_, first_ = 0.0;
  std::int64_t every_;
};

constexpr double kTimestep = 0.5;  // fs

}  // namespace

void measure_latency(const ReportPlan& plan, std::vector<ModelReport>& models) {
  constexpr std::size_t kGeometries = 64;
  std::vector<Droplet> geometries;
  for (std::uint64_t seed = 1; seed <= kGeometries; ++seed) {
    geometries.push_back(rattled(benzene_droplet(12), seed));
  }
  struct Subject {
    std::unique_ptr<Potential> potential;
    std::unique_ptr<Evaluator> evaluator;
    std::vector<Vec3> forces;
    std::size_t repeats = 1;
    std::vector<double> fresh, repeated;
  };
  std::vector<Subject> subjects;
  for (const ModelReport& report : models) {
    Subject one;
    one.potential = cpu::make_potential(model_of(report));
    one.evaluator = one.potential->make_evaluator(geometries[0].atomic_numbers);
    one.forces.resize(geometries[0].positions.size());
    one.repeats =
        repeats_for(2e-3, [&] { one.evaluator->compute(geometries[0].positions, one.forces); });
    subjects.push_back(std::move(one));
  }
  std::size_t next = 0;
  const double seconds = plan.seconds * static_cast<double>(models.size());
  for (const double start = now(); now() - start < seconds;) {
    for (Subject& one : subjects) {
      for (const bool fresh : {true, false}) {
        const double window = now();
        for (std::size_t k = 0; k < one.repeats; ++k) {
          const std::size_t which = fresh ? next++ % kGeometries : 0;
          one.evaluator->compute(geometries[which].positions, one.forces);
        }
        (fresh ? one.fresh : one.repeated)
            .push_back((now() - window) / static_cast<double>(one.repeats));
      }
    }
  }
  for (std::size_t m = 0; m < models.size(); ++m) {
    models[m].fresh_seconds = summarise(subjects[m].fresh);
    models[m].repeated_seconds = summarise(subjects[m].repeated);
  }
}

void measure_dynamics(const ReportPlan& plan, MeasuredReport& report) {
  const std::vector<Structure> structures = {benzene_molecule()};
  const SimulationOptions md;
  const CompositionTable table = make_compositions(structures, md);
  const Dynamics& dynamics = table.compositions.at(0).dynamics;
  const cpu::InstructionSet set = cpu::choose_instruction_set("auto");
  struct Subject {
    std::unique_ptr<Potential> potential;
    std::unique_ptr<Evaluator> evaluator;
    ReplicaState state;
    std::int64_t steps = 200;
    std::vector<double> rates, ratios;
  };
  std::vector<Subject> subjects;
  for (const ModelReport& model : report.models) {
    Subject one;
    one.potential = cpu::make_potential(model_of(model));
    one.evaluator = one.potential->make_evaluator(structures[0].atomic_numbers);
    one.state = start_states(structures, table, md).at(0);
    compute_forces(one.state, dynamics, *one.evaluator);
    advance(one.state, dynamics, *one.evaluator, 500);
    subjects.push_back(std::move(one));
  }
  const double seconds = 2.0 * plan.seconds * static_cast<double>(subjects.size());
  for (const double start = now(); now() - start < seconds;) {
    for (Subject& one : subjects) {
      const double before = measure_fma_peak(set, kShortProbe);
      const double window = now();
      if (advance(one.state, dynamics, *one.evaluator, one.steps)) {
        throw std::runtime_error("the run of benzene diverged");
      }
      const double rate = static_cast<double>(one.steps) / (now() - window);
      const double peak = std::max(before, measure_fma_peak(set, kShortProbe));
      one.rates.push_back(rate);
      one.ratios.push_back(rate / peak);
      report.setting.fma_peak = std::max(report.setting.fma_peak, peak);
      one.steps = std::max<std::int64_t>(1, static_cast<std::int64_t>(5e-3 * rate));
    }
  }
  for (std::size_t m = 0; m < subjects.size(); ++m) {
    ModelReport& model = report.models[m];
    const Subject& one = subjects[m];
    model.step_rate = summarise(one.rates);
    model.step_rate_per_peak = summarise(one.ratios);
    const StudentConfig config = model_of(model).config;
    model.share_of_peak = 1e-9 * model.step_rate_per_peak.median *
                          live_flops(config, static_cast<double>(one.state.positions.size()),
                                     count_pairs(one.state.positions, config.cutoff));
  }
}

void measure_conservation(const ReportPlan& plan, std::vector<ModelReport>& models) {
  const std::vector<Structure> structures = {benzene_molecule()};
  for (ModelReport& report : models) {
    const auto potential = cpu::make_potential(model_of(report));
    SimulationOptions options;
    options.steps = static_cast<std::int64_t>(1e3 * plan.picoseconds / kTimestep);
    options.log_every = 10;
    Simulation simulation(*potential, structures, options);
    EnergyCurve curve(static_cast<double>(structures[0].size()),
                      std::max<std::int64_t>(10, options.steps / 400 / 10 * 10));
    const SimulationResult result = simulation.run(curve);
    report.drift_picoseconds = plan.picoseconds;
    report.drift = result.energies.drift;
    report.drift_error = result.energies.drift_error;
    report.fluctuation = result.energies.fluctuation;
    report.energy_curve = std::move(curve.points);
  }
}

void measure_batches(const ReportPlan& plan, std::vector<ModelReport>& models) {
  const std::vector<Structure> structures = {benzene_molecule()};
  struct Subject {
    std::size_t model, replicas, threads;
    std::int64_t steps;
    std::vector<double> rates;
  };
  std::vector<std::unique_ptr<Potential>> potentials;
  std::vector<Subject> subjects;
  for (std::size_t m = 0; m < models.size(); ++m) {
    potentials.push_back(cpu::make_potential(model_of(models[m])));
    for (const std::size_t replicas : {1U, 4U, 8U, 16U, 64U, 256U, 1024U}) {
      if (replicas > plan.most_replicas) continue;
      for (std::size_t threads = 1; threads <= plan.threads; threads *= 2) {
        const double wanted =
            0.15 * plan.seconds * models[m].step_rate.median / static_cast<double>(replicas);
        subjects.push_back({m,
                            replicas,
                            threads,
                            std::max<std::int64_t>(1, static_cast<std::int64_t>(wanted)),
                            {}});
      }
    }
  }
  for_rounds(plan, 60.0 * plan.seconds, [&] {
    for (Subject& one : subjects) {
      SimulationOptions options;
      options.replicas = static_cast<std::int32_t>(one.replicas);
      options.threads = static_cast<int>(one.threads);
      options.steps = one.steps;
      options.log_every = 0;
      Simulation simulation(*potentials[one.model], structures, options);
      NoSamples samples;
      const SimulationResult result = simulation.run(samples);
      one.rates.push_back(static_cast<double>(result.replica_steps) / result.seconds);
    }
  });
  for (const Subject& one : subjects) {
    models[one.model].batch.push_back({one.replicas, one.threads, summarise(one.rates)});
  }
}

void measure_scaling(const ReportPlan& plan, std::vector<ModelReport>& models) {
  struct Subject {
    std::size_t model, threads;
    Droplet droplet;
    std::size_t pairs;
    std::unique_ptr<Evaluator> evaluator;
    std::vector<Vec3> forces;
    std::vector<double> seconds;
  };
  std::vector<std::unique_ptr<Potential>> potentials;
  std::vector<Subject> subjects;
  for (std::size_t m = 0; m < models.size(); ++m) {
    const Model model = model_of(models[m]);
    for (std::size_t threads = 1; threads <= plan.threads; threads *= 2) {
      potentials.push_back(cpu::make_potential(model, {.threads = threads}));
      for (const std::size_t n : {3U, 12U, 24U, 48U, 96U, 198U, 501U, 999U, 2001U, 5001U}) {
        if (n > plan.most_atoms + 1) continue;
        if (threads > 1 && n < kAtomsForSharedEvaluation) continue;
        Subject one{m, threads, water_droplet(n), 0, nullptr, {}, {}};
        one.pairs =
            static_cast<std::size_t>(count_pairs(one.droplet.positions, model.config.cutoff));
        one.evaluator = potentials.back()->make_evaluator(one.droplet.atomic_numbers);
        one.forces.resize(one.droplet.positions.size());
        one.evaluator->compute(one.droplet.positions, one.forces);  // makes room for the pairs
        subjects.push_back(std::move(one));
      }
    }
  }
  for_rounds(plan, 30.0 * plan.seconds, [&] {
    for (Subject& one : subjects) {
      const double start = now();
      double calls = 0.0;
      do {
        one.evaluator->compute(one.droplet.positions, one.forces);
        calls += 1.0;
      } while (now() - start < 5e-3 * plan.seconds);
      one.seconds.push_back((now() - start) / calls);
    }
  });
  for (const Subject& one : subjects) {
    models[one.model].scaling.push_back(
        {one.droplet.positions.size(), one.pairs, one.threads, summarise(one.seconds)});
  }
}

MeasuredReport measure_report(const ReportPlan& plan) {
  const double start = now();
  const auto begin = [&](const char* stage) {
    if (plan.stage) plan.stage(stage);
  };
  MeasuredReport report;
  for (const std::string& name : model_names()) {
    ModelReport model;
    model.name = name;
    report.models.push_back(std::move(model));
  }
  begin("start-up and memory");
  measure_processes(plan, report.models);
  for (ModelReport& model : report.models) {
    const StudentConfig config = model_of(model).config;
    const ParameterCount count = count_parameters(config);
    model.parameters = count.total;
    model.live_parameters = count.total - count.dead;
    model.channels = config.hidden_dim;
    model.layers = config.num_interactions;
    model.file_bytes = std::filesystem::file_size(find_model(model.name));
  }
  begin("latency");
  measure_latency(plan, report.models);
  begin("molecular dynamics");
  measure_dynamics(plan, report);
  begin("energy conservation");
  measure_conservation(plan, report.models);
  begin("batches");
  measure_batches(plan, report.models);
  begin("number of atoms");
  measure_scaling(plan, report.models);
  report.setting.machine = machine_name();
  report.setting.instruction_set = to_string(cpu::choose_instruction_set("auto"));
  report.setting.commit = commit();
  report.setting.version = version();
  report.setting.date = utc_date();
  report.setting.threads = plan.threads;
  report.setting.seconds = now() - start;
  return report;
}

}  // namespace fusemd::benchmarks
