// SPDX-License-Identifier: MIT
#pragma once

#include "host/cuda/device_model.hpp"
#include "kernels/block_loop.hpp"

namespace fusemd::cuda {

/// A model with filter tables as the resident kernels read it: views of its device memory.
BlockLoopModel block_loop_model(const DeviceModel& model);

}  // namespace fusemd::cuda
