// SPDX-License-Identifier: MIT
#include <array>
#include <string>
#include <vector>

#include "tools/command_table.hpp"
#include "tools/commands.hpp"
#include "tools/program.hpp"

namespace fusemd {
namespace {

constexpr std::array kCommands = std::to_array<Command>({
    {"run", "molecular dynamics of one molecule or many replicas", run_command},
    {"eval", "energies and forces of the frames of a file", eval_command},
    {"relax", "minimum of the energy, and vibrations about it", relax_command},
    {"train", "learn a model from energies and forces", train_command},
    {"validate", "accuracy and physics of a model against labelled frames", validate_command},
    {"check", "compare a model with the reference frames inside it", check_command},
    {"export", "write a model for other programs", export_command},
    {"info", "what a model is, what it was trained on", info_command},
    {"devices", "what a calculation can run on", devices_command},
});

}  // namespace
}  // namespace fusemd

int main(int argc, char* argv[]) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const fusemd::CommandTable table{
      .program = "fusemd",
      .purpose = "molecular dynamics with small neural-network potentials",
      .help_shows = "options, units and examples of a command",
      .example = "fusemd run --model original --input examples/benzene.xyz --steps 20000",
      .commands = fusemd::kCommands};
  return fusemd::run_program(table.program, [&] { return fusemd::dispatch(table, arguments); });
}
