// SPDX-License-Identifier: MIT
#include "host/io/row_log.hpp"

namespace fusemd {
namespace {

constexpr std::chrono::milliseconds kLongestRest{500};
constexpr std::size_t kWriteBlock = std::size_t{1} << 16U;

}  // namespace

RowLog::RowLog(const std::string& path, std::string_view header, std::optional<std::int64_t> keep)
    : file_(path, keep) {
  if (file_.size() == 0) file_.append(header);
}

void RowLog::add(std::string_view rows) {
  text_ += rows;
  if (text_.size() >= kWriteBlock || std::chrono::steady_clock::now() - written_ >= kLongestRest) {
    write_out();
  }
}

void RowLog::write_out() {
  file_.append(text_);
  text_.clear();
  written_ = std::chrono::steady_clock::now();
}

std::int64_t RowLog::sync() {
  write_out();
  file_.sync();
  return file_.size();
}

}  // namespace fusemd
