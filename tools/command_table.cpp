// SPDX-License-Identifier: MIT
#include "tools/command_table.hpp"

#include "tools/build_id.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/usage_error.hpp"
#include "tools/version.hpp"
#include "weights/nearest_name.hpp"

namespace fusemd {
namespace {

std::string usage(const CommandTable& table) {
  const std::string& program = table.program;
  std::string text = program + ": " + table.purpose + "\n\nusage: " + program +
                     " COMMAND [OPTIONS]\n\ncommands:\n";
  for (const Command& command : table.commands) {
    text += "  " + std::string(command.name) + std::string(10 - command.name.size(), ' ') +
            std::string(command.summary) + "\n";
  }
  text += "\n  " + program + " COMMAND --help   " + table.help_shows + "\n  " + program +
          " --version        version, commit and build\n";
  return table.example.empty() ? text : text + "\nexample:\n  " + table.example + "\n";
}

}  // namespace

int dispatch(const CommandTable& table, const std::vector<std::string>& arguments) {
  if (arguments.empty()) throw UsageError("which command?\n\n" + usage(table));
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h" || first == "help") throw HelpRequested{usage(table)};
  if (first == "--version") {
    print_result(table.program + " " + std::string(version()) + " (" + commit() + ", build " +
                 build_id() + ")\n");
    return kOk;
  }
  std::vector<std::string_view> names;
  for (const Command& command : table.commands) {
    if (first == command.name) return command.function({arguments.begin() + 1, arguments.end()});
    names.push_back(command.name);
  }
  const std::string near = nearest_name(first, names);
  throw UsageError(
      "there is no command \"" + first + "\"\n  hint:     " +
      (near.empty() ? table.program + " --help lists the commands" : "did you mean " + near + "?"));
}

}  // namespace fusemd
