// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "host/io/csv_log.hpp"
#include "test/support/catch.hpp"

namespace fusemd {
namespace {

TEST_CASE("a row is written as documented, one value for each column of the header") {
  LogRow row;
  row.step = 200;
  row.time = 100.0;
  row.replica = 3;
  row.potential_energy = -12.25;
  row.kinetic_energy = 0.1;
  row.total_energy = -12.15;
  row.conserved_energy = 1e-9;
  row.temperature = 300.0;
  std::string text(kLogHeader);
  append_log_row(text, row);
  CHECK(text ==
        "step,time_fs,replica,potential_energy_eV,kinetic_energy_eV,total_energy_eV,"
        "conserved_energy_eV,temperature_K\n"
        "200,100.0,3,-12.25,0.1,-12.15,1e-09,300.0\n");
}

TEST_CASE("the columns' values come back as the same doubles") {
  LogRow row;
  row.potential_energy = -6316.123456789012345;
  row.kinetic_energy = 1.0 / 3.0;
  row.temperature = 5e-324;
  std::string text;
  append_log_row(text, row);
  std::replace(text.begin(), text.end(), ',', ' ');
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  REQUIRE(words.size() == 8);
  CHECK(std::strtod(words[3].c_str(), nullptr) == row.potential_energy);
  CHECK(std::strtod(words[4].c_str(), nullptr) == row.kinetic_energy);
  CHECK(std::strtod(words[7].c_str(), nullptr) == row.temperature);
}

}  // namespace
}  // namespace fusemd
