// SPDX-License-Identifier: MIT
// fusemd itself as one of the programs that benchmarks/peers/run.py lets take turns; the protocol
// is that of benchmarks/peers/worker.py.
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <nlohmann/json.hpp>

#include "benchmarks/clock.hpp"
#include "benchmarks/commands.hpp"
#include "host/cpu/cpu_potential.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/md/dynamics.hpp"
#include "host/md/replica_setup.hpp"
#include "host/md/simulation.hpp"
#include "host/model_path.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/version.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::int32_t kBatch = 64;

class NoSamples final : public SampleSink {
 public:
  void log(const LogRow&) override {}
  void frame(const Frame&) override {}
};

void reply(const Json& json) {
  print_result(json.dump() + "\n");
  flush_results();
}

/// VmHWM of /proc/self/status, bytes.
double peak_bytes() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) return 1024.0 * std::stod(line.substr(6));
  }
  return 0.0;
}

template <class Body>
Json timed(double seconds, std::int64_t count, const Body& body) {
  const double start = now();
  std::int64_t done = 0;
  while (done == 0 || now() - start < seconds) {
    body(done);
    done += count;
  }
  return {{"count", done}, {"seconds", now() - start}};
}

}  // namespace

int worker_command(const std::vector<std::string>& arguments) {
  std::string model_name, input, geometries_path;
  std::int64_t threads = 1;
  Options options("fusemd-bench worker",
                  "Answers benchmarks/peers/run.py on standard output: one of the programs that it "
                  "lets take turns.");
  options.text("model", model_name, "MODEL", "a name or a path");
  options.text("input", input, "FILE", "the molecule");
  options.text("geometries", geometries_path, "FILE", "its distorted geometries");
  options.integer("threads", threads, {1, 1024}, "of a batch");
  options.parse(arguments);
  options.require("model", model_name, "--model tiny");
  options.require("input", input, "--input benzene.xyz");
  options.require("geometries", geometries_path, "--geometries distorted.xyz");

  const Model model = read_model(find_model(model_name));
  const std::vector<Structure> molecule = {read_extxyz(input).front()};
  const std::vector<Structure> geometries = read_extxyz(geometries_path);
  const auto potential = cpu::make_potential(model, {.threads = static_cast<std::size_t>(threads)});
  const auto alone = cpu::make_potential(model);  // in a batch a thread has whole molecules
  const auto evaluator = potential->make_evaluator(molecule[0].atomic_numbers);
  std::vector<Vec3> forces(molecule[0].size());
  const SimulationOptions md;
  const CompositionTable table = make_compositions(molecule, md);
  const Dynamics& dynamics = table.compositions.at(0).dynamics;

  reply({{"ready", true}, {"version", "fusemd " + std::string(version()) + ", " + commit()}});
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what;
    double seconds = 0.0;
    words >> what >> seconds;
    if (what == "md") {
      ReplicaState state = start_states(molecule, table, md).at(0);
      compute_forces(state, dynamics, *evaluator);
      reply(timed(seconds, 100, [&](std::int64_t) {
        if (advance(state, dynamics, *evaluator, 100)) throw std::runtime_error("it diverged");
      }));
    } else if (what == "call") {
      reply(timed(seconds, 1, [&](std::int64_t k) {
        const auto which = static_cast<std::size_t>(k) % geometries.size();
        evaluator->compute(geometries[which].positions, forces);
      }));
    } else if (what == "batch") {
      SimulationOptions batch;
      batch.replicas = kBatch;
      batch.threads = static_cast<int>(threads);
      batch.log_every = 0;
      batch.steps = 20;
      // Steps of MD, so that integration counts, too.
      double steps = 0.0, spent = 0.0;
      NoSamples samples;
      while (spent < seconds) {
        Simulation next(*potential, geometries, batch);
        const SimulationResult result = next.run(samples);
        steps += static_cast<double>(result.replica_steps);
        spent += result.seconds;
      }
      reply({{"count", steps}, {"seconds", spent}});
    } else if (what == "forces") {
      const double energy = evaluator->compute(geometries[0].positions, forces);
      Json rows = Json::array();
      for (const Vec3& f : forces) rows.push_back({f.x, f.y, f.z});
      reply({{"energy", energy}, {"forces", rows}});
    } else if (what == "memory") {
      reply({{"bytes", peak_bytes()}});
    } else {
      break;
    }
  }
  return kOk;
}

}  // namespace fusemd::benchmarks
