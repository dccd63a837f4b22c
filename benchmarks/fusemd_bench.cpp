// SPDX-License-Identifier: MIT
#include <array>
#include <string>
#include <vector>

#include "benchmarks/commands.hpp"
#include "tools/command_table.hpp"
#include "tools/program.hpp"

namespace fusemd::benchmarks {
namespace {

constexpr std::array kCommands = std::to_array<Command>({
    {"report", "latency, dynamics, memory, batches and scaling of all models, as a page",
     report_command},
    {"micro", "every stage and kernel alone, against a predicted floor or a baseline",
     micro_command},
    {"md", "steps of molecular dynamics, also per GF/s of the core's peak", md_command},
    {"sizes", "energies and forces of droplets of 12 to 5,000 atoms", sizes_command},
    {"train", "training steps", train_command},
    {"worker", "answers benchmarks/peers/run.py", worker_command},
    {"files", "trajectories as text: formatted, written, read", files_command},
});

}  // namespace
}  // namespace fusemd::benchmarks

int main(int argc, char* argv[]) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const fusemd::CommandTable table{.program = "fusemd-bench",
                                   .purpose = "how fast fusemd is on this machine",
                                   .help_shows = "options and examples of a command",
                                   .example = "",
                                   .commands = fusemd::benchmarks::kCommands};
  return fusemd::run_program(table.program, [&] { return fusemd::dispatch(table, arguments); });
}
