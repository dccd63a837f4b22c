// SPDX-License-Identifier: MIT
#include "host/io/exchange_log.hpp"

#include "host/io/text.hpp"

namespace fusemd {

ExchangeLog::ExchangeLog(const std::string& path, std::optional<std::int64_t> keep)
    : rows_(path, kExchangeHeader, keep) {}

void ExchangeLog::add(std::span<const ExchangeRow> rows) {
  std::string text;
  for (const ExchangeRow& row : rows) {
    append_integer(text, row.step);
    text += ',';
    append_integer(text, row.replica);
    text += ',';
    append_real(text, row.temperature);
    text += ',';
    append_integer(text, row.rung);
    text += ',';
    append_integer(text, row.partner);
    text += row.accepted ? ",1," : ",0,";
    append_real(text, row.potential_energy);
    text += '\n';
  }
  rows_.add(text);
}

}  // namespace fusemd
