// SPDX-License-Identifier: MIT
// A run that is cut after a checkpoint and goes on from it, in every loop on the device: the files
// of a run that was never cut, byte for byte.
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "host/cuda/block_loop.hpp"
#include "host/cuda/cooperative_loop.hpp"
#include "host/cuda/graph_loop.hpp"
#include "host/io/frame_writer.hpp"
#include "host/io/restart_file.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/temporary_folder.hpp"

namespace fusemd::test {
namespace {

using ModelPointer = std::shared_ptr<const cuda::DeviceModel>;

/// Samples fall on neither the checkpoint nor the end.
SimulationOptions options_of(Ensemble ensemble, std::int64_t steps) {
  SimulationOptions options;
  options.ensemble = ensemble;
  options.steps = steps;
  options.log_every = 3;
  options.frame_every = 4;
  options.replicas = 2;
  options.csvr_time = 20.0;
  return options;
}

struct Files {
  TemporaryFolder folder;

  FrameWriterOptions options() const {
    return {.log_path = folder.file("log.csv"), .trajectory_path = folder.file("trajectory.xyz")};
  }
  std::string all() const {
    return read_file(folder.file("log.csv")) + read_file(folder.file("trajectory.xyz"));
  }
};

void compare(const std::string& name, const cuda::LoopMaker& loop) {
  constexpr std::int64_t kSteps = 16, kCheckpoint = 7;
  const Model model = make_model(shipped_switches(8, 2, 6), 6);
  const ModelPointer device_model = on_device(model, {.table_intervals = 64});
  const std::vector<Structure> structures =
      structures_of({rattled(water(), 0.05, 1), rattled(methane(), 0.05, 2)});
  const cuda::DeviceSimulation::Source source{.model = device_model,
                                              .model_name = model.name,
                                              .elements = model.elements,
                                              .make_loop = loop};
  for (const Ensemble ensemble : {Ensemble::nve, Ensemble::langevin, Ensemble::csvr}) {
    const std::string what = name + ", " + std::string(ensemble_name(ensemble));
    const Files whole, parts;
    {
      FrameWriter writer(whole.options());
      cuda::DeviceSimulation simulation(source, structures, options_of(ensemble, kSteps));
      simulation.run(writer);
      writer.close();
    }
    {
      FrameWriter writer(parts.options());
      cuda::DeviceSimulation simulation(source, structures, options_of(ensemble, kCheckpoint));
      simulation.run(writer);
      Restart restart{.description = "{}",
                      .files = writer.flush(),
                      .states = {simulation.states().begin(), simulation.states().end()},
                      .statistics = EnergyStatistics(2)};
      RestartFiles(parts.folder.path()).write(restart);
      writer.close();
    }
    // What a run that was killed had written behind its checkpoint.
    for (const std::string& path : {parts.options().log_path, parts.options().trajectory_path}) {
      std::ofstream(path, std::ios::app) << "behind the checkpoint\n";
    }
    const Restart from = RestartFiles(parts.folder.path()).read().restart;
    expect(from.step() == kCheckpoint, what + ": the step of the checkpoint");
    FrameWriterOptions files = parts.options();
    files.resume = from.files;
    FrameWriter writer(files);
    cuda::DeviceSimulation simulation(source, structures, options_of(ensemble, kSteps),
                                      from.states);
    simulation.run(writer);
    writer.close();
    expect(parts.all() == whole.all(), what + ": other files than in one run");
    expect(whole.all().find("behind") == std::string::npos && whole.all().size() > 4000,
           what + ": files of a whole run");
  }
}

FUSEMD_KERNEL_CASE("a run cut after a checkpoint goes on with the same files: block loop") {
  compare("block", block_loop_by(block_policy(64, 2, 24 * 1024)));
}

FUSEMD_KERNEL_CASE("a run cut after a checkpoint goes on with the same files: cooperative loop") {
  compare("cooperative",
          [](ModelPointer model,
             cuda::DeviceReplicas& replicas) -> std::unique_ptr<cuda::ResidentLoop> {
            return std::make_unique<cuda::CooperativeLoop>(
                std::move(model), replicas,
                cuda::TeamWish{.teams = 2, .blocks = 2, .threads = 64, .cluster = false});
          });
}

FUSEMD_KERNEL_CASE("a run cut after a checkpoint goes on with the same files: graph loop") {
  compare("graph", [](ModelPointer model, cuda::DeviceReplicas& replicas) {
    return cuda::make_graph_loop(std::move(model), replicas);
  });
}

}  // namespace
}  // namespace fusemd::test
