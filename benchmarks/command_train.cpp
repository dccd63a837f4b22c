// SPDX-License-Identifier: MIT
#include <algorithm>
#include <random>
#include <string>
#include <sys/resource.h>
#include <time.h>
#include <vector>

#include "benchmarks/commands.hpp"
#include "benchmarks/condensed.hpp"
#include "benchmarks/fma_peak.hpp"
#include "benchmarks/statistics.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/model_path.hpp"
#include "host/train/gradient.hpp"
#include "host/train/optimizer.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/text_format.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

/// Seconds: of the processor with one thread, so that other programs on the machine count less,
/// else of the wall.
double time_of(std::size_t threads) {
  timespec time{};
  clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// A hundred of each, every one moved a little.
std::vector<Structure> rattled_molecules() {
  std::vector<Structure> frames;
  for (std::uint64_t copy = 0; copy < 100; ++copy) {
    for (const Droplet& droplet :
         {water_droplet(3), water_droplet(9), benzene_droplet(12), benzene_droplet(24)}) {
      const Droplet moved = rattled(droplet, copy + 1);
      frames.push_back({.atomic_numbers = moved.atomic_numbers, .positions = moved.positions});
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
  const Model model = read_model(find_model(name));
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
  for (const double start = time_of(threads); time_of(threads) - start < seconds;) {
    const double before = measure_fma_peak(set);
    const double window = time_of(threads);
    double done = 0.0;
    while (time_of(threads) - window < 0.1) {
      step();
      done += static_cast<double>(setting.batch);
    }
    const double rate = done / (time_of(threads) - window);
    const double peak = std::max(before, measure_fma_peak(set));
    rates.push_back(rate);
    peaks.push_back(peak);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto n = static_cast<double>(frames.size());
  const double peak = *std::max_element(peaks.begin(), peaks.end());
  print_result(formatted("| %s | %zu | %zu | %.1f, %.1f | %.0f | %.0f | %.0f | %.2f | %ld |\n",
                         name.c_str(), setting.knots, setting.batch, atoms / n, pairs / n,
                         median(rates), *std::max_element(rates.begin(), rates.end()), peak,
                         median(rates) / peak, usage.ru_maxrss / 1024));
  flush_results();
}

}  // namespace
int train_command(const std::vector<std::string>& arguments) {
  std::string data, model = "all", set_name = "auto";
  std::vector<double> knots = {0, 256}, batches = {8, 32};
  std::int64_t threads = 1;
  double seconds = 3.0;
  Options options("fusemd-bench train",
                  "Training steps (packing, gradient, clipping, Adam, average) of frames a second, "
                  "also per GF/s of the FMA peak of one core. One thread is timed by processor "
                  "time, so that other programs count less.");
  options.text("data", data, "FILE",
               "frames; else the example molecules, rattled: labels do not matter for speed");
  options.text("model", model, "MODEL", "a name or a path; all: every shipped model");
  options.choice("instruction-set", set_name, {"auto", "sse4", "avx2", "avx512"}, "of the engine");
  options.numbers("knots", knots, {0, 8192}, "", "of the filters; 0: exact");
  options.numbers("batch", batches, {1, 4096}, "", "frames of a step");
  options.integer("threads", threads, {1, 1024}, "over frames");
  options.number("seconds", seconds, {1e-3, 3600.0}, "s", "for each line");
  options.examples("Example:\n  fusemd-bench train --data train.xyz --model tiny --knots 256");
  options.parse(arguments);
  const std::vector<Structure> structures = data.empty() ? rattled_molecules() : read_extxyz(data);
  const cpu::InstructionSet set = cpu::choose_instruction_set(set_name);
  print_result(formatted(
      "training steps, %lld thread(s), %s\n\n"
      "| model | knots | batch | atoms, pairs a frame | frames/s median | best | FMA peak GF/s | "
      "frames/s per GF/s, median | MB |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
      static_cast<long long>(threads), std::string(to_string(set)).c_str()));
  for (const std::string& name : model == "all" ? model_names() : std::vector{model}) {
    for (const double k : knots) {
      for (const double batch : batches) {
        measure(name, structures, {static_cast<std::size_t>(k), static_cast<std::size_t>(batch)},
                seconds, static_cast<std::size_t>(threads), set);
      }
    }
  }
  return kOk;
}

}  // namespace fusemd::benchmarks
