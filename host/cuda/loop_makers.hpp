// SPDX-License-Identifier: MIT
#pragma once

#include "host/cuda/device_simulation.hpp"
#include "host/cuda/loop_planner.hpp"

namespace fusemd::cuda {

/// How loops of a shape are made. Needs a shape without an obstacle, and not the host's.
LoopMaker loop_maker(LoopShape shape);

}  // namespace fusemd::cuda
