// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "benchmarks/commands.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/io/extxyz_writer.hpp"
#include "host/io/frame_writer.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/text_format.hpp"

namespace fusemd::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kFrames = 20'000;
constexpr int kRepeats = 5;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Best and median of kRepeats runs of `action`, which handles kFrames frames of `bytes` in all.
template <typename Action>
void report(const char* what, double bytes, Action&& action) {
  std::array<double, kRepeats> wall{};
  for (double& seconds : wall) {
    const auto start = Clock::now();
    action();
    seconds = seconds_since(start);
  }
  std::sort(wall.begin(), wall.end());
  for (const auto& [name, seconds] :
       {std::pair{"best", wall.front()}, {"median", wall[kRepeats / 2]}}) {
    print_result(formatted("%-34s %-6s %8.2f us/frame %10.0f frames/s %7.1f MB/s\n", what, name,
                           1e6 * seconds / kFrames, kFrames / seconds, 1e-6 * bytes / seconds));
  }
}

}  // namespace

int files_command(const std::vector<std::string>& arguments) {
  std::string folder = ".";
  Options options("fusemd-bench files",
                  "How fast frames become text, reach a file through the writer thread, and are "
                  "read again: 20,000 frames of 12 atoms.");
  options.text("folder", folder, "DIR", "where about 60 MB are written, and removed");
  options.examples("Example:\n  fusemd-bench files --folder /tmp");
  options.parse(arguments);
  const std::string path = (std::filesystem::path(folder) / "fusemd-bench-trajectory.xyz").string();

  // Benzene in the middle of a run: every number has all its digits.
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  const std::vector<int> numbers = {6, 6, 6, 6, 6, 6, 1, 1, 1, 1, 1, 1};
  std::vector<Vec3> positions(12), velocities(12), forces(12);
  for (std::size_t i = 0; i < 12; ++i) {
    positions[i] = {normal(random), normal(random), normal(random)};
    velocities[i] = 0.01 * Vec3{normal(random), normal(random), normal(random)};
    forces[i] = {normal(random), normal(random), normal(random)};
  }
  Frame frame;
  frame.step = 123'450;
  frame.time = 61'725.0;
  frame.potential_energy = -431.123456789012;
  frame.kinetic_energy = 0.432109876543;
  frame.temperature = 301.234567890123;
  frame.atomic_numbers = numbers;
  frame.positions = positions;
  frame.velocities = velocities;
  frame.forces = forces;

  std::string text;
  append_extxyz(text, frame);
  const double bytes = static_cast<double>(text.size()) * kFrames;
  print_result(formatted("12 atoms, %zu bytes a frame, %d frames, %d repeats\n", text.size(),
                         kFrames, kRepeats));

  report("format", bytes, [&] {
    for (int k = 0; k < kFrames; ++k) {
      text.clear();
      append_extxyz(text, frame);
    }
  });
  report("thread, to the disk, with fsync", bytes, [&] {
    FrameWriter writer({.log_path = {}, .trajectory_path = path});
    for (int k = 0; k < kFrames; ++k) writer.frame(frame);
    writer.close();
  });
  {
    // What a simulation pays for a frame while the queue has room. The first rounds let both of the
    // queue's buffers grow.
    FrameWriter writer({.log_path = {}, .trajectory_path = "/dev/null"});
    double caller = 0.0;
    for (int round = 0; round < kRepeats; ++round) {
      const auto start = Clock::now();
      for (int k = 0; k < kFrames / 10; ++k) writer.frame(frame);
      caller = seconds_since(start);
      writer.flush();
    }
    print_result(formatted("%-34s %-6s %8.2f us/frame\n", "the caller's share, queue warm", "last",
                           10e6 * caller / kFrames));
  }
  report("read", bytes, [&] {
    ExtxyzReader reader = ExtxyzReader::open(path);
    while (reader.next()) {
    }
  });
  std::filesystem::remove(path);
  return kOk;
}

}  // namespace fusemd::benchmarks
