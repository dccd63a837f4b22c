// SPDX-License-Identifier: MIT
// fusemd-import: a trained checkpoint of the student architecture becomes a model file.
#include <string>
#include <vector>

#include "tools/commands.hpp"
#include "tools/program.hpp"

int main(int argc, char* argv[]) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return fusemd::run_program("fusemd-import", [&] { return fusemd::import_command(arguments); });
}
