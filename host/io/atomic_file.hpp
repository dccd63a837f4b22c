// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace fusemd {

/// Writes a whole file so that a reader, or the machine after a crash, finds the old one or the new
/// one and never a part: a temporary file in the same folder, fsync, rename, fsync of the folder.
///
/// A link at `path` is replaced by a file.
///
/// Errors   OutputError with the path and the system's reason; the old file is untouched then
/// (unless
///          the folder's fsync, the last act, failed) and no temporary file is left.
void write_file_atomically(const std::string& path, std::string_view text);

/// Returns once the names that were given in the folder are on the disk (fsync), as far as the file
/// system knows of such a thing.
///
/// Errors   OutputError with the folder and the system's reason.
void sync_folder(const std::string& folder);

}  // namespace fusemd
