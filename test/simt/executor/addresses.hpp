// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>

#include "test/simt/executor/runtime.hpp"

namespace fusemd::executor {

/// What an access by the running thread meets.
enum class Region {
  own_stack,       ///< local memory and registers
  shared,          ///< inside one object of the own block's shared memory
  device,          ///< inside one live device buffer
  parameters,      ///< the kernel's parameters, or a constant of the program: read only
  shared_outside,  ///< the own block's shared memory, but not inside one object
  device_outside,  ///< where device buffers lie, but not inside a live one
  foreign,         ///< host memory, another thread's stack, another block's shared memory
};

[[nodiscard]] Region classify(const void* address, std::size_t bytes);

/// The fault that an access to this region is, if it is one.
[[nodiscard]] bool is_fault(Region region, bool write, Fault& fault);

/// The address in words, for reports: "4 bytes past the end of shared tile (512 bytes)".
[[nodiscard]] std::string describe_address(const void* address);

}  // namespace fusemd::executor
