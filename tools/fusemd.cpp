// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/program.hpp"
#include "tools/usage_error.hpp"
#include "tools/version.hpp"
#include "weights/nearest_name.hpp"

namespace fusemd {
namespace {

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*function)(const std::vector<std::string>&);
};

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

std::string usage() {
  std::string text =
      "fusemd: molecular dynamics with small neural-network potentials\n\n"
      "usage: fusemd COMMAND [OPTIONS]\n\ncommands:\n";
  for (const Command& command : kCommands) {
    text += "  " + std::string(command.name) + std::string(10 - command.name.size(), ' ') +
            std::string(command.summary) + "\n";
  }
  return text +
         "\n  fusemd COMMAND --help   options, units and examples of a command\n"
         "  fusemd --version        version and commit\n\n"
         "example:\n  fusemd run --model original --input examples/benzene.xyz --steps 20000\n";
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) throw UsageError("which command?\n\n" + usage());
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h" || first == "help") throw HelpRequested{usage()};
  if (first == "--version") {
    print_result("fusemd " + std::string(version()) + " (" + commit() + ")\n");
    return kOk;
  }
  for (const Command& command : kCommands) {
    if (first == command.name) return command.function({arguments.begin() + 1, arguments.end()});
  }

  std::array<std::string_view, kCommands.size()> names;
  std::transform(kCommands.begin(), kCommands.end(), names.begin(),
                 [](const Command& command) { return command.name; });
  const std::string near = nearest_name(first, names);
  throw UsageError(
      "there is no command \"" + first + "\"\n  hint:     " +
      (near.empty() ? "fusemd --help lists the commands" : "did you mean " + near + "?"));
}

}  // namespace
}  // namespace fusemd

int main(int argc, char* argv[]) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return fusemd::run_program("fusemd", [&] { return fusemd::dispatch(arguments); });
}
