// SPDX-License-Identifier: MIT
#include "tools/folder_lock.hpp"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

#include "weights/error.hpp"

namespace fusemd {

FolderLock::FolderLock(const std::string& folder) {
  descriptor_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) {
    const int reason = errno;
    if (reason == EACCES) return;  // may be written and not read: nothing to lock by
    throw OutputError(folder + ": cannot open the folder: " + std::strerror(reason));
  }
  // A process that was killed holds its locks until the system has taken it apart.
  for (int attempt = 0; attempt < 20; ++attempt) {
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ::close(descriptor_);
  throw OutputError(folder +
                    ": another run is writing into this folder\n  hint:     wait for it or stop "
                    "it; --out FOLDER chooses another place");
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace fusemd
