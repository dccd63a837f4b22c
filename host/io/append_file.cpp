// SPDX-License-Identifier: MIT
#include "host/io/append_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "weights/error.hpp"

namespace fusemd {

AppendFile::AppendFile(const std::string& path, std::optional<std::int64_t> keep) : path_(path) {
  if (path == "-") {
    descriptor_ = STDOUT_FILENO;
    return;
  }
  const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | (keep ? 0 : O_CREAT | O_TRUNC);
  do {
    descriptor_ = ::open(path.c_str(), flags, 0666);
  } while (descriptor_ < 0 && errno == EINTR);
  if (descriptor_ < 0) fail(keep ? "cannot go on with" : "cannot create");
  if (!keep) return;

  struct stat status = {};
  if (::fstat(descriptor_, &status) != 0 || status.st_size < *keep) {
    ::close(std::exchange(descriptor_, -1));
    throw OutputError(path_ + ": cannot go on after byte " + std::to_string(*keep) +
                      ": the file is shorter (" + std::to_string(status.st_size) + " bytes)");
  }
  if (::ftruncate(descriptor_, *keep) != 0) {
    const int reason = errno;
    ::close(std::exchange(descriptor_, -1));
    errno = reason;
    fail("cannot shorten");
  }
  size_ = *keep;
}

AppendFile::~AppendFile() {
  if (descriptor_ >= 0 && descriptor_ != STDOUT_FILENO) ::close(descriptor_);
}

void AppendFile::fail(const char* action) const {
  const char* reason = std::strerror(errno);
  throw OutputError((path_ == "-" ? "standard output" : path_) + ": " + action +
                    " the file: " + reason);
}

void AppendFile::append(std::string_view text) {
  if (descriptor_ < 0) throw OutputError(path_ + ": the file is closed");
  const std::int64_t before = size_;
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      size_ += written;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Standard output may be a pipe that another program has set to non-blocking.
      pollfd wait = {descriptor_, POLLOUT, 0};
      ::poll(&wait, 1, 1000);
    } else if (errno != EINTR) {
      const int reason = errno;
      // A half-written frame helps nobody. What cannot be shortened (a pipe) stays as it is.
      if (descriptor_ != STDOUT_FILENO && ::ftruncate(descriptor_, before) == 0) size_ = before;
      errno = reason;
      fail("cannot write to");
    }
  }
}

void AppendFile::sync() {
  if (descriptor_ < 0) return;
  int result = 0;
  do {
    result = ::fsync(descriptor_);
  } while (result != 0 && errno == EINTR);
  // EINVAL and ENOTSUP: a pipe, a terminal or a file system that has nothing to wait for.
  if (result != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS) fail("cannot finish");
}

void AppendFile::close() {
  if (descriptor_ < 0) return;
  sync();
  const int descriptor = std::exchange(descriptor_, -1);
  // Some network file systems report lost data only here. EINTR still closes on Linux.
  if (descriptor != STDOUT_FILENO && ::close(descriptor) != 0 && errno != EINTR) {
    fail("cannot close");
  }
}

}  // namespace fusemd
