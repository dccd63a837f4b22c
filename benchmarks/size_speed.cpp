// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include "benchmarks/clock.hpp"
#include "benchmarks/condensed.hpp"
#include "benchmarks/fma_peak.hpp"
#include "benchmarks/speed_measure.hpp"
#include "benchmarks/statistics.hpp"
#include "host/cpu/cell_order.hpp"
#include "host/model_path.hpp"
#include "tools/console.hpp"
#include "tools/text_format.hpp"
#include "weights/model_file.hpp"

namespace fusemd::benchmarks {
namespace {

constexpr std::array<std::size_t, 10> kSizes = {12, 24, 48, 96, 150, 200, 500, 1000, 2000, 5000};
constexpr std::size_t kReference = 6;  // the size that others are compared with

struct Case {
  Droplet droplet;
  double pairs = 0.0;
  std::unique_ptr<Evaluator> evaluator;
  std::vector<Vec3> forces;
  std::vector<double> seconds;  // a window's, for one evaluation
  double sorting = 0.0;         // seconds, best
};

/// Seconds of `repeats` calls, divided by them.
template <class Body>
double time_of(int repeats, const Body& body) {
  const double start = now();
  for (int k = 0; k < repeats; ++k) body();
  return (now() - start) / repeats;
}

}  // namespace

void measure_sizes(const std::string& name,
                   const std::string& liquid,
                   const cpu::Options& options,
                   double seconds) {
  const Model model = read_model(find_model(name));
  const auto potential = cpu::make_potential(model, options);
  const cpu::PackedModel<float> packed = cpu::pack_model<float>(model, {});
  std::vector<Case> cases;
  for (const std::size_t n : kSizes) {
    Case one;
    one.droplet = liquid == "water" ? water_droplet(n) : benzene_droplet(n);
    one.pairs = count_pairs(one.droplet.positions, model.config.cutoff);
    one.evaluator = potential->make_evaluator(one.droplet.atomic_numbers);
    one.forces.resize(one.droplet.positions.size());
    cpu::Workspace<float> work(packed, one.droplet.atomic_numbers);
    one.sorting = std::numeric_limits<double>::max();
    for (int k = 0; k < 20 && work.use_cells; ++k) {
      one.sorting =
          std::min(one.sorting, time_of(10, [&] {
                     cpu::sort_into_cells<float>(one.droplet.positions, model.config.cutoff, work);
                   }));
    }
    cases.push_back(std::move(one));
  }
  // Windows of about 10 ms, after one that makes room for the pairs.
  const auto evaluate = [](Case& one) {
    one.evaluator->compute(one.droplet.positions, one.forces);
  };
  for (Case& one : cases) one.seconds = {time_of(2, [&] { evaluate(one); })};
  for (const double start = now(); now() - start < seconds;) {
    for (Case& one : cases) {
      const int repeats = std::max(1, static_cast<int>(0.01 / one.seconds.back()));
      one.seconds.push_back(time_of(repeats, [&] { evaluate(one); }));
    }
  }
  const double reference = median(cases[kReference].seconds) / cases[kReference].pairs;
  for (const Case& one : cases) {
    const double time = median(one.seconds), a_pair = time / one.pairs;
    print_result(formatted("| %s | %zu | %.0f | %.1f | %.1f | %.2f | ", name.c_str(),
                           one.droplet.positions.size(), one.pairs, 1e6 * time, 1e9 * a_pair,
                           a_pair / reference));
    if (one.sorting < 1.0) {
      print_result(formatted("%.2f %% |\n", 100.0 * one.sorting / time));
    } else {
      print_result("all pairs |\n");
    }
  }
  flush_results();
}

}  // namespace fusemd::benchmarks
