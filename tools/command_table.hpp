// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fusemd {

/// One subcommand of a program. Takes the arguments behind its name and returns the exit code.
struct Command {
  std::string_view name;  ///< at most 9 letters
  std::string_view summary;
  int (*function)(const std::vector<std::string>&);
};

/// A program that consists of subcommands, and the words of its help.
struct CommandTable {
  std::string program;
  std::string purpose;     ///< behind "PROGRAM: "
  std::string help_shows;  ///< what PROGRAM COMMAND --help prints
  std::string example;     ///< a line to type; may be empty
  std::span<const Command> commands;
};

/// Calls the command that the first argument names, or prints the version.
/// Errors   HelpRequested; UsageError: no command or an unknown one, with the nearest name.
int dispatch(const CommandTable& table, const std::vector<std::string>& arguments);

}  // namespace fusemd
