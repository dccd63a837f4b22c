// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace fusemd::benchmarks {

// The commands of fusemd-bench; each takes the arguments behind its name, prints results and
// returns the exit code, like those of fusemd (tools/commands.hpp).

int report_command(const std::vector<std::string>& arguments);
int micro_command(const std::vector<std::string>& arguments);
int md_command(const std::vector<std::string>& arguments);
int sizes_command(const std::vector<std::string>& arguments);
int train_command(const std::vector<std::string>& arguments);
int worker_command(const std::vector<std::string>& arguments);
int files_command(const std::vector<std::string>& arguments);

}  // namespace fusemd::benchmarks
