// SPDX-License-Identifier: MIT
// Training steps (packing, gradient, clipping, Adam, average) in the figure of
// benchmarks/RESULTS.md: frames/s per GF/s of the FMA peak that the core shows. Windows of 0.1 s of
// training and 1 ms of peak alternate; medians of the windows, largest peak. With two threads or
// more the peak is that of one core, so figures compare directly.
//
//   fusemd_train_speed [FRAMES.xyz [SECONDS [THREADS [INSTRUCTION_SET [MODEL [KNOTS [BATCH]]]]]]]
//
// Without a file, or with "-": the examples' molecules, rattled. Labels do not matter for speed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <string>
#include <sys/resource.h>
#include <time.h>
#include <vector>

#include "benchmarks/fma_peak.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/train/gradient.hpp"
#include "host/train/optimizer.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

/// Seconds: of the processor with one thread, so that other programs on the machine count less,
/// else of the wall.
double now(std::size_t threads) {
  timespec time{};
  clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::vector<Structure> frames_of_examples() {
  std::vector<Structure> frames;
  std::mt19937 random(1);
  std::uniform_real_distribution<double> shift(-0.05, 0.05);
  for (int copy = 0; copy < 100; ++copy) {
    for (const char* name :
         {"water", "methane", "ethanol", "benzene", "aspirin", "alanine_dipeptide"}) {
      Structure frame =
          read_extxyz(std::string(FUSEMD_SOURCE_DIR) + "/examples/" + name + ".xyz").front();
      for (Vec3& r : frame.positions) r += {shift(random), shift(random), shift(random)};
      frames.push_back(std::move(frame));
    }
  }
  return frames;
}

struct Setting {
  std::size_t knots, batch;
};

void measure(const std::string& name,
             const std::vector<Structure>& structures,
             const Setting& setting,
             double seconds,
             std::size_t threads,
             cpu::InstructionSet set) {
  const Model model = read_model(std::string(FUSEMD_SOURCE_DIR) + "/weights/" + name + ".json");
  const train::ParameterLayout layout(model.config, model.elements);
  std::vector<train::Frame> frames;
  double atoms = 0.0, pairs = 0.0;
  for (const Structure& structure : structures) {
    Structure labelled = structure;
    if (!labelled.energy) labelled.energy = 0.0;
    if (!labelled.forces) labelled.forces.emplace(structure.size());
    frames.push_back(train::make_frame(labelled, layout, model.reference_energies));
    atoms += static_cast<double>(frames.back().size());
    pairs += static_cast<double>(frames.back().pairs());
  }
  train::Gradient<float> gradient(
      layout, radial_basis(model),
      {.knots = setting.knots, .instruction_set = set, .threads = threads});
  const auto optimizer = train::make_optimizer("adam", layout, set);
  cpu::AlignedBuffer<float> parameters(layout.size), slope(layout.size);
  layout.gather(model, std::span<float>(parameters.data(), layout.size));
  optimizer->reset(parameters.data());

  std::mt19937 random(2);
  std::vector<const train::Frame*> batch(setting.batch);
  const auto step = [&] {
    for (auto& frame : batch) frame = &frames[random() % frames.size()];
    gradient.compute(parameters.data(), batch, slope.data());
    optimizer->step(parameters.data(), slope.data(), 1e-6);
  };
  for (int k = 0; k < 3; ++k) step();
  std::vector<double> rates, peaks;
  for (const double start = now(threads); now(threads) - start < seconds;) {
    const double before = measure_fma_peak(set);
    const double window = now(threads);
    double done = 0.0;
    while (now(threads) - window < 0.1) {
      step();
      done += static_cast<double>(setting.batch);
    }
    const double rate = done / (now(threads) - window);
    const double peak = std::max(before, measure_fma_peak(set));
    rates.push_back(rate);
    peaks.push_back(peak);
  }
  const auto median = [](std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                     values.end());
    return values[values.size() / 2];
  };
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto n = static_cast<double>(frames.size());
  const double peak = *std::max_element(peaks.begin(), peaks.end());
  std::printf("| %s | %zu | %zu | %.1f, %.1f | %.0f | %.0f | %.0f | %.2f | %ld |\n", name.c_str(),
              setting.knots, setting.batch, atoms / n, pairs / n, median(rates),
              *std::max_element(rates.begin(), rates.end()), peak, median(rates) / peak,
              usage.ru_maxrss / 1024);
  std::fflush(stdout);
}

}  // namespace
}  // namespace fusemd::benchmarks

int main(int argc, char* argv[]) {
  using namespace fusemd;
  try {
    const std::vector<Structure> structures = argc > 1 && std::string(argv[1]) != "-"
                                                  ? read_extxyz(argv[1])
                                                  : benchmarks::frames_of_examples();
    const double seconds = argc > 2 ? std::atof(argv[2]) : 3.0;
    const auto threads = static_cast<std::size_t>(argc > 3 ? std::atoi(argv[3]) : 1);
    const cpu::InstructionSet set = cpu::choose_instruction_set(argc > 4 ? argv[4] : "auto");
    std::printf("training steps, %zu thread(s), %s\n\n", threads,
                std::string(to_string(set)).c_str());
    std::printf(
        "| model | knots | batch | atoms, pairs a frame | frames/s median | best | FMA peak GF/s | "
        "frames/s per GF/s, median | MB |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    const std::vector<std::string> names =
        argc > 5 ? std::vector<std::string>{argv[5]}
                 : std::vector<std::string>{"original", "tiny", "ultra_tiny"};
    std::vector<benchmarks::Setting> settings = {{0, 8}, {0, 32}, {256, 8}, {256, 32}};
    if (argc > 7) settings = {{std::stoul(argv[6]), std::stoul(argv[7])}};
    for (const std::string& name : names) {
      for (const benchmarks::Setting& setting : settings) {
        benchmarks::measure(name, structures, setting, seconds, threads, set);
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
