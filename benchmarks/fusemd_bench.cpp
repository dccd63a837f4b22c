// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/commands.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/program.hpp"
#include "tools/usage_error.hpp"
#include "tools/version.hpp"
#include "weights/nearest_name.hpp"

namespace fusemd::benchmarks {
namespace {

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*function)(const std::vector<std::string>&);
};

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

std::string usage() {
  std::string text =
      "fusemd-bench: how fast fusemd is on this machine\n\n"
      "usage: fusemd-bench COMMAND [OPTIONS]\n\ncommands:\n";
  for (const Command& command : kCommands) {
    text += "  " + std::string(command.name) + std::string(10 - command.name.size(), ' ') +
            std::string(command.summary) + "\n";
  }
  return text +
         "\n  fusemd-bench COMMAND --help   options and examples of a command\n"
         "  fusemd-bench --version        version and commit\n";
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) throw UsageError("which command?\n\n" + usage());
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h" || first == "help") throw HelpRequested{usage()};
  if (first == "--version") {
    print_result("fusemd-bench " + std::string(version()) + " (" + commit() + ")\n");
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
      (near.empty() ? "fusemd-bench --help lists the commands" : "did you mean " + near + "?"));
}

}  // namespace
}  // namespace fusemd::benchmarks

int main(int argc, char* argv[]) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return fusemd::run_program("fusemd-bench",
                             [&] { return fusemd::benchmarks::dispatch(arguments); });
}
