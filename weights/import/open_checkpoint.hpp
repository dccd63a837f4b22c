// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "weights/import/checkpoint.hpp"

namespace fusemd::checkpoint {

/// A format of checkpoints, and whether this build reads it.
struct Format {
  std::string name;     ///< "PyTorch (.pt, .pth)"
  std::string missing;  ///< the library that the build lacked; empty: it is read
};

/// All formats, in the order of the documentation.
std::vector<Format> formats();

/// Reads a checkpoint of any format that this build knows; the first bytes tell which it is.
///
/// Errors   InputError naming the file: not readable, larger than 2 GiB, of no known format or one
///          that the build left out, and whatever the format's reader refuses.
Checkpoint open_checkpoint(const std::string& path);

/// The same for bytes in memory; messages have no file.
Checkpoint parse_checkpoint(std::vector<std::byte> bytes);

}  // namespace fusemd::checkpoint
