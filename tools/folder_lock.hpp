// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace fusemd {

/// Keeps other runs out of a folder for as long as this object or the process lives. It is a lock
/// on the folder itself (flock): no file is left behind, however the process ends.
///
/// Errors   OutputError: another run has it, or the folder cannot be opened. Where a file system
///          has no locks, there is none.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace fusemd
