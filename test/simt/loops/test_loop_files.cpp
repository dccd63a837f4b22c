// SPDX-License-Identifier: MIT
// From the ring of samples to files, where something goes wrong on the way: a sink that stalls, a
// disk that is full, a process that is killed. On the executor only.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <semaphore>
#include <stop_token>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
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

/// Throws WrongValue unless `found` has the samples of `expected`, each once and in their order.
void expect_same_samples(const Recorder& found, const Recorder& expected, const std::string& name) {
  expect(found.rows.size() == expected.rows.size() && found.frames.size() == found.rows.size(),
         name + ": " + std::to_string(found.rows.size()) + " rows");
  for (std::size_t k = 0; k < found.rows.size(); ++k) {
    expect(found.rows[k].step == static_cast<std::int64_t>(k) &&
               found.frames[k].step == static_cast<std::int64_t>(k) &&
               found.rows[k].total_energy == expected.rows[k].total_energy &&
               found.frames[k].positions == expected.frames[k].positions,
           name + ": sample " + std::to_string(k));
  }
}

executor::Config deferred_streams(std::uint64_t seed) {
  executor::Config config = executor::config();
  config.streams = executor::StreamOrder::deferred;
  config.seed = seed;
  return config;
}

FUSEMD_KERNEL_CASE("samples come whole and in order, however streams run") {
  Recorder expected;
  SmallRun().simulation.run(expected);
  expect(expected.rows.size() == kSteps + 1, "rows");
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const executor::ScopedConfig scope(deferred_streams(seed));
    Recorder found;
    SmallRun().simulation.run(found);
    expect_same_samples(found, expected, "deferred streams");
  }
}

/// A sink that does not come back from a row until another thread, which looks on, lets it go.
class Stall {
 public:
  static constexpr auto kLooksOn = std::chrono::milliseconds(30);

  explicit Stall(const device::LaunchNumbers& before)
      : watcher_([this, before](const std::stop_token& end) {
          for (stalled_.acquire(); !end.stop_requested(); stalled_.acquire()) {
            const std::uint64_t at_first = (device::launch_numbers() - before).kernels;
            std::this_thread::sleep_for(kLooksOn);
            launched_ = (device::launch_numbers() - before).kernels;
            stood_still_ = stood_still_ && launched_ == at_first;
            released_.release();
          }
        }) {}
  ~Stall() {
    watcher_.request_stop();
    stalled_.release();
  }

  /// Returns when released: what has been launched by then.
  std::uint64_t hold() {
    stalled_.release();
    released_.acquire();
    return launched_;
  }
  bool stood_still() const { return stood_still_; }

 private:
  std::binary_semaphore stalled_{0}, released_{0};
  std::uint64_t launched_ = 0;
  bool stood_still_ = true;
  std::jthread watcher_;  // last: it uses the others
};

/// Stalls at every seventh row.
void stall_and_compare(const Recorder& expected, const std::string& name) {
  constexpr std::uint64_t kMostSlots = 8;
  Recorder recorder;
  SmallRun run;
  Stall stall(device::launch_numbers());
  const auto started = std::chrono::steady_clock::now();
  std::uint64_t most = 0;
  int stalls = 0;
  recorder.at_row = [&] {
    if (recorder.rows.back().step % 7 != 3) return;
    ++stalls;
    // Launched, less the first forces and what has been handed on before this row.
    most = std::max(most, stall.hold() - 1 - (recorder.rows.size() - 1));
  };
  run.simulation.run(recorder);
  expect(stalls == 6 && std::chrono::steady_clock::now() - started >= 6 * Stall::kLooksOn,
         name + ": the sink did not stall");
  expect(stall.stood_still(), name + ": launches while the sink stalls and the ring is full");
  expect(most == kMostSlots, name + ": " + std::to_string(most) + " samples under way, not " +
                                 std::to_string(kMostSlots));
  expect_same_samples(recorder, expected, name);
}

FUSEMD_KERNEL_CASE("a sink that stalls holds the loop up at the ring's end, and nothing is lost") {
  Recorder expected;
  SmallRun().simulation.run(expected);
  stall_and_compare(expected, "streams at once");
  const executor::ScopedConfig scope(deferred_streams(4));
  stall_and_compare(expected, "deferred streams");
}

/// Flushes once, at the tenth row: what has been reported written before the disk is full.
class FlushingSink final : public SampleSink {
 public:
  explicit FlushingSink(FrameWriter& writer) : writer_(writer) {}

  void log(const LogRow& row) override {
    writer_.log(row);
    if (row.step == 10) reported = writer_.flush();
  }
  void frame(const Frame& frame) override { writer_.frame(frame); }

  FileSizes reported;

 private:
  FrameWriter& writer_;
};

/// What was reported is there, nothing else is, and not all.
void expect_begins(const std::string& found,
                   const std::string& whole,
                   std::int64_t reported,
                   const std::string& name) {
  expect(reported > 0, name + ": nothing was reported");
  expect(found.size() >= static_cast<std::size_t>(reported),
         name + ": " + std::to_string(found.size()) + " of " + std::to_string(reported) +
             " bytes reported");
  expect(whole.starts_with(found), name + ": other bytes than of a whole run");
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
  FileSizes reported;
  try {
    FrameWriter writer({.log_path = folder.file("log"), .trajectory_path = folder.file("xyz")});
    FlushingSink sink(writer);
    SmallRun run;
    try {
      run.simulation.run(sink);
      writer.close();
    } catch (const OutputError&) {
      reported = sink.reported;
      throw;
    }
  } catch (const OutputError&) {
    refused = true;
  }
  setrlimit(RLIMIT_FSIZE, &before);
  expect(refused, "a run with a full disk ends well");
  expect_begins(read_file(folder.file("xyz")), whole.trajectory, reported.trajectory, "trajectory");
  expect_begins(read_file(folder.file("log")), whole.log, reported.log, "log");
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
  expect_begins(read_file(folder.file("xyz")), whole.trajectory, reported.trajectory, "trajectory");
  expect_begins(read_file(folder.file("log")), whole.log, reported.log, "log");
}

}  // namespace
}  // namespace fusemd::test
