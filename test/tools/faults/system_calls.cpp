// SPDX-License-Identifier: MIT
// Preloaded into a program (LD_PRELOAD): stands between it and the system's file calls and clocks.
//
//   FUSEMD_JOURNAL=FILE      every call that changes files is written down, one a line:
//                            number, name, descriptor or 0, path, argument, data in hexadecimal
//   FUSEMD_KILL_AT=N         the process is killed (SIGKILL) in place of the N-th such call
//   FUSEMD_DISK_BYTES=N      the disk is full after N more bytes: a last part is written, then
//   ENOSPC FUSEMD_CLOCK_JUMPS=1     the time of day jumps back and forth by a day at every look;
//   the steady
//                            clock jumps ahead by an hour now and then, as after a suspension
//
// Only files below the working folder's run (paths that are not absolute) count.

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <mutex>
#include <string>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

namespace {

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

constexpr int kMostDescriptors = 1024;
bool watched[kMostDescriptors];  // guarded by mutex
std::mutex mutex;
std::int64_t calls = 0;

std::int64_t number(const char* variable, std::int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::atoll(text) : otherwise;
}

using Write = ssize_t (*)(int, const void*, std::size_t);

/// Before a call: counts it, and kills the process if it is the one.
void count_call() {
  ++calls;
  if (calls == number("FUSEMD_KILL_AT", -1)) ::kill(::getpid(), SIGKILL);
}

/// After a call that succeeded.
void note(const char* name,
          int descriptor,
          const std::string& path,
          std::int64_t argument,
          const void* data = nullptr,
          std::size_t bytes = 0) {
  static const int journal = [] {
    const char* file = std::getenv("FUSEMD_JOURNAL");
    if (file == nullptr) return -1;
    return real<int (*)(const char*, int, ...)>("open")(file, O_WRONLY | O_CREAT | O_APPEND, 0666);
  }();
  if (journal < 0) return;
  std::string line = std::to_string(calls) + "\t" + name + "\t" + std::to_string(descriptor) +
                     "\t" + path + "\t" + std::to_string(argument) + "\t";
  for (std::size_t i = 0; i < bytes; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<const unsigned char*>(data)[i]);
    line += digits;
  }
  line += "\n";
  real<Write>("write")(journal, line.data(), line.size());
}

bool is_watched(int descriptor) {
  return descriptor >= 0 && descriptor < kMostDescriptors && watched[descriptor];
}

int opened(const char* path, int flags, mode_t mode) {
  static const auto open_file = real<int (*)(const char*, int, ...)>("open");
  const bool relative = path[0] != '/';
  const std::lock_guard lock(mutex);
  const bool changes = relative && (flags & (O_CREAT | O_TRUNC)) != 0;
  if (changes) count_call();
  const int descriptor = open_file(path, flags, mode);
  const bool counts = relative && (changes || (flags & (O_WRONLY | O_DIRECTORY)) != 0);
  if (descriptor >= 0 && descriptor < kMostDescriptors) watched[descriptor] = counts;
  if (descriptor >= 0 && counts) note("open", descriptor, path, flags);
  return descriptor;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return opened(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return opened(path, flags, mode);
}

int close(int descriptor) {
  const std::lock_guard lock(mutex);
  if (is_watched(descriptor)) {
    note("close", descriptor, "", 0);
    watched[descriptor] = false;
  }
  return real<int (*)(int)>("close")(descriptor);
}

ssize_t write(int descriptor, const void* data, std::size_t bytes) {
  static const auto write_data = real<Write>("write");
  const std::lock_guard lock(mutex);
  if (!is_watched(descriptor)) return write_data(descriptor, data, bytes);
  count_call();
  static std::int64_t left = number("FUSEMD_DISK_BYTES", -1);
  if (left == 0) {
    errno = ENOSPC;
    return -1;
  }
  if (left > 0 && bytes > static_cast<std::size_t>(left)) bytes = static_cast<std::size_t>(left);
  const ssize_t written = write_data(descriptor, data, bytes);
  if (written > 0 && left > 0) left -= written;
  if (written > 0) note("write", descriptor, "", 0, data, static_cast<std::size_t>(written));
  return written;
}

int fsync(int descriptor) {
  const std::lock_guard lock(mutex);
  if (!is_watched(descriptor)) return real<int (*)(int)>("fsync")(descriptor);
  count_call();
  const int result = real<int (*)(int)>("fsync")(descriptor);
  if (result == 0) note("fsync", descriptor, "", 0);
  return result;
}

int ftruncate(int descriptor, off_t length) noexcept {
  const std::lock_guard lock(mutex);
  if (!is_watched(descriptor)) return real<int (*)(int, off_t)>("ftruncate")(descriptor, length);
  count_call();
  const int result = real<int (*)(int, off_t)>("ftruncate")(descriptor, length);
  if (result == 0) note("ftruncate", descriptor, "", length);
  return result;
}

int rename(const char* from, const char* to) noexcept {
  const std::lock_guard lock(mutex);
  count_call();
  const int result = real<int (*)(const char*, const char*)>("rename")(from, to);
  if (result == 0) note("rename", 0, std::string(from) + "\t" + to, 0);
  return result;
}

int mkdir(const char* path, mode_t mode) noexcept {
  const std::lock_guard lock(mutex);
  if (path[0] != '/') count_call();
  const int result = real<int (*)(const char*, mode_t)>("mkdir")(path, mode);
  if (result == 0 && path[0] != '/') note("mkdir", 0, path, 0);
  return result;
}

int unlink(const char* path) noexcept {
  const std::lock_guard lock(mutex);
  if (path[0] != '/') count_call();
  const int result = real<int (*)(const char*)>("unlink")(path);
  if (result == 0 && path[0] != '/') note("unlink", 0, path, 0);
  return result;
}

int clock_gettime(clockid_t clock, struct timespec* time) noexcept {
  static const auto look = real<int (*)(clockid_t, struct timespec*)>("clock_gettime");
  const int result = look(clock, time);
  static const bool jumps = number("FUSEMD_CLOCK_JUMPS", 0) != 0;
  if (!jumps || result != 0) return result;
  static std::atomic<std::int64_t> looks{0};
  const std::int64_t n = ++looks;
  if (clock == CLOCK_REALTIME) time->tv_sec += n % 2 == 0 ? 86'400 : -86'400;
  if (clock == CLOCK_MONOTONIC) time->tv_sec += n / 500 * 3'600;
  return result;
}

}  // extern "C"
