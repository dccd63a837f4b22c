// SPDX-License-Identifier: MIT
#include "host/io/extxyz_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "host/elements.hpp"
#include "host/io/extxyz_header.hpp"
#include "host/io/text.hpp"
#include "host/units.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

/// What a person who wrote `word` where a chemical symbol belongs probably meant.
std::string symbol_hint(std::string_view word) {
  if (const auto number = parse_integer(word);
      number && *number >= 1 && *number <= element_count()) {
    return "an atomic number? Write " + std::string(element_symbol(static_cast<int>(*number))) +
           ", or name the column Z: Properties=Z:I:1:pos:R:3";
  }
  if (word == "D" || word == "T") {
    return std::string("write H, with a masses column of ") + (word == "D" ? "2.014" : "3.016");
  }
  std::string_view letters = word;
  while (!letters.empty() && !(lower(letters).back() >= 'a' && lower(letters).back() <= 'z')) {
    letters.remove_suffix(1);
  }
  std::string usual = lower(letters);
  if (!usual.empty()) usual[0] = static_cast<char>(usual[0] - 'a' + 'A');
  if (usual.size() <= 2 && element_from_symbol(usual) > 0) {
    return letters.size() == word.size() ? "capitals matter: " + usual
                                         : "only the symbol, without a label: " + usual;
  }
  return {};
}

/// Reads the atom lines of one frame into a structure.
class AtomParser {
 public:
  AtomParser(const LineReader& lines, const ExtxyzHeader& header, Structure& structure)
      : lines_(lines), header_(header), structure_(structure), sums_(header.columns.size()) {
    for (const Column& column : header.columns) {
      words_ += column.width;
      has_momenta_ = has_momenta_ || column.use == ColumnUse::momentum;
      if (column.use == ColumnUse::velocity) structure.velocities.emplace();
      if (column.use == ColumnUse::force) structure.forces.emplace();
    }
  }

  void parse_line() {
    rest_ = lines_.line();
    species_ = number_ = 0;
    for (std::size_t k = 0; k < header_.columns.size(); ++k) parse_column(header_.columns[k], k);
    if (!next_word(rest_).empty()) refuse_word_count();
    if (species_ > 0 && number_ > 0 && species_ != number_) {
      refuse("Z", "species and Z disagree", std::to_string(species_), std::to_string(number_));
    }
    structure_.atomic_numbers.push_back(species_ > 0 ? species_ : number_);
  }

  void finish() {
    for (std::size_t k = 0; k < header_.columns.size(); ++k) {
      const Column& column = header_.columns[k];
      // Partial charges add up to the total within rounding: half an electron tells them apart.
      if (column.use == ColumnUse::charge && !(std::abs(sums_[k]) < 0.5)) {
        refuse(column.name, "the system is charged", "charges that add up to 0", text_of(sums_[k]));
      }
      if (column.use == ColumnUse::magnetic_moment && !(sums_[k] < 0.01)) {
        refuse(column.name, "the system is open-shell", "magnetic moments of 0",
               "moments that add up to " + text_of(sums_[k]) + " without their signs");
      }
    }
    if (has_momenta_) use_momenta();
  }

 private:
  [[noreturn]] void refuse(std::string key,
                           std::string problem,
                           std::string expected,
                           std::string found,
                           std::string hint = {}) const {
    throw InputError({.file = lines_.name(),
                      .line = lines_.number(),
                      .key = std::move(key),
                      .problem = std::move(problem),
                      .expected = std::move(expected),
                      .found = std::move(found),
                      .hint = std::move(hint)});
  }

  std::size_t count_words() const {
    std::string_view rest = lines_.line();
    std::size_t count = 0;
    while (!next_word(rest).empty()) ++count;
    return count;
  }

  [[noreturn]] void refuse_word_count() const {
    const std::size_t found = count_words();
    std::string names;
    for (const Column& column : header_.columns) {
      names += (names.empty() ? "" : ", ") + column.name;
      if (column.width > 1) names += " (" + std::to_string(column.width) + ")";
    }
    std::string hint;
    if (parse_integer(trimmed(lines_.line()))) {
      hint = "this looks like the start of the next frame: is the number of atoms right?";
    } else if (found > words_) {
      hint = "name further columns in Properties=... on the frame's second line";
    }
    refuse({}, "wrong number of words in an atom's line",
           std::to_string(words_) + ": " + shortened(names),
           std::to_string(found) + ": " + shown(lines_.line()), std::move(hint));
  }

