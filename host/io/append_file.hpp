// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fusemd {

/// A file that grows at its end, without a buffer of its own: what append() was given has left the
/// process when it returns.
///
/// Errors   OutputError with the path and the system's reason (no space, no permission, a folder in
///          the way, a closed pipe). After one the file still ends where the last complete append()
///          ended; only a pipe or standard output may have got a part.
class AppendFile {
 public:
  /// Starts an empty file, over an old one if there is one. "-" is standard output.
  explicit AppendFile(const std::string& path) : AppendFile(path, {}) {}

  /// Goes on after the first `keep` bytes of an existing file; what stood behind them is cut off.
  AppendFile(const std::string& path, std::optional<std::int64_t> keep);

  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();  ///< closes, and never throws: close() before it if errors matter

  /// Writes all of `text`; interrupted and partial writes are continued.
  void append(std::string_view text);

  /// Returns once the data is on the disk (fsync); nothing to do for pipes and terminals.
  void sync();

  /// sync(), then close. Further calls do nothing.
  void close();

  const std::string& path() const { return path_; }
  /// Length of the file, with the part that was kept.
  std::int64_t size() const { return size_; }

 private:
  [[noreturn]] void fail(const char* action) const;

  std::string path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace fusemd
