// SPDX-License-Identifier: MIT
#include "host/io/line_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "host/io/text.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 18U;

[[noreturn]] void refuse_binary(const std::string& name,
                                long line,
                                std::string found,
                                std::string hint) {
  throw InputError({.file = name,
                    .line = line,
                    .problem = "this is not a text file",
                    .expected = "plain text, ASCII or UTF-8",
                    .found = std::move(found),
                    .hint = std::move(hint)});
}

}  // namespace

LineReader LineReader::open(const std::string& path) {
  if (path == "-") return {STDIN_FILENO, {}, path};
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    throw InputError({.file = path,
                      .problem = "cannot open the file",
                      .expected = "a readable file, or - for standard input",
                      .found = std::strerror(errno),
                      .hint = missing ? "check the spelling and the folder you are in" : ""});
  }
  LineReader reader(descriptor, {}, path);  // owns the descriptor from here on
  struct stat status = {};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    throw InputError({.file = path,
                      .problem = "this is a folder",
                      .expected = "a file",
                      .hint = "name a file in it"});
  }
  return reader;
}

LineReader LineReader::from_text(std::string text, std::string name) {
  return {-1, std::move(text), std::move(name)};
}

LineReader::LineReader(int descriptor, std::string text, std::string name)
    : descriptor_(descriptor),
      name_(std::move(name)),
      buffer_(std::move(text)),
      end_(buffer_.size()),
      at_end_(descriptor < 0) {}

LineReader::LineReader(LineReader&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      name_(std::move(other.name_)),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      end_(other.end_),
      at_end_(other.at_end_),
      number_(other.number_) {}  // line_ may point into a short buffer that moved: not kept

LineReader::~LineReader() {
  if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
}

/// Reads once more behind the unread bytes; false at the end of the file.
bool LineReader::fill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < kBlock / 2) buffer_.resize(std::max(kBlock, 2 * buffer_.size()));
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    throw InputError({.file = name_,
                      .line = number_,
                      .problem = "cannot read the file",
                      .found = std::strerror(errno)});
  }
  at_end_ = got == 0;
  end_ += static_cast<std::size_t>(got);
  return got > 0;
}

/// Skips a UTF-8 byte order mark and names the common kinds of file that are not text.
void LineReader::check_first_bytes() {
  while (end_ - begin_ < 4 && fill()) {
  }
  const std::string_view head(buffer_.data() + begin_, std::min<std::size_t>(4, end_ - begin_));
  using namespace std::string_view_literals;
  if (head.starts_with("\xef\xbb\xbf"sv)) {
    begin_ += 3;
  } else if (head.starts_with("\xff\xfe"sv) || head.starts_with("\xfe\xff"sv)) {
    refuse_binary(name_, 1, "UTF-16", "convert it: iconv -f UTF-16 -t UTF-8 FILE");
  } else if (head.starts_with("\x1f\x8b"sv) || head.starts_with("BZh"sv) ||
             head.starts_with("\x28\xb5\x2f\xfd"sv) || head.starts_with("\xfd\x37zX"sv)) {
    refuse_binary(name_, 1, "a compressed file",
                  "decompress it first, or pipe it: zcat FILE | ... -");
  }
}

bool LineReader::next() {
  if (number_ == 0) check_first_bytes();
  std::size_t searched = 0;  // bytes of the line known to hold no line end
  const char* newline = nullptr;
  for (;;) {
    const std::size_t unread = end_ - begin_;
    if (unread > searched) {
      newline = static_cast<const char*>(
          std::memchr(buffer_.data() + begin_ + searched, '\n', unread - searched));
    }
    if (newline != nullptr || unread > kLongestLine || at_end_) break;
    searched = unread;
    fill();
  }
  if (end_ == begin_) return false;
  const char* const first = buffer_.data() + begin_;
  const std::size_t length =
      newline != nullptr ? static_cast<std::size_t>(newline - first) : end_ - begin_;
  ++number_;
  if (length > kLongestLine) {
    throw InputError({.file = name_,
                      .line = number_,
                      .problem = "the line is too long",
                      .expected = "at most 4 MiB in one line",
                      .found = shown({first, 40})});
  }
  line_ = {first, length};
  begin_ += newline != nullptr ? length + 1 : length;
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  if (std::memchr(line_.data(), '\0', line_.size()) != nullptr) {
    refuse_binary(name_, number_, "bytes of value zero",
                  "binary data, or text in UTF-16: save it as UTF-8");
  }
  return true;
}

}  // namespace fusemd
