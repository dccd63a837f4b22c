// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace fusemd {

// Each subcommand takes the arguments behind its name, prints results and returns the exit code. It
// throws UsageError, InputError, DeviceError, OutputError and HelpRequested; fusemd.cpp turns them
// into text and exit codes.

int run_command(const std::vector<std::string>& arguments);
int eval_command(const std::vector<std::string>& arguments);
int relax_command(const std::vector<std::string>& arguments);
int train_command(const std::vector<std::string>& arguments);
int validate_command(const std::vector<std::string>& arguments);
int check_command(const std::vector<std::string>& arguments);
int export_command(const std::vector<std::string>& arguments);
int info_command(const std::vector<std::string>& arguments);
int import_command(const std::vector<std::string>& arguments);  // of fusemd-import
int devices_command(const std::vector<std::string>& arguments);

}  // namespace fusemd
