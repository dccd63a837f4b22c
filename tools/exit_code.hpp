// SPDX-License-Identifier: MIT
#pragma once

namespace fusemd {

/// What the program ends with; docs/command-line.md explains each to users.
enum ExitCode : int {
  kOk = 0,
  kInternalError = 1,
  kUsage = 2,          ///< a flag or an argument is wrong
  kBadInput = 3,       ///< InputError: a file, or a value in one, is wrong
  kNoDevice = 4,       ///< DeviceError, or out of memory
  kDiverged = 5,       ///< a replica left the finite numbers or a limit
  kCheckFailed = 6,    ///< `fusemd check` missed a threshold
  kCannotWrite = 7,    ///< OutputError
  kInterrupted = 130,  ///< SIGINT, everything up to the last step written
  kTerminated = 143,   ///< SIGTERM, likewise
};

}  // namespace fusemd
