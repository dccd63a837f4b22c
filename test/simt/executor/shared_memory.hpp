// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "test/simt/executor/runtime.hpp"

namespace fusemd::executor {

/// Gives a block its shared memory; it holds no object yet.
void start_shared_memory(Block& block);
void end_shared_memory(Block& block);

/// Adds a finding for the first object beside which bytes were overwritten.
void check_shared_red_zones(const Block& block, std::vector<Finding>& findings);

}  // namespace fusemd::executor
