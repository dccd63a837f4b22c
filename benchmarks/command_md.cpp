// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include "benchmarks/commands.hpp"
#include "benchmarks/speed_measure.hpp"
#include "host/model_path.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"

namespace fusemd::benchmarks {
namespace {

struct SpeedOptions {
  std::string model = "all", set = "auto";
  double seconds = 10.0;

  void declare(Options& options) {
    options.text("model", model, "MODEL", "a name or a path; all: every shipped model");
    options.choice("instruction-set", set, {"auto", "sse4", "avx2", "avx512"}, "of the CPU engine");
    options.number("seconds", seconds, {1e-3, 3600.0}, "s", "for each model");
  }

  std::vector<std::string> models() const {
    return model == "all" ? model_names() : std::vector{model};
  }

  cpu::Options engine() const { return {.instruction_set = set}; }
};

}  // namespace

int md_command(const std::vector<std::string>& arguments) {
  SpeedOptions speed;
  Options options("fusemd-bench md",
                  "Molecular dynamics of benzene at constant energy, 0.5 fs, one thread: steps/s, "
                  "and steps/s per GF/s of the FMA peak that the core shows at the same moment.");
  speed.declare(options);
  options.examples("Example:\n  taskset -c 1 fusemd-bench md --instruction-set avx2 --seconds 4");
  options.parse(arguments);
  const std::string set(to_string(cpu::choose_instruction_set(speed.set)));
  print_result("benzene, NVE, 0.5 fs, one thread, " + set +
               "\n\n"
               "| model | steps/s best | median | us/step best | FMA peak GF/s | steps/s per GF/s, "
               "best | median | of peak |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
  for (const std::string& model : speed.models()) {
    measure_steps(model, speed.engine(), speed.seconds);
  }
  return kOk;
}

int sizes_command(const std::vector<std::string>& arguments) {
  SpeedOptions speed;
  speed.seconds = 1.0;
  std::string liquid = "benzene";
  Options options("fusemd-bench sizes",
                  "Energy and forces of droplets of a liquid, 12 to 5,000 atoms, one thread: cost "
                  "a pair against that at 500 atoms.");
  options.choice("liquid", liquid, {"benzene", "water"}, "what the droplets are of");
  speed.declare(options);
  options.examples("Example:\n  taskset -c 1 fusemd-bench sizes --liquid water");
  options.parse(arguments);
  const std::string set(to_string(cpu::choose_instruction_set(speed.set)));
  print_result(
      liquid + " droplets, energy and forces, one thread, " + set +
      "\n\n"
      "| model | atoms | pairs | us | ns a pair | against 500 atoms | sorting into cells |\n"
      "| --- | --- | --- | --- | --- | --- | --- |\n");
  for (const std::string& model : speed.models()) {
    measure_sizes(model, liquid, speed.engine(), speed.seconds);
  }
  return kOk;
}

}  // namespace fusemd::benchmarks