  static std::string shortened(const std::string& names) {
    return names.size() <= 120 ? names : names.substr(0, 120) + " ...";
  }

  static std::string text_of(double value) {
    std::string text;
    append_real(text, value);
    return text;
  }

  std::string_view word() {
    const std::string_view result = next_word(rest_);
    if (result.empty()) refuse_word_count();
    return result;
  }

  double real(const Column& column, const char* expected) {
    const std::string_view text = word();
    const auto value = parse_real(text);
    if (!value) refuse(column.name, "not a number", expected, shown(text));
    if (!std::isfinite(*value)) refuse(column.name, "not a finite number", expected, shown(text));
    return *value;
  }

  Vec3 vector(const Column& column, const char* expected, double limit) {
    std::array<double, 3> v{};
    for (double& x : v) {
      const std::string_view before = rest_;
      x = real(column, expected);
      if (std::abs(x) > limit) {
        std::string_view again = before;
        refuse(column.name, "absurdly large",
               "at most " + text_of(limit) + " either way, " + expected, shown(next_word(again)),
               "is the file in other units?");
      }
    }
    return {v[0], v[1], v[2]};
  }

  void parse_column(const Column& column, std::size_t index) {
    constexpr double kNoLimit = HUGE_VAL;
    switch (column.use) {
      case ColumnUse::skipped:
        for (std::size_t k = 0; k < column.width; ++k) word();
        break;
      case ColumnUse::species: {
        const std::string_view symbol = word();
        species_ = element_from_symbol(symbol);
        if (species_ == 0) {
          if (count_words() != words_) refuse_word_count();  // most likely not an atom at all
          refuse(column.name, "no such element", "a chemical symbol: H, C, N, O ...", shown(symbol),
                 symbol_hint(symbol));
        }
        break;
      }
      case ColumnUse::atomic_number: {
        const std::string_view text = word();
        const auto value = parse_integer(text);
        if (!value || *value < 1 || *value > element_count()) {
          refuse(column.name, "no such element",
                 "an atomic number from 1 to " + std::to_string(element_count()), shown(text));
        }
        number_ = static_cast<int>(*value);
        break;
      }
      case ColumnUse::position:
        structure_.positions.push_back(
            vector(column, "a coordinate in Angstrom", ExtxyzReader::kFarthest));
        break;
      case ColumnUse::velocity:
        structure_.velocities->push_back(
            vector(column, "a velocity in Angstrom/fs", ExtxyzReader::kFastest));
        break;
      case ColumnUse::momentum:
        momenta_.push_back(vector(column, "a momentum in sqrt(eV amu)", kNoLimit));
        break;
      case ColumnUse::force:
        structure_.forces->push_back(vector(column, "a force in eV/Angstrom", kNoLimit));
        break;
      case ColumnUse::mass:
        structure_.masses.push_back(real(column, "a mass in amu"));
        if (const double mass = structure_.masses.back();
            !(mass >= ExtxyzReader::kLightest && mass <= ExtxyzReader::kHeaviest)) {
          refuse(column.name, "not the mass of an atom", "1e-06 to 1e+06 amu", text_of(mass));
        }
        break;
      case ColumnUse::charge:
        sums_[index] += real(column, "a charge");
        break;
      case ColumnUse::magnetic_moment:
        sums_[index] += std::abs(real(column, "a magnetic moment"));
        break;
    }
  }

  /// v = p / m, from sqrt(eV/amu) to Angstrom/fs; checked against velo if the file has that too.
  void use_momenta() {
    const double unit = std::sqrt(units::kAccelerationPerForce);
    const bool has_velocities = structure_.velocities.has_value();
    std::vector<Vec3> velocities(momenta_.size());
    for (std::size_t i = 0; i < momenta_.size(); ++i) {
      const double mass = structure_.masses.empty()
                              ? standard_atomic_weight(structure_.atomic_numbers[i])
                              : structure_.masses[i];
      velocities[i] = (unit / mass) * momenta_[i];
      const double speed = norm(velocities[i]);
      // The two may differ by the digits a program writes and by its tables of masses and
      // constants.
      if (has_velocities &&
          !(norm(velocities[i] - (*structure_.velocities)[i]) <= 1e-3 * speed + 1e-6)) {
        refuse("momenta", "momenta and velocities disagree",
               "momentum = mass * velocity for atom " + std::to_string(i + 1), "another value",
               "leave the column out that is out of date, or add masses:R:1 if the masses are not "
               "the standard ones");
      }
      if (!(speed <= ExtxyzReader::kFastest)) {
        refuse("momenta", "absurdly large", "a speed below that of light",
               "atom " + std::to_string(i + 1), "is the file in other units?");
      }
    }
    if (!has_velocities) structure_.velocities = std::move(velocities);
  }

