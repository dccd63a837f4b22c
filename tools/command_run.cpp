// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/committee.hpp"
#include "host/engine.hpp"
#include "host/io/atomic_file.hpp"
#include "host/io/exchange_log.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/io/frame_writer.hpp"
#include "host/io/restart_file.hpp"
#include "host/io/summary.hpp"
#include "host/md/replica_exchange.hpp"
#include "host/md/replica_trail.hpp"
#include "host/md/simulation_options.hpp"
#include "host/start_check.hpp"
#include "host/structure_check.hpp"
#include "host/training_range.hpp"
#include "tools/commands.hpp"
#include "tools/committee_log.hpp"
#include "tools/console.hpp"
#include "tools/continued_run.hpp"
#include "tools/exit_code.hpp"
#include "tools/failed_frames.hpp"
#include "tools/interrupt.hpp"
#include "tools/kept_files.hpp"
#include "tools/progress.hpp"
#include "tools/run_checkpoints.hpp"
#include "tools/run_folder.hpp"
#include "tools/run_identity.hpp"
#include "tools/run_options.hpp"
#include "tools/run_report.hpp"
#include "tools/text_format.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

/// From this many atoms on, one replica is worth the threads that would otherwise stand idle:
/// below, waiting for each other costs them more than they do.
constexpr std::size_t kAtomsForSharedReplica = 256;

/// How the threads are used: on different replicas, or together on each.
struct ThreadUse {
  int across_replicas = 1;
  int inside_evaluation = 1;
};

ThreadUse divide_threads(int threads, std::int64_t replicas, std::size_t atoms) {
  if (replicas >= threads) return {threads, 1};
  const auto across = static_cast<int>(replicas);
  if (atoms < kAtomsForSharedReplica) return {across, 1};
  // Either all across or all inside: nested teams would wait for each other.
  return across == 1 ? ThreadUse{1, threads} : ThreadUse{across, 1};
}

std::size_t most_atoms(const std::vector<Structure>& structures) {
  std::size_t most = 0;
  for (const Structure& structure : structures) most = std::max(most, structure.size());
  return most;
}

std::int64_t atoms_of_all_replicas(const std::vector<Structure>& structures,
                                   const RunOptions& run) {
  std::int64_t atoms = 0;
  for (std::int64_t replica = 0; replica < run.replicas; ++replica) {
    const auto start = static_cast<std::size_t>(run.first_replica + replica) % structures.size();
    atoms += static_cast<std::int64_t>(structures[start].size());
  }
  return atoms;
}

/// What is allowed in the input and rarely meant.
std::vector<std::string> start_problems(const std::vector<Structure>& structures,
                                        const Model& model,
                                        const RunOptions& run) {
  std::vector<std::string> sentences;
  const std::string step = timestep_warning(structures, run.timestep);
  if (!step.empty()) sentences.push_back(step);
  const auto take = [&](std::vector<std::string> more) {
    sentences.insert(sentences.end(), more.begin(), more.end());
  };
  const bool has_own = run.velocities == "given" && run.temperature.size() == 1;
  for (const Structure& structure : structures) {
    take(start_warnings(structure, {.cutoff = model.config.cutoff,
                                    .timestep = run.timestep,
                                    .temperature = run.temperature.front(),
                                    .ensemble = run.simulation().ensemble,
                                    .uses_given_velocities = has_own}));
    take(beyond_training(structure, model.training_domain));
  }
  return sentences;
}

