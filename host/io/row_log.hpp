// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/io/append_file.hpp"

namespace fusemd {

/// A file of rows under a header, written in blocks: what is beside log.csv and trajectory.xyz.
///
/// Delay    rows are with the system at most half a second after the first call that follows.
/// Errors   OutputError, as AppendFile.
class RowLog {
 public:
  /// Starts a file with `header`, its line end included, or goes on after the first `keep` bytes of
  /// one.
  RowLog(const std::string& path, std::string_view header, std::optional<std::int64_t> keep);

  /// Adds rows, each with its line end.
  void add(std::string_view rows);

  /// Writes everything out; returns the file's length once it is on the disk.
  std::int64_t sync();

 private:
  void write_out();

  AppendFile file_;
  std::string text_;
  std::chrono::steady_clock::time_point written_ = std::chrono::steady_clock::now();
};

}  // namespace fusemd