  const LineReader& lines_;
  const ExtxyzHeader& header_;
  Structure& structure_;
  std::vector<double> sums_;
  std::vector<Vec3> momenta_;
  std::size_t words_ = 0;
  bool has_momenta_ = false;
  std::string_view rest_;
  int species_ = 0;
  int number_ = 0;
};

std::int64_t parse_atom_count(const LineReader& lines, bool first_frame) {
  const std::string_view text = trimmed(lines.line());
  const auto refuse = [&](std::string problem, std::string expected, std::string hint = {}) {
    throw InputError({.file = lines.name(),
                      .line = lines.number(),
                      .problem = std::move(problem),
                      .expected = std::move(expected),
                      .found = shown(text),
                      .hint = std::move(hint)});
  };
  const auto count = parse_integer(text);
  const bool digits_only = text.find_first_not_of("0123456789") == text.npos;
  if (!count && !digits_only) {
    std::string_view rest = text;
    const bool like_an_atom =
        element_from_symbol(next_word(rest)) > 0 && parse_real(next_word(rest)).has_value();
    if (text.find('\r') != text.npos) {
      refuse("not a number of atoms", "a whole number alone on the frame's first line",
             "the lines end in CR alone: convert the file, for example with tr '\\r' '\\n'");
    }
    refuse("not a number of atoms", "a whole number alone on the frame's first line",
           !like_an_atom ? ""
           : first_frame ? "put the number of atoms and a comment line before the atoms"
                         : "there are more atoms than the frame's first line says");
  }
  if (count && *count <= 0) refuse("no atoms", "at least one atom in a frame");
  if (!count || *count > ExtxyzReader::kMostAtoms) {
    refuse("too many atoms", "at most " + std::to_string(ExtxyzReader::kMostAtoms));
  }
  return *count;
}

}  // namespace

std::optional<Structure> ExtxyzReader::next() {
  do {
    if (!lines_.next()) {
      if (frames_ > 0) return {};
      throw InputError({.file = lines_.name(),
                        .problem = "the file is empty",
                        .expected = "at least one frame in XYZ format"});
    }
  } while (trimmed(lines_.line()).empty());

  const std::int64_t n_atoms = parse_atom_count(lines_, frames_ == 0);
  const auto end_of_file = [&](const std::string& found) {
    throw InputError({.file = lines_.name(),
                      .line = lines_.number(),
                      .problem = "the file ends inside frame " + std::to_string(frames_ + 1),
                      .expected = "a comment line and " + std::to_string(n_atoms) + " atoms",
                      .found = found,
                      .hint = "was it cut off, or is the number of atoms wrong?"});
  };
  if (!lines_.next()) end_of_file("no comment line");
  const ExtxyzHeader header = parse_extxyz_header(lines_.line(), lines_.name(), lines_.number());

  Structure structure;
  structure.name = lines_.name() + ", frame " + std::to_string(frames_ + 1);
  structure.energy = header.energy;
  structure.cell = header.cell;
  structure.group = header.group;
  structure.molecule = header.molecule;
  structure.frequencies = header.frequencies;
  structure.temperature = header.temperature;
  AtomParser atoms(lines_, header, structure);
  for (std::int64_t i = 0; i < n_atoms; ++i) {
    if (!lines_.next()) end_of_file(std::to_string(i) + " atoms");
    atoms.parse_line();
  }
  atoms.finish();
  ++frames_;
  return structure;
}

std::vector<Structure> read_extxyz(const std::string& path) {
  ExtxyzReader reader = ExtxyzReader::open(path);
  std::vector<Structure> frames;
  while (auto frame = reader.next()) frames.push_back(*std::move(frame));
  return frames;
}

}  // namespace fusemd