RunSummary summarise(const SimulationResult& result,
                     const SimulationOptions& simulation,
                     const RunDescription& description,
                     double waited_seconds) {
  RunSummary summary;
  summary.model = description.model_name;
  summary.ensemble = ensemble_name(simulation.ensemble);
  summary.timestep = simulation.timestep;
  summary.steps = result.step;
  summary.atoms = description.atoms;
  summary.replicas = simulation.replicas;
  summary.wall_seconds = result.seconds;
  const EnergySummary& energies = result.energies;
  summary.drift = EnergyDrift{energies.drift, energies.drift_error, energies.fluctuation};
  if (energies.samples > 0) {
    summary.mean_temperature = energies.mean_temperature;
    summary.temperature_standard_deviation = energies.sd_temperature;
  }
  summary.device = description.device;
  summary.instruction_set = description.instruction_set;
  summary.filters = description.filters;
  summary.threads = description.threads;
  summary.version = description.version;
  summary.commit = description.commit;
  summary.build = description.build;
  summary.waited_for_disk_seconds = waited_seconds;
  summary.stopped = result.stopped;
  for (const ReplicaFailure& failure : result.failures) {
    summary.failed_replicas.push_back(failed_replica(failure));
  }
  return summary;
}

/// The engine of the first model, and with a committee of all of them as one.
Engine make_engines(const std::vector<Model>& models,
                    const EngineRequest& request,
                    const Options& options,
                    const RunOptions& run) {
  Engine engine = make_engine(models.front(), request, options);
  if (models.size() == 1) return engine;
  std::vector<std::unique_ptr<Potential>> members;
  members.push_back(std::move(engine.potential));
  for (std::size_t k = 1; k < models.size(); ++k) {
    members.push_back(make_engine(models[k], request, options).potential);
  }
  engine.device_model = nullptr;  // of one member: loops on the device know no committees
  engine.potential = std::make_unique<CommitteePotential>(
      std::move(members), run.committee_action == "stop" ? run.committee_limit : 0.0);
  return engine;
}

/// What the committee said, for the user.
std::string committee_sentence(const CommitteePotential& committee,
                               const CommitteeLog& log,
                               const RunOptions& run) {
  std::string text =
      formatted("committee    forces of %s frames differ by at most %.3f eV/Angstrom",
                with_commas(log.frames()).c_str(), log.largest());
  if (run.committee_limit > 0.0) {
    text += formatted("; %s beyond %g", with_commas(log.flagged()).c_str(), run.committee_limit);
  }
  if (committee.refused() > 0) {
    text += "; replicas that it stopped: " + with_commas(committee.refused());
  }
  return text + "\n";
}

}  // namespace

