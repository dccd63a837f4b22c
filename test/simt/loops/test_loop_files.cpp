// SPDX-License-Identifier: MIT
// From the ring of samples to files, where something goes wrong on the way: a sink that stalls, a
// disk that is full, a process that is killed. On the executor only.
#include <algorithm>
#include <csignal>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/io/frame_writer.hpp"
#include "kernels/launch_count.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/kernels/network_fixture.hpp"
#include "test/simt/loops/loop_fixture.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/temporary_folder.hpp"
#include "weights/error.hpp"

namespace fusemd::test {
namespace {

constexpr std::int64_t kSteps = 40;

SimulationOptions a_sample_a_step() {
  SimulationOptions options;
  options.steps = kSteps;
  options.log_every = options.frame_every = 1;
  return options;
}

Model model() { return make_model(shipped_switches(4, 1, 4), 6); }

/// What a test runs: two atoms, so that a sample costs little.
struct SmallRun {
  SmallRun()
      : simulation({.model = device_model,
                    .model_name = "small",
                    .elements = student.elements,
                    .make_loop = block_loop_by(launch_policy(75))},
                   structures,
                   a_sample_a_step()) {}

  Model student = model();
  std::shared_ptr<const cuda::DeviceModel> device_model =
      on_device(student, {.table_intervals = 16});
  std::vector<Structure> structures = structures_of({pair(1, 8, 1.0)});
  cuda::DeviceSimulation simulation;
};

/// The files of a run that nothing happens to.
struct WholeFiles {
  WholeFiles() {
    FrameWriter writer({.log_path = folder.file("log"), .trajectory_path = folder.file("xyz")});
    SmallRun run;
    run.simulation.run(writer);
    writer.close();
    log = read_file(folder.file("log"));
    trajectory = read_file(folder.file("xyz"));
  }
  TemporaryFolder folder;
  std::string log, trajectory;
};

FUSEMD_KERNEL_CASE("samples come whole and in order, however streams run") {
  Recorder expected;
  SmallRun().simulation.run(expected);
  expect(expected.rows.size() == kSteps + 1, "rows");
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    executor::Config config = executor::config();
    config.streams = executor::StreamOrder::deferred;
    config.seed = seed;
    const executor::ScopedConfig scope(config);
    Recorder found;
    SmallRun().simulation.run(found);
    expect(found.rows.size() == expected.rows.size(), "rows with deferred streams");
    for (std::size_t k = 0; k < found.rows.size(); ++k) {
      expect(found.rows[k].step == static_cast<std::int64_t>(k) &&
                 found.rows[k].total_energy == expected.rows[k].total_energy &&
                 found.frames[k].positions == expected.frames[k].positions,
             "sample " + std::to_string(k));
    }
  }
}

FUSEMD_KERNEL_CASE("a loop runs ahead of a sink that stalls by the ring, and no further") {
  constexpr std::uint64_t kMostSlots = 8;
  Recorder recorder;
  std::uint64_t most = 0;
  SmallRun run;
  const device::LaunchNumbers before = device::launch_numbers();
  recorder.at_row = [&] {
    // Launched, less the first forces and what has been handed on.
    const std::uint64_t launched = (device::launch_numbers() - before).kernels - 1;
    most = std::max(most, launched - (recorder.rows.size() - 1));
  };
  run.simulation.run(recorder);
  expect(most > 1, "the loop waits for every sample");
  expect(most <= kMostSlots, std::to_string(most) + " samples under way");
}

FUSEMD_KERNEL_CASE("a full disk ends the run, and what was written is right") {
  const WholeFiles whole;
  const TemporaryFolder folder;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  (void)std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = whole.trajectory.size() / 2;
  setrlimit(RLIMIT_FSIZE, &small);
  bool refused = false;
  try {
    FrameWriter writer({.log_path = folder.file("log"), .trajectory_path = folder.file("xyz")});
    SmallRun run;
    run.simulation.run(writer);
    writer.close();
  } catch (const OutputError&) {
    refused = true;
  }
  setrlimit(RLIMIT_FSIZE, &before);
  expect(refused, "a run with a full disk ends well");
  expect(whole.trajectory.starts_with(read_file(folder.file("xyz"))), "the trajectory so far");
  expect(whole.log.starts_with(read_file(folder.file("log"))), "the log so far");
}

/// Flushes at every tenth row, says through a pipe how long the files are, and dies at the 35th.
class MortalSink final : public SampleSink {
 public:
  MortalSink(FrameWriter& writer, int pipe) : writer_(writer), pipe_(pipe) {}

  void log(const LogRow& row) override {
    writer_.log(row);
    if (row.step % 10 == 0) {
      const FileSizes sizes = writer_.flush();
      if (write(pipe_, &sizes, sizeof sizes) != sizeof sizes) _exit(1);
    }
    if (row.step == 35) (void)raise(SIGKILL);
  }
  void frame(const Frame& frame) override { writer_.frame(frame); }

 private:
  FrameWriter& writer_;
  int pipe_;
};

FUSEMD_KERNEL_CASE("what a killed run has reported written is there") {
  const WholeFiles whole;
  const TemporaryFolder folder;
  int ends[2] = {};
  expect(pipe(ends) == 0, "pipe");
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    FrameWriter writer({.log_path = folder.file("log"), .trajectory_path = folder.file("xyz")});
    MortalSink sink(writer, ends[1]);
    SmallRun run;
    run.simulation.run(sink);
    _exit(0);
  }
  close(ends[1]);
  FileSizes reported, next;
  std::size_t reports = 0;
  while (read(ends[0], &next, sizeof next) == sizeof next) {
    reported = next;
    ++reports;
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child was killed");
  expect(reports == 4, std::to_string(reports) + " reports");
  const std::string log = read_file(folder.file("log"));
  const std::string trajectory = read_file(folder.file("xyz"));
  expect(log.size() >= static_cast<std::size_t>(reported.log) && whole.log.starts_with(log),
         "the log of a killed run");
  expect(trajectory.size() >= static_cast<std::size_t>(reported.trajectory) &&
             whole.trajectory.starts_with(trajectory),
         "the trajectory of a killed run");
  expect(reported.log > 0 && reported.trajectory > 0, "something was reported");
}

}  // namespace
}  // namespace fusemd::test
