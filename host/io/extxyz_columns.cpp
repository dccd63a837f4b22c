// SPDX-License-Identifier: MIT
#include "host/io/extxyz_columns.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "host/io/text.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

struct KnownColumn {
  std::string_view name;
  ColumnUse use;
  char type;
  std::size_t width;
};

constexpr std::array kKnown = std::to_array<KnownColumn>({
    {"species", ColumnUse::species, 'S', 1},
    {"Z", ColumnUse::atomic_number, 'I', 1},
    {"pos", ColumnUse::position, 'R', 3},
    {"velo", ColumnUse::velocity, 'R', 3},
    {"vel", ColumnUse::velocity, 'R', 3},
    {"momenta", ColumnUse::momentum, 'R', 3},
    {"forces", ColumnUse::force, 'R', 3},
    {"force", ColumnUse::force, 'R', 3},
    {"masses", ColumnUse::mass, 'R', 1},
    {"mass", ColumnUse::mass, 'R', 1},
    {"charge", ColumnUse::charge, 'R', 1},
    {"charges", ColumnUse::charge, 'R', 1},
    {"initial_charges", ColumnUse::charge, 'R', 1},
    {"formal_charges", ColumnUse::charge, 'I', 1},
    {"magmom", ColumnUse::magnetic_moment, 'R', 1},
    {"magmoms", ColumnUse::magnetic_moment, 'R', 1},
    {"initial_magmoms", ColumnUse::magnetic_moment, 'R', 1},
});

constexpr std::size_t kMostColumns = 1000;
constexpr std::string_view kExample = "Properties=species:S:1:pos:R:3:velo:R:3:forces:R:3";

class Refusal {
 public:
  Refusal(std::string file, long line) : file_(std::move(file)), line_(line) {}

  [[noreturn]] void operator()(std::string problem,
                               std::string expected,
                               std::string found,
                               std::string hint = {}) const {
    throw InputError({.file = file_,
                      .line = line_,
                      .key = "Properties",
                      .problem = std::move(problem),
                      .expected = std::move(expected),
                      .found = std::move(found),
                      .hint = std::move(hint)});
  }

 private:
  std::string file_;
  long line_;
};

std::vector<std::string_view> split_at_colons(std::string_view text) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == text.npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

Column make_column(std::string_view name,
                   std::string_view type,
                   std::string_view count,
                   const Refusal& refuse) {
  const std::string all = std::string(name) + ":" + std::string(type) + ":" + std::string(count);
  if (name.empty()) refuse("a column without a name", "NAME:TYPE:COUNT", shown(all));
  if (type != "S" && type != "I" && type != "R" && type != "L") {
    refuse("unknown type of column", "S, I, R or L", shown(all));
  }
  const auto width = parse_integer(count);
  if (!width || *width < 1 || *width > static_cast<std::int64_t>(kMostColumns)) {
    refuse("bad number of columns", "a number from 1 to 1000", shown(all));
  }

  Column column{std::string(name), ColumnUse::skipped, static_cast<std::size_t>(*width)};
  const auto* known = std::find_if(kKnown.begin(), kKnown.end(),
                                   [&](const KnownColumn& k) { return k.name == name; });
  if (known != kKnown.end()) {
    const bool same_kind = type.front() == known->type || (type == "I" && known->type == 'R') ||
                           (type == "R" && known->use == ColumnUse::charge);
    if (!same_kind || column.width != known->width) {
      // Charges and moments are looked at only to be refused; in another shape they mean something
      // else (a vector of moments, say) and are skipped like any unknown column.
      if (known->use == ColumnUse::charge || known->use == ColumnUse::magnetic_moment)
        return column;
      refuse("wrong shape of a known column",
             std::string(name) + ":" + known->type + ":" + std::to_string(known->width),
             shown(all));
    }
    column.use = known->use;
  } else if (const std::string small = lower(name);
             small == "velocities" || small == "velocity" || small == "momentum") {
    refuse("this column has no agreed unit", "velo (Angstrom/fs) or momenta (ASE: sqrt(eV amu))",
           shown(all), "rename it after converting, or give it any other name to have it skipped");
  }
  return column;
}

}  // namespace

std::vector<Column> parse_columns(std::string_view properties, const std::string& file, long line) {
  const Refusal refuse(file, line);
  const std::vector<std::string_view> parts = split_at_colons(properties);
  if (parts.size() % 3 != 0) {
    refuse("not a list of NAME:TYPE:COUNT", std::string(kExample), shown(properties));
  }
  if (parts.size() > 3 * kMostColumns) {
    refuse("too many columns", "at most " + std::to_string(kMostColumns),
           std::to_string(parts.size() / 3));
  }

  std::vector<Column> columns;
  for (std::size_t k = 0; k < parts.size(); k += 3) {
    Column column = make_column(parts[k], parts[k + 1], parts[k + 2], refuse);
    const bool only_one = column.use != ColumnUse::skipped && column.use != ColumnUse::charge &&
                          column.use != ColumnUse::magnetic_moment;
    for (const Column& other : columns) {
      if (other.name == column.name || (only_one && other.use == column.use)) {
        refuse("two columns with the same meaning", "one of them",
               shown(other.name) + " and " + shown(column.name));
      }
    }
    columns.push_back(std::move(column));
  }

  const auto has = [&](ColumnUse use) {
    return std::any_of(columns.begin(), columns.end(),
                       [use](const Column& column) { return column.use == use; });
  };
  if (!has(ColumnUse::species) && !has(ColumnUse::atomic_number)) {
    refuse("no column says what the atoms are", "species:S:1 or Z:I:1", shown(properties));
  }
  if (!has(ColumnUse::position)) {
    refuse("no column says where the atoms are", "pos:R:3", shown(properties));
  }
  return columns;
}

std::vector<Column> plain_xyz_columns() {
  return {{"species", ColumnUse::species, 1}, {"pos", ColumnUse::position, 3}};
}

}  // namespace fusemd
