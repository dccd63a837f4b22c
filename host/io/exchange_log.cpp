// SPDX-License-Identifier: MIT
#include "host/io/exchange_log.hpp"

#include "host/io/text.hpp"

namespace fusemd {
namespace {

constexpr std::chrono::milliseconds kLongestRest{500};
constexpr std::size_t kWriteBlock = std::size_t{1} << 16U;

}  // namespace

ExchangeLog::ExchangeLog(const std::string& path, std::optional<std::int64_t> keep)
    : file_(path, keep) {
  if (file_.size() == 0) file_.append(kExchangeHeader);
}

void ExchangeLog::add(std::span<const ExchangeRow> rows) {
  for (const ExchangeRow& row : rows) {
    append_integer(text_, row.step);
    text_ += ',';
    append_integer(text_, row.replica);
    text_ += ',';
    append_real(text_, row.temperature);
    text_ += ',';
    append_integer(text_, row.rung);
    text_ += ',';
    append_integer(text_, row.partner);
    text_ += row.accepted ? ",1," : ",0,";
    append_real(text_, row.potential_energy);
    text_ += '\n';
  }
  if (text_.size() >= kWriteBlock || std::chrono::steady_clock::now() - written_ >= kLongestRest) {
    write_out();
  }
}

void ExchangeLog::write_out() {
  file_.append(text_);
  text_.clear();
  written_ = std::chrono::steady_clock::now();
}

std::int64_t ExchangeLog::sync() {
  write_out();
  file_.sync();
  return file_.size();
}

}  // namespace fusemd
