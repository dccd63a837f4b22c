// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fusemd {

/// The lines of a text file, a pipe or a string, one at a time, with their numbers for messages.
///
/// Takes LF and CRLF line ends, a UTF-8 byte order mark, and a last line without an end. Memory is
/// one block of 256 KiB, or the longest line if that is longer.
///
/// Errors   InputError: no such file, not readable, a directory, UTF-16, compressed, zero bytes in
///          it (binary), or a line longer than kLongestLine.
class LineReader {
 public:
  static constexpr std::size_t kLongestLine = std::size_t{1} << 22U;

  /// "-" is standard input.
  static LineReader open(const std::string& path);

  /// Reads `text` itself; `name` is what messages call it.
  static LineReader from_text(std::string text, std::string name);

  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&&) = delete;
  ~LineReader();

  /// Goes to the next line; false at the end of the file.
  bool next();

  /// The line without its end; good until the next call of next().
  std::string_view line() const { return line_; }
  /// 1-based number of the line; after the end: of the last line.
  long number() const { return number_; }
  const std::string& name() const { return name_; }

 private:
  LineReader(int descriptor, std::string text, std::string name);
  bool fill();
  void check_first_bytes();

  int descriptor_;  ///< -1: everything is in buffer_
  std::string name_;
  std::string buffer_;
  std::size_t begin_ = 0;  ///< unread bytes are buffer_[begin_, end_)
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::string_view line_;
  long number_ = 0;
};

}  // namespace fusemd
