// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "host/io/row_log.hpp"
#include "host/md/replica_exchange.hpp"

namespace fusemd {

/// First line of exchange.csv, with its line end.
inline constexpr std::string_view kExchangeHeader =
    "step,replica,temperature_K,rung_before,partner,accepted,potential_energy_eV\n";

/// exchange.csv: a row for each replica at each attempt, which is its walk through the
/// temperatures. partner is -1 and accepted 0 where none was offered.
///
/// Delay, errors   as RowLog.
class ExchangeLog {
 public:
  /// Starts a file, or goes on after the first `keep` bytes of one.
  ExchangeLog(const std::string& path, std::optional<std::int64_t> keep);

  void add(std::span<const ExchangeRow> rows);

  /// Writes everything out; returns the file's length once it is on the disk.
  std::int64_t sync() { return rows_.sync(); }

 private:
  RowLog rows_;
};

}  // namespace fusemd
