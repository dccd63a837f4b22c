// SPDX-License-Identifier: MIT
#include "host/io/extxyz_header.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <unordered_set>
#include <utility>

#include "host/io/key_values.hpp"
#include "host/io/text.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class HeaderParser {
 public:
  HeaderParser(std::string_view comment, const std::string& file, long line)
      : file_(file), line_(line), parsed_(parse_key_values(comment)) {
    for (const KeyValue& entry : parsed_.entries) {
      extended_ = extended_ || lower(entry.key) == "properties";
    }
  }

  ExtxyzHeader parse() {
    if (extended_) check_form();
    ExtxyzHeader header;
    for (const KeyValue& entry : parsed_.entries) {
      const std::string key = lower(entry.key);
      if (key == "properties") {
        once(entry, !header.columns.empty());
        header.columns = parse_columns(entry.value, file_, line_);
      } else if (entry.key == "energy") {
        once(entry, header.energy.has_value());
        header.energy = finite(entry, entry.value, "an energy in eV");
      } else if (key == "lattice") {
        once(entry, lattice_.has_value());
        lattice_ = lattice(entry);
      } else if (key == "pbc") {
        once(entry, periodic_.has_value());
        periodic_ = periodic(entry);
      } else if (key == "trajectory") {
        header.group = entry.value;
      } else if (key == "molecule") {
        header.molecule = entry.value;
      } else if (entry.key == "frequencies_cm1") {
        std::string text = entry.value;
        for (const std::string_view word : list(text)) {
          header.frequencies.push_back(finite(entry, word, "numbers in cm-1"));
        }
      } else if (entry.key == "temperature_K") {
        const auto value = parse_real(entry.value);
        if (value && std::isfinite(*value) && *value >= 0.0) header.temperature = *value;
      } else {
        check_neutral_singlet(entry, key);
      }
    }
    if (header.group.empty()) header.group = header.molecule;
    if (header.columns.empty()) header.columns = plain_xyz_columns();
    header.cell = cell();
    return header;
  }

 private:
  [[noreturn]] void refuse(std::string key,
                           std::string problem,
                           std::string expected,
                           std::string found,
                           std::string hint = {}) const {
    throw InputError({.file = file_,
                      .line = line_,
                      .key = std::move(key),
                      .problem = std::move(problem),
                      .expected = std::move(expected),
                      .found = std::move(found),
                      .hint = std::move(hint)});
  }

  void check_form() const {
    if (!parsed_.problem.empty()) {
      refuse({}, "the comment line is not a list of key=value", "key=value or key=\"a value\" ...",
             parsed_.problem);
    }
    std::unordered_set<std::string_view> keys;
    for (const KeyValue& entry : parsed_.entries) once(entry, !keys.insert(entry.key).second);
  }

  void once(const KeyValue& entry, bool seen) const {
    if (seen) refuse(entry.key, "the key is there twice", "one " + entry.key, shown(entry.value));
  }

  double finite(const KeyValue& entry, std::string_view word, const std::string& expected) const {
    const auto value = parse_real(word);
    if (!value || !std::isfinite(*value)) refuse(entry.key, "not a number", expected, shown(word));
    return *value;
  }

  /// Words of a list in any of the notations in use: "1 2 3", [1, 2, 3], [[1, 0], [0, 1]].
  static std::vector<std::string_view> list(std::string& text) {
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'; }, ' ');
    std::vector<std::string_view> words;
    std::string_view rest = text;
    for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) words.push_back(word);
    return words;
  }

  std::array<Vec3, 3> lattice(const KeyValue& entry) const {
    std::string text = entry.value;
    const std::vector<std::string_view> words = list(text);
    if (words.size() != 9) {
      refuse(entry.key, "not three cell vectors", "nine numbers: ax ay az bx by bz cx cy cz",
             std::to_string(words.size()) + " words: " + shown(entry.value));
    }
    std::array<double, 9> v{};
    for (std::size_t k = 0; k < v.size(); ++k) v[k] = finite(entry, words[k], "Angstrom");
    return {Vec3{v[0], v[1], v[2]}, Vec3{v[3], v[4], v[5]}, Vec3{v[6], v[7], v[8]}};
  }

  std::array<bool, 3> periodic(const KeyValue& entry) const {
    std::string text = lower(entry.value);
    const std::vector<std::string_view> words = list(text);
    std::array<bool, 3> result{};
    bool good = words.size() == 3;
    for (std::size_t k = 0; good && k < 3; ++k) {
      result[k] = is_one_of(words[k], {"t", "true", "1"});
      good = result[k] || is_one_of(words[k], {"f", "false", "0"});
    }
    if (!good) {
      refuse(entry.key, "not three logical values", "for example pbc=\"F F F\"",
             shown(entry.value));
    }
    return result;
  }

  std::optional<Cell> cell() const {
    const bool any_periodic =
        periodic_ && std::any_of(periodic_->begin(), periodic_->end(), [](bool p) { return p; });
    if (!lattice_) {
      if (any_periodic) {
        refuse("pbc", "periodic, but there is no cell", "Lattice=\"...\", or pbc=\"F F F\"",
               "no Lattice");
      }
      return {};
    }
    const Cell result{*lattice_, periodic_.value_or(std::array{true, true, true})};
    const auto& [a, b, c] = result.vectors;
    const double volume = std::abs(dot(a, cross(b, c)));
    if (volume > 0.0 && std::isfinite(volume)) return result;
    if (periodic_ && !any_periodic) return {};
    refuse("Lattice", "the cell has no volume", "three independent vectors in Angstrom",
           "volume " + std::to_string(volume), "for a molecule leave Lattice out");
  }

  /// Total charge and spin under the names that are in use.
  void check_neutral_singlet(const KeyValue& entry, const std::string& key) const {
    const bool charge = is_one_of(key, {"charge", "total_charge", "net_charge", "totalcharge",
                                        "molecular_charge", "charge_total"});
    const bool multiplicity = is_one_of(key, {"multiplicity", "spin_multiplicity",
                                              "spinmultiplicity", "mult", "total_multiplicity"});
    const bool spin = is_one_of(key, {"spin", "total_spin", "uhf", "nunpaired", "n_unpaired",
                                      "unpaired_electrons", "num_unpaired_electrons"});
    const bool moment = is_one_of(key, {"magmom", "total_magmom", "magnetic_moment", "magmoms"});
    if (!charge && !multiplicity && !spin && !moment) return;

    std::string_view word = entry.value;
    if (!extended_ && (word.ends_with(',') || word.ends_with(';'))) word.remove_suffix(1);
    const double value = finite(entry, trimmed(word), "a number");
    // Programs print moments with the noise of their convergence; the other values are whole.
    const double noise = moment ? 0.01 : 0.0;
    if (charge && value != 0.0) {
      refuse(entry.key, "the system is charged", "0: the models know neutral molecules only",
             shown(entry.value));
    }
    if (multiplicity && value != 1.0) {
      refuse(entry.key, "the system is open-shell",
             "1 (a singlet): the models know closed shells only", shown(entry.value));
    }
    if ((spin || moment) && !(std::abs(value) <= noise)) {
      refuse(
          entry.key, "the system is open-shell",
          "0 unpaired electrons: the models know closed shells only", shown(entry.value),
          spin && value == 1.0 ? "if 1 is meant as a multiplicity, name the key multiplicity" : "");
    }
  }

  const std::string& file_;
  long line_;
  KeyValues parsed_;
  bool extended_ = false;
  std::optional<std::array<Vec3, 3>> lattice_;
  std::optional<std::array<bool, 3>> periodic_;
};

}  // namespace

ExtxyzHeader parse_extxyz_header(std::string_view comment, const std::string& file, long line) {
  return HeaderParser(comment, file, line).parse();
}

}  // namespace fusemd