int run_command(const std::vector<std::string>& arguments) {
  InterruptGuard interrupt(InterruptGuard::Begin::idle);
  RunOptions run;
  Options options("fusemd run", "Molecular dynamics of one molecule or many replicas.");
  run.declare(options);
  options.parse(with_saved_configuration(arguments));
  run.check(options);
  find_kept_input(options, run);

  // A folder's lock is taken before anything in it is read, and held to the end.
  std::unique_ptr<FolderLock> lock;
  std::optional<RestartFiles::Found> found;
  std::optional<RestartFiles> checkpoint_files;
  if (run.continues()) {
    run.out = run.continue_from;
    lock = RunFolder{run.out}.reopen();
    found = checkpoint_files.emplace(run.out).read();
  }

  std::vector<Model> models;
  const std::vector<std::string> paths = model_paths(options, run);
  for (const std::string& path : paths) models.push_back(read_model(path));
  const std::string& model_path = paths.front();
  const Model& model = models.front();
  const std::vector<Structure> structures = read_extxyz(run.input);
  const RunFolder folder{run.out};
  for (const Structure& structure : structures) check_structure(structure);

  const ThreadUse threads =
      divide_threads(run.engine.thread_count(), run.replicas, most_atoms(structures));
  const Engine engine =
      make_engines(models, run.engine.request(threads.inside_evaluation), options, run);
  RunDescription description =
      describe_run(model, model_path, structures, engine,
                   std::max(threads.across_replicas, threads.inside_evaluation),
                   atoms_of_all_replicas(structures, run));
  description.input = run.input;
  const RunIdentity identity = run_identity(models, structures);
  if (!run.continues()) check_identity(identity, options, run, model_path);
  run.model_hash = identity.models;
  run.input_hash = identity.input;
  std::vector<KeptFile> copies;
  if (!run.pipes_trajectory()) copies = keep_files(run, paths, models, structures);
  Restart so_far;
  std::vector<std::string> warnings;
  const std::string restart_text = restart_description(options, description, identity);
  if (found) {
    warnings = check_continued(found->restart.description, restart_text, options, model_path,
                               description.input);
    if (!found->damaged.empty()) {
      warnings.push_back(found->damaged + "; going on from " + found->file);
    }
    so_far = std::move(found->restart);
    if (so_far.step() > run.steps) {
      options.refuse("steps", "the run has " + with_commas(so_far.step()) + " steps already",
                     "as many or more: it is the number of all steps");
    }
  } else {
    so_far.statistics = EnergyStatistics(static_cast<std::size_t>(run.replicas));
  }
  so_far.description = restart_text;

  ProgressReport progress(run.quiet                  ? ProgressReport::Style::none
                          : notes_go_to_a_terminal() ? ProgressReport::Style::bar
                                                     : ProgressReport::Style::lines);
  std::vector<ReplicaState> states = so_far.states;
  FrameWriterOptions files;
  if (run.continues()) files.resume = so_far.files;
  if (!run.pipes_trajectory() && !checkpoint_files) checkpoint_files.emplace(run.out);
  std::vector<ExchangeCount> exchanges = so_far.exchanges;
  RunCheckpoints checkpoints(run.checkpoints(), interrupt, checkpoint_files, std::move(so_far));
  SimulationOptions simulation_options = run.simulation();
  simulation_options.threads = threads.across_replicas;
  simulation_options.closest_pairs = model.training_domain.closest_pairs;
  simulation_options.stop = &interrupt.attention();
  simulation_options.statistics = &checkpoints.statistics();
  std::vector<ReplicaTrail> trails;
  simulation_options.trails = &trails;
  const std::int64_t first_step = states.empty() ? 0 : states.front().step;
  simulation_options.progress = [&](const Progress& piece) {
    const Progress now = checkpoints.look(piece);
    const auto done = static_cast<double>(now.step - first_step);
    progress.show(
        {.step = now.step,
         .steps = run.steps,
         .fraction = done / static_cast<double>(std::max<std::int64_t>(1, run.steps - first_step)),
         .rate = now.rate,
         .seconds = now.seconds});
  };
  simulation_options.note = [&](const std::string& line) {
    if (!run.quiet) print_note(line + "\n");
  };
  // Everything that can be wrong with the input shows by here, before any file is touched.
  const auto plan = [&](std::int64_t last_step, std::vector<ReplicaState> from) {
    SimulationOptions until = simulation_options;
    until.steps = last_step;
    return make_simulation(engine, model, structures, until, run.loop, std::move(from), options);
  };
  PlannedSimulation planned = plan(run.steps, states);
  description.loop = planned.loop;
  // How much of a file a continued run goes on behind.
  const auto kept = [&](std::int64_t FileSizes::*file) {
    return files.resume ? std::optional((*files.resume).*file) : std::nullopt;
  };
  std::optional<ExchangeLog> exchange_log;
  std::optional<CommitteeLog> committee_log;
  ReplicaExchange* exchange = nullptr;
  checkpoints.complete = [&](Restart& restart) {
    restart.files.committee = committee_log ? committee_log->sync() : 0;
    if (exchange == nullptr) return;
    restart.files.exchange = exchange_log ? exchange_log->sync() : 0;
    restart.exchanges.assign(exchange->counts().begin(), exchange->counts().end());
  };
  if (run.exchange_every > 0) {
    auto runner = std::make_unique<ReplicaExchange>(
        ReplicaExchange::Options{.every = run.exchange_every,
                                 .steps = run.steps,
                                 .seed = simulation_options.seeds.front(),
                                 .ladder = run.temperature,
                                 .log =
                                     [&](std::span<const ExchangeRow> rows) {
                                       if (exchange_log) exchange_log->add(rows);
                                     }},
        [&](std::int64_t last_step, std::vector<ReplicaState> from) {
          return plan(last_step, std::move(from)).runner;
        },
        std::move(states), std::move(exchanges));
    exchange = runner.get();
    planned.runner = std::move(runner);
  }

  interrupt.has_work();
  files.trajectory_path = "-";
  if (!run.pipes_trajectory()) {
    std::vector<std::string> names;
    for (const KeptFile& copy : copies) names.push_back(copy.path);
    if (!run.continues()) lock = folder.prepare(run.overwrite, names);
    for (const KeptFile& copy : copies) write_file_atomically(copy.path, copy.text);
    write_file_atomically(folder.config(), options.resolved());
    files.log_path = run.log_every > 0 ? folder.log() : "";
    files.trajectory_path = run.frame_every > 0 ? folder.trajectory() : "";
    if (exchange != nullptr) {
      exchange_log.emplace(folder.exchange(), kept(&FileSizes::exchange));
    }
  }
  if (!run.quiet) {
    print_note(run_heading(description, options));
    for (const std::string& warning : start_problems(structures, model, run)) {
      warnings.push_back(warning);
    }
    print_note(warning_lines(warnings));
  }

  std::set<std::string> warned;
  checkpoints.paused = [&](const std::vector<ReplicaFailure>& failures,
                           std::span<const ReplicaState> now) {
    if (!run.pipes_trajectory()) {
      write_failed_frames(run.out, failures, structures, run.timestep);
    }
    for (const Extrapolation& pair : extrapolations(now)) {
      if (run.quiet || !warned.insert(pair.elements).second) continue;
      progress.clear();
      print_note(extrapolation_sentence(pair, model.training_domain));
    }
  };

  FrameWriter writer(files);
  const auto* const committee = dynamic_cast<const CommitteePotential*>(engine.potential.get());
  if (committee != nullptr) {
    committee_log.emplace(*committee, writer, run.pipes_trajectory() ? "" : folder.committee(),
                          run.committee_limit, kept(&FileSizes::committee));
  }
  SampleSink& samples = committee_log ? static_cast<SampleSink&>(*committee_log) : writer;
  const SimulationResult result = checkpoints.run([&] { return planned.runner->run(samples); },
                                                  [&] { return planned.runner->states(); }, writer);
  writer.close();
  if (committee_log) committee_log->sync();
  progress.clear();

  RunSummary summary = summarise(result, simulation_options, description, writer.waited_seconds());
  summary.extrapolations = extrapolations(planned.runner->states());
  for (std::size_t k = 0; exchange != nullptr && k < exchange->counts().size(); ++k) {
    const ExchangeCount& count = exchange->counts()[k];
    summary.exchanges.push_back(
        {exchange->ladder()[k], exchange->ladder()[k + 1], count.attempts, count.accepted});
  }
  if (!run.pipes_trajectory()) write_summary(folder.summary(), summary);

  const std::string table = run.json ? summary_json(summary) : run_table(summary, run, result);
  if (!run.pipes_trajectory()) {
    print_result(table);
  } else if (!run.quiet) {
    print_note(table);
  }
  print_note(failure_table(summary.failed_replicas, run));
  if (committee_log && !run.quiet) print_note(committee_sentence(*committee, *committee_log, run));
  if (result.stopped && !run.quiet) {
    print_note(
        std::string(interrupt.requested() ? "stopped by a signal" : "stopped by --max-time") +
        " at step " + with_commas(result.step) +
        (run.pipes_trajectory() ? "" : "; --continue " + run.out + " goes on") + "\n");
  }
  if (result.stopped && interrupt.requested()) return 128 + interrupt.signal();
  return result.failures.empty() ? kOk : kDiverged;
}

}  // namespace fusemd
