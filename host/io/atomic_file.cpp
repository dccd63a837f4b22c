// SPDX-License-Identifier: MIT
#include "host/io/atomic_file.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/io/append_file.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

/// Removes the temporary file unless it became the real one.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!kept_) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
};

[[noreturn]] void fail(const std::string& path, const std::string& action, int reason) {
  throw OutputError(path + ": cannot " + action + ": " + std::strerror(reason));
}

}  // namespace

void sync_folder(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // a folder that may be written but not read: nothing to be done
  const int result = ::fsync(descriptor);
  const int reason = errno;
  ::close(descriptor);
  if (result != 0 && reason != EINVAL && reason != ENOTSUP && reason != EROFS) {
    fail(folder, "put the folder's names on the disk", reason);
  }
}

void write_file_atomically(const std::string& path, std::string_view text) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    fail(path, "write the file", EISDIR);
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == path.npos ? "." : path.substr(0, slash + 1);
  const std::string file = slash == path.npos ? path : path.substr(slash + 1);
  // The number keeps two threads apart, the process id two processes.
  static std::atomic<unsigned> counter{0};
  TemporaryFile temporary((slash == path.npos ? "" : folder) + "." + file + "." +
                          std::to_string(::getpid()) + "." + std::to_string(counter++) + ".tmp");
  try {
    AppendFile out(temporary.path());
    out.append(text);
    out.close();
  } catch (const OutputError& error) {
    // The user knows the file by its final name; the reason follows the last colon.
    const std::string what = error.what();
    throw OutputError(path + ": cannot write the file:" + what.substr(what.rfind(':') + 1));
  }
  if (::rename(temporary.path().c_str(), path.c_str()) != 0) fail(path, "replace the file", errno);
  temporary.keep();
  sync_folder(folder);
}

}  // namespace fusemd
