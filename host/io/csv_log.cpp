// SPDX-License-Identifier: MIT
#include "host/io/csv_log.hpp"

#include "host/io/text.hpp"

namespace fusemd {

void append_log_row(std::string& text, const LogRow& row) {
  append_integer(text, row.step);
  text += ',';
  append_real(text, row.time);
  text += ',';
  append_integer(text, row.replica);
  for (const double value : {row.potential_energy, row.kinetic_energy, row.total_energy,
                             row.conserved_energy, row.temperature}) {
    text += ',';
    append_real(text, value);
  }
  text += '\n';
}

}  // namespace fusemd
