// SPDX-License-Identifier: MIT
// Speed of the CPU engine: the tables of benchmarks/RESULTS.md.
//
//   fusemd_md_speed step [INSTRUCTION_SET [SECONDS]]
//       MD steps of benzene, also as steps/s per GF/s of the FMA peak that the core shows at the
//       same moment
//   fusemd_md_speed benzene|water [INSTRUCTION_SET [SECONDS]]
//       energy and forces of droplets of 12 to 5,000 atoms, cost a pair
//
// SECONDS are for each model.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include "benchmarks/speed_measure.hpp"

int main(int argc, char* argv[]) {
  using namespace fusemd;
  try {
    const std::string mode = argc > 1 ? argv[1] : "step";
    const cpu::Options options{.instruction_set = argc > 2 ? argv[2] : "auto"};
    const double seconds = argc > 3 ? std::atof(argv[3]) : 10.0;
    const std::string set(to_string(cpu::choose_instruction_set(options.instruction_set)));
    if (mode != "step" && mode != "benzene" && mode != "water") {
      throw std::invalid_argument("unknown mode " + mode + ": step, benzene or water");
    }
    if (mode == "step") {
      std::printf("benzene, NVE, 0.5 fs, one thread, %s\n\n", set.c_str());
      std::printf(
          "| model | steps/s best | median | us/step best | FMA peak GF/s | steps/s per GF/s, "
          "best | median | of peak |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    } else {
      std::printf("%s droplets, energy and forces, one thread, %s\n\n", mode.c_str(), set.c_str());
      std::printf(
          "| model | atoms | pairs | us | ns a pair | against 500 atoms | sorting into cells |\n"
          "| --- | --- | --- | --- | --- | --- | --- |\n");
    }
    for (const std::string model : {"original", "tiny", "ultra_tiny"}) {
      if (mode == "step") {
        benchmarks::measure_steps(model, options, seconds);
      } else {
        benchmarks::measure_sizes(model, mode, options, seconds);
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
