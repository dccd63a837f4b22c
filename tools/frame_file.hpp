// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "host/io/append_file.hpp"
#include "host/structure.hpp"

namespace fusemd {

/// Frames in extended XYZ format ("-": to standard output). A file appears under its name when it
/// is complete; until then it is a file of the same name with .part behind it, which goes if
/// something fails.
///
/// Errors   OutputError: it exists and may not be replaced, or cannot be written.
class FrameFile {
 public:
  FrameFile(const std::string& path, bool overwrite);
  ~FrameFile();
  FrameFile(const FrameFile&) = delete;
  FrameFile& operator=(const FrameFile&) = delete;

  void append(const Structure& structure);

  /// Gives the file its name.
  void finish();

 private:
  bool pipes() const { return path_ == "-"; }
  std::string part() const { return path_ + ".part"; }

  std::string path_;
  std::optional<AppendFile> file_;
  std::string text_;
};

}  // namespace fusemd
